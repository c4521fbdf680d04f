# SPDX-License-Identifier: Apache-2.0
"""The Python client in use: every method of it, over every transport, with and without additions."""

from __future__ import annotations

import json
import socket
from typing import Any

from cases import PERSISTED, RECORDS, T0_MS, WRITABLE, Case, command, load_tests, reading, setpoint
from server import DEADLINE_SECONDS
from wire import AimxError, Client, ConnectionClosed, UnixTransport, UpgradeRefused

__all__ = ["load_tests"]


class ClientCase(Case):
    history = True

    def client(self, **options: Any) -> Client:
        client = Client.connect(self.url(), timeout=DEADLINE_SECONDS, **options)
        self.addCleanup(client.close)
        return client

    def assert_refused(self, err: str, code: str, call: Any, *args: Any, **options: Any) -> None:
        with self.assertRaises(AimxError) as caught:
            call(*args, **options)
        self.assertEqual((caught.exception.err, caught.exception.code), (err, code))
        self.assertTrue(caught.exception.msg)


class Connecting(ClientCase):
    fresh = False

    def test_it_agrees_on_additions_unless_told_not_to(self) -> None:
        agreed, plain, silent = self.client(), self.client(extensions=False), self.client(hello=False)

        self.assertEqual([c.extensions for c in (agreed, plain, silent)], [True, False, False])
        self.assertIsNone(silent.welcome)
        assert agreed.welcome is not None
        self.assertEqual(set(agreed.welcome.writable_records), WRITABLE)
        self.assertEqual(agreed.welcome.max_frame, 1_048_576)

    def test_without_additions_what_needs_them_is_refused_here(self) -> None:
        client = self.client(extensions=False)
        for call in (
            client.health, lambda: client.get("note", meta=True),
            lambda: client.write("note", 1, outcome=True),
            lambda: client.subscribe("note", since=0), lambda: next(client.query_pages()),
            lambda: next(client.list_pages()),
        ):  # fmt: skip
            with self.assertRaises(ValueError):
                call()

    def test_a_topic_that_needs_an_escape_is_refused_here(self) -> None:
        client = self.client()
        for topic in ('a"b', "a\\b", "a\nb"):
            with self.assertRaises(ValueError):
                client.subscribe(topic)
        client.ping()

    def test_pings_are_answered(self) -> None:
        client = self.client()
        for _ in range(3):
            client.ping()

    def test_a_token_nobody_asked_for_does_no_harm(self) -> None:
        self.client(token="secret").ping()

    def test_a_closed_client_says_so(self) -> None:
        client = self.client()
        client.close()
        client.close()

        with self.assertRaises(ConnectionClosed):
            client.list()


class PlayingTheServer(ClientCase):
    """The server's end is in the hands of the test."""

    fresh = False
    transports = ("unix",)

    def pair(self, timeout: float) -> tuple[Client, socket.socket]:
        near, far = socket.socketpair()
        client = Client(UnixTransport(near), timeout=timeout)
        self.addCleanup(far.close)
        self.addCleanup(client.close)
        return client, far

    def test_a_subscription_that_nobody_answers_is_given_up_on_both_sides(self) -> None:
        client, far = self.pair(timeout=0.01)
        client.transport.acknowledges = True

        with self.assertRaises(TimeoutError):
            client.subscribe("boiler.supply")

        sent = [json.loads(line) for line in far.recv(1 << 16).splitlines()]
        self.assertEqual([frame["t"] for frame in sent], ["sub", "unsub"])
        self.assertEqual(sent[1]["sub"], str(sent[0]["id"]))
        far.sendall(b'{"t":"event","sub":"1","seq":1,"data":1}\n{"t":"pong"}\n')
        client.timeout = DEADLINE_SECONDS
        client.ping()

    def test_a_row_says_that_its_value_is_too_large(self) -> None:
        client, far = self.pair(DEADLINE_SECONDS)
        row = {"topic": "note", "payload": None, "ts": 1, "too_large": 2_000_000}
        far.sendall(json.dumps({"t": "reply", "id": 1, "ok": {"records": [row]}}).encode() + b"\n")

        self.assertEqual([stored.too_large for stored in client.query("note")], [2_000_000])


