# SPDX-License-Identifier: Apache-2.0
"""sub on WebSocket as plain AimX has it (aimx.md 8.3)."""

from __future__ import annotations

from cases import Case, command, load_tests, reading, setpoint

__all__ = ["load_tests"]


class WebSocketSubscriptions(Case):
    transports = ("ws",)

    def test_a_subscription_is_acknowledged_before_anything_else(self) -> None:
        self.server.produce("boiler.setpoint", setpoint(50))
        wire = self.connect()
        wire.send({"t": "sub", "id": 15, "topic": "boiler.setpoint"})

        wire.expect("subscribed", sub="15")
        wire.expect("snap", sub="15", seq=1, topic="boiler.setpoint", last=True, data=setpoint(50))

    def test_a_ring_has_a_snapshot_too(self) -> None:
        self.server.produce("boiler.supply", reading(1))
        self.server.produce("boiler.supply", reading(2))
        wire = self.connect()
        wire.send({"t": "sub", "id": 15, "topic": "boiler.supply"})

        wire.expect("subscribed", sub="15")
        wire.expect("snap", sub="15", seq=1, topic="boiler.supply", last=True, data=reading(2))

    def test_without_a_value_there_is_no_snapshot(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler.supply")
        self.server.produce("boiler.supply", reading(1))

        wire.expect("event", sub=sub, seq=1, topic="boiler.supply", data=reading(1))

    def test_the_value_of_a_snapshot_is_not_repeated_as_an_event(self) -> None:
        self.server.produce("boiler.setpoint", setpoint(50))
        wire = self.connect()
        sub = wire.subscribe("boiler.setpoint")
        wire.expect("snap", sub=sub, seq=1)
        self.server.produce("boiler.setpoint", setpoint(51))

        wire.expect("event", sub=sub, seq=2, topic="boiler.setpoint", data=setpoint(51))

    def test_every_event_carries_its_topic(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler.return")
        for number in range(1, 6):
            self.server.produce("boiler.return", reading(number))

            wire.expect("event", sub=sub, seq=number, topic="boiler.return", data=reading(number))

    def test_a_pattern_has_a_snapshot_per_record_that_has_a_value(self) -> None:
        self.server.produce("boiler.setpoint", setpoint(2))
        self.server.produce("boiler.return", reading(3))
        self.server.produce("log.lines", command("outside"))
        wire = self.connect()
        wire.send({"t": "sub", "id": 9, "topic": "boiler.*"})
        wire.expect("subscribed", sub="9")

        burst = [wire.expect("snap", sub="9", seq=seq) for seq in (1, 2)]

        self.assertEqual({snap["topic"] for snap in burst}, {"boiler.setpoint", "boiler.return"})
        self.assertEqual(["last" in snap for snap in burst], [False, True])
        self.server.produce("boiler.supply", reading(7))
        frames = wire.until(lambda frame: frame.get("topic") == "boiler.supply")
        self.assertEqual([frame["seq"] for frame in frames], list(range(3, 3 + len(frames))))

    def test_a_topic_nobody_publishes_is_accepted(self) -> None:
        wire = self.connect()
        for topic in ("no.such", "", "boiler*", "no.such.*", "private.secret"):
            with self.subTest(topic=topic):
                sub_id = wire.new_id()
                wire.send({"t": "sub", "id": sub_id, "topic": topic})

                wire.expect("subscribed", sub=str(sub_id))

    def test_a_record_that_is_not_served_is_skipped(self) -> None:
        self.server.produce("private.secret", reading(1))
        wire = self.connect()
        wire.subscribe("#")
        wire.subscribe("private.secret")
        self.server.produce("private.secret", reading(1))
        self.server.produce("boiler.return", reading(2))

        self.assertEqual(wire.expect("event", seq=1)["topic"], "boiler.return")
