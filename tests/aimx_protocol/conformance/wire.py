# SPDX-License-Identifier: Apache-2.0
"""A connection that sends exactly what a test says and checks every frame that comes back."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "python"))

from aimdb_aimx import (  # noqa: E402
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    AimxError,
    Client,
    ConnectionClosed,
    Transport,
    UnixTransport,
    Update,
    UpgradeRefused,
    WebSocketTransport,
    decode,
    encode,
    websocket_frame,
)
from frames import check_frame  # noqa: E402
from server import DEADLINE_SECONDS  # noqa: E402

__all__ = [  # the client's names come through here, where its folder is known
    "BINARY", "CLOSE", "PING", "PONG", "TEXT", "AimxError", "Client", "ConnectionClosed",
    "UnixTransport", "Update", "UpgradeRefused", "WebSocketTransport", "decode", "encode", "websocket_frame",
    "Frame", "Wire", "refusal_in", "values",
]  # fmt: skip

Frame: TypeAlias = dict[str, Any]


class Wire:
    """One session over the client's framing, without its handshake and its bookkeeping.

    Every wait ends after DEADLINE_SECONDS with an AssertionError. Frames that come while a test
    waits for a reply are kept and given out afterwards, in order.
    """

    def __init__(self, url: str) -> None:
        self._client = Client.connect(url, hello=False, timeout=DEADLINE_SECONDS)
        self._ids = itertools.count(100_000)  # out of the way of ids that tests write themselves
        self._kept: deque[Frame] = deque()
        self.additions = False  # set by tests that ask for one without hello
        self.longest_frame_bytes = 0

    @property
    def transport(self) -> Transport:
        return self._client.transport

    @property
    def kind(self) -> str:
        """``unix``, ``tcp`` or ``ws``."""
        return str(self.transport.kind)

    def close(self) -> None:
        self._client.close()

    # Sending

    def new_id(self) -> int:
        return next(self._ids)

    def send(self, *frames: Frame | str | bytes) -> None:
        """Sends frames, each framed as the transport wants it, text and bytes unchanged."""
        for frame in frames:
            text = json.dumps(frame, ensure_ascii=False) if isinstance(frame, dict) else frame
            self.send_bytes(self.wrap(text))

    def wrap(self, frame: str | bytes) -> bytes:
        """The bytes on the wire of one frame, however long it is."""
        return bytes(self.transport.wrap(frame.encode() if isinstance(frame, str) else frame))

    def send_bytes(self, data: bytes) -> None:
        """Sends bytes with no framing at all."""
        self.transport.send_bytes(data, time.monotonic() + DEADLINE_SECONDS)

    def send_request(self, method: str, params: Any = None) -> int:
        request_id = self.new_id()
        self.send({"t": "req", "id": request_id, "method": method, "params": params})
        return request_id

    def subscribe(self, topic: str, **members: Any) -> str:
        """Sends a `sub`, proves that the server has read it, and returns its identifier.

        On WebSocket and with additions that takes in the `subscribed` frame. Updates that came
        already are kept.
        """
        sub_id = self.new_id()
        self.send({"t": "sub", "id": sub_id, "topic": topic, **members})
        if self.kind != "ws" and not self.additions:
            self._kept.extend(self.barrier())
            return str(sub_id)
        while True:
            frame = self._read()
            if frame["t"] == "subscribed" and frame["sub"] == str(sub_id):
                return str(sub_id)
            if frame.get("sub") == str(sub_id) or (frame["t"] == "reply" and frame["id"] == sub_id):
                raise AssertionError(f"expected the acknowledgement of {topic}, got {frame}")
            self._kept.append(frame)

    # Receiving

    def recv(self) -> Frame:
        """The next frame."""
        return self._kept.popleft() if self._kept else self._read()

    def expect(self, kind: str, **members: Any) -> Frame:
        """The next frame, which must be of this kind and have these members."""
        frame = self.recv()
        found = {name: frame.get(name) for name in members}
        if frame["t"] != kind or found != members:
            raise AssertionError(f"expected {kind} with {members}, got {frame}")
        return frame

    def until(self, wanted: Callable[[Frame], bool]) -> list[Frame]:
        """The next frames up to the first wanted one, which is the last of the list."""
        frames = [self.recv()]
        while not wanted(frames[-1]):
            frames.append(self.recv())
        return frames

    def reply(self, request_id: int) -> Frame:
        """The reply with this id; what comes before it is kept."""
        for index, frame in enumerate(self._kept):
            if frame["t"] == "reply" and frame["id"] == request_id:
                del self._kept[index]
                return frame
        while True:
            frame = self._read()
            if frame["t"] == "reply" and frame["id"] == request_id:
                return frame
            self._kept.append(frame)

    def call(self, method: str, params: Any = None) -> Any:
        """Calls a method and returns its result."""
        reply = self.reply(self.send_request(method, params))
        if "ok" not in reply:
            raise AssertionError(f"{method} {params} was refused: {reply}")
        return reply["ok"]

    def refusal(self, method: str, params: Any = None) -> tuple[str, str]:
        """Calls a method that must be refused and returns err and code."""
        return refusal_in(self.reply(self.send_request(method, params)))

    def barrier(self) -> list[Frame]:
        """Proves that everything sent so far was read; returns what came before the proof."""
        request_id = self.send_request("conformance.barrier")
        frames = self.until(lambda frame: frame["t"] == "reply" and frame["id"] == request_id)
        return frames[:-1]

    def hello(self, **params: Any) -> Frame:
        """Agrees on the additions and returns the welcome."""
        welcome: Frame = self.call("hello", {"version": "3.0", "extensions": 1, **params})
        self.additions = True
        return welcome

    def expect_closed(self) -> list[Frame]:
        """Waits until the server ends the connection; returns the frames that still came."""
        frames = list(self._kept)
        self._kept.clear()
        try:
            while True:
                frames.append(self._read())
        except ConnectionClosed:
            return frames

    def _read(self) -> Frame:
        try:
            raw = self._client.recv_frame(DEADLINE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"no frame came in {DEADLINE_SECONDS} s, kept: {list(self._kept)}") from None
        self.longest_frame_bytes = max(self.longest_frame_bytes, len(raw))
        return check_frame(raw, additions=self.additions, acknowledges=self.kind == "ws")


def refusal_in(reply: Frame) -> tuple[str, str]:
    """err and code of a reply that must be a refusal with a sentence for people."""
    if "err" not in reply:
        raise AssertionError(f"not refused: {reply}")
    if not isinstance(reply.get("msg"), str) or "code" not in reply:
        raise AssertionError(f"a refusal without code or msg: {reply}")
    return reply["err"], reply["code"]


def values(frames: list[Frame]) -> list[Any]:
    """The data of those frames that carry a value."""
    return [frame.get("data") for frame in frames if frame["t"] in ("snap", "event")]
