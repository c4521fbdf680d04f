# SPDX-License-Identifier: Apache-2.0
"""Connections beside each other: independence, the cap, peers that vanish (aimx.md 2, 6, 15)."""

from __future__ import annotations

import time

from cases import Case, load_tests, reading
from server import DEADLINE_SECONDS
from wire import ConnectionClosed, Wire

__all__ = ["load_tests"]


class Sessions(Case):
    def test_events_may_come_between_a_request_and_its_reply(self) -> None:
        wire = self.connect()
        sub = wire.subscribe("boiler.supply")
        for number in range(1, 101):
            request_id = wire.send_request("record.list")
            self.server.produce("boiler.supply", reading(number))

            self.assertIn("ok", wire.reply(request_id))
            wire.expect("event", sub=sub, seq=number, data=reading(number))

    def test_a_client_that_vanishes_leaves_the_others_alone(self) -> None:
        witness = self.connect()
        witness.subscribe("boiler.supply")
        for cut in (1, 3, 5, 9):
            gone = self.connect()
            gone.subscribe("boiler.supply")
            gone.send_bytes(gone.wrap('{"t":"ping"}')[:cut])
            gone.transport.socket.close()
            self.server.produce("boiler.supply", reading(cut))

            self.assertEqual(witness.expect("event")["data"], reading(cut))

    def test_clients_of_all_transports_see_one_database(self) -> None:
        wires = [self.connect(transport=transport) for transport in ("unix", "tcp", "ws")]
        for value, writer in enumerate(wires):
            writer.call("record.set", {"name": "note", "value": value})
            for reader in wires:
                self.assertEqual(reader.call("record.get", {"name": "note"}), value)

    def test_a_connection_that_says_nothing_is_served_later(self) -> None:
        wire = self.connect()
        for _ in range(5):
            self.connect().barrier()

        self.assertEqual(wire.barrier(), [])

    def test_requests_of_many_connections_are_answered_to_their_own(self) -> None:
        wires = [self.connect() for _ in range(8)]
        ids = [
            [wire.send_request("record.get", {"name": f"w{n}"}) for _ in range(20)]
            for n, wire in enumerate(wires)
        ]

        for number, wire in enumerate(wires):
            for request_id in ids[number]:
                self.assertIn(f"w{number}", wire.reply(request_id)["msg"])


class ConnectionCap(Case):
    transports = ("unix", "tcp")

    def fill(self) -> list[Wire]:
        wires = [self.connect() for _ in range(16)]
        for wire in wires:
            self.assertEqual(wire.barrier(), [])
        return wires

    def test_one_connection_too_many_is_closed_without_a_frame(self) -> None:
        wires = self.fill()

        self.assertEqual(self.connect().expect_closed(), [])

        for wire in wires:
            self.assertEqual(wire.barrier(), [])

    def test_a_connection_that_ended_makes_room_for_another(self) -> None:
        wires = self.fill()
        wires[7].close()

        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self.is_served(self.connect()):  # ended sessions may still count for a while
            self.assertLess(time.monotonic(), deadline, "no room came free")

    def is_served(self, wire: Wire) -> bool:
        try:
            return wire.barrier() == []
        except ConnectionClosed:
            wire.close()
            return False

    def test_the_other_transports_are_not_concerned(self) -> None:
        self.fill()
        other = "tcp" if self.transport == "unix" else "unix"

        self.assertEqual(self.connect(transport=other).barrier(), [])
        self.assertEqual(self.connect(transport="ws").barrier(), [])
