# SPDX-License-Identifier: Apache-2.0
"""Writes the first corpus of a fuzz target, from the frames of the documents.

Usage: seeds.py TARGET DIRECTORY
"""

import base64
import json
import pathlib
import re
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/aimx_protocol/conformance/golden_frames.json"


def documented_frames():
    page = (ROOT / "docs/aimx_protocol.md").read_text()
    frames = []
    for block in re.findall(r"```(?:c2s|s2c)\n(.*?)```", page, re.S):
        frames += block.strip().splitlines()
    if GOLDEN.exists():
        for group in json.loads(GOLDEN.read_text()):
            frames += group["frames"]
    return frames


def session_frames(frames):
    """Frames for the records that the target serves; several to a stream."""
    frames = [frame for frame in frames if '"t":"reply"' not in frame]
    methods = [
        "record.list", "record.get", "record.set", "record.drain", "record.query", "health",
        "graph.nodes", "graph.edges", "graph.topo_order", "profiling.reset", "buffer_metrics.reset",
        "hello", "unknown",
    ]
    params = [
        "null", '{"name":"boiler.supply"}', '{"name":"note","value":[1]}', '{"limit":0}',
        '{"pattern":"boiler.*","limit":1,"after":"boiler.supply"}', '{"name":"note","meta":true}',
        '{"name":"boiler.setpoint","value":{"n":3}}', '{"name":"#","limit":3,"start":1,"end":9}',
        '{"order":"desc","max_rows":2,"gaps":true}', '{"order":"asc","after":"1-1-1"}',
        '{"version":"3.0","extensions":1,"max_frame":70000}', '{"name":"boiler.command"}',
    ]
    for method in methods:
        for text in params:
            frames.append('{"t":"req","id":1,"method":"%s","params":%s}' % (method, text))
    hello = '{"t":"req","id":1,"method":"hello","params":{"version":"3.0","extensions":1}}'
    subs = [
        '"topic":"#"', '"topic":"boiler.supply","since":0,"gaps":true', '"topic":"a**"',
        '"topic":"boiler.supply","from":{"epoch":"x","pos":1}', '"topic":"#","every_ms":20',
        '"topic":"boiler.*","from":{"boiler.supply":{"epoch":"x","pos":1}}', '"topic":"none"',
        '"topic":"boiler.setpoint","since":0,"gaps":true', '"topic":"#","since":0',
    ]
    streams = [[frame] for frame in frames]
    for sub in subs:
        frame = '{"t":"sub","id":7,%s}' % sub
        streams.append([hello, frame, frame, '{"t":"ping"}', '{"t":"unsub","sub":"7"}'])
        streams.append([frame, '{"t":"write","id":2,"topic":"note","payload":{"value":1}}'])
    return streams


def session_talks():
    """Streams whose frames build on each other."""
    request = '{"t":"req","id":1,"method":"%s","params":%s}'
    write = '{"t":"write","id":2,"topic":"%s","payload":{"value":%s}}'
    hello = request % ("hello", '{"version":"3.0","extensions":1}')
    drain = request % ("record.drain", '{"name":"boiler.command"}')
    text = write % ("boiler.command", '{"text":"%s"}' % ("x" * 300))
    too_long = write % ("boiler.command", '{"text":"%s"}' % ("x" * 700))
    change = request % ("record.set", '{"name":"boiler.setpoint","value":{"n":3}}')
    sub = '{"t":"sub","id":7,"topic":"%s","since":0,"gaps":true}'
    yield [hello, drain, text, text, text, drain, drain, too_long, drain]
    yield [hello, change, request % ("record.set", '{"name":"boiler.setpoint","value":"x"}')]
    yield [write % ("boiler.setpoint", '"x"'), write % ("note", "[1]"), write % ("note", '"x"')]
    yield [hello, change, sub % "boiler.setpoint", change]
    yield [hello, text, text, write % ("note", "1"), sub % "#", change, '{"t":"unsub","sub":"7"}']
    yield [hello, sub % "boiler.supply"] + [change] * 20
    resume = '{"t":"sub","id":%d,"topic":"boiler.supply","from":{"epoch":"STORE","pos":%d}}'
    yield [hello] + [resume % (7 + at, pos) for at, pos in enumerate((2, 99, 0))]
    yield [resume % (7, 2), '{"t":"sub","id":8,"topic":"boiler.setpoint","from":{"epoch":"x","pos":1}}']


def session_seeds(frames):
    for number, stream in enumerate(session_frames(frames)):
        mode = (number * 37) & 0xFE
        yield bytes([mode]) + "".join(frame + "\n" for frame in stream).encode()
        framed = b"".join(struct.pack(">I", len(f.encode())) + f.encode() for f in stream)
        yield bytes([mode | 1]) + framed
    for stream in session_talks():
        for mode in (0xE0, 0xE8, 0xF0):  # in long pieces: all, short frames only, a slow peer
            yield bytes([mode]) + "".join(frame + "\n" for frame in stream).encode()


def frame_seeds(frames):
    yield from (frame.encode() for frame in frames)
    yield b'{"t":"gap","sub":"1","topic":"a","first":3,"last":5,"epoch":"x","gaps":true}'
    for kind in ("live", "pong", "subscribed", "ended", "snap", "unsub"):
        yield b'{"t":"%s","sub":"1","seq":1,"topic":"a"}' % kind.encode()
    yield b'"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"'


def http_seeds(_frames):
    key = base64.b64encode(b"0123456789abcdef").decode()
    head = (
        "GET /ws?v=3.0&token=%41+b HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive, Upgrade"
        "\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n\r\n"
    )
    yield b"\x40" + head.encode() + b"rest"
    yield b"\x00" + b"HEAD /health HTTP/1.1\r\nA: 1\r\nA: 2\r\n\r\n"
    yield b"\x41" + b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
    yield b"\x40" + b"GET / HTTP/1.1\r\nA: " + b"a" * 3000 + b"\r\n\r\n"


def websocket_frame(opcode, payload, fin=True, mask=b"\x01\x02\x03\x04"):
    head = bytes([(0x80 if fin else 0) | opcode])
    bit = 0x80 if mask else 0
    head += bytes([bit | len(payload)]) if len(payload) < 126 else bytes([bit | 126]) + struct.pack(
        ">H", len(payload))
    if not mask:
        return head + payload
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def websocket_seeds(frames):
    for mask, role in ((b"\x01\x02\x03\x04", 0), (b"", 1)):
        for frame in frames:
            yield bytes([role | 0x20]) + websocket_frame(1, frame.encode(), mask=mask)
        stream = websocket_frame(9, b"hi", mask=mask) + websocket_frame(2, b"{", False, mask)
        stream += websocket_frame(0, b"}", True, mask) + websocket_frame(1, b"x" * 200, mask=mask)
        yield bytes([role]) + stream + websocket_frame(8, b"\x03\xe8bye", mask=mask)
        yield bytes([role]) + websocket_frame(1, b"x" * 1200, mask=mask)
        yield bytes([role]) + websocket_frame(1, b"\xff", mask=mask)
        yield bytes([role]) + websocket_frame(3, b"", mask=mask)


def main():
    target, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    makers = {
        "frame": frame_seeds, "session": session_seeds,
        "http": http_seeds, "websocket": websocket_seeds,
    }
    for number, seed in enumerate(makers[target](documented_frames())):
        (directory / ("seed-%04d" % number)).write_bytes(seed)


if __name__ == "__main__":
    main()
