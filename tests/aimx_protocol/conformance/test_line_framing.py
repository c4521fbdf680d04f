# SPDX-License-Identifier: Apache-2.0
"""Lines on Unix sockets (aimx.md 2.1)."""

from __future__ import annotations

import json
import socket

from cases import Case, load_tests, reading
from server import DEADLINE_SECONDS

__all__ = ["load_tests"]


class LineFraming(Case):
    transports = ("unix",)
    fresh = False

    def test_a_line_may_end_with_a_carriage_return(self) -> None:
        wire = self.connect()
        wire.send_bytes(b'{"t":"ping"}\r\n{"t":"ping"}\r\r\n')

        wire.expect("pong")
        wire.expect("pong")

    def test_blank_lines_are_ignored(self) -> None:
        wire = self.connect()
        wire.send_bytes(b'\n\r\n   \n\t\r\n\n{"t":"ping"}\n\n')

        wire.expect("pong")
        self.assertEqual(wire.barrier(), [])

    def test_a_last_line_without_its_line_feed_is_served(self) -> None:
        wire = self.connect()
        wire.send_bytes(b'{"t":"ping"}\n{"t":"req","id":5,"method":"record.list","params":null}')
        wire.transport.socket.shutdown(socket.SHUT_WR)

        kinds = [frame["t"] for frame in wire.expect_closed()]

        self.assertEqual(kinds, ["pong", "reply"])

    def test_white_space_around_the_object_is_fine(self) -> None:
        wire = self.connect()
        wire.send_bytes(b' \t {"t":"ping"} \t \n')

        wire.expect("pong")

    def test_several_lines_may_come_in_one_write(self) -> None:
        wire = self.connect()
        ids = range(1000, 1100)
        lines = [
            json.dumps({"t": "req", "id": i, "method": "record.get", "params": {"name": "none"}}) for i in ids
        ]
        wire.send_bytes("".join(line + "\n" for line in lines).encode())

        self.assertEqual({wire.expect("reply")["id"] for _ in ids}, set(ids))

    def test_a_line_that_is_not_utf8_ends_the_connection(self) -> None:
        for line in (
            b'{"t":"ping","x":"\xff"}\n', b"\xc3\x28\n", b'{"t":"ping","x":"\xc0\xaf"}\n',
            b'{"t":"ping","x":"\xed\xa0\x80"}\n', b'{"t":"ping","x":"\xf4\x90\x80\x80"}\n',
        ):  # fmt: skip
            with self.subTest(line=line):
                wire = self.connect()
                wire.send_bytes(line)

                self.assertEqual(wire.expect_closed(), [])

    def test_a_line_of_half_a_megabyte_is_served(self) -> None:
        wire = self.connect()
        text = "x" * (512 << 10)

        self.assertEqual(wire.call("record.set", {"name": "note", "value": text})["status"], "success")
        self.assertEqual(wire.call("record.get", {"name": "note"}), text)

    def test_the_server_ends_its_lines_with_a_line_feed_alone(self) -> None:
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        sock.settimeout(DEADLINE_SECONDS)
        sock.connect(self.url().removeprefix("unix://"))
        sock.sendall(b'{"t":"ping"}\n{"t":"req","id":1,"method":"record.list"}\n')
        sock.shutdown(socket.SHUT_WR)

        received = b"".join(iter(lambda: sock.recv(65_536), b""))

        self.assertNotIn(b"\r", received)
        self.assertEqual(received.count(b"\n"), 2)
        self.assertTrue(received.endswith(b"\n"))

    def test_a_line_in_two_pieces_survives_events_in_between(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler.supply")
        line = wire.wrap('{"t":"req","id":77,"method":"record.get","params":{"name":"boiler.supply"}}')

        for cut in range(1, len(line)):
            wire.send_bytes(line[:cut])
            self.server.produce("boiler.supply", reading(cut))
            wire.expect("event", sub=sub, data=reading(cut))
            wire.send_bytes(line[cut:])

            self.assertEqual(wire.reply(77)["ok"], reading(cut))
