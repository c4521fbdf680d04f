# SPDX-License-Identifier: Apache-2.0
"""record.list: rows, their members and order (aimx.md 7.1, 10), and its pages."""

from __future__ import annotations

from typing import Any

from cases import PERSISTED, RECORDS, T0_MS, WRITABLE, Case, command, load_tests, reading
from server import Server

__all__ = ["load_tests"]

REQUIRED: dict[str, type | tuple[type, ...]] = {
    "record_id": int, "record_key": str, "name": str, "type_id": str, "origin": (str, dict),
    "buffer_type": str, "producer_count": int, "consumer_count": int, "writable": bool,
    "outbound_connector_count": int,
}  # fmt: skip
OPTIONAL = {
    "buffer_capacity", "schema_type", "entity", "produced_count", "consumed_count", "dropped_count",
    "occupancy", "stage_profiling", "signal_stats",
}  # fmt: skip
ADDED = {"persisted", "last_produced"}


def check_origin(case: Case, origin: Any) -> None:
    """The closed set of aimx.md 10.2; AimDB's client fails the whole list for anything else."""
    if isinstance(origin, str):
        case.assertIn(origin, ("source", "passive"))
        return
    case.assertEqual(len(origin), 1)
    shapes: dict[str, dict[str, type]] = {
        "link": {"protocol": str, "address": str},
        "transform": {"input": str},
        "transform_join": {"inputs": list},
    }
    for tag, content in origin.items():
        case.assertIn(tag, shapes)
        case.assertEqual({name: type(value) for name, value in content.items()}, shapes[tag])


def check_row(case: Case, row: dict[str, Any]) -> None:
    """What AimDB's client needs of a row."""
    for name, wanted in REQUIRED.items():
        case.assertIsInstance(row.get(name), wanted, name)
    case.assertNotIsInstance(row["record_id"], bool)
    check_origin(case, row["origin"])
    for name in ("record_id", "producer_count", "consumer_count", "outbound_connector_count"):
        case.assertGreaterEqual(row[name], 0)
    for name in ("produced_count", "consumed_count", "dropped_count", "buffer_capacity"):
        case.assertIsInstance(row.get(name), (int, type(None)), name)
    occupancy = row.get("occupancy")
    if occupancy is not None:
        case.assertEqual([type(number) for number in occupancy], [int, int])
    for signal in row.get("signal_stats") or []:
        for name in ("last", "min", "max", "mean"):
            case.assertIsInstance(signal[name], (int, float), name)
    for stage in row.get("stage_profiling") or []:
        case.assertIn(stage["stage_type"], ("source", "tap", "link", "transform"))


class ListOfRecords(Case):
    fresh = False

    def rows(self) -> dict[str, Any]:
        return {row["record_key"]: row for row in self.session().call("record.list")}

    def test_the_result_is_a_bare_array_in_registration_order(self) -> None:
        rows = self.connect().call("record.list")

        self.assertEqual([row["record_key"] for row in rows], RECORDS)

    def test_a_record_that_is_not_served_is_not_listed(self) -> None:
        self.assertNotIn("private.secret", self.rows())

    def test_each_row_has_what_aimdbs_client_needs(self) -> None:
        for key, row in self.rows().items():
            with self.subTest(record=key):
                check_row(self, row)

    def test_a_client_without_additions_sees_no_members_beside_aimx(self) -> None:
        for key, row in self.rows().items():
            with self.subTest(record=key):
                self.assertLessEqual(set(row), set(REQUIRED) | OPTIONAL)

    def test_the_name_of_a_row_is_its_key(self) -> None:
        for key, row in self.rows().items():
            self.assertEqual(row["name"], key)

    def test_record_ids_are_distinct_and_grow(self) -> None:
        ids = [row["record_id"] for row in self.connect().call("record.list")]

        self.assertEqual(ids, sorted(set(ids)))

    def test_buffers_are_told_with_their_capacity(self) -> None:
        rows = self.rows()
        rings = {"boiler.supply": 8, "boiler.return": 128, "log.lines": 1024}
        for key, row in rows.items():
            with self.subTest(record=key):
                wanted = "spmc_ring" if key in rings else "single_latest"
                if key == "boiler.command":
                    wanted = "mailbox"
                self.assertEqual(row["buffer_type"], wanted)
                self.assertEqual(row.get("buffer_capacity"), rings.get(key))

    def test_writable_records_are_told(self) -> None:
        self.assertEqual({key for key, row in self.rows().items() if row["writable"]}, WRITABLE)

    def test_origins_of_transforms_are_told_truly(self) -> None:
        rows = self.rows()

        self.assertEqual(rows["boiler.mean"]["origin"], {"transform": {"input": "boiler.supply"}})
        self.assertEqual(
            rows["boiler.both"]["origin"],
            {"transform_join": {"inputs": ["boiler.supply", "boiler.setpoint"]}},
        )

    def test_params_are_ignored(self) -> None:
        wire = self.connect()
        ignored: list[Any] = [None, {}, [], "x", 7, {"name": "boiler"}]
        for params in ignored:
            with self.subTest(params=params):
                self.assertEqual([row["record_key"] for row in wire.call("record.list", params)], RECORDS)

    def test_the_entity_is_what_follows_the_last_dot(self) -> None:
        for key, row in self.rows().items():
            if "entity" in row:
                self.assertEqual(row["entity"], key.rpartition(".")[2])


