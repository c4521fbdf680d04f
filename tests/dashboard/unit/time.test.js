// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { timeOf } from "../../../demos/weather_hub/dashboard/js/contract_time.js";
import { linesOf } from "../../../demos/weather_hub/dashboard/js/explorer_model.js";

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
