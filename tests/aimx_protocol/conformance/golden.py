#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes the example frames out of a protocol page: its fenced blocks tagged c2s, s2c and val.

    golden.py PAGE        writes golden_frames.json from the page (or the one AIMX_SPEC names)
    golden.py --check PAGE  compares, writes nothing, and ends with 1 when they differ

The AimX page itself is not part of the repository; its frames are.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

GOLDEN_PATH = Path(__file__).resolve().parent / "golden_frames.json"
EXTENSIONS_PAGE_PATH = Path(__file__).resolve().parents[3] / "docs" / "aimx_protocol.md"

_HEADING = re.compile(r"#+ (.*)")
_FENCE = re.compile(r"```(\w*)")


@dataclass(frozen=True)
class Block:
    """A fenced block: the heading it stands under, its tag, its lines as they are."""

    section: str
    kind: str
    frames: list[str]


def read_blocks(page: str) -> list[Block]:
    """The blocks of a page that hold frames (c2s, s2c) or values (val), in order."""
    blocks: list[Block] = []
    section, kind, lines = "", None, list[str]()
    for line in page.splitlines():
        if kind is None:
            if heading := _HEADING.fullmatch(line):
                section = heading[1]
            elif fence := _FENCE.fullmatch(line):
                kind, lines = fence[1], []
        elif line == "```":
            if kind in ("c2s", "s2c", "val"):
                blocks.append(Block(section, kind, [text for text in lines if text]))
            kind = None
        else:
            lines.append(line)
    return blocks


def load_blocks(path: Path = GOLDEN_PATH) -> list[Block]:
    """The blocks that golden_frames.json holds."""
    return [Block(**block) for block in json.loads(path.read_text(encoding="utf-8"))]


def as_json(blocks: list[Block]) -> str:
    return json.dumps([asdict(block) for block in blocks], ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Takes the example frames out of a protocol page.")
    parser.add_argument("page", type=Path, nargs="?", default=os.environ.get("AIMX_SPEC"))
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    if options.page is None:
        parser.error("give a page, or set AIMX_SPEC")
    text = as_json(read_blocks(options.page.read_text(encoding="utf-8")))
    if options.check:
        return 0 if GOLDEN_PATH.read_text(encoding="utf-8") == text else 1
    GOLDEN_PATH.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
