# SPDX-License-Identifier: Apache-2.0
"""record.drain by buffer kind (aimx.md 7.4), and what it says about losses."""

from __future__ import annotations

from typing import Any

from cases import Case, command, load_tests, reading, setpoint
from wire import Wire

__all__ = ["load_tests"]


def drain(wire: Wire, name: str, **params: Any) -> Any:
    """The whole result of a drain, after a look at what it always has."""
    answer = wire.call("record.drain", {"name": name, **params})
    if answer["record_name"] != name or answer["count"] != len(answer["values"]):
        raise AssertionError(f"record_name or count is wrong: {answer}")
    return answer


class DrainOfARing(Case):
    def produce(self, first: int, last: int) -> list[dict[str, float]]:
        values = [reading(number) for number in range(first, last + 1)]
        for value in values:
            self.server.produce("boiler.supply", value)
        return values

    def test_the_first_drain_is_empty_and_opens_the_cursor(self) -> None:
        self.produce(1, 3)
        wire = self.connect()

        self.assertEqual(drain(wire, "boiler.supply")["values"], [])

    def test_later_drains_give_everything_since_oldest_first(self) -> None:
        wire = self.connect()
        drain(wire, "boiler.supply")

        for first in (1, 4, 7):
            values = self.produce(first, first + 2)
            self.assertEqual(drain(wire, "boiler.supply")["values"], values)
        self.assertEqual(drain(wire, "boiler.supply")["values"], [])

    def test_a_limit_leaves_the_rest_for_the_next_drain(self) -> None:
        wire = self.connect()
        drain(wire, "boiler.supply")
        values = self.produce(1, 5)

        self.assertEqual(drain(wire, "boiler.supply", limit=2)["values"], values[:2])
        self.assertEqual(drain(wire, "boiler.supply", limit=0)["values"], [])
        self.assertEqual(drain(wire, "boiler.supply", limit=2)["values"], values[2:4])
        self.assertEqual(drain(wire, "boiler.supply", limit=100)["values"], values[4:])

    def test_a_limit_that_is_no_count_is_as_none(self) -> None:
        wire = self.connect()
        drain(wire, "boiler.supply")
        no_counts: list[Any] = [-1, 1.5, "1", None, True, [1], {}]
        for limit in no_counts:
            with self.subTest(limit=limit):
                values = self.produce(1, 3)
                self.assertEqual(drain(wire, "boiler.supply", limit=limit)["values"], values)

    def test_each_connection_has_its_own_cursor(self) -> None:
        one, other = self.connect(), self.connect()
        drain(one, "boiler.supply")
        first = self.produce(1, 2)
        drain(other, "boiler.supply")
        second = self.produce(3, 4)

        self.assertEqual(drain(one, "boiler.supply")["values"], first + second)
        self.assertEqual(drain(other, "boiler.supply")["values"], second)

    def test_the_cursor_goes_with_its_connection(self) -> None:
        wire = self.connect()
        drain(wire, "boiler.supply")
        self.produce(1, 2)
        wire.close()

        self.assertEqual(drain(self.connect(), "boiler.supply")["values"], [])

    def test_each_record_has_its_own_cursor(self) -> None:
        wire = self.connect()
        drain(wire, "boiler.supply")
        drain(wire, "boiler.return")
        self.produce(1, 1)
        self.server.produce("boiler.return", reading(9))

        self.assertEqual(drain(wire, "boiler.return")["values"], [reading(9)])
        self.assertEqual(drain(wire, "boiler.supply")["values"], [reading(1)])

    def test_an_overrun_leaves_the_newest_values(self) -> None:
        wire = self.connect()
        drain(wire, "boiler.supply")
        values = self.produce(1, 20)

        self.assertEqual(drain(wire, "boiler.supply")["values"], values[12:])

    def test_a_client_without_additions_sees_no_members_beside_aimx(self) -> None:
        wire = self.connect()
        drain(wire, "boiler.supply")
        self.produce(1, 20)

        self.assertEqual(set(drain(wire, "boiler.supply")), {"record_name", "values", "count"})

    def test_an_overrun_is_told(self) -> None:
        wire = self.connect(additions=True)
        self.assertEqual(drain(wire, "boiler.supply")["lost"], 0)
        values = self.produce(1, 20)

        overrun = drain(wire, "boiler.supply")
        after = drain(wire, "boiler.supply")

        self.assertEqual((overrun["values"], overrun["lost"], overrun["more"]), (values[12:], 12, False))
        self.assertEqual((after["values"], after["lost"], after["more"]), ([], 0, False))

    def test_every_value_is_drained_or_told_as_lost(self) -> None:
        wire = self.connect(additions=True)
        drain(wire, "boiler.supply")
        accounted = 0
        for burst in (3, 8, 9, 30, 1, 16):
            self.produce(1, burst)
            answer = drain(wire, "boiler.supply", limit=5)
            accounted += answer["count"] + answer["lost"]
        rest = drain(wire, "boiler.supply")

        self.assertEqual(accounted + rest["count"] + rest["lost"], 3 + 8 + 9 + 30 + 1 + 16)


class DrainOfOtherBuffers(Case):
    def test_a_single_latest_gives_its_value_once_per_change(self) -> None:
        self.server.produce("boiler", setpoint(1))
        wire = self.connect()

        self.assertEqual(drain(wire, "boiler")["values"], [setpoint(1)])
        self.assertEqual(drain(wire, "boiler")["values"], [])
        self.server.produce("boiler", setpoint(2))
        self.server.produce("boiler", setpoint(3))
        self.assertEqual(drain(wire, "boiler")["values"], [setpoint(3)])
        self.assertEqual(drain(wire, "boiler")["values"], [])

    def test_a_single_latest_without_a_value_gives_none(self) -> None:
        self.assertEqual(drain(self.connect(), "boiler")["values"], [])

    def test_a_mailbox_is_observed_and_keeps_its_value(self) -> None:
        one, other = self.connect(), self.connect()
        drain(one, "boiler.command")
        drain(other, "boiler.command")
        self.server.produce("boiler.command", command("open"))

        for wire in (one, other):
            self.assertEqual(drain(wire, "boiler.command")["values"], [command("open")])
            self.assertEqual(wire.call("record.get", {"name": "boiler.command"}), command("open"))
            self.assertEqual(drain(wire, "boiler.command")["values"], [])


class DrainRefusals(Case):
    fresh = False

    def test_an_unknown_record_is_not_found(self) -> None:
        wire = self.connect()
        for key in ("no.such", "", "private.secret", "boiler.*", "#"):
            with self.subTest(record=key):
                self.assertEqual(wire.refusal("record.drain", {"name": key}), ("not_found", "unknown_record"))

    def test_a_missing_name_is_bad(self) -> None:
        wire = self.connect()
        nameless: list[Any] = [None, {}, [], "boiler", {"name": None}, {"name": 7}, {"limit": 1}]
        for params in nameless:
            with self.subTest(params=params):
                self.assertEqual(wire.refusal("record.drain", params), ("internal", "bad_params"))