class Upgrading(ClientCase):
    fresh = False
    transports = ("ws",)

    def test_another_path_is_refused_with_its_status(self) -> None:
        with self.assertRaises(UpgradeRefused) as caught:
            Client.connect(self.url() + "x", timeout=DEADLINE_SECONDS)

        self.assertEqual(caught.exception.status, 404)

    def test_a_query_of_the_address_is_kept(self) -> None:
        with Client.connect(self.url() + "?token=x", timeout=DEADLINE_SECONDS) as client:
            client.ping()


class Calling(ClientCase):
    def test_records_are_listed_whole_and_in_pages(self) -> None:
        client = self.client()

        self.assertEqual([row["record_key"] for row in client.list()], RECORDS)
        pages = [[row["record_key"] for row in page] for page in client.list_pages(limit=4)]
        self.assertEqual(pages, [RECORDS[:4], RECORDS[4:8], RECORDS[8:]])

    def test_values_are_set_and_got(self) -> None:
        client = self.client()

        self.assertEqual(client.set("note", {"a": [1, None]}), {"a": [1, None]})
        self.assertEqual(client.get("note"), {"a": [1, None]})
        self.assertIsNone(client.set("log.lines", command("x")))
        self.assertEqual(client.get("note", meta=True)["value"], {"a": [1, None]})

    def test_refusals_carry_their_reason(self) -> None:
        client = self.client()

        self.assert_refused("not_found", "unknown_record", client.get, "no.such")
        self.assert_refused("not_found", "no_value", client.get, "note")
        self.assert_refused("denied", "not_writable", client.set, "boiler.supply", reading(1))
        self.assert_refused("internal", "decode_failed", client.set, "boiler.setpoint", {"celsius": "x"})
        self.assert_refused("not_found", "unknown_method", client.call, "no.such")

    def test_values_are_drained_with_what_was_lost(self) -> None:
        client = self.client()
        client.drain("boiler.supply")
        for number in range(10):
            self.server.produce("boiler.supply", reading(number))

        first, rest = client.drain("boiler.supply", limit=3), client.drain("boiler.supply")

        self.assertEqual([value["celsius"] for value in first["values"]], [2, 3, 4])
        self.assertEqual((first["lost"], rest["count"], rest["lost"]), (2, 5, 0))

    def test_writes_are_silent_or_told(self) -> None:
        client = self.client()
        self.assertIsNone(client.write("boiler.setpoint", setpoint(51)))
        self.assertEqual(client.get("boiler.setpoint"), setpoint(51))
        self.assertIsNone(client.write("boiler.supply", reading(1)))

        outcome = client.write("boiler.setpoint", setpoint(52), outcome=True)

        assert outcome is not None
        self.assertEqual(outcome["status"], "success")
        self.assert_refused("denied", "not_writable", client.write, "boiler", setpoint(1), outcome=True)

    def test_a_value_with_a_member_called_value_is_written_whole(self) -> None:
        client = self.client()
        client.write("note", {"value": 5})

        self.assertEqual(client.get("note"), {"value": 5})

    def test_history_is_asked_for_whole_and_in_pages(self) -> None:
        client = self.client()
        for number in range(7):
            self.server.produce_at("boiler.supply", T0_MS + number, reading(number))
        self.server.flush()

        self.assertEqual([row.payload for row in client.query()], [reading(6)])
        rows = client.query("boiler.#", limit=10, start=T0_MS + 2, end=T0_MS + 4)
        self.assertEqual([row.ts - T0_MS for row in rows], [2, 3, 4])
        pages = list(client.query_pages("boiler.*", max_rows=3, order="desc", gaps=True))
        self.assertEqual([row.ts - T0_MS for page in pages for row in page.rows], [6, 5, 4, 3, 2, 1, 0])
        self.assertTrue(all(len(page.rows) <= 3 and page.gaps == [] for page in pages))
        self.assertTrue(all(row.pos is not None and row.epoch is not None for row in pages[0].rows))

    def test_the_graph_and_health_are_told(self) -> None:
        client = self.client()

        self.assertEqual([node["key"] for node in client.graph_nodes()], RECORDS)
        self.assertEqual(sorted(client.graph_topo_order()), sorted(RECORDS))
        self.assertIn("transform_join", [edge["edge_type"] for edge in client.graph_edges()])
        self.assertEqual(client.health()["status"], "ok")

    def test_what_is_persisted_is_told(self) -> None:
        rows = next(self.client().list_pages())

        self.assertEqual({row["record_key"] for row in rows if row["persisted"]}, PERSISTED)


