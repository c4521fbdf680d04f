# SPDX-License-Identifier: Apache-2.0
"""The server under test as a child process: start it, make it produce, stop it, kill it.

The program is named by the environment variable AIMX_SERVER, which run.py sets.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# How long any wait may last before the test fails. Longer for slow (instrumented) servers.
DEADLINE_SECONDS = float(os.environ.get("AIMX_DEADLINE_SECONDS", "30"))


def program() -> str | None:
    """The path of the server program, None when nobody named one."""
    return os.environ.get("AIMX_SERVER")


class Server:
    """One server in a directory of its own; restart() keeps socket path and history file."""

    def __init__(self, directory: Path, *, history: bool) -> None:
        self._socket_path = directory / "s"
        self._stderr_path = directory / "stderr"
        self._history_path = directory / "history.db" if history else None
        self._process: subprocess.Popen[bytes] | None = None
        self._output = bytearray()
        self.urls: dict[str, str] = {}

    def start(self) -> None:
        """Starts the program and waits until it serves."""
        path = program()
        assert path is not None
        command = [path, "--unix", str(self._socket_path), "--tcp", "0", "--ws", "0"]
        if self._history_path is not None:
            command += ["--history", str(self._history_path)]
        with self._stderr_path.open("ab") as stderr:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr
            )
        self._output.clear()
        words = self._line().split()
        if not words or words[0] != "ready":
            raise AssertionError(f"the server said {words} instead of ready: {self.stderr()}")
        self.urls = {url.partition("://")[0]: url for url in words[1:]}

    def produce(self, key: str, value: Any) -> int:
        """Produces in process and returns the position of the value."""
        return self._position(f"produce {key} {json.dumps(value)}")

    def produce_at(self, key: str, time_ms: int, value: Any) -> int:
        """Produces with an explicit time and returns the position of the value."""
        return self._position(f"produce_at {key} {time_ms} {json.dumps(value)}")

    def produce_stored(self, key: str, values: Iterable[Any], *, from_ms: int | None = None) -> list[int]:
        """Produces values, one a millisecond, and returns their positions.

        Nothing of them is lost to history: no buffer has more than a few values to hold at a time.
        """
        positions: list[int] = []
        for index, value in enumerate(values):
            if from_ms is None:
                positions.append(self.produce(key, value))
            else:
                positions.append(self.produce_at(key, from_ms + index, value))
            if index % 5 == 4:
                self.flush()
        self.flush()
        return positions

    def flush(self) -> None:
        """Waits until everything produced is committed to history."""
        self._expect_ok(self._command("flush"))

    def quit(self, *, may_give_up: bool = False) -> None:
        """Asks for an ordered stop, waits for it, and checks that it ended well.

        With ``may_give_up`` it may say by its exit code that it had to leave something behind.
        """
        if self._process is not None:
            with suppress(BrokenPipeError):  # it is gone already: its exit code says why
                self._write("quit\n")
            self._join({0, 1} if may_give_up else {0})

    def begin_quit(self) -> None:
        """Asks for an ordered stop and returns at once; quit() or restart() waits for it."""
        self._write("quit\n")

    def kill(self) -> None:
        """Ends the process at once, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._join({-signal.SIGKILL})

    def restart(self) -> None:
        """Stops in order, then starts again over the same files."""
        self.quit()
        self.start()

    def stderr(self) -> str:
        """The end of what the program wrote to standard error."""
        return self._stderr_path.read_text(errors="replace")[-4000:]

    def _join(self, expected_codes: set[int]) -> None:
        assert self._process is not None
        process, self._process = self._process, None
        try:
            process.communicate(timeout=DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise AssertionError(f"the server did not stop in time: {self.stderr()}") from None
        if process.returncode not in expected_codes:
            raise AssertionError(f"the server ended with {process.returncode}: {self.stderr()}")

    def _position(self, command: str) -> int:
        return int(self._expect_ok(self._command(command)).split()[1])

    def _expect_ok(self, answer: str) -> str:
        if answer.split()[:1] != ["ok"]:
            raise AssertionError(f"the server answered a command with {answer!r}")
        return answer

    def _command(self, command: str) -> str:
        self._write(command + "\n")
        return self._line()

    def _write(self, text: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (end := self._output.find(b"\n")) < 0:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._process.stdout], [], [], left)[0]:
                raise AssertionError(f"the server did not answer a command in time: {self.stderr()}")
            data = os.read(self._process.stdout.fileno(), 65_536)
            if not data:
                raise AssertionError(f"the server ended: {self.stderr()}")
            self._output += data
        line = bytes(self._output[:end]).decode()
        del self._output[: end + 1]
        return line


@contextmanager
def running_server(*, history: bool) -> Iterator[Server]:
    """A started server that must stop well at the end, if the test has not stopped it itself."""
    with tempfile.TemporaryDirectory(prefix="aimx-") as directory:
        server = Server(Path(directory), history=history)
        server.start()
        yield server
        server.quit()
