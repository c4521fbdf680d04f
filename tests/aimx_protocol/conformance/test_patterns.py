# SPDX-License-Identifier: Apache-2.0
"""Patterns (aimx.md 8.1) by subscribing, by record.query and by record.list: one matcher for all."""

from __future__ import annotations

from typing import Any, ClassVar

from cases import PERSISTED, RECORDS, T0_MS, Case, command, load_tests, reading, setpoint
from server import Server

__all__ = ["load_tests"]

CHILDREN = {key for key in RECORDS if key.startswith("boiler.")}
ALL = set(RECORDS)

MATCHES: dict[str, set[str]] = {
    "#": ALL,
    "*": {"boiler", "note"},
    "*.*": CHILDREN | {"log.lines"},
    "boiler.#": CHILDREN | {"boiler"},
    "boiler.*": CHILDREN,
    "boiler.*.#": CHILDREN,
    "boiler.#.#": CHILDREN | {"boiler"},
    "boiler.#.supply": {"boiler.supply"},
    "#.supply": {"boiler.supply"},
    "#.boiler": {"boiler"},
    "#.boiler.#": CHILDREN | {"boiler"},
    "#.boiler.#.supply": {"boiler.supply"},
    "#.#": ALL,
    "#.#.#.#.#.#.#.#": ALL,
    "*.#": ALL,
    "#.*": ALL,
    "*.#.*": CHILDREN | {"log.lines"},
    "*.lines": {"log.lines"},
    "*.supply.#": {"boiler.supply"},
    "log.#.lines": {"log.lines"},
}
# Wildcards are whole segments; there is no other wildcard and no escape; case counts.
MISMATCHES = [
    "boiler*", "b*", "*boiler", "boiler.s*", "boiler.*y", "boiler.s#", "boiler.#x", "**", "boiler.**", "##",
    "boiler.##", "*#", "Boiler.#", "boiler.*.*", "boiler.supply.*", "boiler.supply.*.#", "*.*.*", "#.x.#",
    "boiler.#.boiler", ".#.x", "#.", "*.", "boiler.*.", "#.supply.", "boiler/*", "boiler/#", "/#",
]  # fmt: skip


class PatternCase(Case):
    history = True
    fresh = False
    values: ClassVar[dict[str, Any]] = {
        "boiler": setpoint(1), "boiler.supply": reading(2), "boiler.return": reading(3),
        "boiler.setpoint": setpoint(4), "boiler.command": command("6"), "note": "7",
        "log.lines": command("8"),
    }  # fmt: skip

    @classmethod
    def prepare(cls, server: Server) -> None:
        for key, value in cls.values.items():
            server.produce_at(key, T0_MS, value)
        server.flush()


class PatternsOfQueries(PatternCase):
    def stored(self, pattern: str) -> set[str]:
        answer = self.session().call("record.query", {"name": pattern})
        self.assertEqual(answer["total"], len(answer["records"]))
        return {row["topic"] for row in answer["records"]}

    def test_a_query_finds_the_stored_records_a_pattern_matches(self) -> None:
        for pattern, keys in MATCHES.items():
            with self.subTest(pattern=pattern):
                self.assertEqual(self.stored(pattern), keys & PERSISTED)

    def test_a_query_finds_nothing_for_anything_else(self) -> None:
        for pattern in [*MISMATCHES, "", "no.such", "boiler.+", "a" * 300, ".".join("a" * 100)]:
            with self.subTest(pattern=pattern):
                self.assertEqual(self.stored(pattern), set())

    def test_a_key_without_wildcards_is_itself_and_no_prefix(self) -> None:
        self.assertEqual(self.stored("boiler"), {"boiler"})
        self.assertEqual(self.stored("boiler.supply"), {"boiler.supply"})


class PatternsOfLists(PatternCase):
    def listed(self, pattern: str) -> set[str]:
        answer = self.session(additions=True).call("record.list", {"pattern": pattern})
        return {row["record_key"] for row in answer["records"]}

    def test_a_list_has_the_records_a_pattern_matches(self) -> None:
        for pattern, keys in {**MATCHES, "boiler": {"boiler"}}.items():
            with self.subTest(pattern=pattern):
                self.assertEqual(self.listed(pattern), keys)

    def test_a_list_is_empty_for_anything_else(self) -> None:
        for pattern in MISMATCHES:
            with self.subTest(pattern=pattern):
                self.assertEqual(self.listed(pattern), set())


class PatternsOfSubscriptions(PatternCase):
    # `boiler.both` and `boiler.mean` follow by themselves and are left out of the comparison.
    compared = frozenset(PatternCase.values)

    def followed(self, pattern: str, expected: set[str]) -> set[str]:
        """The records of which values came, after all that were expected and a guard behind them."""
        wire = self.session()
        sub, guard = wire.subscribe(pattern), wire.subscribe("log.lines")
        for key, value in self.values.items():
            self.server.produce(key, value)
        keys: set[str] = set()
        for _ in range(2):
            self.server.produce("log.lines", command("guard"))
            guarded = False
            while not (guarded and expected & self.compared <= keys):
                frame = wire.recv()
                if frame["sub"] == sub:
                    keys.add(frame["topic"])
                elif frame.get("data") == command("guard"):
                    guarded = True
        wire.send({"t": "unsub", "sub": sub}, {"t": "unsub", "sub": guard})
        wire.barrier()
        return keys & self.compared

    def test_a_subscription_follows_the_records_a_pattern_matches(self) -> None:
        for pattern, keys in MATCHES.items():
            with self.subTest(pattern=pattern):
                self.assertEqual(self.followed(pattern, keys), keys & self.compared)

    def test_a_subscription_follows_nothing_for_anything_else(self) -> None:
        for pattern in MISMATCHES:
            with self.subTest(pattern=pattern):
                self.assertEqual(self.followed(pattern, set()), set())


class CostOfPatterns(PatternCase):
    def test_a_pattern_of_many_wildcards_is_answered(self) -> None:
        wire = self.session()
        for pattern in (".".join(["#"] * 2_000), ".".join(["#", "*"] * 1_000), "#." * 500 + "x", "#.a" * 700):
            wire.call("record.query", {"name": pattern})
            wire.send({"t": "sub", "id": wire.new_id(), "topic": pattern})

        wire.barrier()
