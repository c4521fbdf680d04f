# SPDX-License-Identifier: Apache-2.0
"""What every subscription does on every transport: limits, ids, unsub, losses (aimx.md 3.3, 4.7, 8.4)."""

from __future__ import annotations

from typing import Any

from cases import Case, command, load_tests, reading, setpoint
from wire import Wire, refusal_in

__all__ = ["load_tests"]


class Limits(Case):
    @property
    def cap(self) -> int:
        return 1024 if self.transport == "ws" else 32

    def fill(self, wire: Wire) -> None:
        for done in range(0, self.cap, 32):
            ids = range(done, done + 32)
            wire.send(*({"t": "sub", "id": i, "topic": "boiler.supply"} for i in ids))
            if self.transport == "ws":
                self.assertEqual({wire.expect("subscribed")["sub"] for _ in ids}, {str(i) for i in ids})
        self.assertEqual(wire.barrier(), [])

    def test_one_subscription_too_many_is_denied(self) -> None:
        wire = self.connect()
        self.fill(wire)
        for sub_id, topic in enumerate(("boiler.supply", "#", "no.such"), start=5_000):
            with self.subTest(topic=topic):
                wire.send({"t": "sub", "id": sub_id, "topic": topic})

                self.assertEqual(refusal_in(wire.reply(sub_id)), ("denied", "limit_exceeded"))

    def test_a_closed_subscription_makes_room_for_another(self) -> None:
        wire = self.connect()
        self.fill(wire)
        wire.send({"t": "unsub", "sub": "3"}, {"t": "sub", "id": 5_000, "topic": "boiler.return"})
        for frame in wire.barrier():
            self.assertEqual(frame, {"t": "subscribed", "sub": "5000"})

        self.server.produce("boiler.return", reading(1))

        wire.expect("event", sub="5000", seq=1)

    def test_a_refused_subscription_does_not_count(self) -> None:
        wire = self.connect()
        wire.send({"t": "sub", "id": 6_000, "topic": "boiler.return"})
        wire.send(*({"t": "sub", "id": 6_000, "topic": "boiler.return"} for _ in range(10)))
        refused = [frame for frame in wire.barrier() if frame["t"] == "reply"]
        self.assertEqual(len(refused), 10)
        wire.send({"t": "unsub", "sub": "6000"})

        self.fill(wire)

    def test_the_limit_is_per_connection(self) -> None:
        self.fill(self.connect())

        self.fill(self.connect())


