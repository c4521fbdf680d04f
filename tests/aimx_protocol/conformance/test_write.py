# SPDX-License-Identifier: Apache-2.0
"""write: unwrapping by transport, silence on failure (aimx.md 9), and the outcome of one with an id."""

from __future__ import annotations

from typing import Any

from cases import T0_MS, Case, command, load_tests, reading, setpoint
from wire import Wire, refusal_in

__all__ = ["load_tests"]


def write(wire: Wire, topic: str, payload: Any, **members: Any) -> None:
    wire.send({"t": "write", "topic": topic, "payload": payload, **members})


class Write(Case):
    def note(self, wire: Wire) -> Any:
        return wire.call("record.get", {"name": "note"})

    def test_a_bare_payload_is_the_value(self) -> None:
        wire = self.connect()
        bare: list[Any] = [7, "x", [1], {"a": 1}, {"Value": 1}, {}, False]
        for payload in bare:
            with self.subTest(payload=payload):
                write(wire, "note", payload)

                self.assertEqual(self.note(wire), payload)

    def test_a_wrapped_payload_is_unwrapped_except_on_websocket(self) -> None:
        wire = self.connect()
        wrapped: list[Any] = [
            {"value": 5},
            {"value": {"a": 1}},
            {"value": 5, "by": "me"},
            {"value": {"value": 1}},
        ]
        for payload in wrapped:
            with self.subTest(payload=payload):
                write(wire, "note", payload)

                self.assertEqual(self.note(wire), payload if self.transport == "ws" else payload["value"])

    def test_a_record_may_be_written_bare_on_every_transport(self) -> None:
        wire = self.connect()
        write(wire, "boiler.setpoint", setpoint(52))

        self.assertEqual(wire.call("record.get", {"name": "boiler.setpoint"}), setpoint(52))

    def test_the_whole_payload_may_be_taken_when_the_unwrapped_one_does_not_fit(self) -> None:
        wire = self.connect()
        write(wire, "boiler.setpoint", {"value": {"celsius": "x"}, "celsius": 51})

        reply = wire.reply(wire.send_request("record.get", {"name": "boiler.setpoint"}))

        if self.transport == "ws" or "ok" in reply:  # AimX leaves the other transports the choice
            self.assertEqual(reply["ok"], setpoint(51))

    def test_an_absent_payload_is_null(self) -> None:
        wire = self.connect(additions=True)
        sub = wire.subscribe("note")
        wire.send('{"t":"write","topic":"note"}')

        self.assertIsNone(wire.expect("event", sub=sub, seq=1).get("data"))

    def test_an_absent_payload_does_not_fit_a_record_with_members(self) -> None:
        self.server.produce("boiler.setpoint", setpoint(50))
        wire = self.connect()
        wire.send('{"t":"write","topic":"boiler.setpoint"}')

        self.assertEqual(wire.barrier(), [])
        self.assertEqual(wire.call("record.get", {"name": "boiler.setpoint"}), setpoint(50))

    def test_a_write_reaches_rings_and_mailboxes(self) -> None:
        wire = self.connect()
        write(wire, "log.lines", command("a"))
        write(wire, "boiler.command", command("b"))

        self.assertEqual(wire.call("record.get", {"name": "log.lines"}), command("a"))
        self.assertEqual(wire.call("record.get", {"name": "boiler.command"}), command("b"))

    def test_a_write_needs_no_hello(self) -> None:
        watcher = self.connect(transport="tcp")
        sub = watcher.subscribe("log.lines")

        write(self.connect(), "log.lines", command("first frame"))

        watcher.expect("event", sub=sub, data=command("first frame"))

    def test_a_write_that_fails_is_silent(self) -> None:
        self.server.produce("boiler.setpoint", setpoint(50))
        self.server.produce("boiler.supply", reading(1))
        wire = self.connect()
        write(wire, "boiler.supply", reading(2))
        write(wire, "boiler.mean", reading(2))
        write(wire, "private.secret", reading(2))
        write(wire, "no.such", 1)
        write(wire, "", 1)
        write(wire, "boiler.*", setpoint(3))
        write(wire, "#", 1)
        write(wire, "boiler.setpoint", {"celsius": "x"})

        self.assertEqual(wire.barrier(), [])
        self.assertEqual(wire.call("record.get", {"name": "boiler.setpoint"}), setpoint(50))
        self.assertEqual(wire.call("record.get", {"name": "boiler.supply"}), reading(1))
        self.assertEqual(wire.refusal("record.get", {"name": "note"}), ("not_found", "no_value"))


class WriteWithAnId(Case):
    def outcome(self, wire: Wire, topic: str, value: Any) -> dict[str, Any]:
        payload = value if self.transport == "ws" else {"value": value}
        write_id = wire.new_id()
        write(wire, topic, payload, id=write_id)
        return wire.reply(write_id)

    def test_a_success_tells_the_position_of_the_value(self) -> None:
        wire = self.connect(additions=True)
        before = self.server.produce_at("boiler.setpoint", T0_MS, setpoint(50))

        outcome = self.outcome(wire, "boiler.setpoint", setpoint(52))["ok"]
        meta = wire.call("record.get", {"name": "boiler.setpoint", "meta": True})

        self.assertEqual(set(outcome), {"status", "pos", "epoch"})
        self.assertEqual(outcome["status"], "success")
        self.assertEqual(outcome["pos"], before + 1)
        self.assertEqual((meta["pos"], meta["epoch"]), (outcome["pos"], outcome["epoch"]))
        self.assertEqual(meta["value"], setpoint(52))

    def test_positions_grow_by_one_per_write(self) -> None:
        wire = self.connect(additions=True)

        positions = [self.outcome(wire, "log.lines", command(str(i)))["ok"]["pos"] for i in range(5)]

        self.assertEqual(positions, list(range(positions[0], positions[0] + 5)))

    def test_a_refusal_tells_why(self) -> None:
        wire = self.connect(additions=True)

        self.assertEqual(
            refusal_in(self.outcome(wire, "boiler.supply", reading(1))), ("denied", "not_writable")
        )
        self.assertEqual(
            refusal_in(self.outcome(wire, "boiler.setpoint", {"celsius": "x"})), ("internal", "decode_failed")
        )
        for topic in ("no.such", "private.secret"):
            self.assertIn(refusal_in(self.outcome(wire, topic, 1))[0], ("denied", "not_found"))

    def test_a_record_that_is_not_served_is_refused_as_any_unknown_one(self) -> None:
        wire = self.connect(additions=True)

        secret, unknown = self.outcome(wire, "private.secret", 1), self.outcome(wire, "private.nobody", 1)

        self.assertEqual(refusal_in(secret), refusal_in(unknown))

    def test_a_client_without_additions_may_ask_for_it_too(self) -> None:
        wire = self.connect()

        self.assertEqual(self.outcome(wire, "boiler.setpoint", setpoint(52))["ok"]["status"], "success")
        self.assertEqual(wire.barrier(), [])

    def test_without_an_id_nothing_is_answered(self) -> None:
        wire = self.connect(additions=True)
        write(wire, "boiler.setpoint", setpoint(1))
        write(wire, "boiler.supply", reading(1))

        self.assertEqual(wire.barrier(), [])
