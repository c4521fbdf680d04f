# SPDX-License-Identifier: Apache-2.0
"""The base of all test cases, and the loading of one case once per transport.

A case lists its ``transports``; ``load_tests``, imported by each test module, turns it into one
class per transport. A server runs per class, or per test where ``fresh`` says so.
"""

from __future__ import annotations

import unittest
from collections.abc import Iterator
from typing import Any, ClassVar

from server import Server, program, running_server
from wire import Wire

T0_MS = 1_700_000_000_000  # where the times given to produce_at begin

RECORDS = [  # what the server serves, in registration order
    "boiler", "boiler.supply", "boiler.return", "boiler.setpoint", "boiler.mean", "boiler.both",
    "boiler.command", "note", "log.lines",
]  # fmt: skip
WRITABLE = {"boiler.setpoint", "boiler.command", "note", "log.lines"}
PERSISTED = {"boiler", "boiler.supply", "boiler.return", "log.lines"}


def reading(celsius: float, valve: float = 0.0) -> dict[str, float]:
    """A value of boiler.supply, boiler.return and boiler.mean."""
    return {"celsius": celsius, "valve": valve}


def setpoint(celsius: float) -> dict[str, float]:
    """A value of boiler, boiler.setpoint and boiler.both."""
    return {"celsius": celsius}


def command(text: str) -> dict[str, str]:
    """A value of boiler.command and log.lines."""
    return {"text": text}


class Case(unittest.TestCase):
    """Tests of one server over one transport.

    A server takes 16 connections per transport: tests that ask in a loop use session().
    """

    transports: ClassVar[tuple[str, ...]] = ("unix", "tcp", "ws")
    transport: ClassVar[str] = ""
    history: ClassVar[bool] = False
    fresh: ClassVar[bool] = True
    server: Server
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        if program() is None:
            raise unittest.SkipTest("AIMX_SERVER does not name a server")
        if not cls.fresh:
            cls.server = cls.enterClassContext(running_server(history=cls.history))
            cls.prepare(cls.server)

    def setUp(self) -> None:
        self._sessions: dict[bool, Wire] = {}
        if self.fresh:
            self.server = self.enterContext(running_server(history=self.history))
            self.prepare(self.server)

    @classmethod
    def prepare(cls, server: Server) -> None:
        """Puts values into a fresh server, before the first test."""

    def connect(self, *, additions: bool = False, transport: str = "", **hello: Any) -> Wire:
        """A new session, with hello if additions are wanted, closed at the end of the test."""
        wire = Wire(self.url(transport))
        self.addCleanup(wire.close)
        if additions:
            wire.hello(**hello)
        return wire

    def session(self, *, additions: bool = False) -> Wire:
        """The one session of a test that asks many things."""
        if additions not in self._sessions:
            self._sessions[additions] = self.connect(additions=additions)
        return self._sessions[additions]

    def url(self, transport: str = "") -> str:
        return self.server.urls[transport or self.transport or self.transports[0]]


def load_tests(
    loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None
) -> unittest.TestSuite:
    """Replaces each case by one per transport; unittest calls this for each test module."""
    suite = unittest.TestSuite()
    for case in dict.fromkeys(type(test) for test in _flat(tests)):
        if not issubclass(case, Case):
            suite.addTests(loader.loadTestsFromTestCase(case))
            continue
        for transport in case.transports:
            name = f"{case.__name__}[{transport}]"
            members = {"transport": transport, "__module__": case.__module__, "__qualname__": name}
            suite.addTests(loader.loadTestsFromTestCase(type(name, (case,), members)))
    return suite


def _flat(tests: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from _flat(test)
        else:
            yield test
