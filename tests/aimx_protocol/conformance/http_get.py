# SPDX-License-Identifier: Apache-2.0
"""HTTP requests byte for byte, for the upgrade and the other routes of the WebSocket port."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from server import DEADLINE_SECONDS

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, 1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

UPGRADE = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name, and body of an HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    url: str,
    target: str,
    headers: dict[str, str] | None = None,
    *,
    method: str = "GET",
    bytewise: bool = False,
) -> Answer:
    """Sends one request to the host of ``url`` and reads its answer, a 101 up to its empty line."""
    parts = urlsplit(url)
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {"Host": "localhost"}).items()]
    request = "\r\n".join([*lines, "", ""]).encode()
    with socket.create_connection((parts.hostname, parts.port or 80), DEADLINE_SECONDS) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in [request[i : i + 1] for i in range(len(request))] if bytewise else [request]:
            sock.sendall(piece)
        return _read_answer(sock, head_only=method == "HEAD")


def upgrade(url: str, target: str = "/ws?v=3.0", changes: dict[str, str | None] | None = None) -> Answer:
    """Asks for an upgrade; ``changes`` set headers or, with None, leave them out."""
    headers: dict[str, str | None] = {**UPGRADE, **(changes or {})}
    return ask(url, target, {name: value for name, value in headers.items() if value is not None})


def _read_answer(sock: socket.socket, *, head_only: bool) -> Answer:
    received = bytearray()
    while (end := received.find(b"\r\n\r\n")) < 0:
        _more(sock, received)
    first, *rest = received[:end].decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)
    }
    status = int(first.split(" ")[1])
    size = 0 if status == 101 or head_only else int(headers.get("content-length", "0"))
    while len(received) < end + 4 + size:
        _more(sock, received)
    return Answer(status, headers, bytes(received[end + 4 : end + 4 + size]))


def _more(sock: socket.socket, received: bytearray) -> None:
    data = sock.recv(65_536)
    if not data:
        raise AssertionError(f"the answer ended early: {bytes(received)!r}")
    received += data
