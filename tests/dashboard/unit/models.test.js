// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
    Newest,
    Summaries,
    biasArrow,
    modelsOf,
    mostValidated,
    overall,
    windowOf,
} from "../../../demos/weather_hub/dashboard/js/accuracy_model.js";
import { axisMark, timeMarks } from "../../../demos/weather_hub/dashboard/js/chart_axis.js";
import {
    byUnit,
    changedWindow,
    csvOf,
    linesOf,
    searched,
    takeColour,
    valueIn,
} from "../../../demos/weather_hub/dashboard/js/explorer_model.js";
import {
    NODE,
    OPEN_LIMIT,
    edgePath,
    layout,
    visibleGraph,
} from "../../../demos/weather_hub/dashboard/js/graph_model.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("accuracy", () => {
    const window = (n, mae, bias, hits) => ({ n, mae, bias, hit_rate: hits });
    const summary = (city, h24) => ({ city, models: [{ model: "trend", h24 }] });

    it("is weighted by validations over all cities", () => {
        const all = overall(
            [summary("a", window(1, 4, -4, 0)), summary("b", window(3, 0, 0, 1))],
            "trend",
            "h24",
        );
        assert.deepEqual(all, { n: 4, mae: 1, bias: -1, hit_rate: 0.75 });
        assert.equal(overall([], "trend", "h24"), null);
    });

    it("is nothing where nothing was validated", () => {
        assert.equal(windowOf(summary("a", window(0, null, null, null)), "trend", "h24"), null);
        assert.equal(windowOf(undefined, "trend", "h24"), null);
    });

    it("has an arrow beside a word", () => {
        assert.deepEqual(
            [0.5, -0.5, 0.05, null].map((bias) => biasArrow(bias).tone),
            ["warm", "cold", "even", "none"],
        );
        assert.match(biasArrow(0.5).text, /\+0\.50 °C, too warm/);
    });

    it("knows its models", () => {
        assert.deepEqual(modelsOf([{ models: [{ model: "b" }, { model: "a" }] }, {}]), ["a", "b"]);
    });

    it("begins with the model of the most validations, then with the better one", () => {
        const of = (model, n, mae) => ({ model, d30: { n, mae, bias: 0, hit_rate: 0 } });
        const first = (...models) => mostValidated([{ models }], ["a", "b"]);
        assert.equal(first(of("a", 5, 3), of("b", 5, 2)), "b");
        assert.equal(first(of("a", 6, 3), of("b", 5, 2)), "a");
        assert.equal(first(), "a");
    });

    it("keeps the newer summary, whichever comes first", () => {
        const summaries = new Summaries();
        summaries.take({ city: "a", at: 2 });
        summaries.take({ city: "a", at: 1 });
        summaries.take({ city: "b", at: 1 });
        assert.deepEqual(
            [...summaries.values()].map(({ at }) => at),
            [2, 1],
        );
        summaries.take({ city: "a", at: 3 });
        assert.equal(summaries.get("a").at, 3);
    });

    it("keeps the newest validation of each model", () => {
        const newest = new Newest();
        assert.ok(newest.take({ city: "a", model: "x", timestamp: 2 }));
        assert.ok(!newest.take({ city: "a", model: "x", timestamp: 1 }));
        assert.equal(newest.of("a", "x").timestamp, 2);
        assert.equal(newest.of("b", "x"), null);
    });
});

