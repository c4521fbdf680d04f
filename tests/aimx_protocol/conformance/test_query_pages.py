# SPDX-License-Identifier: Apache-2.0
"""record.query in pages: order, cursors, gaps (docs/aimx_protocol.md)."""

from __future__ import annotations

from typing import Any

from cases import T0_MS, Case, load_tests, reading
from server import Server
from test_query import STORED

__all__ = ["load_tests"]


def by_record(descending: bool = False, limit: int = 100) -> list[tuple[str, int, Any]]:
    """What is stored, records by name, inside each in the order asked for."""
    rows: list[tuple[str, int, Any]] = []
    for name in sorted({key for key, _, _ in STORED}):
        own = [row for row in STORED if row[0] == name]
        rows += (own[::-1] if descending else own)[:limit]
    return rows


class Pages(Case):
    history = True
    fresh = False

    @classmethod
    def prepare(cls, server: Server) -> None:
        for key, after_ms, value in STORED:
            server.produce_at(key, T0_MS + after_ms, value)
        server.flush()

    def page(self, **params: Any) -> tuple[list[tuple[str, int, Any]], dict[str, Any]]:
        answer = self.session(additions=True).call("record.query", params)
        self.assertEqual(answer["total"], len(answer["records"]))
        return [(row["topic"], row["ts"] - T0_MS, row["payload"]) for row in answer["records"]], answer

    def walk(self, **params: Any) -> list[tuple[str, int, Any]]:
        """All pages, one after another."""
        rows: list[tuple[str, int, Any]] = []
        while True:
            page, answer = self.page(**params)
            self.assertLessEqual(len(page), params["max_rows"])
            rows += page
            if answer.get("next") is None:
                return rows
            params["after"] = answer["next"]

    def test_any_of_its_params_makes_a_query_paged(self) -> None:
        for params in ({"order": "asc"}, {"max_rows": 100}, {"gaps": True}):
            with self.subTest(params=params):
                rows, answer = self.page(**params)

                self.assertEqual(rows, by_record())
                self.assertIsNone(answer.get("next"))

    def test_rows_come_by_record_and_position(self) -> None:
        self.assertEqual(self.page(order="asc")[0], by_record())
        self.assertEqual(self.page(order="desc")[0], by_record(descending=True))

    def test_the_limit_counts_per_record_in_the_order_asked_for(self) -> None:
        for limit in (1, 2, 3):
            with self.subTest(limit=limit):
                self.assertEqual(self.page(order="asc", limit=limit)[0], by_record(limit=limit))
                self.assertEqual(
                    self.page(order="desc", limit=limit)[0], by_record(descending=True, limit=limit)
                )

    def test_pages_give_each_row_once_whatever_their_length(self) -> None:
        for max_rows in range(1, len(STORED) + 2):
            for order in ("asc", "desc"):
                for limit in (100, 2):
                    with self.subTest(max_rows=max_rows, order=order, limit=limit):
                        self.assertEqual(
                            self.walk(max_rows=max_rows, order=order, limit=limit),
                            by_record(order == "desc", limit),
                        )

    def test_a_page_that_ends_with_the_last_row_may_be_the_last(self) -> None:
        rows, answer = self.page(max_rows=len(STORED))

        self.assertEqual(rows, by_record())
        if answer.get("next") is not None:
            self.assertEqual(self.page(max_rows=len(STORED), after=answer["next"])[0], [])

    def test_name_and_time_choose_the_rows_of_pages_too(self) -> None:
        rows = self.walk(max_rows=2, name="boiler.*", start=T0_MS + 1_000, end=T0_MS + 2_000)

        inside = [row for row in by_record() if 1_000 <= row[1] <= 2_000]
        self.assertEqual(rows, [row for row in inside if row[0].startswith("boiler.")])

    def test_rows_know_their_place(self) -> None:
        _, answer = self.page(name="boiler.supply", order="asc")
        places = [(row["pos"], row["id"], row["epoch"]) for row in answer["records"]]

        self.assertEqual([pos for pos, _, _ in places], list(range(places[0][0], places[0][0] + 3)))
        self.assertEqual([row_id for _, row_id, _ in places], sorted({row_id for _, row_id, _ in places}))
        self.assertEqual(len({epoch for _, _, epoch in places}), 1)

    def test_gaps_are_told_only_when_asked_for(self) -> None:
        self.assertEqual(self.page(gaps=True)[1]["gaps"], [])
        self.assertFalse(self.page(order="asc")[1].get("gaps"))
        self.assertFalse(self.page(order="asc", gaps=False)[1].get("gaps"))

    def test_what_is_not_stored_is_an_empty_page(self) -> None:
        for name in ("note", "no.such", "boiler*", ""):
            with self.subTest(name=name):
                rows, answer = self.page(name=name, order="asc")

                self.assertEqual(rows, [])
                self.assertIsNone(answer.get("next"))

    def test_a_cursor_nobody_gave_is_refused(self) -> None:
        wire = self.connect(additions=True)
        for after in ("x", "nobody gave this", "7fff-1-0", "\x00", "x" * 1_000):
            with self.subTest(after=after):
                params = {"after": after, "max_rows": 1}
                self.assertEqual(wire.refusal("record.query", params), ("internal", "bad_params"))

    def test_a_client_without_additions_may_ask_for_pages_too(self) -> None:
        wire = self.connect()
        first = wire.call("record.query", {"name": "boiler.supply", "max_rows": 2})
        second = wire.call("record.query", {"name": "boiler.supply", "max_rows": 2, "after": first["next"]})

        celsius = [row["payload"]["celsius"] for row in first["records"] + second["records"]]
        self.assertEqual(celsius, [1, 2, 3])


