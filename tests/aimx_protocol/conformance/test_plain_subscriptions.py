# SPDX-License-Identifier: Apache-2.0
"""sub on Unix sockets and TCP as plain AimX has it (aimx.md 8.2)."""

from __future__ import annotations

from cases import Case, command, load_tests, reading, setpoint
from wire import Frame, refusal_in

__all__ = ["load_tests"]


class PlainCase(Case):
    transports = ("unix", "tcp")


class ExactSubscriptions(PlainCase):
    def test_success_is_silent(self) -> None:
        self.server.produce("boiler.supply", reading(1))
        wire = self.connect()
        wire.send({"t": "sub", "id": 15, "topic": "boiler.supply"})

        self.assertEqual(wire.barrier(), [])

    def test_a_ring_begins_with_the_next_value(self) -> None:
        self.server.produce("boiler.supply", reading(1))
        wire = self.connect()
        sub = wire.subscribe("boiler.supply")
        self.server.produce("boiler.supply", reading(2))

        wire.expect("event", sub=sub, seq=1, data=reading(2))

    def test_events_are_numbered_from_one_and_have_no_topic(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler.supply")
        for number in range(1, 6):
            self.server.produce("boiler.supply", reading(number))

            event = wire.expect("event", sub=sub, seq=number, data=reading(number))
            self.assertEqual(set(event), {"t", "sub", "seq", "data"})

    def test_a_single_latest_replays_its_value_at_once(self) -> None:
        self.server.produce("boiler", setpoint(50))
        wire = self.connect()
        sub = wire.subscribe("boiler")

        wire.expect("event", sub=sub, seq=1, data=setpoint(50), topic=None)
        self.server.produce("boiler", setpoint(51))
        wire.expect("event", sub=sub, seq=2, data=setpoint(51), topic=None)

    def test_a_single_latest_without_a_value_begins_with_its_first(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler")
        self.server.produce("boiler", setpoint(50))

        wire.expect("event", sub=sub, seq=1, data=setpoint(50))

    def test_the_identifier_is_the_decimal_text_of_the_id(self) -> None:
        wire = self.connect()
        for sub_id in (0, 7, 2**53 + 1, 2**64 - 1):
            wire.send(f'{{"t":"sub","id":{sub_id},"topic":"boiler.supply"}}')
            self.assertEqual(wire.barrier(), [])
            self.server.produce("boiler.supply", reading(1))

            wire.expect("event", sub=str(sub_id), seq=1)
            wire.send({"t": "unsub", "sub": str(sub_id)})

    def test_an_unknown_record_is_not_found(self) -> None:
        wire = self.connect()
        for topic in ("no.such", "", "Boiler", "boiler.", "private.secret", "boiler/supply", "boiler.+"):
            with self.subTest(topic=topic):
                sub_id = wire.new_id()
                wire.send({"t": "sub", "id": sub_id, "topic": topic})

                self.assertEqual(refusal_in(wire.reply(sub_id)), ("not_found", "unknown_record"))

    def test_a_refused_subscription_may_be_asked_for_again_under_its_id(self) -> None:
        wire = self.connect()
        wire.send('{"t":"sub","id":5,"topic":"no.such"}')
        self.assertEqual(wire.reply(5)["err"], "not_found")
        wire.send('{"t":"sub","id":5,"topic":"boiler.supply"}')
        self.assertEqual(wire.barrier(), [])

        self.server.produce("boiler.supply", reading(1))

        wire.expect("event", sub="5", seq=1)


class PatternSubscriptions(PlainCase):
    def snapshots(self, frames: list[Frame]) -> list[tuple[int, str, object]]:
        return [(frame["seq"], frame["topic"], frame["data"]) for frame in frames]

    def test_current_values_come_first_in_registration_order(self) -> None:
        self.server.produce("note", "n")
        self.server.produce("boiler.command", command("c"))
        self.server.produce("boiler.setpoint", setpoint(2))
        self.server.produce("boiler", setpoint(1))
        wire = self.connect()
        wire.send({"t": "sub", "id": 9, "topic": "#"})

        burst = [wire.expect("snap", sub="9") for _ in range(4)]

        self.assertEqual(
            self.snapshots(burst),
            [
                (1, "boiler", setpoint(1)),
                (2, "boiler.setpoint", setpoint(2)),
                (3, "boiler.command", command("c")),
                (4, "note", "n"),
            ],
        )
        self.assertEqual(["last" in snap for snap in burst], [False, False, False, True])

    def test_a_single_snapshot_is_the_last(self) -> None:
        self.server.produce("boiler.setpoint", setpoint(2))
        wire = self.connect()
        wire.send({"t": "sub", "id": 9, "topic": "boiler.*"})

        wire.expect("snap", sub="9", seq=1, last=True, topic="boiler.setpoint", data=setpoint(2))

    def test_rings_have_no_snapshot(self) -> None:
        self.server.produce("boiler.return", reading(1))
        self.server.produce("log.lines", command("x"))
        wire = self.connect()
        wire.send({"t": "sub", "id": 9, "topic": "#.return"})
        wire.send({"t": "sub", "id": 10, "topic": "log.*"})

        self.assertEqual(wire.barrier(), [])

    def test_without_values_there_is_no_burst(self) -> None:
        wire = self.connect()
        wire.send({"t": "sub", "id": 9, "topic": "#"})

        self.assertEqual(wire.barrier(), [])

    def test_events_go_on_after_the_snapshots_and_carry_their_topic(self) -> None:
        self.server.produce("boiler.setpoint", setpoint(2))
        wire = self.connect()
        sub = wire.subscribe("boiler.*")
        self.server.produce("boiler.supply", reading(7))

        frames = wire.until(lambda frame: frame.get("topic") == "boiler.supply")

        # A single-latest record may repeat its value as an event (AimDB's servers do).
        self.assertEqual([frame["seq"] for frame in frames], list(range(1, len(frames) + 1)))
        self.assertEqual(frames[0]["t"], "snap")
        self.assertEqual({frame["t"] for frame in frames[1:]}, {"event"})
        self.assertTrue(all(frame["sub"] == sub and "topic" in frame for frame in frames))
        self.assertEqual(frames[-1]["data"], reading(7))

    def test_a_pattern_that_matches_nothing_is_accepted_silently(self) -> None:
        wire = self.connect()
        for topic in ("no.such.*", "boiler*", "**", "private.#", "private.*"):
            wire.send({"t": "sub", "id": wire.new_id(), "topic": topic})

        self.assertEqual(wire.barrier(), [])

    def test_a_pattern_that_matches_nothing_frees_its_slot(self) -> None:
        wire = self.connect()
        for _ in range(40):
            wire.send({"t": "sub", "id": wire.new_id(), "topic": "no.such.*"})
        self.assertEqual(wire.barrier(), [])

        sub = wire.subscribe("boiler.supply")
        self.server.produce("boiler.supply", reading(1))

        wire.expect("event", sub=sub, seq=1)

    def test_a_record_that_is_not_served_is_skipped(self) -> None:
        wire = self.connect()
        wire.subscribe("#")
        self.server.produce("private.secret", reading(1))
        self.server.produce("boiler.return", reading(2))

        self.assertEqual(wire.expect("event", seq=1)["topic"], "boiler.return")