describe("the explorer", () => {
    const contract = {
        fields: [
            { name: "celsius", type: "number", unit: "°C" },
            { name: "observed_at", type: "integer", unit: "unix ms" },
        ],
    };
    const records = [
        { record_key: "temp.vienna_hohe_warte", persisted: true },
        { record_key: "humidity.vienna", persisted: false },
    ];

    it("offers numbers of stored records, no times", () => {
        const lines = linesOf(records, () => contract, []);
        assert.deepEqual(
            lines.map(({ id, unit }) => [id, unit]),
            [["temp.vienna_hohe_warte|celsius", "°C"]],
        );
        assert.equal(lines[0].label, "Vienna Hohe Warte, temperature");
    });

    it("offers validations per model", () => {
        const accuracy = {
            fields: [
                { name: "signed_error", type: "number", unit: "K" },
                { name: "horizon_h", type: "integer", unit: "h" },
            ],
        };
        const lines = linesOf(
            [{ record_key: "accuracy.vienna", persisted: true }],
            () => accuracy,
            ["a", "b"],
        );
        assert.deepEqual(
            lines.map(({ model }) => model),
            ["a", "b"],
        );
        assert.equal(valueIn(lines[0], { model: "b", signed_error: 1 }), undefined);
        assert.equal(valueIn(lines[0], { model: "a", signed_error: 1 }), 1);
        assert.equal(valueIn(lines[0], { model: "a" }), null);
    });

    it("finds lines by all words", () => {
        const lines = [
            { label: "Vienna, temperature", key: "temp.x" },
            { label: "Vienna, error", key: "accuracy.x" },
        ];
        assert.equal(searched(lines, "VIEN temp").length, 1);
        assert.equal(searched(lines, "  ").length, 2);
    });

    it("saves what is in view", () => {
        const line = { key: "temp.a", field: "celsius", unit: "°C" };
        const trace = { t: [0, 1_000, 2_000], v: [1, null, 3], pos: [7, 8, 9] };
        const text = csvOf([{ line, trace }], { from: 500, to: 2_000 });
        assert.deepEqual(text.trim().split("\n").slice(1), [
            "1970-01-01T00:00:01.000Z,temp.a,celsius,,8,,°C",
            "1970-01-01T00:00:02.000Z,temp.a,celsius,,9,3,°C",
        ]);
        const validated = { key: "accuracy.a", field: "signed_error", model: "trend", unit: "K" };
        assert.match(
            csvOf([{ line: validated, trace }], { from: 0, to: 0 }),
            /accuracy\.a,signed_error,trend,7,1,K/,
        );
    });

    it("zooms and moves within what there is", () => {
        const bounds = { from: 0, to: 100 * DAY };
        const window = { from: 40 * DAY, to: 60 * DAY };
        const days = (change, from = window) => {
            const next = changedWindow(from, bounds, change);
            return next && [next.from / DAY, next.to / DAY];
        };
        assert.deepEqual(days({ scale: 0.5 }), [45, 55]);
        assert.deepEqual(days({ scale: 2 }), [30, 70]);
        assert.deepEqual(days({ shift: -0.5 }), [30, 50]);
        assert.deepEqual(days({ shift: 3 }), [80, 100]);
        assert.deepEqual(days({ scale: 2 }, { from: 0, to: 20 * DAY }), [0, 40]);
        assert.equal(days({ scale: 5 }), null);
        assert.equal(days({ shift: 1 }, bounds), null);
    });

    it("has a chart per unit, and colours that stay", () => {
        assert.deepEqual(
            [...byUnit([{ unit: "K", n: 1 }, { unit: "%" }, { unit: "K" }]).values()].map(
                (group) => group.length,
            ),
            [2, 1],
        );
        assert.equal(takeColour(["--series-1", "--series-3"]), "--series-2");
    });
});

describe("axes", () => {
    it("tell days within a year and hours within a day", () => {
        const from = Date.UTC(2015, 11, 30);
        assert.deepEqual(timeMarks([from, from + DAY, from + 2 * DAY], DAY), [
            "30 Dec 2015",
            "31 Dec",
            "1 Jan 2016",
        ]);
        assert.deepEqual(timeMarks([from + 18 * HOUR, from + 24 * HOUR], 6 * HOUR), [
            "30 Dec 18:00",
            "31 Dec 00:00",
        ]);
        assert.deepEqual(timeMarks([from, from + 15_000], 15_000), ["00:00:00", "00:00:15"]);
        assert.deepEqual(timeMarks([from, from + 31 * DAY], 30 * DAY), ["Dec 2015", "Jan 2016"]);
    });

    it("shorten large values and carry the unit", () => {
        assert.equal(axisMark(-5, "°C"), "\u22125 °C");
        assert.deepEqual(
            [axisMark(25_000, ""), axisMark(3e6, ""), axisMark(2e9, "B"), axisMark(0, "")],
            ["25k", "3M", "2G B", "0"],
        );
    });
});

