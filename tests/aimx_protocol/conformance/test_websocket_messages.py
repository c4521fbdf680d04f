# SPDX-License-Identifier: Apache-2.0
"""WebSocket messages after the upgrade (aimx.md 2.3)."""

from __future__ import annotations

import json
import os
import time

from cases import Case, load_tests, reading
from server import DEADLINE_SECONDS
from wire import BINARY, CLOSE, PING, PONG, TEXT, WebSocketTransport, Wire, websocket_frame

__all__ = ["load_tests"]

PING_FRAME = b'{"t":"ping"}'


class Messages(Case):
    transports = ("ws",)
    fresh = False

    def send(self, wire: Wire, opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True) -> None:
        mask = os.urandom(4) if masked else b""
        wire.send_bytes(websocket_frame(opcode, payload, fin=fin, mask=mask))

    def receive(self, wire: Wire) -> tuple[bool, int, bytes]:
        assert isinstance(wire.transport, WebSocketTransport)
        return wire.transport.receive_websocket_frame(time.monotonic() + DEADLINE_SECONDS)

    def test_a_text_message_is_a_frame(self) -> None:
        wire = self.connect()
        self.send(wire, TEXT, PING_FRAME)

        wire.expect("pong")

    def test_a_binary_message_is_a_frame_too(self) -> None:
        wire = self.connect()
        self.send(wire, BINARY, PING_FRAME)

        wire.expect("pong")

    def test_the_server_sends_text_unmasked(self) -> None:
        wire = self.connect()
        self.send(wire, BINARY, PING_FRAME)

        fin, opcode, payload = self.receive(wire)

        self.assertEqual((fin, opcode, json.loads(payload)), (True, TEXT, {"t": "pong"}))

    def test_a_message_may_come_in_fragments(self) -> None:
        wire = self.connect()
        self.send(wire, TEXT, PING_FRAME[:3], fin=False)
        self.send(wire, 0, PING_FRAME[3:7], fin=False)
        self.send(wire, 0, b"", fin=False)
        self.send(wire, 0, PING_FRAME[7:])

        wire.expect("pong")

    def test_a_character_may_be_cut_by_fragments(self) -> None:
        wire = self.connect()
        text = '{"t":"req","id":1,"method":"record.set","params":{"name":"note","value":"grün"}}'.encode()
        cut = text.index("ü".encode()) + 1
        self.send(wire, TEXT, text[:cut], fin=False)
        self.send(wire, 0, text[cut:])

        self.assertEqual(wire.reply(1)["ok"]["value"], "grün")

    def test_a_websocket_ping_between_fragments_is_answered(self) -> None:
        wire = self.connect()
        self.send(wire, TEXT, PING_FRAME[:3], fin=False)
        self.send(wire, PING, b"between")
        self.assertEqual(self.receive(wire), (True, PONG, b"between"))

        self.send(wire, 0, PING_FRAME[3:])

        wire.expect("pong")

    def test_a_websocket_ping_is_answered_with_its_payload(self) -> None:
        wire = self.connect()
        for payload in (b"", b"x", b"\x00\xff" * 62):
            self.send(wire, PING, payload)

            self.assertEqual(self.receive(wire), (True, PONG, payload))

    def test_an_unasked_websocket_pong_is_ignored(self) -> None:
        wire = self.connect()
        self.send(wire, PONG, b"unasked")

        self.assertEqual(wire.barrier(), [])

    def test_a_close_is_answered_with_a_close(self) -> None:
        wire = self.connect()
        self.send(wire, CLOSE, (1000).to_bytes(2, "big") + b"bye")

        _, opcode, payload = self.receive(wire)

        self.assertEqual((opcode, payload[:2]), (CLOSE, (1000).to_bytes(2, "big")))
        self.assertEqual(wire.expect_closed(), [])

    def test_an_unmasked_frame_ends_the_connection(self) -> None:
        wire = self.connect()
        self.send(wire, TEXT, PING_FRAME, masked=False)

        self.assertEqual(wire.expect_closed(), [])

    def test_bad_utf8_in_a_text_message_ends_the_connection(self) -> None:
        for payload in (b'{"t":"ping","x":"\xff"}', b"\xc3\x28", b"\xed\xa0\x80"):
            with self.subTest(payload=payload):
                wire = self.connect()
                self.send(wire, TEXT, payload)

                self.assertEqual(wire.expect_closed(), [])

    def test_a_frame_against_the_rules_ends_the_connection(self) -> None:
        mask = bytes(4)
        for name, data in {
            "reserved bit": b"\xc1" + websocket_frame(TEXT, PING_FRAME, mask=mask)[1:],
            "reserved opcode": websocket_frame(0x3, b"x", mask=mask),
            "continuation of nothing": websocket_frame(0, PING_FRAME, mask=mask),
            "text within a message": websocket_frame(TEXT, b"{", fin=False, mask=mask)
            + websocket_frame(TEXT, PING_FRAME, mask=mask),
            "fragmented ping": websocket_frame(PING, b"x", fin=False, mask=mask),
            "long ping": websocket_frame(PING, b"x" * 126, mask=mask),
            "length of 2^63": b"\x81\xff" + (1 << 63).to_bytes(8, "big") + mask,
        }.items():
            with self.subTest(name=name):
                wire = self.connect()
                wire.send_bytes(data)

                self.assertEqual(wire.expect_closed(), [])

    def test_two_frames_in_one_message_are_dropped(self) -> None:
        wire = self.connect()
        wire.send(PING_FRAME + PING_FRAME, PING_FRAME + b"\n" + PING_FRAME)

        self.assertEqual(wire.barrier(), [])

    def test_a_line_feed_at_the_end_of_a_message_is_white_space(self) -> None:
        wire = self.connect()
        wire.send(PING_FRAME + b"\n")

        wire.expect("pong")

    def test_an_empty_message_is_ignored(self) -> None:
        wire = self.connect()
        wire.send(b"", b" ", b"\n")

        self.assertEqual(wire.barrier(), [])

    def test_a_message_of_half_a_megabyte_is_served(self) -> None:
        wire = self.connect()
        text = "x" * (512 << 10)

        self.assertEqual(wire.call("record.set", {"name": "note", "value": text})["value"], text)

    def test_every_length_form_of_a_frame_is_understood(self) -> None:
        wire = self.connect()
        for size in (12, 125, 126, 127, 65_535, 65_536, 65_537):
            self.send(wire, TEXT, PING_FRAME.ljust(size))

            wire.expect("pong")

    def test_all_methods_are_served_on_websocket_too(self) -> None:
        wire = self.connect()
        self.server.produce("boiler.supply", reading(61.5))

        self.assertEqual(wire.call("hello", {"version": "3.0"})["server"], "aimdb")
        self.assertEqual(wire.call("record.get", {"name": "boiler.supply"}), reading(61.5))
        self.assertEqual(wire.call("record.drain", {"name": "boiler.supply"})["values"], [])
        for method in ("record.list", "graph.nodes", "graph.edges", "graph.topo_order"):
            self.assertIsInstance(wire.call(method), list)
