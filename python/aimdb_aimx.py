# SPDX-License-Identifier: Apache-2.0
"""A client for AimX 3.0 and the additions of aimdb, on Unix sockets, TCP and WebSocket.

Standard library only. The client has no thread of its own: whichever call waits reads the
socket and sorts what arrives, replies to their calls and updates to their subscriptions. A
program that does not call does not read, and the server's back pressure does the rest.

Threads: a Client and its subscriptions belong to one thread at a time.
Limits:  one received frame has at most 64 MiB; a subscription keeps ``queue_limit`` updates
         that nobody asked for yet, then drops its oldest, and ``skipped`` says how many.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

Json: TypeAlias = Any  # whatever json.loads gives
Object: TypeAlias = dict[str, Any]
Objects: TypeAlias = list[Object]
Keys: TypeAlias = list[str]
Origin: TypeAlias = Mapping[str, Any]  # {"epoch":E,"pos":P}, or a map from keys to such

PROTOCOL_VERSION: Final = "3.0"
RECEIVE_LIMIT_BYTES: Final = 64 << 20
TCP_FRAME_LIMIT_BYTES: Final = 65_536  # without a max_frame agreed on
MAX_FRAME_BYTES: Final = 1_048_576  # what hello asks for

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA  # WebSocket opcodes
_ACCEPT_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class AimxError(Exception):
    """A refusal by the server.

    ``err`` is one of ``not_found``, ``denied``, ``internal``, ``version_mismatch``; ``code`` is
    finer and ``msg`` a sentence for people, both None from a server without them.
    """

    def __init__(self, err: str, code: str | None = None, msg: str | None = None) -> None:
        super().__init__(": ".join(part for part in (err, code, msg) if part))
        self.err = err
        self.code = code
        self.msg = msg


class ConnectionClosed(ConnectionError):
    """The connection is over. ``code`` is the WebSocket close code when the server sent one."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class UpgradeRefused(ConnectionError):
    """The HTTP answer to a WebSocket upgrade was not a good 101."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"upgrade refused with {status}: {body}")
        self.status = status
        self.body = body


# Frames

# What a frame from a server must have beside "t" to be one.
_REQUIRED_MEMBERS: Final[dict[str, dict[str, type]]] = {
    "reply": {"id": int},
    "pong": {},
    "subscribed": {"sub": str},
    "snap": {"sub": str, "seq": int, "topic": str},
    "event": {"sub": str, "seq": int},
    "live": {"sub": str},
    "gap": {"sub": str, "topic": str, "first": int, "last": int, "count": int},
    "ended": {"sub": str, "reason": str},
}


def decode(raw: bytes) -> Object | None:
    """Returns the frame in ``raw``, or None for anything that is not a frame a client knows."""
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    kind = frame.get("t") if isinstance(frame, dict) else None
    required = _REQUIRED_MEMBERS.get(kind) if isinstance(kind, str) else None
    if required is None or any(type(frame.get(name)) is not wanted for name, wanted in required.items()):
        return None
    if kind == "reply" and "ok" not in frame and not isinstance(frame.get("err"), str):
        return None
    result: Object = frame
    return result


def encode(frame: Mapping[str, Json]) -> bytes:
    """Returns the JSON text of ``frame``.

    Raises ValueError for a non-finite number, and for a topic or method that JSON would have to
    escape: AimX servers drop such frames without a word.
    """
    for name in ("t", "method", "topic", "sub"):
        if any(char in '"\\' or char < " " for char in frame.get(name, "")):
            raise ValueError(f"{name} {frame[name]!r} needs an escape, which AimX does not allow there")
    text = json.dumps(frame, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


# Transports


class Transport:
    """One connected socket, cut into frames. Deadlines are in seconds of time.monotonic()."""

    kind = ""
    acknowledges = False  # every subscription is answered by `subscribed`
    wraps_writes = True  # a written value travels as {"value": V}

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.send_limit_bytes = RECEIVE_LIMIT_BYTES
        self._selector = selectors.DefaultSelector()
        self._selector.register(sock, selectors.EVENT_READ)
        self._inbox = bytearray()
        self._at_end = False

    def wrap(self, payload: bytes) -> bytes:
        """Returns the bytes on the wire of one frame."""
        raise NotImplementedError

    def receive(self, deadline: float | None) -> bytes:
        """Waits for the next frame. Raises TimeoutError or ConnectionClosed; loses no byte by either."""
        raise NotImplementedError

    def send(self, payload: bytes, deadline: float | None) -> None:
        """Sends one frame. Raises ValueError for one longer than the server takes."""
        if len(payload) > self.send_limit_bytes:
            raise ValueError(f"frame of {len(payload)} bytes, the limit is {self.send_limit_bytes}")
        self.send_bytes(self.wrap(payload), deadline)

    def send_bytes(self, data: bytes, deadline: float | None) -> None:
        """Sends ``data`` as it stands. Goes on reading meanwhile, so that two full pipes cannot lock."""
        rest = memoryview(data)
        try:
            while rest:
                try:
                    rest = rest[self.socket.send(rest) :]
                except BlockingIOError:
                    reads = selectors.EVENT_READ if self._reads() else 0
                    self._wait(selectors.EVENT_WRITE | reads, deadline)
                    self._read_some()
        except TimeoutError:
            self.close()  # half a frame is out: nothing can follow it
            raise ConnectionClosed("the server took no more bytes in time") from None
        except OSError as error:
            raise ConnectionClosed(f"send: {error}") from error

    def close(self) -> None:
        """Closes the socket at once; safe to call twice."""
        self._selector.close()
        self.socket.close()
        self._at_end = True

    def _fill(self, deadline: float | None) -> bool:
        """Waits for more bytes; False at the end of the stream."""
        if len(self._inbox) > RECEIVE_LIMIT_BYTES:
            raise ConnectionClosed("frame longer than this client takes")
        while not self._at_end:
            if self._read_some():
                return True
            if not self._at_end:
                self._wait(selectors.EVENT_READ, deadline)
        return False

    def _need(self, size: int, deadline: float | None) -> None:
        while len(self._inbox) < size:
            if not self._fill(deadline):
                raise ConnectionClosed("closed by the server")

    def _take(self, start: int, end: int) -> bytes:
        data = bytes(self._inbox[start:end])
        del self._inbox[:end]
        return data

    def _reads(self) -> bool:
        return not self._at_end and len(self._inbox) <= RECEIVE_LIMIT_BYTES

    def _read_some(self) -> bool:
        if not self._reads():
            return False
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self._inbox += data
        self._at_end = not data
        return bool(data)

    def _wait(self, events: int, deadline: float | None) -> None:
        self._selector.modify(self.socket, events)
        seconds = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not self._selector.select(seconds):
            raise TimeoutError("no answer in time")


class UnixTransport(Transport):
    """A line per frame."""

    kind = "unix"
    _searched = 0  # bytes of the inbox known to hold no line feed

    def wrap(self, payload: bytes) -> bytes:
        return payload + b"\n"

    def receive(self, deadline: float | None) -> bytes:
        while True:
            end = self._inbox.find(b"\n", self._searched)
            if end < 0:
                self._searched = len(self._inbox)
                if self._fill(deadline):
                    continue
                if not self._inbox:
                    raise ConnectionClosed("closed by the server")
                end = len(self._inbox)  # a last line without its line feed counts
            line = self._take(0, end + 1).rstrip(b"\r\n")
            self._searched = 0
            if line.strip():
                return line


class TcpTransport(Transport):
    """Four bytes of length, big-endian, before each frame."""

    kind = "tcp"

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send_limit_bytes = TCP_FRAME_LIMIT_BYTES

    def wrap(self, payload: bytes) -> bytes:
        return len(payload).to_bytes(4, "big") + payload

    def receive(self, deadline: float | None) -> bytes:
        self._need(4, deadline)
        end = 4 + int.from_bytes(self._inbox[:4], "big")
        if end > RECEIVE_LIMIT_BYTES:
            raise ConnectionClosed("frame longer than this client takes")
        self._need(end, deadline)
        return self._take(4, end)


def websocket_frame(opcode: int, payload: bytes, *, fin: bool = True, mask: bytes = b"") -> bytes:
    """Returns one WebSocket frame. A client must mask with 4 random bytes; without ``mask`` it does not."""
    size, masked = len(payload), 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | opcode])
    if size < 126:
        head += bytes([masked | size])
    elif size < 65_536:
        head += bytes([masked | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([masked | 127]) + size.to_bytes(8, "big")
    return head + mask + (_masked(payload, mask) if mask else payload)


def _masked(payload: bytes, mask: bytes) -> bytes:
    key = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(len(payload), "big")


class WebSocketTransport(Transport):
    """A text message per frame. Pings are answered; messages may arrive in fragments."""

    kind = "ws"
    acknowledges = True
    wraps_writes = False

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._message: bytearray | None = None  # fragments so far

    def upgrade(self, host: str, target: str, token: str | None, deadline: float | None) -> None:
        """Makes a WebSocket of the fresh connection. Raises UpgradeRefused."""
        key = base64.b64encode(os.urandom(16))
        lines = [
            f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key.decode()}",
        ]  # fmt: skip
        if token is not None:
            lines.append(f"Authorization: Bearer {token}")
        self.send_bytes("\r\n".join([*lines, "", ""]).encode("ascii"), deadline)
        status, headers = self._read_head(deadline)
        accept = base64.b64encode(hashlib.sha1(key + _ACCEPT_GUID).digest()).decode()
        if status != 101:
            self._need(int(headers.get("content-length", "0")), deadline)
            raise UpgradeRefused(status, bytes(self._inbox).decode(errors="replace"))
        if headers.get("sec-websocket-accept") != accept:
            raise UpgradeRefused(status, "wrong Sec-WebSocket-Accept")
        if {"sec-websocket-extensions", "sec-websocket-protocol"} & headers.keys():
            raise UpgradeRefused(status, "an extension or subprotocol nobody asked for")

    def _read_head(self, deadline: float | None) -> tuple[int, dict[str, str]]:
        while (end := self._inbox.find(b"\r\n\r\n")) < 0:
            self._need(len(self._inbox) + 1, deadline)
            if len(self._inbox) > 65_536:
                raise ConnectionClosed("the answer to the upgrade does not end")
        first, *rest = self._take(0, end + 4).decode("latin-1").rstrip("\r\n").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (h.partition(":") for h in rest)}
        words = first.split(" ")
        if len(words) < 2 or not words[1].isdigit():
            raise ConnectionClosed(f"not an HTTP answer: {first!r}")
        return int(words[1]), headers

    def wrap(self, payload: bytes) -> bytes:
        return websocket_frame(TEXT, payload, mask=os.urandom(4))

    def receive(self, deadline: float | None) -> bytes:
        while True:
            fin, opcode, payload = self.receive_websocket_frame(deadline)
            if opcode == PING:
                self.send_bytes(websocket_frame(PONG, payload, mask=os.urandom(4)), deadline)
            elif opcode == CLOSE:
                self._end(payload)
            elif opcode in (TEXT, BINARY, 0):
                if (opcode == 0) != (self._message is not None):
                    raise ConnectionClosed("fragments out of order")
                self._message = (self._message or bytearray()) + payload
                if len(self._message) > RECEIVE_LIMIT_BYTES:
                    raise ConnectionClosed("message longer than this client takes")
                if fin:
                    message, self._message = bytes(self._message), None
                    return message

    def receive_websocket_frame(self, deadline: float | None) -> tuple[bool, int, bytes]:
        """Waits for one WebSocket frame: whether it is final, its opcode, its payload."""
        self._need(2, deadline)
        first, second = self._inbox[0], self._inbox[1]
        if first & 0x70 or second & 0x80:
            raise ConnectionClosed("reserved bits or a mask in a frame of the server")
        start, size = 2, second & 0x7F
        if size >= 126:
            start = 4 if size == 126 else 10
            self._need(start, deadline)
            size = int.from_bytes(self._inbox[2:start], "big")
        if size > RECEIVE_LIMIT_BYTES:
            raise ConnectionClosed("frame longer than this client takes")
        self._need(start + size, deadline)
        return bool(first & 0x80), first & 0x0F, self._take(start, start + size)

    def _end(self, payload: bytes) -> None:
        self.send_bytes(websocket_frame(CLOSE, payload[:2], mask=os.urandom(4)), time.monotonic() + 1)
        code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else None
        raise ConnectionClosed(f"closed by the server with {code}", code)

    def close(self) -> None:
        if not self._at_end:
            with contextlib.suppress(OSError):  # a courtesy: only if it goes out at once
                self.socket.send(websocket_frame(CLOSE, b"\x03\xe8", mask=os.urandom(4)))
        super().close()


def dial(url: str, *, token: str | None = None, timeout: float = 30.0) -> Transport:
    """Connects to ``unix://PATH`` (or a bare path), ``tcp://HOST:PORT`` or ``ws://HOST:PORT/PATH``.

    ``timeout`` is in seconds and covers the upgrade. Raises ValueError for another form of
    address, OSError when nobody answers, UpgradeRefused.
    """
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower() if separator else "unix"
    if scheme in ("unix", "uds"):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(timeout)
            sock.connect(rest if separator else url)
        except OSError:
            sock.close()
            raise
        return UnixTransport(sock)
    parts = urlsplit(url)
    port = parts.port if parts.port is not None or scheme == "tcp" else 80
    if scheme not in ("tcp", "ws") or not parts.hostname or port is None:
        raise ValueError(f"{url!r} is not unix://PATH, tcp://HOST:PORT or ws://HOST:PORT/PATH")
    deadline = time.monotonic() + timeout
    sock = socket.create_connection((parts.hostname, port), timeout)
    if scheme == "tcp":
        return TcpTransport(sock)
    transport = WebSocketTransport(sock)
    query = f"{parts.query}&v={PROTOCOL_VERSION}" if parts.query else f"v={PROTOCOL_VERSION}"
    try:
        transport.upgrade(parts.netloc, f"{parts.path or '/'}?{query}", token, deadline)
    except BaseException:
        transport.close()
        raise
    return transport


# The client


@dataclass(frozen=True)
class Welcome:
    """What the server said to ``hello``. ``epoch`` names this run of the database."""

    version: str
    server: str
    permissions: Keys
    writable_records: Keys
    max_subscriptions: int | None = None
    authenticated: bool | None = None
    extensions: int = 0
    max_frame: int | None = None
    epoch: str | None = None


@dataclass(frozen=True)
class Row:
    """A stored value. ``ts`` in Unix milliseconds; ``id``, ``pos``, ``epoch`` only with additions.

    ``too_large``: the value has so many bytes that no frame carries it, and ``payload`` is None.
    """

    topic: str
    payload: Json
    ts: int
    id: int | None = None
    pos: int | None = None
    epoch: str | None = None
    too_large: int | None = None


Rows: TypeAlias = list[Row]


@dataclass(frozen=True)
class Page:
    """Rows, the cursor of the next page (None: there is none), and the known gaps if asked for.

    ``gaps_cut``: there were more gaps than half a frame carries; ask for shorter spans of time.
    """

    rows: Rows
    next: str | None
    gaps: Objects
    gaps_cut: bool = False


@dataclass(frozen=True)
class Update:
    """What a subscription delivers. ``kind`` says which members count:

    ``event``  a value; with ``hist`` it comes from history. ``skipped`` values were lost before
               it, ``merged`` are those it stands for beside itself.
    ``snap``   a value that was current when the subscription began; ``last`` is on the last one.
    ``live``   the seam: what came before was history, what follows is live.
    ``gap``    values that are missing: ``gap`` has first, last, count, cause and ts.

    ``topic`` is the record's key, None only for exact subscriptions on Unix sockets and TCP
    without additions. ``pos``, ``epoch`` and ``ts`` (of the produce, Unix milliseconds) need additions.
    """

    kind: str
    topic: str | None = None
    data: Json = None
    seq: int = 0
    skipped: int = 0
    last: bool = False
    hist: bool = False
    pos: int | None = None
    epoch: str | None = None
    ts: int | None = None
    merged: int = 0
    gap: Object | None = None


_UPDATE_MEMBERS: Final = ("topic", "data", "seq", "last", "hist", "pos", "epoch", "ts", "merged")


class Subscription:
    """The updates of a record or pattern, in order. Iterate, or call next() with a timeout.

    Iteration ends when the server says so (``ended`` is its reason) or after close(), raises
    AimxError when the subscription was refused and ConnectionClosed when the connection ended.
    """

    def __init__(self, client: Client, sub: str, topic: str, queue_limit: int) -> None:
        self.sub = sub
        self.topic = topic
        self.acknowledged = False
        self.resumed: bool | None = None
        self.ended: str | None = None
        self._client = client
        self._queue: deque[Object] = deque()
        self._queue_limit = queue_limit
        self._seq = 0  # of the last delivered value
        self._refusal: AimxError | None = None

    def next(self, timeout: float | None = None) -> Update | None:
        """Waits for the next update, at most ``timeout`` seconds; None when there are no more."""
        deadline = _deadline(timeout)
        while not self._queue:
            if self._refusal is not None:
                raise self._refusal
            if self.ended is not None:
                return None
            self._client._pump(deadline)
        frame = self._queue.popleft()
        kind, seq = frame["t"], frame.get("seq", 0)
        if kind == "gap":
            return Update(kind, frame["topic"], ts=frame.get("ts"), gap=frame)
        skipped, self._seq = max(0, seq - self._seq - 1), max(self._seq, seq)
        members = {name: frame[name] for name in _UPDATE_MEMBERS if frame.get(name) is not None}
        return Update(kind, skipped=skipped, **members)

    def __iter__(self) -> Iterator[Update]:
        while (update := self.next()) is not None:
            yield update

    def close(self) -> None:
        """Ends the subscription on both sides; safe to call twice."""
        if self._client._forget(self):
            with contextlib.suppress(ConnectionClosed):
                self._client._send({"t": "unsub", "sub": self.sub})
        self.ended = self.ended or "unsubscribed"
        self._queue.clear()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def _accept(self, frame: Object) -> None:
        if frame["t"] == "subscribed":
            self.acknowledged, self.resumed = True, frame.get("resumed")
        elif frame["t"] == "ended":
            self.ended = frame["reason"]
            self._client._forget(self)
        else:
            if len(self._queue) >= self._queue_limit:
                oldest = next((i for i, queued in enumerate(self._queue) if "seq" in queued), 0)
                del self._queue[oldest]  # a value: what is left of it is a hole in seq
            self._queue.append(frame)

    def _refuse(self, refusal: AimxError) -> None:
        self._refusal = refusal
        self._client._forget(self)

    def _settled(self) -> bool:
        return self.acknowledged or self.ended is not None or self._refusal is not None


class Client:
    """A connection to an AimX server.

    ``timeout`` (seconds) bounds every call; a call that runs out of it raises TimeoutError and
    the connection stays usable. Refusals raise AimxError, a lost connection ConnectionClosed.
    """

    def __init__(self, transport: Transport, *, timeout: float = 30.0) -> None:
        self.transport = transport
        self.timeout = timeout
        self.welcome: Welcome | None = None
        self._ids = itertools.count(1)
        self._replies: dict[int, Object | None] = {}  # None: still awaited
        self._subscriptions: dict[str, Subscription] = {}
        self._pong_count = 0

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        extensions: bool = True,
        hello: bool = True,
        token: str | None = None,
        timeout: float = 30.0,
    ) -> Client:
        """Dials ``url`` and says hello, asking for aimdb's additions unless told not to.

        A server that has no ``hello`` or no additions is taken as plain AimX; one of another
        major version raises AimxError. ``hello=False`` sends nothing.
        """
        client = cls(dial(url, token=token, timeout=timeout), timeout=timeout)
        try:
            if hello:
                client._handshake(extensions, token)
        except BaseException:
            client.close()
            raise
        return client

    @property
    def extensions(self) -> bool:
        """Whether client and server agreed on the additions."""
        return self.welcome is not None and self.welcome.extensions >= 1

    def close(self) -> None:
        """Closes the connection; safe to call twice."""
        self.transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    # Frames as they are, for tests and tools. recv_frame() takes frames from the other calls.

    def send_frame(self, frame: bytes | str) -> None:
        """Sends one frame of any content."""
        payload = frame.encode() if isinstance(frame, str) else frame
        self.transport.send(payload, _deadline(self.timeout))

    def recv_frame(self, timeout: float | None = None) -> bytes:
        """Waits for one frame, whatever it is."""
        return self.transport.receive(_deadline(timeout))

    # Methods

    def call(self, method: str, params: Json = None) -> Json:
        """Calls any method and returns its result."""
        request_id = next(self._ids)
        return self._ask(request_id, {"t": "req", "id": request_id, "method": method, "params": params})

    def list(self) -> Objects:
        """Returns a row per record, in registration order."""
        rows: Objects = self.call("record.list")
        return rows

    def list_pages(self, pattern: str = "#", limit: int = 100) -> Iterator[Objects]:
        """Yields the rows of matching records, at most ``limit`` at a time. Needs additions."""
        self._require_extensions("record.list in pages")
        params: Object = {"pattern": pattern, "limit": limit}
        while True:
            answer = self.call("record.list", params)
            yield answer["records"]
            if answer.get("next") is None:
                return
            params["after"] = answer["next"]

    def get(self, key: str, *, meta: bool = False) -> Json:
        """Returns the current value of a record, on a ring its newest.

        With ``meta``: an object with ``value``, ``pos``, ``epoch`` and ``ts``. Needs additions.
        """
        if not meta:
            return self.call("record.get", {"name": key})
        self._require_extensions("record.get with meta")
        return self.call("record.get", {"name": key, "meta": True})

    def set(self, key: str, value: Json) -> Json:
        """Sets a record; returns its value afterwards, None where the server does not tell."""
        return self.call("record.set", {"name": key, "value": value}).get("value")

    def drain(self, key: str, limit: int | None = None) -> Object:
        """Returns ``values`` since this connection's last drain, and ``lost``/``more`` with additions."""
        params = {"name": key} if limit is None else {"name": key, "limit": limit}
        answer: Object = self.call("record.drain", params)
        return answer

    def query(
        self, name: str = "#", *, limit: int = 1, start: int | None = None, end: int | None = None
    ) -> Rows:
        """Returns the newest ``limit`` rows of each matching record between ``start`` and ``end``.

        Both are inclusive, in Unix milliseconds. The rows of all records come by time.
        """
        answer = self.call("record.query", _present(name=name, limit=limit, start=start, end=end))
        return _rows(answer)

    def query_page(self, name: str = "#", **params: Json) -> Page:
        """Returns one page. Takes limit, start, end, order, max_rows, after, gaps. Needs additions."""
        self._require_extensions("record.query in pages")
        answer = self.call("record.query", {"order": "asc", **_present(name=name, **params)})
        gaps = answer.get("gaps") or []
        return Page(_rows(answer), answer.get("next"), gaps, answer.get("gaps_cut") is True)

    def query_pages(self, name: str = "#", **params: Json) -> Iterator[Page]:
        """Yields page after page; takes what query_page() takes. Each page is its own snapshot."""
        while True:
            page = self.query_page(name, **params)
            yield page
            if page.next is None:
                return
            params["after"] = page.next

    def graph_nodes(self) -> Objects:
        """Returns the records with their origins."""
        nodes: Objects = self.call("graph.nodes")
        return nodes

    def graph_edges(self) -> Objects:
        """Returns what flows into and out of the records."""
        edges: Objects = self.call("graph.edges")
        return edges

    def graph_topo_order(self) -> Keys:
        """Returns all keys, inputs before outputs."""
        keys: Keys = self.call("graph.topo_order")
        return keys

    def health(self) -> Object:
        """Returns the state of the database. Needs additions."""
        self._require_extensions("health")
        health: Object = self.call("health")
        return health

    def profiling_reset(self) -> None:
        """Sets the stage timings of all records to zero."""
        self.call("profiling.reset")

    def buffer_metrics_reset(self) -> None:
        """Sets the buffer counters of all records to zero."""
        self.call("buffer_metrics.reset")

    def ping(self) -> None:
        """Returns when the server has answered."""
        deadline, seen = _deadline(self.timeout), self._pong_count
        self._send({"t": "ping"})
        while self._pong_count == seen:
            self._pump(deadline)

    def write(self, key: str, value: Json, *, outcome: bool = False) -> Object | None:
        """Writes without waiting; failures are silent.

        With ``outcome`` it waits and returns ``status``, ``pos`` and ``epoch``, or raises
        AimxError. That needs additions.
        """
        payload = {"value": value} if self.transport.wraps_writes else value
        frame: Object = {"t": "write", "topic": key, "payload": payload}
        if not outcome:
            self._send(frame)
            return None
        self._require_extensions("write with an outcome")
        write_id = next(self._ids)
        answer: Object = self._ask(write_id, {**frame, "id": write_id})
        return answer

    def subscribe(
        self,
        topic: str,
        *,
        since: int | None = None,
        resume_from: Origin | None = None,
        every_ms: int | None = None,
        gaps: bool = False,
        queue_limit: int = 4096,
    ) -> Subscription:
        """Opens a subscription to a key or pattern.

        ``since`` (Unix milliseconds) or ``resume_from`` ask for stored values first, ``every_ms``
        for at most one update per record in that time, ``gaps`` for Gap updates; all of these
        need additions. A refusal is raised here where the server acknowledges subscriptions
        (WebSocket, additions), otherwise by the first next().
        """
        asked: Object = _present(since=since, every_ms=every_ms, gaps=gaps or None)
        if resume_from is not None:
            asked["from"] = dict(resume_from)
        if asked:
            self._require_extensions(", ".join(asked))
        deadline, sub_id = _deadline(self.timeout), next(self._ids)
        subscription = Subscription(self, str(sub_id), topic, queue_limit)
        self._send({"t": "sub", "id": sub_id, "topic": topic, **asked})
        self._subscriptions[subscription.sub] = subscription
        try:
            while (self.extensions or self.transport.acknowledges) and not subscription._settled():
                self._pump(deadline)
        except BaseException:  # also of an interrupt: nobody could end it any more
            subscription.close()
            raise
        if subscription._refusal is not None:
            raise subscription._refusal
        return subscription

    # Inside

    def _handshake(self, extensions: bool, token: str | None) -> None:
        params: Object = {"client": "aimdb-python", "version": PROTOCOL_VERSION}
        if extensions:
            params |= {"extensions": 1, "max_frame": MAX_FRAME_BYTES}
        if token is not None:
            params["auth_token"] = token
        try:
            answer = self.call("hello", params)
        except AimxError as refusal:
            if refusal.err != "not_found":
                raise
            return  # AimDB on WebSocket has no hello
        known = Welcome.__dataclass_fields__
        try:
            self.welcome = Welcome(**{name: value for name, value in answer.items() if name in known})
        except (AttributeError, TypeError) as error:
            raise AimxError("internal", msg=f"not a welcome: {answer!r}") from error
        if self.welcome.version.partition(".")[0] != PROTOCOL_VERSION.partition(".")[0]:
            raise AimxError("version_mismatch", msg=f"the server speaks {self.welcome.version}")
        if self.welcome.max_frame is not None:
            self.transport.send_limit_bytes = self.welcome.max_frame

    def _require_extensions(self, what: str) -> None:
        if not self.extensions:
            raise ValueError(f"{what}: this server and client did not agree on aimdb's additions")

    def _send(self, frame: Object) -> None:
        self.transport.send(encode(frame), _deadline(self.timeout))

    def _ask(self, request_id: int, frame: Object) -> Json:
        deadline = _deadline(self.timeout)
        self._replies[request_id] = None
        try:
            self._send(frame)
            while (reply := self._replies[request_id]) is None:
                self._pump(deadline)
        finally:
            del self._replies[request_id]
        if _refused(reply):
            raise AimxError(reply["err"], reply.get("code"), reply.get("msg"))
        return reply["ok"]

    def _pump(self, deadline: float | None) -> None:
        """Waits for one frame and gives it to whom it belongs; others are ignored."""
        frame = decode(self.transport.receive(deadline))
        if frame is None:
            return
        if frame["t"] == "pong":
            self._pong_count += 1
        elif frame["t"] == "reply":
            if frame["id"] in self._replies:
                self._replies[frame["id"]] = frame
            elif _refused(frame) and (refused := self._subscriptions.get(str(frame["id"]))):
                refused._refuse(AimxError(frame["err"], frame.get("code"), frame.get("msg")))
        elif subscription := self._subscriptions.get(frame["sub"]):
            subscription._accept(frame)

    def _forget(self, subscription: Subscription) -> bool:
        return self._subscriptions.pop(subscription.sub, None) is not None


def _deadline(timeout: float | None) -> float | None:
    return None if timeout is None else time.monotonic() + timeout


def _refused(reply: Object) -> bool:
    return reply.get("ok") is None and isinstance(reply.get("err"), str)


def _present(**params: Json) -> Object:
    return {name: value for name, value in params.items() if value is not None}


def _rows(answer: Object) -> list[Row]:
    known = Row.__dataclass_fields__
    return [Row(**{name: row[name] for name in row if name in known}) for row in answer["records"]]
