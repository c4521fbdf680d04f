# SPDX-License-Identifier: Apache-2.0
"""`sub` with `from`: going on after a position, over reconnects, restarts and a crash."""

from __future__ import annotations

from typing import Any

from cases import T0_MS, Case, load_tests, reading, setpoint
from test_history_subscriptions import HistoryCase, celsius, expect_bad_params, until_live
from wire import Frame

__all__ = ["load_tests"]


def origin(frame: Frame) -> dict[str, Any]:
    """The `from` that goes on after this update."""
    return {"epoch": frame["epoch"], "pos": frame["pos"]}


class Resume(HistoryCase):
    def watch_one(self, key: str, number: float) -> Frame:
        """Produces a value and returns its event."""
        wire = self.connect(additions=True)
        sub = wire.subscribe(key)
        self.server.produce(key, reading(number) if key != "boiler.setpoint" else setpoint(number))
        event = wire.until(lambda frame: frame["t"] == "event" and frame["data"]["celsius"] == number)[-1]
        self.assertEqual(event["sub"], sub)
        wire.close()
        return event

    def test_every_value_after_a_position_comes_then_live(self) -> None:
        seen = self.watch_one("boiler.supply", 0)
        self.server.produce_stored("boiler.supply", map(reading, range(1, 51)))  # the ring retains 8
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.supply", **{"from": origin(seen)})

        history = until_live(wire, sub)

        self.assertEqual(celsius(history), list(range(1, 51)))
        self.assertEqual([frame["pos"] for frame in history], list(range(seen["pos"] + 1, seen["pos"] + 51)))
        self.server.produce("boiler.supply", reading(51))
        wire.expect("event", sub=sub, seq=51, data=reading(51))

    def test_after_the_newest_position_it_begins_live(self) -> None:
        seen = self.watch_one("boiler.supply", 0)
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.supply", **{"from": origin(seen)})

        self.assertEqual(until_live(wire, sub), [])
        self.server.produce("boiler.supply", reading(1))
        wire.expect("event", sub=sub, seq=1, data=reading(1), pos=seen["pos"] + 1)

    def test_each_record_of_a_pattern_goes_on_after_its_own_position(self) -> None:
        supply, back = self.watch_one("boiler.supply", 0), self.watch_one("boiler.return", 0)
        for number in (1, 2, 3):
            self.server.produce("boiler.supply", reading(number))
        self.server.produce("boiler.return", reading(1))
        wire = self.connect(additions=True)
        sub = wire.subscribe(
            "boiler.*", **{"from": {"boiler.supply": origin(supply), "boiler.return": origin(back)}}
        )

        history = until_live(wire, sub)

        self.assertEqual(celsius([f for f in history if f["topic"] == "boiler.supply"]), [1, 2, 3])
        self.assertEqual(celsius([f for f in history if f["topic"] == "boiler.return"]), [1])

    def test_a_matching_record_that_is_not_named_begins_live(self) -> None:
        seen = self.watch_one("boiler.supply", 0)
        self.server.produce("boiler.supply", reading(1))
        self.server.produce("boiler.return", reading(1))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.*", **{"from": {"boiler.supply": origin(seen)}})

        self.assertEqual([frame["topic"] for frame in until_live(wire, sub)], ["boiler.supply"])
        self.server.produce("boiler.return", reading(2))
        frames = wire.until(lambda frame: frame["topic"] == "boiler.return")
        self.assertEqual(frames[-1]["data"], reading(2))

    def test_records_that_are_not_named_begin_at_the_time_given_beside_it(self) -> None:
        seen = self.watch_one("boiler.supply", 0)
        self.server.produce("boiler.supply", reading(1))
        self.store("boiler.return", range(4))
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.*", since=T0_MS + 2, **{"from": {"boiler.supply": origin(seen)}})

        history = until_live(wire, sub)

        for key, numbers in (("boiler.supply", [1]), ("boiler.return", [2, 3])):
            self.assertEqual(celsius([frame for frame in history if frame["topic"] == key]), numbers)

    def test_a_persisted_record_goes_on_over_a_clean_restart(self) -> None:
        seen = self.watch_one("boiler.supply", 0)
        for number in (1, 2):
            self.server.produce("boiler.supply", reading(number))
        self.server.restart()
        self.server.produce("boiler.supply", reading(3))
        wire = self.connect(additions=True)
        wire.send({"t": "sub", "id": 90, "topic": "boiler.supply", "from": origin(seen)})

        self.assertIsNot(wire.expect("subscribed", sub="90").get("resumed"), False)
        history = until_live(wire, "90")
        self.assertEqual(celsius(history), [1, 2, 3])
        self.assertEqual([frame["pos"] for frame in history], [seen["pos"] + n for n in (1, 2, 3)])
        self.assertEqual({frame["epoch"] for frame in history}, {seen["epoch"]})

    def assert_begins_anew(self, key: str, seen: Frame, newest: Any) -> None:
        """The position is told to mean nothing; the newest value comes as a snapshot."""
        wire = self.connect(additions=True)
        wire.send({"t": "sub", "id": 90, "topic": key, "from": origin(seen)})
        wire.expect("subscribed", sub="90", resumed=False)
        frames = wire.until(lambda frame: frame["t"] == "snap")
        self.assertEqual([frame["t"] for frame in frames if frame["t"] != "live"], ["snap"])
        self.assertEqual((frames[-1]["topic"], frames[-1]["data"]), (key, newest))
        self.assertNotEqual(frames[-1]["epoch"], seen["epoch"])

    def test_a_record_that_is_not_persisted_begins_anew_after_a_restart(self) -> None:
        seen = self.watch_one("boiler.setpoint", 50)
        self.server.restart()
        self.server.produce("boiler.setpoint", setpoint(51))

        self.assert_begins_anew("boiler.setpoint", seen, setpoint(51))

    def test_a_persisted_record_goes_on_after_a_crash_in_an_epoch_of_the_same_store(self) -> None:
        seen = self.watch_one("boiler.supply", 0)
        self.server.flush()
        self.server.kill()
        self.server.start()
        self.server.produce("boiler.supply", reading(1))
        wire = self.connect(additions=True)
        wire.send({"t": "sub", "id": 90, "topic": "boiler.supply", "from": seen})

        wire.expect("subscribed", sub="90")
        [event] = [frame for frame in wire.until(lambda frame: frame["t"] == "live") if frame["t"] == "event"]
        self.assertEqual(event["data"], reading(1))
        store, crashes = seen["epoch"].split(".")
        self.assertEqual(event["epoch"], f"{store}.{int(crashes) + 1}")

    def test_a_position_of_an_unknown_epoch_means_nothing(self) -> None:
        seen = self.watch_one("boiler.supply", 0)

        self.assert_begins_anew_at_once("boiler.supply", {"epoch": "nobody's", "pos": seen["pos"]})

    def assert_begins_anew_at_once(self, key: str, place: dict[str, Any]) -> None:
        wire = self.connect(additions=True)
        wire.send({"t": "sub", "id": 90, "topic": key, "from": place})

        wire.expect("subscribed", sub="90", resumed=False)
        self.assertEqual(wire.until(lambda frame: frame["t"] == "snap")[-1]["topic"], key)

    def test_a_place_that_is_none_ends_or_refuses_the_subscription(self) -> None:
        wire = self.connect(additions=True)
        nonsense: list[Any] = [
            "x",
            7,
            [],
            {"epoch": "x"},
            {"pos": 1},
            {"epoch": 1, "pos": 1},
            {"epoch": "x", "pos": -1},
        ]
        for sub_id, place in enumerate(nonsense, start=100):
            with self.subTest(place=place):
                wire.send({"t": "sub", "id": sub_id, "topic": "boiler.supply", "from": place})

                expect_bad_params(wire, sub_id)

    def test_gaps_that_history_knows_are_told_when_asked_for(self) -> None:
        self.server.produce("boiler.supply", reading(1))
        self.server.flush()
        self.server.kill()
        self.server.start()
        after = self.server.produce("boiler.supply", reading(2))
        self.server.flush()
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.supply", since=0, gaps=True)

        frames = wire.until(lambda frame: frame["t"] == "live")[:-1]

        self.assertEqual(celsius([frame for frame in frames if frame["t"] == "event"]), [1, 2])
        [gap] = [frame for frame in frames if frame["t"] == "gap"]
        self.assertEqual((gap["sub"], gap["topic"], gap["cause"]), (sub, "boiler.supply", "crash"))
        self.assertEqual(gap["last"], after - 1)


