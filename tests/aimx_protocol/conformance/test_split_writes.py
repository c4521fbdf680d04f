# SPDX-License-Identifier: Apache-2.0
"""A session cut at every byte is the same session (reassembly, aimx.md 0.6, 2.1, 2.2)."""

from __future__ import annotations

import os
from typing import Any

from cases import Case, load_tests, reading
from wire import TEXT, Wire, websocket_frame

__all__ = ["load_tests"]

SESSION = [  # each frame with whether it is answered
    ('{"t":"ping"}', True),
    ('{"t":"req","id":1,"method":"hello","params":{"client":"cut","version":"3.0"}}', True),
    ('{"t":"write","topic":"note","payload":"grün"}', False),
    ('{"t":"req","id":2,"method":"record.get","params":{"name":"note"}}', True),
    ("not a frame", False),
    ('{"t":"unsub","sub":"9"}', False),
    ('{"t":"req","id":3,"method":"record.get","params":{"name":"no.such"}}', True),
    ('{"t":"ping"}', True),
]


def outline(frames: list[dict[str, Any]]) -> list[Any]:
    """What must be the same however the bytes were cut."""
    rows = [(frame["t"], frame.get("id"), frame.get("err"), frame.get("ok")) for frame in frames]
    return sorted(rows, key=repr)


class SplitWrites(Case):
    fresh = False

    def test_a_session_in_two_writes_is_answered_alike_wherever_it_is_cut(self) -> None:
        wire = self.connect()
        pieces = [wire.wrap(text) for text, _ in SESSION]
        session = b"".join(pieces)
        whole = self.play(wire, [session])
        self.assertEqual([kind for kind, *_ in whole], ["pong", "pong", "reply", "reply", "reply"])

        for cut in range(1, len(session)):
            with self.subTest(cut=cut):
                self.assertEqual(self.play(wire, [session[:cut], session[cut:]]), whole)

    def test_a_session_byte_by_byte_is_answered_alike(self) -> None:
        wire = self.connect()
        session = b"".join(wire.wrap(text) for text, _ in SESSION)
        whole = self.play(wire, [session])

        bytewise = self.play(wire, [session[i : i + 1] for i in range(len(session))])

        self.assertEqual(bytewise, whole)

    def play(self, wire: Wire, writes: list[bytes]) -> list[Any]:
        """Sends the writes; after each waits for the answers of the frames that are complete."""
        ends, total = [], 0
        for text, answered in SESSION:
            total += len(wire.wrap(text))
            ends.append((total, answered))
        received: list[dict[str, Any]] = []
        sent = 0
        for write in writes:
            wire.send_bytes(write)
            sent += len(write)
            due = sum(answered for end, answered in ends if end <= sent)
            while len(received) < due:
                received.append(wire.recv())
        return outline(received)


class SplitByEvents(Case):
    fresh = False
    transports = ("tcp", "ws")

    def test_a_request_in_two_pieces_survives_events_in_between(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler.supply")
        request = wire.wrap('{"t":"req","id":77,"method":"record.get","params":{"name":"boiler.supply"}}')

        for cut in range(1, len(request)):
            wire.send_bytes(request[:cut])
            self.server.produce("boiler.supply", reading(cut))
            wire.until(lambda frame: frame.get("sub") == sub and frame["data"] == reading(cut))  # noqa: B023
            wire.send_bytes(request[cut:])

            self.assertEqual(wire.reply(77)["ok"], reading(cut))


class SplitMessages(Case):
    fresh = False
    transports = ("ws",)

    def test_a_message_may_come_in_fragments_of_one_byte(self) -> None:
        wire = self.connect()
        text = b'{"t":"req","id":8,"method":"record.get","params":{"name":"no.such"}}'
        last = len(text) - 1

        wire.send_bytes(
            b"".join(
                websocket_frame(0 if i else TEXT, text[i : i + 1], fin=i == last, mask=os.urandom(4))
                for i in range(len(text))
            )
        )

        self.assertEqual(wire.reply(8)["err"], "not_found")
