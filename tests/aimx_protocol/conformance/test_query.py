# SPDX-License-Identifier: Apache-2.0
"""record.query as plain AimX has it (aimx.md 7.9)."""

from __future__ import annotations

from typing import Any

from cases import T0_MS, Case, command, load_tests, reading, setpoint
from server import Server

__all__ = ["load_tests"]

# What is stored: record, milliseconds after T0, value; in the order of storing.
STORED: list[tuple[str, int, Any]] = [
    ("boiler.supply", 0, reading(1)),
    ("boiler.supply", 1_000, reading(2)),
    ("boiler.return", 1_000, reading(11)),
    ("boiler", 1_500, setpoint(50)),
    ("log.lines", 2_000, command("a")),
    ("boiler.supply", 2_000, reading(3)),
    ("log.lines", 2_000, command("b")),
    ("log.lines", 2_000, command("c")),
    ("boiler.return", 3_000, reading(12)),
]
BY_TIME: list[tuple[str, int, Any]] = [  # ties by record name, inside a record as stored
    ("boiler.supply", 0, reading(1)),
    ("boiler.return", 1_000, reading(11)),
    ("boiler.supply", 1_000, reading(2)),
    ("boiler", 1_500, setpoint(50)),
    ("boiler.supply", 2_000, reading(3)),
    ("log.lines", 2_000, command("a")),
    ("log.lines", 2_000, command("b")),
    ("log.lines", 2_000, command("c")),
    ("boiler.return", 3_000, reading(12)),
]
NEWEST = [BY_TIME[3], BY_TIME[4], BY_TIME[7], BY_TIME[8]]


class Query(Case):
    history = True
    fresh = False

    @classmethod
    def prepare(cls, server: Server) -> None:
        for key, after_ms, value in STORED:
            server.produce_at(key, T0_MS + after_ms, value)
        server.produce("note", "not persisted")
        server.flush()

    def rows(self, params: Any) -> list[tuple[str, int, Any]]:
        answer = self.session().call("record.query", params)
        self.assertEqual(set(answer), {"records", "total"})
        self.assertEqual(answer["total"], len(answer["records"]))
        for row in answer["records"]:
            self.assertEqual(set(row), {"topic", "payload", "ts"})
        return [(row["topic"], row["ts"] - T0_MS, row["payload"]) for row in answer["records"]]

    def test_without_params_it_gives_the_newest_row_of_every_record(self) -> None:
        no_params: list[Any] = [None, {}, [], "x", 7]
        for params in no_params:
            with self.subTest(params=params):
                self.assertEqual(self.rows(params), NEWEST)

    def test_without_a_limit_it_gives_one_row_per_record(self) -> None:
        self.assertEqual(self.rows({"name": "boiler.supply"}), [("boiler.supply", 2_000, reading(3))])

    def test_the_rows_of_all_records_come_by_time(self) -> None:
        self.assertEqual(self.rows({"limit": 100}), BY_TIME)

    def test_rows_of_equal_time_come_as_they_were_stored(self) -> None:
        lines = [payload["text"] for _, _, payload in self.rows({"name": "log.lines", "limit": 10})]

        self.assertEqual(lines, ["a", "b", "c"])

    def test_the_limit_takes_the_newest_rows_of_each_record(self) -> None:
        self.assertEqual(
            self.rows({"limit": 2}), [row for row in BY_TIME if row not in (BY_TIME[0], BY_TIME[5])]
        )
        self.assertEqual(
            [row[2] for row in self.rows({"name": "log.*", "limit": 2})], [command("b"), command("c")]
        )

    def test_a_limit_of_zero_gives_no_rows(self) -> None:
        self.assertEqual(self.rows({"limit": 0}), [])

    def test_a_huge_limit_is_everything(self) -> None:
        self.assertEqual(self.rows({"limit": 2**63 - 1}), BY_TIME)

    def test_a_limit_beyond_63_bits_is_refused(self) -> None:
        for limit in (2**63, 2**64 - 1):
            self.assertEqual(self.session().refusal("record.query", {"limit": limit})[0], "internal")

    def test_start_and_end_are_inclusive(self) -> None:
        for start, end, expected in (
            (0, 3_000, BY_TIME),
            (1_000, 2_000, BY_TIME[1:8]),
            (1_001, 1_999, [BY_TIME[3]]),
            (2_000, 2_000, BY_TIME[4:8]),
            (1_500, 1_500, [BY_TIME[3]]),
            (3_001, 9_000, []),
            (2_000, 1_000, []),
        ):
            with self.subTest(start=start, end=end):
                params = {"limit": 100, "start": T0_MS + start, "end": T0_MS + end}
                self.assertEqual(self.rows(params), expected)

    def test_start_or_end_alone_is_enough(self) -> None:
        self.assertEqual(self.rows({"limit": 100, "start": T0_MS + 2_000}), BY_TIME[4:])
        self.assertEqual(self.rows({"limit": 100, "end": T0_MS + 1_000}), BY_TIME[:3])
        self.assertEqual(self.rows({"limit": 100, "end": 0}), [])
        self.assertEqual(self.rows({"limit": 100, "start": 0, "end": 2**63 - 1}), BY_TIME)

    def test_the_limit_counts_inside_the_time_asked_for(self) -> None:
        params = {"name": "boiler.supply", "end": T0_MS + 1_999}

        self.assertEqual(self.rows(params), [("boiler.supply", 1_000, reading(2))])

    def test_a_limit_of_another_type_is_as_none(self) -> None:
        others: list[Any] = ["3", -1, None, 2.5, True, [3], {}]
        for limit in others:
            with self.subTest(limit=limit):
                self.assertEqual(self.rows({"limit": limit}), NEWEST)

    def test_a_time_of_another_type_is_as_none(self) -> None:
        late = T0_MS + 9_000
        others: list[Any] = [str(late), -1, None, late + 0.5, True, [late], {}]
        for time in others:
            with self.subTest(time=time):
                self.assertEqual(self.rows({"limit": 100, "start": time}), BY_TIME)
                self.assertEqual(self.rows({"limit": 100, "end": time}), BY_TIME)

    def test_a_name_of_another_type_is_everything(self) -> None:
        others: list[Any] = [None, 7, ["boiler"], {}, False]
        for name in others:
            with self.subTest(name=name):
                self.assertEqual(self.rows({"name": name}), NEWEST)

    def test_a_bare_prefix_belongs_to_its_pattern(self) -> None:
        self.assertIn(("boiler", 1_500, setpoint(50)), self.rows({"name": "boiler.#"}))

    def test_what_is_not_stored_is_empty_and_no_error(self) -> None:
        for name in ("note", "boiler.setpoint", "no.such", "private.secret", "private.#"):
            with self.subTest(name=name):
                self.assertEqual(self.rows({"name": name, "limit": 10}), [])

    def test_a_client_of_a_browser_with_nulls_gets_one_row_per_record(self) -> None:
        self.assertEqual(self.rows({"name": "#", "limit": None, "start": None, "end": None}), NEWEST)

    def test_with_additions_rows_know_their_place(self) -> None:
        answer = self.connect(additions=True).call("record.query", {"name": "boiler.supply", "limit": 10})
        positions = [row["pos"] for row in answer["records"]]
        ids = [row["id"] for row in answer["records"]]

        self.assertEqual(positions, list(range(positions[0], positions[0] + 3)))
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual(len({row["epoch"] for row in answer["records"]}), 1)