class PagesOfRecords(Case):
    fresh = False
    history = True

    @classmethod
    def prepare(cls, server: Server) -> None:
        server.produce_at("boiler.return", T0_MS + 5, reading(1))

    def keys(self, params: dict[str, Any]) -> tuple[list[str], Any]:
        answer = self.session(additions=True).call("record.list", params)
        return [row["record_key"] for row in answer["records"]], answer.get("next")

    def test_a_pattern_makes_the_answer_an_object(self) -> None:
        self.assertEqual(self.keys({"pattern": "boiler.*"}), (RECORDS[1:7], None))
        self.assertEqual(self.keys({"pattern": "note"}), (["note"], None))
        self.assertEqual(self.keys({"pattern": "no.such.*"}), ([], None))

    def test_a_page_ends_at_its_limit_and_names_its_last_record(self) -> None:
        self.assertEqual(
            self.keys({"pattern": "boiler.*", "limit": 2}),
            (["boiler.supply", "boiler.return"], "boiler.return"),
        )

    def test_pages_give_each_record_once_whatever_their_limit(self) -> None:
        wire = self.connect(additions=True)
        for limit in range(1, len(RECORDS) + 2):
            with self.subTest(limit=limit):
                params: dict[str, Any] = {"limit": limit}
                keys: list[str] = []
                while params.get("after", "") is not None:
                    page = wire.call("record.list", params)
                    self.assertLessEqual(len(page["records"]), limit)
                    keys += [row["record_key"] for row in page["records"]]
                    params["after"] = page.get("next")
                self.assertEqual(keys, RECORDS)

    def test_a_page_may_be_asked_for_by_the_record_before_it(self) -> None:
        self.assertEqual(self.keys({"after": "boiler.command"}), (["note", "log.lines"], None))
        self.assertEqual(self.keys({"after": "log.lines"}), ([], None))

    def test_a_record_that_is_not_served_is_not_found_by_a_pattern(self) -> None:
        self.assertEqual(self.keys({"pattern": "private.#"}), ([], None))

    def test_rows_tell_whether_and_when(self) -> None:
        rows = self.connect(additions=True).call("record.list", {"pattern": "#"})["records"]
        for row in rows:
            with self.subTest(record=row["record_key"]):
                check_row(self, row)
                self.assertEqual(row["persisted"], row["record_key"] in PERSISTED)
                if row["record_key"] == "boiler.return":
                    self.assertEqual(row["last_produced"], T0_MS + 5)
                elif row["record_key"] == "note":  # never produced
                    self.assertIsNone(row.get("last_produced"))

    def test_the_newest_value_of_a_mailbox_has_its_time_too(self) -> None:
        self.server.produce_at("boiler.command", T0_MS + 9, command("x"))

        answer = self.connect(additions=True).call("record.list", {"pattern": "boiler.command"})

        self.assertEqual(answer["records"][0]["last_produced"], T0_MS + 9)

    def test_a_client_without_additions_may_ask_for_pages_too(self) -> None:
        answer = self.connect().call("record.list", {"pattern": "boiler.*", "limit": 1})

        self.assertEqual([row["record_key"] for row in answer["records"]], ["boiler.supply"])
        self.assertEqual(answer["next"], "boiler.supply")