describe("the graph", () => {
    const told = {
        nodes: ["hub.clock", "temp.a", "temp.b", "obs.a", "free.x"].map((key) => ({
            key,
            origin: "source",
            buffer_type: "ring",
        })),
        edges: [
            ["hub.clock", "temp.a"],
            ["hub.clock", "temp.b"],
            ["temp.a", "obs.a"],
            ["obs.a", "temp.b"],
            [null, "free.x"],
        ].map(([from, to]) => ({ from, to })),
        stages: [
            { record: "temp.a", rate_s: 2, lagged: 5, failures: 1 },
            { record: "temp.a", rate_s: 1, lagged: 5, failures: 0 },
            { record: "temp.b", rate_s: 4, lagged: 0, failures: 0 },
        ],
    };
    const seen = (view) => visibleGraph(told, { opened: new Set(), filter: "", ...view });

    it("has a node per family, with the sums of its stages", () => {
        const { nodes, edges } = seen({});
        const temp = nodes.find(({ id }) => id === "temp.*");
        assert.deepEqual(
            [temp.records.length, temp.rate, temp.lagged, temp.failures],
            [2, 7, 5, 1],
        );
        assert.equal(edges.find(({ from, to }) => from === "hub.*" && to === "temp.*").n, 2);
    });

    it("calls what a record of the newest value only passes over superseded, not lag", () => {
        const nodes = [
            { key: "summary.a", buffer_type: "single_latest" },
            { key: "summary.b", buffer_type: "spmc_ring" },
        ];
        const stages = nodes.map(({ key: record }) => ({ record, rate_s: 1, lagged: 42, failures: 0 }));
        const [node] = visibleGraph(
            { nodes, edges: [], stages },
            { opened: new Set(), filter: "" },
        ).nodes;
        assert.deepEqual([node.lagged, node.superseded], [42, 42]);
        assert.deepEqual(
            node.stages.map(({ lagged, superseded }) => [lagged, superseded]),
            [
                [0, 42],
                [42, 0],
            ],
        );
    });

    it("opens a family into its records", () => {
        const ids = seen({ opened: new Set(["temp"]) }).nodes.map(({ id }) => id);
        assert.deepEqual(ids, ["hub.*", "temp.a", "temp.b", "obs.*", "free.*"]);
    });

    it("draws only so many records of an open family, and says so", () => {
        const nodes = Array.from({ length: 100 }, (_, i) => ({ key: `temp.${i}` }));
        const graph = visibleGraph(
            { nodes, edges: [], stages: [] },
            { opened: new Set(["temp"]), filter: "" },
        );
        assert.deepEqual([graph.nodes.length, graph.hidden], [OPEN_LIMIT, 100 - OPEN_LIMIT]);
    });

    it("can be filtered", () => {
        assert.deepEqual(
            seen({ filter: "OBS" }).nodes.map(({ id }) => id),
            ["obs.*"],
        );
        assert.deepEqual(seen({ filter: "nothing" }).nodes, []);
    });

    it("goes from left to right, also around a circle", () => {
        const graph = seen({});
        const { positions, back } = layout(graph);
        const x = (id) => positions.get(id).x;
        assert.ok(x("hub.*") < x("temp.*") && x("temp.*") < x("obs.*"));
        assert.deepEqual(
            [...back].map(({ from, to }) => `${from} ${to}`),
            ["obs.* temp.*"],
        );
    });

    it("puts no two nodes in one place", () => {
        const graph = seen({ opened: new Set(["temp", "obs"]) });
        const places = [...layout(graph).positions.values()];
        for (const a of places) {
            for (const b of places) {
                assert.ok(
                    a === b ||
                        Math.abs(a.x - b.x) >= NODE.width ||
                        Math.abs(a.y - b.y) >= NODE.height,
                );
            }
        }
    });

    it("has an edge from side to side, and one below for the way back", () => {
        assert.match(
            edgePath({ x: 0, y: 0 }, { x: 300, y: 0 }, false),
            new RegExp(`^M${NODE.width} `),
        );
        assert.match(
            edgePath({ x: 300, y: 0 }, { x: 0, y: 0 }, true),
            new RegExp(` ${NODE.height}C`),
        );
        assert.equal(layout({ nodes: [], edges: [] }).positions.size, 0);
    });
});