class StoredByClients(Case):
    history = True

    def test_what_a_client_writes_to_a_persisted_record_is_stored(self) -> None:
        wire = self.connect()
        wire.send({"t": "write", "topic": "log.lines", "payload": command("written")})
        wire.call("record.set", {"name": "log.lines", "value": command("set")})
        self.server.flush()

        rows = wire.call("record.query", {"name": "log.lines", "limit": 10})["records"]

        self.assertEqual([row["payload"]["text"] for row in rows], ["written", "set"])

    def test_text_of_any_kind_comes_back_as_it_was(self) -> None:
        texts = ["", "grün ℃ 😀", 'quote " slash \\ tab \t nul \x00', "\u2028\x7f"]
        for text in texts:
            self.server.produce("log.lines", command(text))
        self.server.flush()

        rows = self.connect().call("record.query", {"name": "log.lines", "limit": 10})["records"]

        self.assertEqual([row["payload"]["text"] for row in rows], texts)

    def test_a_slow_query_does_not_hold_up_events(self) -> None:
        wire = self.connect(transport="ws")
        self.server.produce_stored("log.lines", (command(str(number)) for number in range(1_000)))
        sub = wire.subscribe("boiler.supply")
        request_id = wire.send_request("record.query", {"name": "log.lines", "limit": 1_000})
        self.server.produce("boiler.supply", reading(1))

        self.assertEqual(wire.reply(request_id)["ok"]["total"], 1_000)
        wire.expect("event", sub=sub, seq=1, data=reading(1))


class WithoutHistory(Case):
    fresh = False

    def test_a_query_is_refused_when_nothing_is_kept(self) -> None:
        wire = self.connect()
        for params in (None, {"name": "boiler.supply"}, {"name": "no.such"}, {"limit": 0}):
            with self.subTest(params=params):
                err, code = wire.refusal("record.query", params)

                if self.transport == "ws":
                    self.assertEqual(err, "not_found")
                else:
                    self.assertEqual((err, code), ("internal", "no_history"))
