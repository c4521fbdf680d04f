# SPDX-License-Identifier: Apache-2.0
"""Subscriptions that begin in the past (docs/aimx_protocol.md, "`sub`: history, then live")."""

from __future__ import annotations

from typing import Any

from cases import T0_MS, Case, load_tests, reading, setpoint
from wire import Frame, Wire

__all__ = ["load_tests"]


def until_live(wire: Wire, sub: str) -> list[Frame]:
    """The frames of a subscription before its seam."""
    *history, live = wire.until(lambda frame: frame["t"] == "live")
    if live != {"t": "live", "sub": sub}:
        raise AssertionError(f"another seam: {live}")
    for frame in history:
        if frame["t"] != "event" or frame.get("hist") is not True or frame["sub"] != sub:
            raise AssertionError(f"not from history: {frame}")
    return history


def celsius(frames: list[Frame]) -> list[float]:
    return [frame["data"]["celsius"] for frame in frames]


class HistoryCase(Case):
    history = True

    def store(self, key: str, numbers: range) -> list[int]:
        """Stores one value a millisecond from T0 on and returns the positions."""
        return self.server.produce_stored(key, map(reading, numbers), from_ms=T0_MS)


class Since(HistoryCase):
    def test_stored_values_come_first_then_the_seam_then_live_values(self) -> None:
        positions = self.store("boiler.return", range(5))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.return", since=T0_MS + 2)

        history = until_live(wire, sub)

        self.assertEqual(celsius(history), [2, 3, 4])
        self.assertEqual([frame["seq"] for frame in history], [1, 2, 3])
        self.assertEqual([frame["pos"] for frame in history], positions[2:])
        self.assertEqual([frame["ts"] for frame in history], [T0_MS + n for n in (2, 3, 4)])
        position = self.server.produce("boiler.return", reading(5))
        event = wire.expect("event", sub=sub, seq=4, data=reading(5), pos=position)
        self.assertNotIn("hist", event)

    def test_values_not_yet_stored_are_not_left_out(self) -> None:
        for number in range(50):
            self.server.produce_at("boiler.return", T0_MS + number, reading(number))
        wire = self.connect(additions=True)
        wire.subscribe("boiler.return", since=T0_MS)
        self.server.produce("boiler.return", reading(50))

        events = wire.until(lambda frame: frame.get("data") == reading(50))

        self.assertEqual(celsius([frame for frame in events if frame["t"] == "event"]), list(range(51)))

    def test_more_than_the_buffer_retains_comes_from_history(self) -> None:
        self.store("boiler.supply", range(100))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.supply", since=T0_MS)

        self.assertEqual(celsius(until_live(wire, sub)), list(range(100)))

    def test_long_histories_come_whole(self) -> None:
        self.store("boiler.return", range(2_000))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.return", since=T0_MS)

        history = until_live(wire, sub)

        self.assertEqual(celsius(history), list(range(2_000)))
        self.assertEqual([frame["seq"] for frame in history], list(range(1, 2_001)))

    def test_a_time_after_everything_begins_live(self) -> None:
        self.store("boiler.return", range(3))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.return", since=T0_MS + 3)

        self.assertEqual(until_live(wire, sub), [])
        self.server.produce("boiler.return", reading(9))
        wire.expect("event", sub=sub, seq=1, data=reading(9))

    def test_a_pattern_brings_every_record_in_its_order(self) -> None:
        self.store("boiler.return", range(4))
        self.store("boiler.supply", range(4))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.*", since=T0_MS)

        history = until_live(wire, sub)

        for key in ("boiler.return", "boiler.supply"):
            self.assertEqual(celsius([frame for frame in history if frame["topic"] == key]), list(range(4)))
        self.assertEqual([frame["seq"] for frame in history], list(range(1, len(history) + 1)))

    def test_there_is_no_snapshot_in_it(self) -> None:
        self.server.produce("boiler.setpoint", setpoint(50))
        self.store("boiler.return", range(2))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.return", since=T0_MS)

        until_live(wire, sub)  # refuses anything but events from history

    def test_a_record_without_history_gives_what_its_buffer_retains(self) -> None:
        self.server.produce_at("boiler.setpoint", T0_MS, setpoint(50))
        self.server.produce_at("boiler.setpoint", T0_MS + 1, setpoint(51))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.setpoint", since=T0_MS)

        self.assertEqual(celsius(until_live(wire, sub)), [51])
        self.server.produce("boiler.setpoint", setpoint(52))
        self.assertEqual(wire.expect("event", sub=sub)["data"], setpoint(52))

    def test_history_is_told_to_whoever_asks_without_hello_too(self) -> None:
        self.store("boiler.return", range(3))
        wire = self.connect()
        wire.additions = True  # asked for in the frame itself; not acknowledged off WebSocket
        wire.send({"t": "sub", "id": 9, "topic": "boiler.return", "since": T0_MS})
        if self.transport == "ws":
            wire.expect("subscribed", sub="9")

        self.assertEqual(celsius(until_live(wire, "9")), [0, 1, 2])

    def test_the_past_comes_whole_where_live_values_are_thinned_out(self) -> None:
        self.store("boiler.return", range(100))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.return", since=T0_MS, every_ms=60_000)

        history = until_live(wire, sub)

        self.assertEqual(celsius(history), list(range(100)))
        self.assertEqual({frame.get("merged", 0) for frame in history}, {0})

    def test_a_time_that_is_none_ends_or_refuses_the_subscription(self) -> None:
        wire = self.connect(additions=True)
        nonsense: list[Any] = ["yesterday", -1, 1.5, [], {}]
        for sub_id, since in enumerate(nonsense, start=100):
            with self.subTest(since=since):
                wire.send({"t": "sub", "id": sub_id, "topic": "boiler.return", "since": since})

                expect_bad_params(wire, sub_id)


