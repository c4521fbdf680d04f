// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { allGaps, causeText, knownGaps } from "../../../demos/weather_hub/dashboard/js/gaps.js";
import {
    Series,
    align,
    decimate,
    holes,
    lowerBound,
    parted,
    summary,
    usualStep,
} from "../../../demos/weather_hub/dashboard/js/series.js";
import { linePath } from "../../../demos/weather_hub/dashboard/js/sparkline.js";
import { Trace } from "../../../demos/weather_hub/dashboard/js/trace.js";

const points = (count, value = (i) => i) => ({
    t: Array.from({ length: count }, (_, i) => i),
    v: Array.from({ length: count }, (_, i) => value(i)),
});

describe("a series", () => {
    it("keeps its newest points only", () => {
        const series = new Series(100);
        for (let i = 0; i < 1_000; i++) {
            series.push(i, i);
        }
        assert.ok(series.size <= 110);
        assert.equal(series.size + series.dropped, 1_000);
        assert.deepEqual(series.last, { t: 999, v: 999 });
    });

    it("puts a late point where it belongs, and a second one of a time in its place", () => {
        const series = new Series(10);
        [
            [1, 10],
            [3, 30],
            [2, 20],
            [3, 31],
        ].forEach(([t, v]) => series.push(t, v));
        assert.deepEqual(
            [series.t, series.v],
            [
                [1, 2, 3],
                [10, 20, 31],
            ],
        );
    });

    it("is empty after it was cleared", () => {
        const series = new Series(10);
        series.push(1, 1);
        series.clear();
        assert.equal(series.last, null);
    });
});

describe("thinning out", () => {
    it("leaves few points as they are, with the ones just outside", () => {
        const few = points(20);
        assert.deepEqual(decimate(few, 5, 10, 100).t, [4, 5, 6, 7, 8, 9, 10, 11]);
    });

    it("keeps every extreme, and at most five points per bucket", () => {
        const many = points(100_000, (i) => (i === 54_321 ? 99 : i === 7_777 ? -99 : Math.sin(i)));
        const { t, v } = decimate(many, 0, 99_999, 500);
        assert.ok(t.length <= 500 * 5);
        assert.equal(Math.max(...v), 99);
        assert.equal(Math.min(...v), -99);
        assert.deepEqual(
            t,
            [...t].sort((a, b) => a - b),
        );
        assert.deepEqual([t[0], t.at(-1)], [0, 99_999]);
    });

    it("keeps a null: it parts the line", () => {
        const many = points(10_000, (i) => (i === 5_000 ? null : 1));
        assert.ok(decimate(many, 0, 9_999, 100).v.includes(null));
    });

    it("gives nothing of nothing", () => {
        assert.deepEqual(decimate({ t: [], v: [] }, 0, 1, 10), { t: [], v: [] });
    });
});

describe("holes", () => {
    it("are much longer than the usual step", () => {
        assert.equal(usualStep([0, 10, 20, 30]), 10);
        assert.deepEqual(holes([0, 10, 20, 90, 100]), [{ from: 20, to: 90 }]);
        assert.deepEqual(holes([5]), []);
    });

    it("part the line", () => {
        const line = { t: [0, 10, 50, 60], v: [1, 2, 3, 4] };
        assert.deepEqual(parted(line, [{ from: 10, to: 50 }]), {
            t: [0, 10, 30, 50, 60],
            v: [1, 2, null, 3, 4],
        });
        assert.equal(parted(line, []), line);
    });

    it("do not part it where it has no points on both sides", () => {
        const line = { t: [10, 20], v: [1, 2] };
        assert.deepEqual(parted(line, [{ from: 0, to: 10 }]).v, [1, 2]);
    });
});

