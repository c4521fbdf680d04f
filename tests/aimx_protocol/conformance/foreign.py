# SPDX-License-Identifier: Apache-2.0
"""Programs of others talk to the server: curl, socat and python3-websockets.

    foreign.py --server PATH/aimdb_conformance_server

Exit code 0: all of them understood what they got.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SERVER = ""
DEADLINE_SECONDS = 30


class ForeignClients(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.socket = str(Path(self.directory.name) / "aimx.sock")
        self.process = subprocess.Popen(
            [SERVER, "--unix", self.socket, "--ws", "0", "--www", self.directory.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.websocket = self.line().split()[2]
        self.http = self.websocket.replace("ws://", "http://").removesuffix("/ws")
        self.command('produce boiler.setpoint {"celsius":55}')

    def tearDown(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.assertEqual(self.process.wait(DEADLINE_SECONDS), 0)
        self.process.stdout.close()
        self.directory.cleanup()

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def command(self, text: str) -> str:
        assert self.process.stdin
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.line()

    def run_tool(self, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            arguments, input=given, capture_output=True, text=True, check=True, timeout=DEADLINE_SECONDS
        )
        return done.stdout

    @unittest.skipUnless(shutil.which("socat"), "socat is not installed")
    def test_socat_gets_a_value_over_the_unix_socket(self) -> None:
        request = '{"t":"req","id":1,"method":"record.get","params":{"name":"boiler.setpoint"}}\n'

        answer = self.run_tool("socat", "-t5", "-", f"UNIX-CONNECT:{self.socket}", given=request)

        self.assertEqual(json.loads(answer), {"t": "reply", "id": 1, "ok": {"celsius": 55}})

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_curl_reads_health_version_metrics_and_files(self) -> None:
        Path(self.directory.name, "page.html").write_text("<h1>boiler</h1>", encoding="utf-8")

        health = json.loads(self.run_tool("curl", "-fsS", f"{self.http}/health"))
        self.assertEqual((health["status"], health["clients"]), ("ok", 0))
        self.assertEqual(json.loads(self.run_tool("curl", "-fsS", f"{self.http}/version")), {"aimx": "3.0"})
        self.assertIn(
            'aimdb_record_produced_total{record="boiler.setpoint"} 1\n',
            self.run_tool("curl", "-fsS", f"{self.http}/metrics"),
        )
        self.assertEqual(self.run_tool("curl", "-fsS", f"{self.http}/page.html"), "<h1>boiler</h1>")
        outside = self.run_tool(
            "curl", "-sS", "--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", f"{self.http}/../aimx.sock"
        )
        self.assertIn(outside, ("400", "403", "404"))

    @unittest.skipUnless(importlib.util.find_spec("websockets"), "python3-websockets is not installed")
    def test_websockets_subscribes_and_gets_events(self) -> None:
        import websockets

        async def follow() -> list[dict[str, object]]:
            async with websockets.connect(f"{self.websocket}?v=3.0") as socket:
                await socket.send('{"t":"sub","id":1,"topic":"boiler.setpoint"}')
                frames = [json.loads(await socket.recv()) for _ in range(2)]
                self.command('produce boiler.setpoint {"celsius":56}')
                frames.append(json.loads(await socket.recv()))
                return frames

        subscribed, snap, event = asyncio.run(asyncio.wait_for(follow(), DEADLINE_SECONDS))

        self.assertEqual(subscribed, {"t": "subscribed", "sub": "1"})
        self.assertEqual((snap["t"], snap["data"], snap["last"]), ("snap", {"celsius": 55}, True))
        self.assertEqual((event["t"], event["data"], event["seq"]), ("event", {"celsius": 56}, 2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Lets curl, socat and python3-websockets talk to the server.")
    parser.add_argument("--server", required=True, help="path of aimdb_conformance_server")
    options, rest = parser.parse_known_args()
    SERVER = options.server
    unittest.main(argv=[sys.argv[0], *rest])
