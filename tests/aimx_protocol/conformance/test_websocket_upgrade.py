# SPDX-License-Identifier: Apache-2.0
"""The HTTP side of the WebSocket port (aimx.md 2.3): the upgrade, its refusals, the other routes."""

from __future__ import annotations

import json

from cases import Case, load_tests
from http_get import ACCEPT, UPGRADE, Answer, ask, upgrade

__all__ = ["load_tests"]


class WebSocketPort(Case):
    transports = ("ws",)
    fresh = False

    def upgrade(self, target: str = "/ws?v=3.0", changes: dict[str, str | None] | None = None) -> Answer:
        return upgrade(self.url(), target, changes)


class Upgrade(WebSocketPort):
    def test_a_good_request_is_upgraded(self) -> None:
        answer = self.upgrade()

        self.assertEqual(answer.status, 101)
        self.assertEqual(answer.headers["upgrade"].lower(), "websocket")
        self.assertEqual(answer.headers["connection"].lower(), "upgrade")
        self.assertEqual(answer.headers["sec-websocket-accept"], ACCEPT)

    def test_a_request_that_comes_byte_by_byte_is_upgraded(self) -> None:
        self.assertEqual(ask(self.url(), "/ws?v=3.0", UPGRADE, bytewise=True).status, 101)

    def test_headers_as_browsers_write_them_are_understood(self) -> None:
        answer = ask(
            self.url(),
            "/ws?v=3.0",
            {
                "host": "localhost",
                "connection": "keep-alive, Upgrade",
                "UPGRADE": "WebSocket",
                "sec-websocket-version": "13",
                "SEC-WEBSOCKET-KEY": UPGRADE["Sec-WebSocket-Key"],
                "Origin": "http://localhost:3000",
                "User-Agent": "x" * 300,
                "Cookie": "a=b; c=d",
            },
        )

        self.assertEqual(answer.status, 101)
        self.assertEqual(answer.headers["sec-websocket-accept"], ACCEPT)

    def test_a_page_of_any_origin_may_read_the_upgrade(self) -> None:
        answer = self.upgrade(changes={"Origin": "http://example.org"})

        self.assertEqual(answer.status, 101)
        self.assertEqual(answer.headers["access-control-allow-origin"], "*")

    def test_no_subprotocol_is_ever_negotiated(self) -> None:
        self.assertNotIn("sec-websocket-protocol", self.upgrade().headers)
        offered = self.upgrade(changes={"Sec-WebSocket-Protocol": "aimx, mqtt"})

        self.assertEqual(offered.status, 101)
        self.assertNotIn("sec-websocket-protocol", offered.headers)

    def test_no_extension_is_negotiated_unless_it_is_offered(self) -> None:
        self.assertNotIn("sec-websocket-extensions", self.upgrade().headers)
        offered = self.upgrade(changes={"Sec-WebSocket-Extensions": "x-unknown; a=1, permessage-foo"})

        self.assertEqual(offered.status, 101)
        self.assertNotIn("sec-websocket-extensions", offered.headers)