describe("gaps of a history", () => {
    const rows = { pos: [1, 2, 6, 7], t: [100, 200, 600, 700] };

    it("last from the row before to the row behind", () => {
        const [gap] = knownGaps(rows, [{ first: 3, last: 5, count: 3, cause: "crash" }]);
        assert.deepEqual(gap, { from: 200, to: 600, count: 3, cause: "crash", known: true });
    });

    it("outside of the rows are not drawn", () => {
        assert.deepEqual(knownGaps(rows, [{ first: 8, last: 9, count: 2, cause: null }]), []);
    });

    it("and silences are told once", () => {
        const known = knownGaps(rows, [{ first: 3, last: 5, count: 3, cause: "crash" }]);
        const all = allGaps(known, [100, 200, 600, 700, 800, 900, 1_900]);
        assert.deepEqual(
            all.map(({ from, known: told }) => [from, told]),
            [
                [200, true],
                [900, false],
            ],
        );
    });

    it("have a cause in words", () => {
        assert.equal(causeText("crash"), "the hub was killed");
        assert.equal(causeText("meteor"), "meteor");
        assert.equal(causeText(null), "no value came");
    });
});

describe("a trace", () => {
    const row = (pos, ts = pos * 10, epoch = "a.0") => ({ pos, epoch, ts });

    it("takes each position once, and knows where to go on", () => {
        const trace = new Trace(100);
        assert.equal(trace.position, null);
        assert.ok(trace.push(row(1), 1));
        assert.ok(trace.push(row(2), 2));
        assert.ok(!trace.push(row(2), 2));
        assert.deepEqual(trace.position, { epoch: "a.0", pos: 2 });
    });

    it("goes on in a new epoch", () => {
        const trace = new Trace(100);
        trace.push(row(9), 1);
        assert.ok(trace.push(row(1, 100, "b.0"), 2));
        assert.deepEqual(trace.v, [1, 2]);
    });

    it("is bounded and counts what it left out", () => {
        const trace = new Trace(1_000);
        for (let i = 1; i <= 5_000; i++) {
            trace.push(row(i), i);
        }
        assert.ok(trace.size <= 1_050);
        assert.equal(trace.size + trace.dropped, 5_000);
    });

    it("never runs backwards in time", () => {
        const trace = new Trace(10);
        trace.push(row(1, 50), 1);
        trace.push(row(2, 40), 2);
        assert.deepEqual(trace.t, [50, 50]);
    });

    it("reads the value of a time", () => {
        const trace = new Trace(10);
        trace.push(row(1, 10), 1);
        trace.push(row(2, 20), 2);
        assert.deepEqual(trace.at(15), { t: 10, v: 1 });
        assert.deepEqual(trace.at(Infinity), { t: 20, v: 2 });
        assert.equal(trace.at(5), null);
    });

    it("draws known gaps once both sides are there", () => {
        const trace = new Trace(10);
        trace.gap({ first: 2, last: 3, count: 2, cause: "crash" });
        trace.push(row(1), 1);
        assert.deepEqual(trace.gaps(), []);
        trace.push(row(4), 4);
        assert.deepEqual(
            trace.gaps().map(({ from, to }) => [from, to]),
            [[10, 40]],
        );
    });
});

describe("columns for a chart", () => {
    it("have undefined where a line goes on, null where it is parted", () => {
        const columns = align([
            { t: [1, 3], v: [10, null] },
            { t: [2, 3], v: [20, 30] },
        ]);
        assert.deepEqual(columns, [
            [1, 2, 3],
            [10, undefined, null],
            [undefined, 20, 30],
        ]);
    });
});

describe("small things", () => {
    it("the first index not before", () => {
        assert.equal(lowerBound([1, 2, 2, 3], 2), 1);
        assert.equal(lowerBound([], 5), 0);
    });

    it("least, mean and greatest leave out what is no number", () => {
        assert.deepEqual(summary([1, null, 3, NaN]), { n: 2, min: 1, max: 3, mean: 2 });
        assert.equal(summary([]), null);
    });

    it("a sparkline starts anew behind a null", () => {
        const path = linePath(
            { t: [0, 1, 2, 3, 4], v: [1, 2, null, 3, 4] },
            { width: 100, height: 20 },
        );
        assert.equal(path.match(/M/g).length, 2);
        assert.equal(path.match(/L/g).length, 2);
        assert.equal(linePath({ t: [], v: [] }, { width: 10, height: 10 }), "");
    });
});
