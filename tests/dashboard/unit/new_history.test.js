// SPDX-License-Identifier: Apache-2.0
//
// What is known of one history must not outlive it: a hub may come back with another one.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Newest, Summaries } from "../../../demos/weather_hub/dashboard/js/accuracy_model.js";
import { ObservedClock } from "../../../demos/weather_hub/dashboard/js/observed_clock.js";
import { Trace } from "../../../demos/weather_hub/dashboard/js/trace.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("summaries of a new connection", () => {
    const known = () => {
        const summaries = new Summaries();
        summaries.take({ city: "a", at: 20 });
        summaries.take({ city: "b", at: 20 });
        summaries.begin();
        return summaries;
    };
    const times = (summaries) => [...summaries].map(([city, { at }]) => [city, at]);

    it("replace those of before, also by older ones", () => {
        const summaries = known();
        summaries.take({ city: "a", at: 5 });
        summaries.take({ city: "a", at: 4 });
        assert.deepEqual(times(summaries), [
            ["a", 5],
            ["b", 20],
        ]);
    });

    it("are all there is once history has answered", () => {
        const summaries = known();
        summaries.take({ city: "a", at: 5 });
        summaries.settle();
        assert.deepEqual(times(summaries), [["a", 5]]);
        summaries.settle();
        assert.deepEqual(times(summaries), [["a", 5]]);
    });
});

it("validations of a new connection replace those of before", () => {
    const newest = new Newest();
    const of = (city, timestamp) => ({ city, model: "x", timestamp });
    newest.take(of("a", 20));
    newest.take(of("b", 20));
    newest.begin();
    assert.ok(newest.take(of("a", 5)));
    assert.ok(!newest.take(of("a", 4)));
    newest.settle();
    assert.equal(newest.of("a", "x").timestamp, 5);
    assert.equal(newest.of("b", "x"), null);
});

describe("a trace", () => {
    it("is torn by an earlier time of another epoch", () => {
        const trace = new Trace(10);
        trace.push({ pos: 7, epoch: "a.0", ts: 20 * DAY }, 1);
        trace.push({ pos: 8, epoch: "a.0", ts: 19 * DAY }, 1);
        trace.push({ pos: 9, epoch: "a.1", ts: 21 * DAY }, 1);
        assert.ok(!trace.torn);
        assert.ok(trace.push({ pos: 1, epoch: "b.0", ts: 5 * DAY }, 2));
        assert.ok(trace.torn);
    });
});

describe("an age", () => {
    const clock = new ObservedClock();
    clock.connected = true;

    it("is not known of what lies ahead of the clock", () => {
        clock.set({ at: 10 * DAY, days_per_second: 0.25, sources: true }, 1_000);
        assert.equal(clock.age(10 * DAY + HOUR, 1_000), 0);
        assert.equal(clock.age(100 * DAY, 1_000), null);
    });

    it("is none where values only came before their tick", () => {
        clock.set({ at: 10 * DAY, days_per_second: 20, sources: true }, 1_000);
        assert.equal(clock.age(30 * DAY, 1_000), 0);
        assert.equal(clock.age(100 * DAY, 1_000), null);
    });
});