class PagesOfAGrowingHistory(Case):
    history = True

    def test_rows_stored_between_pages_disturb_nothing(self) -> None:
        wire = self.connect(additions=True)
        celsius: list[float] = []
        params: dict[str, Any] = {"name": "boiler.supply", "max_rows": 3, "order": "asc"}
        self.server.produce_stored("boiler.supply", map(reading, range(10)))
        while True:
            page = wire.call("record.query", params)
            celsius += [row["payload"]["celsius"] for row in page["records"]]
            if page.get("next") is None or len(celsius) >= 20:
                break
            params["after"] = page["next"]
            self.server.produce("boiler.supply", reading(10 + len(celsius)))
            self.server.flush()

        self.assertEqual(celsius[:10], list(range(10)))
        self.assertEqual(celsius, sorted(set(celsius)))

    def test_without_a_number_of_rows_a_page_has_a_thousand(self) -> None:
        self.server.produce_stored("log.lines", ({"text": str(number)} for number in range(1_500)))
        wire = self.connect(additions=True, max_frame=1_048_576)

        first = wire.call("record.query", {"order": "asc"})
        rest = wire.call("record.query", {"order": "asc", "after": first["next"]})

        self.assertEqual((first["total"], rest["total"]), (1_000, 500))


class GapsAfterACrash(Case):
    history = True
    transports = ("unix", "ws")

    def test_a_crash_leaves_a_gap_that_says_at_most_how_many_values_are_missing(self) -> None:
        before = [self.server.produce("boiler.supply", reading(number)) for number in (1, 2, 3)]
        self.server.flush()
        self.server.kill()
        self.server.start()
        after = self.server.produce("boiler.supply", reading(4))
        self.server.flush()

        answer = self.connect(additions=True).call("record.query", {"name": "boiler.supply", "gaps": True})

        self.assertEqual([row["pos"] for row in answer["records"]], [*before, after])
        [gap] = answer["gaps"]
        self.assertEqual((gap["topic"], gap["cause"]), ("boiler.supply", "crash"))
        self.assertEqual((gap["first"], gap["last"]), (before[-1] + 1, after - 1))
        self.assertEqual(gap["count"], gap["last"] - gap["first"] + 1)
        self.assertIsInstance(gap["ts"], int)