class Ids(Case):
    def test_the_id_of_a_live_subscription_is_denied_and_the_live_one_goes_on(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler.supply")
        for topic in ("boiler.supply", "boiler.return", "#"):
            wire.send({"t": "sub", "id": int(sub), "topic": topic})

            self.assertEqual(refusal_in(wire.reply(int(sub))), ("denied", "duplicate_subscription"))

        self.server.produce("boiler.return", reading(1))
        self.server.produce("boiler.supply", reading(2))
        wire.expect("event", sub=sub, seq=1, data=reading(2))

    def test_an_id_is_free_again_after_unsub(self) -> None:
        wire = self.connect()
        wire.send({"t": "sub", "id": 5, "topic": "boiler.supply"}, {"t": "unsub", "sub": "5"})
        wire.send({"t": "sub", "id": 5, "topic": "boiler.return"})
        self.assertEqual([frame for frame in wire.barrier() if frame["t"] != "subscribed"], [])

        self.server.produce("boiler.supply", reading(1))
        self.server.produce("boiler.return", reading(2))

        wire.expect("event", sub="5", seq=1, data=reading(2))

    def test_requests_and_subscriptions_may_share_ids(self) -> None:
        wire = self.connect()
        wire.send('{"t":"sub","id":5,"topic":"boiler.supply"}', '{"t":"req","id":5,"method":"record.list"}')

        self.assertIn("ok", wire.reply(5))
        wire.barrier()
        self.server.produce("boiler.supply", reading(1))
        wire.expect("event", sub="5", seq=1)

    def test_connections_may_use_the_same_ids(self) -> None:
        wires = [self.connect(), self.connect()]
        subs = [wire.subscribe("boiler.supply") for wire in wires]
        self.assertEqual(subs[0], subs[1])
        self.server.produce("boiler.supply", reading(1))

        for wire in wires:
            wire.expect("event", sub=subs[0], seq=1)


class Unsub(Case):
    def test_after_unsub_nothing_comes_any_more(self) -> None:
        wire = self.connect()
        ended, live = wire.subscribe("boiler.supply"), wire.subscribe("boiler.supply")
        wire.send({"t": "unsub", "sub": ended})
        self.assertEqual(wire.barrier(), [])
        for number in range(1, 6):
            self.server.produce("boiler.supply", reading(number))

            wire.expect("event", sub=live, seq=number)
        self.assertEqual(wire.barrier(), [])

    def test_unsub_of_an_unknown_subscription_is_ignored(self) -> None:
        wire = self.connect()
        live = wire.subscribe("boiler.supply")
        for sub in (
            "99",
            "",
            "x",
            "-1",
            "01",
            f"0{live}",
            f" {live}",
            f"{live}.0",
            "99999999999999999999999",
        ):
            wire.send({"t": "unsub", "sub": sub})

        self.assertEqual(wire.barrier(), [])
        self.server.produce("boiler.supply", reading(1))
        wire.expect("event", sub=live, seq=1)

    def test_unsub_twice_is_as_good_as_once(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler.supply")
        wire.send({"t": "unsub", "sub": sub}, {"t": "unsub", "sub": sub})

        self.assertEqual(wire.barrier(), [])

    def test_a_subscription_of_another_connection_is_out_of_reach(self) -> None:
        wire, other = self.connect(), self.connect()
        sub = wire.subscribe("boiler.supply")
        other.send({"t": "unsub", "sub": sub})
        self.assertEqual(other.barrier(), [])
        self.server.produce("boiler.supply", reading(1))

        wire.expect("event", sub=sub, seq=1)


class Delivery(Case):
    def test_two_subscriptions_of_one_record_both_get_each_value(self) -> None:
        wire = self.connect()
        subs = {wire.subscribe("boiler.supply"), wire.subscribe("#.supply")}
        for number in range(1, 6):
            self.server.produce("boiler.supply", reading(number))

            events = [wire.expect("event", seq=number, data=reading(number)) for _ in subs]
            self.assertEqual({event["sub"] for event in events}, subs)

    def test_a_subscriber_of_a_mailbox_takes_nothing_away(self) -> None:
        wires = [self.connect(), self.connect()]
        subs = [wire.subscribe("boiler.command") for wire in wires]
        self.server.produce("boiler.command", command("open"))

        for wire, sub in zip(wires, subs, strict=True):
            wire.expect("event", sub=sub, seq=1, data=command("open"))
            self.assertEqual(wire.call("record.get", {"name": "boiler.command"}), command("open"))

    def test_a_transform_is_followed_like_any_record(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler.mean")
        self.server.produce("boiler.supply", reading(10))
        wire.expect("event", sub=sub, seq=1)
        self.server.produce("boiler.supply", reading(20))

        self.assertEqual(wire.expect("event", sub=sub, seq=2)["data"]["celsius"], 15)

    def test_a_join_is_followed_like_any_record(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler.both")
        self.server.produce("boiler.supply", reading(61))
        self.server.produce("boiler.setpoint", setpoint(50))

        wire.until(lambda frame: frame["sub"] == sub and abs(frame["data"]["celsius"]) == 11)

    def test_a_write_over_one_transport_is_an_event_on_the_others(self) -> None:
        wires = [self.connect(transport=transport) for transport in ("unix", "tcp", "ws")]
        for wire in wires:
            wire.subscribe("note")
        self.connect().send({"t": "write", "topic": "note", "payload": [1, 2]})

        for wire in wires:
            wire.expect("event", seq=1, data=[1, 2])


class Losses(Case):
    # Goal: whatever a slow reader loses, `seq` says exactly which values that were.
    # Method: the n-th value after subscribing says n; more bytes are produced than socket
    # buffers and ring hold before the reader reads; then each seq must equal its value, and
    # the newest value, which the ring retains, must come.
    def test_seq_tells_a_slow_reader_what_it_lost(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("log.lines")
        last = 3_000
        for number in range(1, last + 1):
            self.server.produce("log.lines", command(f"{number}".ljust(4_000)))

        events = wire.until(lambda frame: frame["seq"] == last)

        numbers = [int(event["data"]["text"]) for event in events]
        self.assertEqual([event["seq"] for event in events], numbers)
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual({event["sub"] for event in events}, {sub})

    def test_a_slow_reader_keeps_getting_its_replies(self) -> None:
        wire = self.connect()
        wire.subscribe("log.lines")
        for number in range(2_000):
            self.server.produce("log.lines", command(f"{number}".ljust(4_000)))

        self.assertEqual(wire.refusal("record.get", {"name": "note"}), ("not_found", "no_value"))

    def test_a_slow_reader_does_not_hold_up_others(self) -> None:
        slow, quick = self.connect(), self.connect(transport="unix")
        slow.subscribe("log.lines")
        sub = quick.subscribe("log.lines")
        received: list[Any] = []
        for number in range(1, 2_001):
            self.server.produce("log.lines", command(f"{number}".ljust(4_000)))
            received.append(quick.expect("event", sub=sub, seq=number)["seq"])

        self.assertEqual(received, list(range(1, 2_001)))
