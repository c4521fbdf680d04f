// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { timeOf } from "../../../demos/weather_hub/dashboard/js/contract_time.js";
import { linesOf } from "../../../demos/weather_hub/dashboard/js/explorer_model.js";
import { freshness } from "../../../demos/weather_hub/dashboard/js/staleness.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("the time of a value", () => {
    const observed = 1_356_998_400_000;
    const wall = 1_790_000_000_000;

    it("is the wall clock's where a contract says so and the value tells it", () => {
        const at = timeOf({ clock: "wall" }, { at: wall }, observed);
        assert.deepEqual(at, { at: wall, clock: "wall" });
    });

    it("is that of the history otherwise, which is observed time", () => {
        const kept = { at: observed, clock: "observed" };
        assert.deepEqual(timeOf({ clock: "observed" }, { at: wall }, observed), kept);
        assert.deepEqual(timeOf({ clock: "wall" }, {}, observed), kept);
        assert.deepEqual(timeOf({ clock: "wall" }, null, observed), kept);
        assert.deepEqual(timeOf(null, { at: wall }, observed), kept);
    });

    it("is observed in every line of the explorer, which draws what is stored", () => {
        const contract = {
            clock: "wall",
            fields: [{ name: "total_percent", type: "number", unit: "%" }],
        };
        const [line] = linesOf([{ record_key: "host.cpu", persisted: true }], () => contract, []);
        assert.ok(!("clock" in line));
    });
});

it("a station is not late for what was thinned out on its way to the page", () => {
    const aged = (hours, daysPerSecond) => freshness(DAY, hours * HOUR, HOUR, daysPerSecond);
    // At five days per second 36 hours are 0.3 s.
    assert.equal(aged(36, 5), "fresh");
    assert.equal(aged(36, 0.25), "silent");
    assert.equal(aged(2.6 * 36, 5), "late");
    assert.equal(aged(6.6 * 36, 5), "silent");
});
