# SPDX-License-Identifier: Apache-2.0
"""The example frames of the protocol pages, sent to the server and read by the client."""

from __future__ import annotations

import json
import os
import unittest
from pathlib import Path

from cases import Case, load_tests, reading, setpoint
from frames import check_frame, parse
from golden import EXTENSIONS_PAGE_PATH, GOLDEN_PATH, Block, as_json, load_blocks, read_blocks
from test_list import check_row
from wire import Frame, Wire, decode, encode

__all__ = ["load_tests"]


def frames_of(blocks: list[Block], kind: str) -> list[str]:
    return [frame for block in blocks if block.kind == kind for frame in block.frames]


def extension_blocks() -> list[Block]:
    return read_blocks(EXTENSIONS_PAGE_PATH.read_text(encoding="utf-8"))


class GoldenFile(unittest.TestCase):
    def test_it_holds_what_the_page_says(self) -> None:
        page = os.environ.get("AIMX_SPEC")
        if page is None:
            self.skipTest("AIMX_SPEC does not name the page")

        blocks = read_blocks(Path(page).read_text(encoding="utf-8"))

        self.assertEqual(GOLDEN_PATH.read_text(encoding="utf-8"), as_json(blocks))

    def test_both_pages_have_frames_of_both_directions(self) -> None:
        for blocks in (load_blocks(), extension_blocks()):
            self.assertGreaterEqual(len(frames_of(blocks, "c2s")), 5)
            self.assertGreaterEqual(len(frames_of(blocks, "s2c")), 5)


class GoldenClient(unittest.TestCase):
    def test_the_client_reads_each_frame_of_a_server(self) -> None:
        for text in frames_of(load_blocks(), "s2c") + frames_of(extension_blocks(), "s2c"):
            with self.subTest(frame=text):
                self.assertEqual(decode(text.encode()), json.loads(text))

    def test_each_frame_of_a_server_is_within_the_rules(self) -> None:
        for text in frames_of(load_blocks(), "s2c"):
            with self.subTest(frame=text):
                check_frame(text.encode(), additions=False, acknowledges=True)
        for text in frames_of(extension_blocks(), "s2c"):
            with self.subTest(frame=text):
                check_frame(text.encode(), additions=True, acknowledges=True)

    def test_the_client_writes_each_frame_of_a_client_alike(self) -> None:
        for text in frames_of(load_blocks(), "c2s") + frames_of(extension_blocks(), "c2s"):
            with self.subTest(frame=text):
                self.assertEqual(encode(parse(text.encode())).decode(), text)


class GoldenRows(Case):
    transports = ("unix",)
    fresh = False

    def test_the_example_row_is_what_rows_are_held_to(self) -> None:
        for text in frames_of(load_blocks(), "val"):
            check_row(self, json.loads(text))


class GoldenServer(Case):
    history = True

    def check_answers(self, wire: Wire, frame: Frame) -> None:
        """Waits for the reply a frame must have; what else comes must be of a kind that answers it."""
        answers: list[Frame] = []
        if frame["t"] == "req" or (frame["t"] == "write" and "id" in frame):
            wire.reply(frame["id"])
        elif frame["t"] == "ping":
            answers = wire.until(lambda answer: answer["t"] == "pong")[:-1]
        answers += wire.barrier()
        if frame["t"] != "sub":
            self.assertEqual(answers, [])
        for answer in answers:
            if answer["t"] == "reply":
                self.assertEqual((answer["id"], "err" in answer), (frame["id"], True))
            else:
                self.assertEqual(answer["sub"], str(frame["id"]))

    def play(self, texts: list[str], *, additions: bool) -> None:
        """Sends each frame on a fresh session over values it may ask for."""
        self.server.produce("boiler.supply", reading(61.5))
        self.server.produce("boiler.setpoint", setpoint(55))
        self.server.flush()
        for text in texts:
            with self.subTest(frame=text):
                wire = self.connect(additions=additions)
                wire.additions = additions
                try:
                    wire.send(text)
                    self.check_answers(wire, json.loads(text))
                finally:
                    wire.close()

    def test_each_frame_of_a_client_is_answered_in_its_kind(self) -> None:
        self.play(frames_of(load_blocks(), "c2s"), additions=False)

    def test_each_frame_with_additions_is_answered_in_its_kind(self) -> None:
        self.play(frames_of(extension_blocks(), "c2s"), additions=True)

    def test_all_frames_of_a_client_make_one_session(self) -> None:
        self.server.produce("boiler.supply", reading(61.5))
        wire = self.connect()
        texts = frames_of(load_blocks(), "c2s")
        wire.send(*texts)

        for frame in map(json.loads, texts):
            if frame["t"] == "req":
                wire.reply(frame["id"])
        wire.barrier()
