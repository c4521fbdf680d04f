// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { NARROW_REGIONS, REGIONS } from "../../../demos/weather_hub/dashboard/js/map_data.js";
import {
    Projection,
    dottedLand,
    inside,
    placeNames,
    spread,
} from "../../../demos/weather_hub/dashboard/js/map_projection.js";
import { temperatureColour } from "../../../demos/weather_hub/dashboard/js/temperature_scale.js";

describe("the map", () => {
    const [europe, states] = REGIONS;

    it("finds its way back", () => {
        const projection = new Projection(europe);
        const { x, y } = projection.point(16.37, 48.2);
        const [longitude, latitude] = projection.degrees(x, y);
        assert.ok(Math.abs(longitude - 16.37) < 1e-9 && Math.abs(latitude - 48.2) < 1e-9);
        assert.ok(projection.holds(16.37, 48.2) && !projection.holds(-74, 40.7));
    });

    it("has room for the name of every city, also on a phone", () => {
        // The stations of each, as the hub has them.
        const cities = {
            Amsterdam: [
                [4.79, 52.32],
                [4.87, 52.36],
            ],
            Berlin: [
                [13.4, 52.47],
                [13.3, 52.45],
            ],
            Bratislava: [
                [17.11, 48.17],
                [17.21, 48.17],
            ],
            Budapest: [
                [19.18, 47.43],
                [19.06, 47.47],
            ],
            Linz: [
                [14.29, 48.3],
                [14.18, 48.23],
            ],
            Milan: [
                [9.19, 45.47],
                [9.28, 45.45],
            ],
            Munich: [
                [11.54, 48.16],
                [11.81, 48.35],
            ],
            Paris: [
                [2.34, 48.82],
                [2.44, 48.97],
            ],
            Prague: [
                [14.43, 50.07],
                [14.26, 50.1],
            ],
            Vienna: [
                [16.36, 48.25],
                [16.37, 48.2],
            ],
            Warsaw: [
                [20.96, 52.16],
                [20.97, 52.28],
            ],
            Zurich: [
                [8.57, 47.38],
                [8.54, 47.48],
            ],
        };
        for (const region of [REGIONS[0], NARROW_REGIONS[0]]) {
            const projection = new Projection(region);
            const points = Object.values(cities)
                .flat()
                .map(([longitude, latitude]) => projection.point(longitude, latitude));
            const apart = spread(points, 24);
            const groups = Object.keys(cities).map((name, i) => ({
                name,
                points: apart.slice(2 * i, 2 * i + 2),
            }));
            const names = placeNames(groups, { width: projection.width });
            assert.deepEqual(names.map(({ name }) => name).sort(), Object.keys(cities));
        }
    });

    it("has land under cities and none in the sea", () => {
        const land = ({ land: outlines }, at) => outlines.some((outline) => inside(at, outline));
        for (const city of [
            [16.4, 48.2],
            [13.4, 52.5],
            [2.3, 48.9],
            [9.2, 45.5],
            [21, 52.2],
            [4.9, 52.3],
            [-9.1, 38.8],
        ]) {
            assert.ok(land(europe, city), String(city));
        }
        for (const sea of [
            [-8, 46],
            [3, 55],
            [6, 40],
            [18, 56],
        ]) {
            assert.ok(!land(europe, sea), String(sea));
        }
        assert.ok(
            land(states, [-122.3, 47.6]) && land(states, [-100, 40]) && !land(states, [-70, 30]),
        );
        assert.ok(dottedLand(states, new Projection(states), 20).split("M").length > 100);
    });

    it("moves marks apart, even those in one place", () => {
        const apart = spread(
            [
                { x: 5, y: 5 },
                { x: 5, y: 5 },
                { x: 6, y: 5 },
                { x: 200, y: 5 },
            ],
            20,
            200,
        );
        for (let i = 0; i < apart.length; i++) {
            for (let j = i + 1; j < apart.length; j++) {
                assert.ok(Math.hypot(apart[i].x - apart[j].x, apart[i].y - apart[j].y) > 19.5);
            }
        }
        assert.deepEqual(apart[3], { x: 200, y: 5 });
    });

    it("puts a name where it covers nothing, or leaves it out", () => {
        const alone = { name: "Vienna", points: [{ x: 100, y: 100 }] };
        assert.equal(placeNames([alone], { width: 400 })[0].anchor, "start");
        assert.equal(placeNames([alone], { width: 120 })[0].anchor, "end");
        const crowd = Array.from({ length: 49 }, (_, i) => ({
            name: "Somewhere",
            points: [{ x: 60 + (i % 7) * 20, y: 60 + Math.floor(i / 7) * 20 }],
        }));
        assert.ok(placeNames(crowd, { width: 300 }).length < 49);
    });

    it("has colours from blue to orange", () => {
        assert.equal(temperatureColour(-40), "rgb(38 70 150)");
        assert.equal(temperatureColour(50), "rgb(190 66 10)");
        assert.equal(temperatureColour(null), "none");
    });
});
