# SPDX-License-Identifier: Apache-2.0
"""How subscriptions and connections end: `ended`, and an ordered stop of the server."""

from __future__ import annotations

import os
import stat

from cases import Case, load_tests, reading
from wire import Wire, refusal_in, values

__all__ = ["load_tests"]


class Ended(Case):
    def reason(self, wire: Wire, topic: str) -> str:
        """Subscribes to something that must end at once, and returns why it did."""
        sub_id = wire.new_id()
        wire.send({"t": "sub", "id": sub_id, "topic": topic})
        frame = wire.until(lambda frame: frame["t"] != "subscribed")[-1]
        self.assertEqual((frame["t"], frame.get("sub")), ("ended", str(sub_id)))
        return str(frame["reason"])

    def test_a_pattern_that_matches_nothing_says_so(self) -> None:
        wire = self.connect(additions=True)
        for topic in ("no.such.*", "log.*.#.x", "private.*", "private.#"):
            with self.subTest(topic=topic):
                self.assertEqual(self.reason(wire, topic), "no_match")

    def test_a_pattern_against_the_grammar_says_so(self) -> None:
        wire = self.connect(additions=True)
        for topic in ("boiler*", "b*.x", "**", "boiler.##"):
            with self.subTest(topic=topic):
                self.assertEqual(self.reason(wire, topic), "bad_pattern")

    def test_a_key_nobody_serves_says_so(self) -> None:
        wire = self.connect(additions=True)
        for topic in ("no.such", "private.secret"):
            with self.subTest(topic=topic):
                if self.transport == "ws":
                    self.assertEqual(self.reason(wire, topic), "no_match")
                else:
                    wire.send({"t": "sub", "id": 70, "topic": topic})
                    self.assertEqual(refusal_in(wire.reply(70)), ("not_found", "unknown_record"))

    def test_an_ended_subscription_frees_its_slot_and_its_id(self) -> None:
        wire = self.connect(additions=True)
        for _ in range(40):
            wire.send({"t": "sub", "id": 500, "topic": "no.such.*"})
            wire.until(lambda frame: frame["t"] == "ended")
        wire.send({"t": "sub", "id": 500, "topic": "boiler.supply"})
        wire.expect("subscribed", sub="500")
        self.server.produce("boiler.supply", reading(1))

        wire.expect("event", sub="500", seq=1)

    def test_unsub_is_not_answered_by_it(self) -> None:
        wire = self.connect(additions=True)
        sub = wire.subscribe("boiler.supply")
        wire.send({"t": "unsub", "sub": sub})

        self.assertEqual(wire.barrier(), [])

    def test_a_client_without_additions_never_sees_it(self) -> None:
        wire = self.connect()
        for topic in ("no.such.*", "boiler*"):
            wire.send({"t": "sub", "id": wire.new_id(), "topic": topic})

        self.assertLessEqual({frame["t"] for frame in wire.barrier()}, {"subscribed"})


class OrderedStop(Case):
    def test_a_stop_ends_each_subscription_and_then_the_connection(self) -> None:
        wire = self.connect(additions=True)
        subs = {wire.subscribe("boiler.supply"), wire.subscribe("#")}
        self.server.begin_quit()

        frames = wire.expect_closed()

        self.assertEqual([frame["t"] for frame in frames], ["ended", "ended"])
        self.assertEqual({frame["sub"] for frame in frames}, subs)
        self.assertEqual({frame["reason"] for frame in frames}, {"closed"})

    def test_a_stop_is_silent_to_a_client_without_additions(self) -> None:
        wire = self.connect()
        wire.subscribe("boiler.supply")
        self.server.begin_quit()

        self.assertEqual(wire.expect_closed(), [])

    def test_nothing_follows_the_end_of_a_subscription(self) -> None:
        wire = self.connect(additions=True)
        wire.subscribe("boiler.return")
        for number in range(1, 51):
            self.server.produce("boiler.return", reading(number))
        self.server.begin_quit()

        frames = wire.expect_closed()

        *events, ended = frames
        self.assertEqual(ended["t"], "ended")
        self.assertEqual(values(events), [reading(number + 1) for number in range(len(events))])

    def test_an_idle_connection_does_not_hold_up_a_stop(self) -> None:
        wires = [self.connect() for _ in range(8)]
        for wire in wires:
            wire.barrier()

        self.server.quit()

        for wire in wires:
            self.assertEqual(wire.expect_closed(), [])

    def test_half_a_frame_does_not_hold_up_a_stop(self) -> None:
        wire = self.connect()
        wire.barrier()
        wire.send_bytes(wire.wrap('{"t":"ping"}')[:5])

        self.server.quit()

        self.assertEqual(wire.expect_closed(), [])

    def test_a_reader_that_does_not_read_does_not_hold_up_a_stop(self) -> None:
        wire = self.connect()
        wire.subscribe("log.lines")
        for number in range(3_000):
            self.server.produce("log.lines", {"text": f"{number}".ljust(4_000)})

        self.server.quit(may_give_up=True)  # it cannot deliver what nobody takes


class SocketFile(Case):
    transports = ("unix",)

    def test_only_its_owner_may_use_the_socket(self) -> None:
        path = self.url().removeprefix("unix://")

        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)

    def test_a_server_starts_over_the_socket_a_killed_one_left(self) -> None:
        self.server.kill()
        self.server.start()

        self.assertEqual(self.connect().barrier(), [])
