// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { LagWindow } from "../../../demos/weather_hub/dashboard/js/lag_window.js";

const lagged = (window, count, at) =>
    window.recent([{ record: "temp.a", lagged: count }], at)[0].lagged;

describe("values missed lately", () => {
    it("do not hold what was missed before the page was opened", () => {
        assert.equal(lagged(new LagWindow(), 9_000, 0), 0);
    });

    it("are counted over the window and forgotten after it", () => {
        const window = new LagWindow(60_000);
        lagged(window, 10, 0);

        assert.equal(lagged(window, 25, 30_000), 15);
        assert.equal(lagged(window, 25, 60_000), 15);
        assert.equal(lagged(window, 25, 90_001), 0);
    });

    it("begin anew with the hub", () => {
        const window = new LagWindow();
        lagged(window, 500, 0);

        assert.equal(lagged(window, 3, 1_000), 0);
        assert.equal(lagged(window, 5, 2_000), 2);
    });

    it("count a record that comes later from nothing", () => {
        const window = new LagWindow();
        window.recent([], 0);

        assert.equal(lagged(window, 4, 1_000), 4);
    });
});
