# SPDX-License-Identifier: Apache-2.0
"""What every frame of a server must satisfy, checked on every frame that any test receives."""

from __future__ import annotations

import json
from typing import Any

ENVELOPE_STRINGS = {"t", "method", "topic", "sub", "err"}
ERRORS = {"not_found", "denied", "internal", "version_mismatch"}

# Finer codes and the word they come with. Storage errors by name come beside `internal` too, and
# `no_history` beside AimDB's word for it, which differs by transport.
CODES = {
    "unknown_method": "not_found",
    "unknown_record": "not_found",
    "no_value": "not_found",
    "not_writable": "denied",
    "limit_exceeded": "denied",
    "duplicate_subscription": "denied",
    "not_authenticated": "denied",
    "version_mismatch": "version_mismatch",
}

# Per frame: the members it must have, those it may have, and those agreed on or asked for.
MEMBERS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "reply": ({"t", "id"}, {"ok", "err", "code", "msg"}, set()),
    "pong": ({"t"}, set(), set()),
    "subscribed": ({"t", "sub"}, set(), {"resumed", "msg"}),
    "snap": ({"t", "sub", "seq", "topic"}, {"data", "last"}, {"pos", "epoch", "ts"}),
    "event": ({"t", "sub", "seq"}, {"topic", "data"}, {"pos", "epoch", "ts", "merged", "hist"}),
}
ADDED_FRAMES: dict[str, tuple[set[str], set[str]]] = {
    "live": ({"t", "sub"}, set()),
    "gap": ({"t", "sub", "topic", "first", "last", "count", "cause", "ts"}, set()),
    "ended": ({"t", "sub", "reason"}, {"msg"}),
}
TYPES: dict[str, type] = {
    "id": int, "seq": int, "last": bool, "topic": str, "sub": str, "err": str, "code": str, "msg": str,
    "pos": int, "epoch": str, "ts": int, "merged": int, "hist": bool, "resumed": bool, "reason": str,
    "first": int, "count": int, "cause": str,
}  # fmt: skip


def check_frame(raw: bytes, *, additions: bool, acknowledges: bool) -> dict[str, Any]:
    """Returns the frame in ``raw``; raises AssertionError for one a server must not send.

    ``additions``: this peer asked for, or agreed on, what plain AimX does not have.
    ``acknowledges``: the transport has `subscribed` frames even without additions.
    """
    frame = parse(raw)
    kind = frame.get("t")
    members = set(frame)
    if kind in MEMBERS:
        required, optional, added = MEMBERS[kind]
        allowed = required | optional | (added if additions else set())
        _expect(kind != "subscribed" or acknowledges or additions, "an acknowledgement nobody asked for", raw)
    else:
        _expect(additions and kind in ADDED_FRAMES, "a frame this peer does not know", raw)
        required, optional = ADDED_FRAMES[str(kind)]
        allowed = required | optional
    _expect(required <= members, f"without {required - members}", raw)
    _expect(members <= allowed, f"with the unknown members {members - allowed}", raw)
    _check_types(frame, raw)
    if kind == "reply":
        _check_reply(frame, raw)
    return frame


def parse(raw: bytes) -> dict[str, Any]:
    """Reads one object strictly: UTF-8, no duplicate member, no NaN, no escape in the envelope."""
    text = raw.decode("utf-8")
    frame = json.loads(text, object_pairs_hook=_object_without_duplicates, parse_constant=_refuse_constant)
    _expect(isinstance(frame, dict), "not an object", raw)
    for name, value in _top_level_texts(text.strip()):
        if name in ENVELOPE_STRINGS:
            _expect("\\" not in value, f"an escape in {name}", raw)
    assert isinstance(frame, dict)
    return frame


def _check_types(frame: dict[str, Any], raw: bytes) -> None:
    for name, value in frame.items():
        if name == "last" and frame["t"] == "gap":
            _expect(type(value) is int, "last is not a number", raw)
        elif name in TYPES:
            _expect(type(value) is TYPES[name], f"{name} has another type", raw)
            _expect(TYPES[name] is not int or value >= 0, f"{name} is negative", raw)
    _expect(frame["t"] != "snap" or frame.get("last", True) is True, "last may only be true", raw)
    _expect(frame.get("seq", 1) >= 1, "seq counts from 1", raw)


def _check_reply(frame: dict[str, Any], raw: bytes) -> None:
    _expect(("ok" in frame) != ("err" in frame), "not exactly one of ok and err", raw)
    if "ok" in frame:
        _expect(frame["ok"] is not None, "ok is null, which AimDB's client waits on for ever", raw)
        _expect(not {"code", "msg"} & frame.keys(), "a reason beside ok", raw)
        return
    _expect(frame["err"] in ERRORS, "err is not one of the four words", raw)
    _expect(frame.get("msg", "?") != "", "an empty msg", raw)
    if "code" in frame:
        words = {CODES.get(frame["code"], "internal")}
        if frame["code"] == "no_history":
            words.add("not_found")
        _expect(frame["err"] in words, "code and err do not belong together", raw)


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise AssertionError(f"duplicate member in {pairs}")
    return result


def _refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def _top_level_texts(text: str) -> list[tuple[str, str]]:
    """The members of the object ``text`` with their values as they are written."""
    decoder, at, members = json.JSONDecoder(), 1, []
    while text[at:].lstrip()[:1] != "}":
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n,"))
        name, at = decoder.raw_decode(text, at)
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n:"))
        _, end = decoder.raw_decode(text, at)
        members.append((name, text[at:end]))
        at = end
    return members


def _expect(holds: bool, what: str, raw: bytes) -> None:
    if not holds:
        raise AssertionError(f"{what}: {raw[:500]!r}")