class UpgradeRefusals(WebSocketPort):
    def test_an_unknown_path_is_not_found(self) -> None:
        for path in ("/ws/", "/WS", "/ws/x", "/wss", "/nope"):
            with self.subTest(path=path):
                answer = self.upgrade(f"{path}?v=3.0")

                self.assertEqual((answer.status, answer.body), (404, b""))

    def test_another_method_is_not_allowed(self) -> None:
        for method in ("POST", "PUT", "DELETE"):
            with self.subTest(method=method):
                answer = ask(self.url(), "/ws?v=3.0", {**UPGRADE, "Content-Length": "0"}, method=method)

                self.assertEqual(answer.status, 405)
                self.assertEqual(answer.headers["allow"].replace(" ", ""), "GET,HEAD")

    def test_a_request_that_is_no_good_upgrade_is_bad(self) -> None:
        changes: list[tuple[str, str | None]] = [
            ("Connection", None), ("Connection", "keep-alive"), ("Upgrade", None), ("Upgrade", "h2c"),
            ("Sec-WebSocket-Version", None), ("Sec-WebSocket-Version", "12"), ("Sec-WebSocket-Version", "8"),
            ("Sec-WebSocket-Key", None),
        ]  # fmt: skip
        for header, value in changes:
            with self.subTest(header=header, value=value):
                answer = self.upgrade(changes={header: value})

                self.assertEqual(answer.status, 400)
                self.assertNotEqual(answer.body, b"")

    def test_another_version_of_the_protocol_must_upgrade_first(self) -> None:
        for query in ("", "?", "?v=", "?v=2.0", "?V=3.0", "?v=30", "?v=.3", "?v=3.0&v=2.0", "?x=v=3.0", "?v"):
            with self.subTest(query=query):
                answer = self.upgrade(f"/ws{query}")

                self.assertEqual(answer.status, 426)
                self.assertTrue(answer.headers["content-type"].startswith("text/plain"))
                self.assertEqual(len(answer.body.decode().splitlines()), 1)

    def test_the_part_of_the_version_before_the_dot_decides(self) -> None:
        for query in ("v=3", "v=3.0", "v=3.9", "v=%33.0", "v=3%2E0", "v=2.0&v=3.0", "a=b&v=3.0&token=x"):
            with self.subTest(query=query):
                self.assertEqual(self.upgrade(f"/ws?{query}").status, 101)

    def test_a_bad_percent_escape_does_no_harm_by_itself(self) -> None:
        for query in ("x=%zz&v=3.0", "x=%&v=3.0", "v=3.0&x=%4"):
            with self.subTest(query=query):
                self.assertEqual(self.upgrade(f"/ws?{query}").status, 101)

    def test_the_path_is_looked_at_before_the_method(self) -> None:
        answer = ask(self.url(), "/nope", {**UPGRADE, "Content-Length": "0"}, method="POST")

        self.assertEqual(answer.status, 404)

    def test_the_method_is_looked_at_before_the_headers(self) -> None:
        answer = ask(self.url(), "/ws", {"Host": "localhost", "Content-Length": "0"}, method="POST")

        self.assertEqual(answer.status, 405)

    def test_the_headers_are_looked_at_before_the_version_of_the_protocol(self) -> None:
        self.assertEqual(self.upgrade("/ws", {"Sec-WebSocket-Key": None}).status, 400)
        self.assertEqual(ask(self.url(), "/ws").status, 400)

    def test_a_port_that_refused_somebody_goes_on_serving(self) -> None:
        self.upgrade("/nope")
        self.upgrade("/ws")

        self.assertEqual(self.connect().barrier(), [])


class OtherRoutes(WebSocketPort):
    def test_version_is_exactly_one_member(self) -> None:
        answer = ask(self.url(), "/version")

        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["content-type"].startswith("application/json"))
        self.assertEqual(json.loads(answer.body), {"aimx": "3.0"})

    def test_health_tells_status_and_uptime(self) -> None:
        answer = ask(self.url(), "/health")
        health = json.loads(answer.body)

        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["content-type"].startswith("application/json"))
        self.assertEqual(health["status"], "ok")
        self.assertIs(type(health["uptime_secs"]), int)
        self.assertIs(type(health["clients"]), int)

    def test_both_may_be_read_by_pages_of_any_origin(self) -> None:
        for route in ("/health", "/version"):
            with self.subTest(route=route):
                answer = ask(self.url(), route, {"Host": "localhost", "Origin": "http://example.org"})

                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.headers["access-control-allow-origin"], "*")

    def test_a_preflight_is_answered(self) -> None:
        for route in ("/health", "/version"):
            with self.subTest(route=route):
                headers = {
                    "Host": "localhost",
                    "Origin": "http://example.org",
                    "Access-Control-Request-Method": "GET",
                }
                answer = ask(self.url(), route, headers, method="OPTIONS")

                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.headers["access-control-allow-origin"], "*")

    def test_a_route_may_carry_a_query(self) -> None:
        self.assertEqual(ask(self.url(), "/version?x=1").status, 200)


class HealthOfAFreshServer(Case):
    transports = ("ws",)

    def test_health_counts_the_sessions(self) -> None:
        for opened in (0, 1, 2, 3):
            self.assertEqual(json.loads(ask(self.url(), "/health").body)["clients"], opened)

            self.connect().barrier()
