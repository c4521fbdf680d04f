# SPDX-License-Identifier: Apache-2.0
"""Members and frames agreed on in hello, and that nobody else sees them (docs/aimx_protocol.md).

That plain clients see nothing unknown is checked on every frame of every test by frames.py.
"""

from __future__ import annotations

from typing import Any

from cases import T0_MS, Case, command, load_tests, reading, setpoint
from wire import Frame

__all__ = ["load_tests"]


def place(frame: Frame) -> tuple[Any, Any]:
    """pos and ts of an update, which must have an epoch too."""
    if not isinstance(frame.get("epoch"), str):
        raise AssertionError(f"no epoch: {frame}")
    return frame.get("pos"), frame.get("ts")


class AgreedMembers(Case):
    def test_events_tell_position_epoch_and_time(self) -> None:
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.supply")
        for number in (1, 2, 3):
            position = self.server.produce_at("boiler.supply", T0_MS + number, reading(number))

            event = wire.expect("event", sub=sub, seq=number, data=reading(number))
            self.assertEqual(place(event), (position, T0_MS + number))

    def test_positions_grow_by_one_per_value(self) -> None:
        wire = self.connect(additions=True)
        wire.subscribe("boiler.supply")
        for number in range(5):
            self.server.produce("boiler.supply", reading(number))

        positions = [wire.expect("event")["pos"] for _ in range(5)]

        self.assertEqual(positions, list(range(positions[0], positions[0] + 5)))

    def test_snapshots_tell_position_epoch_and_time(self) -> None:
        position = self.server.produce_at("boiler.setpoint", T0_MS, setpoint(50))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.*")

        snap = wire.expect("snap", sub=sub, seq=1, last=True, topic="boiler.setpoint", data=setpoint(50))

        self.assertEqual(place(snap), (position, T0_MS))

    def test_get_event_and_history_agree_on_the_epoch(self) -> None:
        wire = self.connect(additions=True)
        wire.subscribe("boiler.supply")
        self.server.produce("boiler.supply", reading(1))

        event = wire.expect("event")
        meta = wire.call("record.get", {"name": "boiler.supply", "meta": True})

        self.assertEqual((event["epoch"], event["pos"]), (meta["epoch"], meta["pos"]))

    def test_every_subscription_is_acknowledged_before_its_updates(self) -> None:
        self.server.produce("boiler.setpoint", setpoint(50))
        wire = self.connect(additions=True)
        for sub_id, topic in enumerate(("boiler.setpoint", "boiler.*", "boiler.supply"), start=50):
            wire.send({"t": "sub", "id": sub_id, "topic": topic})

            frames = wire.until(lambda frame: frame["t"] == "subscribed")
            self.assertEqual(frames[-1]["sub"], str(sub_id))
            self.assertNotIn(str(sub_id), [frame["sub"] for frame in frames[:-1]])

    def test_what_is_agreed_on_holds_for_one_connection_only(self) -> None:
        agreed, plain = self.connect(additions=True), self.connect()
        agreed.subscribe("boiler.supply")
        plain.subscribe("boiler.supply")
        self.server.produce("boiler.supply", reading(1))

        self.assertIn("pos", agreed.expect("event"))
        self.assertLessEqual(set(plain.expect("event")), {"t", "sub", "seq", "topic", "data"})

    def test_an_acknowledged_subscription_that_resumes_nothing_does_not_say_so(self) -> None:
        wire = self.connect(additions=True)
        wire.send({"t": "sub", "id": 50, "topic": "boiler.supply"})

        self.assertIsNot(wire.expect("subscribed", sub="50").get("resumed"), False)


class SlowedSubscriptions(Case):
    # Goal: `every_ms` leaves out values but tells of each one, and the newest always comes.
    # Method: the values count up; those an event is merged with and itself add up to its number.
    def test_merged_values_are_counted_and_the_newest_comes(self) -> None:
        wire = self.connect(additions=True)
        wire.subscribe("boiler.return", every_ms=20)
        total = 100
        for number in range(1, total + 1):
            self.server.produce("boiler.return", reading(number))

        events = wire.until(lambda frame: frame["data"] == reading(total))

        counted = 0
        for event in events:
            counted += 1 + event.get("merged", 0)
            self.assertEqual(event["data"], reading(counted))
        self.assertEqual(counted, total)

    def test_each_record_of_a_pattern_is_slowed_for_itself(self) -> None:
        wire = self.connect(additions=True)
        wire.subscribe("#", every_ms=20)
        total = 50
        for number in range(1, total + 1):
            self.server.produce("boiler.return", reading(number))
            self.server.produce("log.lines", command(str(number)))

        counted = {"boiler.return": 0, "log.lines": 0}
        while set(counted.values()) != {total}:
            frame = wire.recv()
            counted[frame["topic"]] += 1 + frame.get("merged", 0)
            number = frame["data"].get("celsius") or int(frame["data"]["text"])
            self.assertEqual(number, counted[frame["topic"]])

    def test_single_values_come_unmerged(self) -> None:
        wire = self.connect(additions=True)
        wire.subscribe("boiler.return", every_ms=1)
        for number in range(1, 4):
            self.server.produce("boiler.return", reading(number))

            self.assertEqual(wire.expect("event", data=reading(number)).get("merged", 0), 0)
