# SPDX-License-Identifier: Apache-2.0
"""Unknown methods, the resets, health, and the graph (aimx.md 7, 7.5 to 7.8)."""

from __future__ import annotations

from typing import Any

from cases import RECORDS, Case, load_tests
from test_list import check_origin

__all__ = ["load_tests"]


class Methods(Case):
    fresh = False

    def test_an_unknown_method_is_not_found(self) -> None:
        wire = self.connect()
        for method in (
            "record.subscribe", "record.unsubscribe", "graph.describe", "graph.lineage", "graph.dot", "",
            "Record.list", "record.list ", "record", "record.", "HELLO", "ping", "schema", "größe",
        ):  # fmt: skip
            with self.subTest(method=method):
                self.assertEqual(wire.refusal(method), ("not_found", "unknown_method"))

    def test_the_resets_are_done_or_unknown(self) -> None:
        wire = self.connect()
        for method in ("profiling.reset", "buffer_metrics.reset"):
            with self.subTest(method=method):
                reply = wire.reply(wire.send_request(method))

                if "err" in reply:
                    self.assertEqual(reply["err"], "not_found")
                else:
                    self.assertEqual(reply["ok"], {"reset": True})

    def test_health_tells_how_the_database_is(self) -> None:
        wire = self.connect(additions=True)
        health = wire.call("health")

        self.assertEqual(health["status"], "ok")
        self.assertNotIn("reason", health)
        self.assertGreaterEqual(health["uptime_secs"], 0)
        self.assertGreaterEqual(health["clients"], 1)
        self.assertGreaterEqual(health["records"], len(RECORDS))
        self.assertIsInstance(health["server_version"], str)

    def test_health_names_the_same_run_as_the_welcome(self) -> None:
        wire = self.connect()

        self.assertEqual(wire.hello()["epoch"], wire.call("health")["epoch"])

    def test_health_is_answered_to_everybody(self) -> None:
        self.assertEqual(self.connect().call("health")["status"], "ok")


class Graph(Case):
    fresh = False

    def test_the_nodes_are_the_served_records_in_registration_order(self) -> None:
        self.assertEqual([node["key"] for node in self.connect().call("graph.nodes")], RECORDS)

    def test_each_node_has_all_its_members(self) -> None:
        for node in self.connect().call("graph.nodes"):
            with self.subTest(record=node["key"]):
                check_origin(self, node["origin"])
                self.assertIn(
                    node["buffer_type"], ("spmc_ring", "single_latest", "mailbox", "none", "unknown")
                )
                self.assertIs(type(node["tap_count"]), int)
                self.assertIs(type(node["has_outbound_link"]), bool)
                if node["buffer_type"] == "spmc_ring":
                    self.assertIs(type(node["buffer_capacity"]), int)
                else:
                    self.assertIsNone(node["buffer_capacity"])

    def test_nodes_and_rows_tell_the_same_origins(self) -> None:
        wire = self.connect()
        rows = {row["record_key"]: row["origin"] for row in wire.call("record.list")}
        nodes = {node["key"]: node["origin"] for node in wire.call("graph.nodes")}

        self.assertEqual(nodes, rows)
        self.assertEqual(nodes["boiler.mean"], {"transform": {"input": "boiler.supply"}})

    def test_the_edges_of_transforms_lead_from_their_inputs(self) -> None:
        edges = self.connect().call("graph.edges")
        inner = [(e["from"], e["to"], e["edge_type"]) for e in edges if e["from"] and e["to"]]

        self.assertEqual(
            inner,
            [
                ("boiler.supply", "boiler.mean", "transform"),
                ("boiler.supply", "boiler.both", "transform_join"),
                ("boiler.setpoint", "boiler.both", "transform_join"),
            ],
        )

    def test_each_edge_is_of_a_known_kind(self) -> None:
        for edge in self.connect().call("graph.edges"):
            with self.subTest(edge=edge):
                self.assertEqual(set(edge), {"from", "to", "edge_type"})
                self.assertTrue({edge["from"], edge["to"]} <= {None, *RECORDS})
                self.check_edge(edge)

    def check_edge(self, edge: dict[str, Any]) -> None:
        kind = edge["edge_type"]
        name = kind if isinstance(kind, str) else next(iter(kind))
        ends = {
            "source": (False, True), "link": (False, True), "transform": (True, True),
            "transform_join": (True, True), "tap": (True, False), "link_out": (True, False),
        }  # fmt: skip
        self.assertIn(name, ends)
        self.assertEqual((edge["from"] is not None, edge["to"] is not None), ends[name])
        self.assertEqual(isinstance(kind, str), name in ("source", "transform", "transform_join"))

    def test_the_order_has_inputs_before_outputs(self) -> None:
        order = self.connect().call("graph.topo_order")

        self.assertEqual(sorted(order), sorted(RECORDS))
        for source, target in (
            ("boiler.supply", "boiler.mean"), ("boiler.supply", "boiler.both"),
            ("boiler.setpoint", "boiler.both"),
        ):  # fmt: skip
            self.assertLess(order.index(source), order.index(target))

    def test_params_are_ignored(self) -> None:
        wire = self.connect()
        ignored: list[Any] = [{}, [], "x", {"name": "boiler"}]
        for method in ("graph.nodes", "graph.edges", "graph.topo_order"):
            answer = wire.call(method)
            for params in ignored:
                with self.subTest(method=method, params=params):
                    self.assertEqual(wire.call(method, params), answer)


class GraphOverRuns(Case):
    transports = ("unix",)

    def test_the_graph_comes_in_the_same_order_each_time(self) -> None:
        methods = ("graph.nodes", "graph.edges", "graph.topo_order")
        before = [self.connect().call(method) for method in methods]
        self.server.restart()

        self.assertEqual([self.connect().call(method) for method in methods], before)