class ResumeWithoutHistory(Case):
    def produce_twenty(self) -> dict[str, Any]:
        """Produces 20 values into a ring of 8; returns the place after the second."""
        wire = self.connect(additions=True)
        wire.subscribe("boiler.supply")
        for number in range(1, 21):
            self.server.produce("boiler.supply", reading(number))
        return origin(wire.until(lambda frame: frame["data"] == reading(20))[-1]) | {"pos": 2}

    def test_what_the_buffer_retains_comes_and_the_rest_is_a_hole_in_seq(self) -> None:
        place = self.produce_twenty()
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.supply", **{"from": place})

        history = until_live(wire, sub)

        self.assertEqual(celsius(history), list(range(13, 21)))
        self.assertEqual([frame["pos"] for frame in history], list(range(13, 21)))
        self.assertEqual([frame["seq"] for frame in history], list(range(11, 19)))

    def test_the_hole_is_told_as_a_gap_when_asked_for(self) -> None:
        place = self.produce_twenty()
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.supply", gaps=True, **{"from": place})

        frames = wire.until(lambda frame: frame["t"] == "live")

        gap = frames[0]
        self.assertEqual((gap["t"], gap["sub"], gap["topic"]), ("gap", sub, "boiler.supply"))
        self.assertEqual((gap["first"], gap["last"], gap["count"]), (3, 12, 10))
        self.assertEqual(celsius(frames[1:-1]), list(range(13, 21)))

    def test_a_place_in_the_buffer_leaves_no_hole(self) -> None:
        place = self.produce_twenty() | {"pos": 15}
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.supply", **{"from": place})

        history = until_live(wire, sub)

        self.assertEqual(
            [(frame["seq"], frame["pos"]) for frame in history], [(n - 15, n) for n in range(16, 21)]
        )