def expect_bad_params(wire: Wire, sub_id: int) -> None:
    """The subscription is refused by a reply, or accepted and ended."""
    frame = wire.until(lambda frame: frame["t"] != "subscribed")[-1]
    refused = frame["t"] == "reply" and (frame["id"], frame.get("code")) == (sub_id, "bad_params")
    ended = frame == {"t": "ended", "sub": str(sub_id), "reason": "bad_params"}
    if not refused and not ended:
        raise AssertionError(f"neither refused nor ended for bad_params: {frame}")


class Seam(HistoryCase):
    # Goal: nothing is missing and nothing comes twice where history meets live values.
    # Method: subscribe while values are being produced, many times, and count positions.
    def test_positions_go_through_the_seam_without_hole_or_repeat(self) -> None:
        wire = self.connect(additions=True)
        produced = 0
        for _ in range(20):
            for _ in range(7):
                produced += 1
                self.server.produce_at("boiler.return", T0_MS + produced, reading(produced))
            sub_id = wire.new_id()
            wire.send({"t": "sub", "id": sub_id, "topic": "boiler.return", "since": T0_MS})
            for _ in range(7):
                produced += 1
                self.server.produce_at("boiler.return", T0_MS + produced, reading(produced))

            frames = self.frames_of(wire, str(sub_id), reading(produced))

            events = [frame for frame in frames if frame["t"] == "event"]
            self.assertEqual(celsius(events), list(range(1, produced + 1)))
            self.assertEqual([frame["seq"] for frame in events], list(range(1, produced + 1)))
            first = events[0]["pos"]
            self.assertEqual([frame["pos"] for frame in events], list(range(first, first + produced)))
            wire.send({"t": "unsub", "sub": str(sub_id)})

    def frames_of(self, wire: Wire, sub: str, last_value: Any) -> list[Frame]:
        """The frames of one subscription until both its seam and its last value have come."""
        frames: list[Frame] = []
        while not ({"t": "live", "sub": sub} in frames and frames[-1].get("data") == last_value) and not (
            frames and frames[-1]["t"] == "live" and any(frame.get("data") == last_value for frame in frames)
        ):
            frame = wire.recv()
            if frame.get("sub") == sub:
                frames.append(frame)
        return frames

    def test_history_stands_before_the_seam_and_live_behind_it(self) -> None:
        self.store("boiler.return", range(10))
        wire = self.connect(additions=True)
        wire.send({"t": "sub", "id": 90, "topic": "boiler.return", "since": T0_MS})
        self.server.produce("boiler.return", reading(10))

        frames = self.frames_of(wire, "90", reading(10))

        seam = frames.index({"t": "live", "sub": "90"})
        self.assertTrue(all(frame["hist"] is True for frame in frames[1:seam]))
        self.assertFalse(any("hist" in frame for frame in frames[seam:]))
        self.assertEqual(frames[0]["t"], "subscribed")