class Subscribing(ClientCase):
    def test_updates_come_with_what_was_skipped(self) -> None:
        client = self.client()
        with client.subscribe("boiler.return") as updates:
            for number in range(5):
                self.server.produce("boiler.return", reading(number))
                update = updates.next(DEADLINE_SECONDS)
                assert update is not None
                self.assertEqual((update.kind, update.data, update.skipped), ("event", reading(number), 0))

    def test_a_full_queue_drops_the_oldest_and_says_how_many(self) -> None:
        client = self.client()
        updates = client.subscribe("boiler.return", queue_limit=3)
        fence = client.subscribe("log.lines")
        for number in range(10):
            self.server.produce("boiler.return", reading(number))
        self.server.produce("log.lines", command("fence"))
        fence.next(DEADLINE_SECONDS)

        received = [updates.next(DEADLINE_SECONDS)]
        while received[-1] is not None and received[-1].data != reading(9):
            received.append(updates.next(DEADLINE_SECONDS))

        self.assertEqual(sum(1 + update.skipped for update in received if update is not None), 10)

    def test_a_plain_subscription_works_the_same(self) -> None:
        client = self.client(extensions=False)
        self.server.produce("boiler.setpoint", setpoint(50))
        updates = client.subscribe("boiler.*")

        snap = updates.next(DEADLINE_SECONDS)

        assert snap is not None
        self.assertEqual(
            (snap.kind, snap.last, snap.topic, snap.pos), ("snap", True, "boiler.setpoint", None)
        )

    def test_a_refused_subscription_raises(self) -> None:
        client = self.client()
        for _ in range(1024 if self.transport == "ws" else 32):
            client.subscribe("boiler.supply")

        self.assert_refused("denied", "limit_exceeded", client.subscribe, "boiler.supply")

    def test_history_the_seam_and_live_values_come_in_order(self) -> None:
        for number in range(3):
            self.server.produce_at("boiler.return", T0_MS + number, reading(number))
        updates = self.client().subscribe("boiler.return", since=T0_MS, gaps=True)

        kinds = []
        for update in updates:
            kinds.append((update.kind, update.hist))
            if update.kind == "live":
                self.server.produce("boiler.return", reading(3))
            if update.data == reading(3):
                break

        self.assertEqual(kinds, [("event", True)] * 3 + [("live", False), ("event", False)])

    def test_a_new_connection_goes_on_where_the_old_one_was(self) -> None:
        first = self.client().subscribe("boiler.supply")
        self.server.produce("boiler.supply", reading(0))
        seen = first.next(DEADLINE_SECONDS)
        assert seen is not None
        self.server.produce_stored("boiler.supply", map(reading, range(1, 20)))

        again = self.client().subscribe("boiler.supply", resume_from={"epoch": seen.epoch, "pos": seen.pos})

        received = [again.next(DEADLINE_SECONDS) for _ in range(19)]
        self.assertEqual([u.data["celsius"] for u in received if u is not None], list(range(1, 20)))

    def test_an_end_ends_the_iteration_and_tells_why(self) -> None:
        updates = self.client().subscribe("no.such.*")

        self.assertEqual(list(updates), [])
        self.assertEqual(updates.ended, "no_match")

    def test_a_stopped_server_ends_what_is_open(self) -> None:
        client = self.client()
        updates = client.subscribe("boiler.supply")
        self.server.begin_quit()

        self.assertEqual(list(updates), [])
        self.assertEqual(updates.ended, "closed")
        with self.assertRaises(ConnectionClosed):
            client.recv_frame(DEADLINE_SECONDS)

    def test_a_closed_subscription_delivers_nothing_more(self) -> None:
        client = self.client()
        updates = client.subscribe("boiler.supply")
        updates.close()
        self.server.produce("boiler.supply", reading(1))
        client.ping()

        self.assertEqual(list(updates), [])
