# SPDX-License-Identifier: Apache-2.0
"""Length prefixes on TCP (aimx.md 2.2) and the frame length agreed on in hello."""

from __future__ import annotations

from typing import Any

from cases import Case, command, load_tests
from wire import Wire

__all__ = ["load_tests"]

LIMIT_BYTES = 65_536


def ping_of(size: int) -> bytes:
    """A ping padded with white space to ``size`` bytes."""
    return b'{"t":"ping"}'.ljust(size)


class TcpFraming(Case):
    transports = ("tcp",)
    fresh = False

    def test_a_frame_of_length_zero_is_ignored(self) -> None:
        wire = self.connect()
        wire.send_bytes(bytes(4) + bytes(4) + wire.wrap('{"t":"ping"}'))

        wire.expect("pong")
        self.assertEqual(wire.barrier(), [])

    def test_a_frame_of_exactly_the_limit_is_served(self) -> None:
        wire = self.connect()
        wire.send_bytes(wire.wrap(ping_of(LIMIT_BYTES)))

        wire.expect("pong")

    def test_a_frame_above_the_limit_ends_the_connection(self) -> None:
        wire = self.connect()
        wire.send_bytes(wire.wrap(ping_of(LIMIT_BYTES + 1)))

        self.assertEqual(wire.expect_closed(), [])

    def test_the_length_alone_is_enough_to_refuse(self) -> None:
        for size in (LIMIT_BYTES + 1, 1 << 24, 0x7FFFFFFF, 0xFFFFFFFF):
            with self.subTest(size=size):
                wire = self.connect()
                wire.send_bytes(size.to_bytes(4, "big"))

                self.assertEqual(wire.expect_closed(), [])

    def test_lines_end_the_connection(self) -> None:
        wire = self.connect()
        wire.send_bytes(b'{"t":"ping"}\n')

        self.assertEqual(wire.expect_closed(), [])

    def test_a_line_feed_inside_the_payload_is_white_space(self) -> None:
        wire = self.connect()
        wire.send('{"t":"ping"}\n', '\r\n{"t":\n"ping"}')

        wire.expect("pong")
        wire.expect("pong")

    def test_two_objects_in_one_frame_are_dropped(self) -> None:
        wire = self.connect()
        wire.send('{"t":"ping"}\n{"t":"ping"}')

        self.assertEqual(wire.barrier(), [])

    def test_bad_utf8_costs_at_most_its_own_frame(self) -> None:
        wire = self.connect()
        wire.send(
            b"\xff\xfe", b'{"t":"req","id":1,"method":"\xff"}', b'{"t":"sub","id":2,"topic":"\xc3\x28"}'
        )

        self.assertEqual(wire.barrier(), [])

    def test_several_frames_may_come_in_one_segment(self) -> None:
        wire = self.connect()
        wire.send_bytes(wire.wrap('{"t":"ping"}') * 100)

        for _ in range(100):
            wire.expect("pong")


class TcpFrameLengths(Case):
    transports = ("tcp",)
    history = True

    def fill_log(self, lines: int, size: int) -> None:
        for i in range(lines):
            self.server.produce("log.lines", command(f"{i:05}".ljust(size, ".")))

    def assert_frames_within(self, wire: Wire, limit: int) -> None:
        self.assertLessEqual(wire.longest_frame_bytes, limit)

    def drain_all(self, wire: Wire) -> list[Any]:
        texts: list[Any] = []
        while values := wire.call("record.drain", {"name": "log.lines"})["values"]:
            texts += [value["text"].rstrip(".") for value in values]
        return texts

    def test_a_drain_stops_where_the_frame_is_full_and_goes_on_there(self) -> None:
        wire = self.connect()
        self.assertEqual(self.drain_all(wire), [])

        self.fill_log(300, 1_000)

        self.assertEqual(self.drain_all(wire), [f"{i:05}" for i in range(300)])
        self.assert_frames_within(wire, LIMIT_BYTES)

    def test_a_drain_with_additions_says_that_there_is_more(self) -> None:
        wire = self.connect(additions=True)
        wire.call("record.drain", {"name": "log.lines"})
        self.fill_log(100, 1_000)

        first = wire.call("record.drain", {"name": "log.lines"})
        rest = wire.call("record.drain", {"name": "log.lines"})

        self.assertIs(first["more"], True)
        self.assertIs(rest["more"], False)
        self.assertEqual(first["count"] + rest["count"], 100)
        self.assert_frames_within(wire, LIMIT_BYTES)

    def test_a_page_of_history_is_cut_to_the_frame(self) -> None:
        wire = self.connect(additions=True)
        self.fill_log(100, 2_000)
        self.server.flush()

        texts: list[str] = []
        params: dict[str, Any] = {"name": "log.lines", "max_rows": 10_000}
        while params.get("after", "") is not None:
            page = wire.call("record.query", params)
            texts += [row["payload"]["text"].rstrip(".") for row in page["records"]]
            params["after"] = page.get("next")

        self.assertEqual(texts, [f"{i:05}" for i in range(100)])
        self.assert_frames_within(wire, LIMIT_BYTES)

    def test_a_plain_query_that_does_not_fit_is_refused_with_the_reason(self) -> None:
        wire = self.connect()
        self.fill_log(100, 2_000)
        self.server.flush()

        self.assertEqual(wire.refusal("record.query", {"limit": 1_000}), ("internal", "too_large"))
        self.assertEqual(len(wire.call("record.query", {"limit": 10})["records"]), 10)

    def test_a_value_that_does_not_fit_is_refused_with_the_reason(self) -> None:
        self.server.produce("note", "x" * 100_000)
        wire = self.connect()

        self.assertEqual(wire.refusal("record.get", {"name": "note"}), ("internal", "too_large"))
        self.assertEqual(wire.refusal("record.get", {"name": "none"})[0], "not_found")

    def test_an_event_that_does_not_fit_is_a_hole_in_seq(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("log.lines")
        self.server.produce("log.lines", command("before"))
        wire.expect("event", sub=sub, seq=1, data=command("before"))

        self.server.produce("log.lines", command("x" * 100_000))
        self.server.produce("log.lines", command("after"))

        wire.expect("event", sub=sub, seq=3, data=command("after"))

    def test_longer_frames_pass_both_ways_once_agreed_on(self) -> None:
        wire = self.connect(additions=True, max_frame=1_048_576)
        text = "x" * 900_000

        self.assertEqual(wire.call("record.set", {"name": "note", "value": text})["value"], text)

        wire.send_bytes(wire.wrap(ping_of(1_048_576)))
        wire.expect("pong")

    def test_the_length_agreed_on_is_the_new_limit(self) -> None:
        wire = self.connect(additions=True, max_frame=200_000)
        self.server.produce("note", "x" * 199_000)
        self.assertEqual(len(wire.call("record.get", {"name": "note"})), 199_000)
        self.server.produce("note", "x" * 200_000)
        self.assertEqual(wire.refusal("record.get", {"name": "note"}), ("internal", "too_large"))

        wire.send_bytes((200_001).to_bytes(4, "big"))

        self.assertEqual(wire.expect_closed(), [])
