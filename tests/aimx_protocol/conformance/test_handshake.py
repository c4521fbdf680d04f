# SPDX-License-Identifier: Apache-2.0
"""hello and the version rule (aimx.md 5); serving without hello."""

from __future__ import annotations

from typing import Any

from cases import WRITABLE, Case, load_tests

__all__ = ["load_tests"]

WELCOME_MEMBERS = {
    "version", "server", "permissions", "writable_records", "max_subscriptions", "authenticated",
}  # fmt: skip


class Handshake(Case):
    fresh = False

    def test_a_fresh_connection_is_served_without_hello(self) -> None:
        wire = self.connect()

        self.assertIsInstance(wire.call("record.list"), list)

    def test_a_fresh_connection_may_begin_with_any_frame(self) -> None:
        for first in (
            {"t": "ping"},
            {"t": "unsub", "sub": "1"},
            {"t": "write", "topic": "no.such.record", "payload": 1},
            {"t": "req", "id": 99, "method": "record.query", "params": None},
        ):
            with self.subTest(first=first):
                wire = self.connect()
                wire.send(first)

                wire.barrier()

    def test_the_line_of_aimdbs_client_library_is_welcomed(self) -> None:
        wire = self.connect()
        wire.send('{"t":"req","id":1,"method":"hello","params":{"client":"aimdb-client","version":"3.0"}}')

        welcome = wire.reply(1)["ok"]

        self.assertEqual(welcome["version"].split(".")[0], "3")
        self.assertEqual(welcome["server"], "aimdb")
        self.assertEqual(welcome["permissions"], ["read", "write"])
        self.assertEqual(set(welcome["writable_records"]), WRITABLE)

    def test_the_welcome_tells_how_many_subscriptions_a_connection_may_have(self) -> None:
        welcome = self.connect().call("hello", {"version": "3.0"})

        self.assertEqual(welcome["max_subscriptions"], 1024 if self.transport == "ws" else 32)

    def test_a_client_that_asks_for_no_additions_sees_none_in_the_welcome(self) -> None:
        for asked in ({}, {"extensions": 0}, {"extensions": None}):
            with self.subTest(asked=asked):
                welcome = self.connect().call("hello", {"version": "3.0", **asked})

                self.assertLessEqual(set(welcome), WELCOME_MEMBERS)
                self.assertIsInstance(welcome["authenticated"], bool)

    def test_the_writable_records_come_in_the_same_order_to_everybody(self) -> None:
        first = self.connect().call("hello", {"version": "3.0"})
        second = self.connect(transport="unix").call("hello", {"version": "3.0"})

        self.assertEqual(first["writable_records"], second["writable_records"])

    def test_the_part_of_the_version_before_the_dot_decides(self) -> None:
        for version in ("3", "3.0", "3.9", "3.x.y"):
            with self.subTest(version=version):
                self.assertEqual(self.session().call("hello", {"version": version})["server"], "aimdb")

    def test_another_version_is_refused(self) -> None:
        refused: list[Any] = [
            {"version": "2.0"}, {"version": ""}, {"version": ".0"}, {"version": "30"}, {"version": "4"},
            {"version": 3}, {"version": 3.0}, {"version": None}, {"version": ["3.0"]}, {}, None, [], "3.0",
        ]  # fmt: skip
        for params in refused:
            with self.subTest(params=params):
                refusal = self.session().refusal("hello", params)
                self.assertEqual(refusal, ("version_mismatch", "version_mismatch"))

    def test_after_a_version_mismatch_the_connection_is_served(self) -> None:
        wire = self.connect()
        wire.refusal("hello", {"version": "2.0"})

        self.assertIsInstance(wire.call("record.list"), list)
        self.assertEqual(wire.call("hello", {"version": "3.0"})["server"], "aimdb")

    def test_hello_may_come_late_and_again(self) -> None:
        wire = self.connect()
        wire.call("record.list")

        first = wire.call("hello", {"version": "3.0"})
        second = wire.call("hello", {"version": "3.1"})

        self.assertEqual(first, second)

    def test_what_hello_does_not_know_is_ignored(self) -> None:
        params = {
            "version": "3.0",
            "capabilities": ["x"],
            "auth_token": "nobody asked",
            "client": 7,
            "else": {},
        }

        self.assertEqual(self.connect().call("hello", params)["server"], "aimdb")


class AgreedHandshake(Case):
    fresh = False

    def test_the_additions_are_answered_with_the_same_number(self) -> None:
        welcome = self.connect().hello()

        self.assertEqual(welcome["extensions"], 1)
        self.assertLessEqual(WELCOME_MEMBERS, set(welcome))

    def test_the_welcome_names_the_run_of_the_database(self) -> None:
        first, second = self.connect().hello(), self.connect(transport="unix").hello()

        self.assertIsInstance(first["epoch"], str)
        self.assertNotEqual(first["epoch"], "")
        self.assertEqual(first["epoch"], second["epoch"])

    def test_a_frame_length_within_the_bound_is_agreed_on(self) -> None:
        self.assertEqual(self.connect().hello(max_frame=1_048_576)["max_frame"], 1_048_576)
        self.assertEqual(self.connect().hello(max_frame=200_000)["max_frame"], 200_000)

    def test_a_frame_length_above_the_bound_is_cut_to_it(self) -> None:
        self.assertEqual(self.connect().hello(max_frame=1 << 30)["max_frame"], 1_048_576)

    def test_a_version_mismatch_agrees_on_nothing(self) -> None:
        wire = self.connect()
        wire.refusal("hello", {"version": "2.0", "extensions": 1})

        wire.subscribe("boiler.supply")
        self.server.produce("boiler.supply", {"celsius": 1})

        wire.expect("event", seq=1)  # plain: the wire refuses any member beside AimX's


class RunEpoch(Case):
    transports = ("unix",)

    def test_another_run_has_another_name(self) -> None:
        before = self.connect().hello()["epoch"]
        self.server.restart()
        after = self.connect().hello()["epoch"]

        self.assertNotEqual(before, after)

    def test_the_writable_records_keep_their_order_over_runs(self) -> None:
        before = self.connect().hello()["writable_records"]
        self.server.restart()
        after = self.connect().hello()["writable_records"]

        self.assertEqual(before, after)
