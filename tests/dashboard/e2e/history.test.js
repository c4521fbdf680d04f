// SPDX-License-Identifier: Apache-2.0
//
// Goal:   after a kill, and with its sources switched off, what the page shows is what is stored.
// Method: a hub is killed and started again with --no-sources; each figure on the page is compared
//         with a query on the file itself.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { number } from "../../../demos/weather_hub/dashboard/js/format.js";
import { newestOf, storedRows } from "../support/database.js";
import { WeatherHub, realHub } from "../support/hub.js";
import {
    badge,
    openBrowser,
    openPage,
    settled,
    unexplained,
    waitForMark,
} from "../support/page.js";

describe("a page from history alone", realHub, () => {
    let hub;
    let browser;
    let page;

    before(async () => {
        hub = await WeatherHub.create({ speed: 2 });
        browser = await openBrowser();
        const early = await openPage(browser, hub.url);
        await waitForMark(early.page, "first-live-event");
        await early.page.waitForFunction(() =>
            /[1-9]/.test(document.querySelector("#store .figure-value")?.textContent ?? ""),
        );
        await early.page.context().close();
        await hub.kill();
        await hub.start(["--no-sources"]);
        ({ page } = await openPage(browser, hub.url));
        await settled(page);
    });
    after(async () => {
        await browser?.close();
        await hub?.remove();
    });

    it("is filled, or says why it is not", async () => {
        assert.deepEqual(await unexplained(page), []);
        for (const panel of ["accuracy", "map", "stations", "explorer", "host"]) {
            assert.equal(await badge(page, panel), "from history", panel);
        }
        await page.waitForFunction(() =>
            [...document.querySelectorAll("#accuracy .newest-values")].some(
                ({ textContent }) => textContent !== "–",
            ),
        );
        const chart = page.locator("#accuracy .chart-head .badge");
        assert.equal(await chart.textContent(), "from history");
    });

    it("says that the clock stands still", async () => {
        await page.waitForFunction(() =>
            /sources are switched off/.test(document.getElementById("clock-speed").textContent),
        );
    });

    it("shows the stored summaries", async () => {
        const model = await page.$$eval(
            "#accuracy input[name=model]",
            (all) => all.find(({ checked }) => checked).value,
        );
        const shown = await page.$$eval("#accuracy tbody tr", (rows) =>
            rows.map((row) => ({
                name: row.querySelector(".city-button").textContent,
                mae: [...row.querySelectorAll(".mae .figure-value")].map(
                    ({ textContent }) => textContent,
                ),
                hits: [...row.querySelectorAll(".hits")].map(({ textContent }) => textContent),
            })),
        );
        const stored = [...(await newestOf(hub.database, "accuracy_summary")).values()].sort(
            (a, b) => a.city.localeCompare(b.city),
        );
        assert.equal(shown.length, 14);
        stored.forEach((summary, i) => {
            const windows = summary.models.find((entry) => entry.model === model);
            const all = [windows.h24, windows.d7, windows.d30];
            assert.deepEqual(
                shown[i].mae,
                all.map(({ mae }) => number(mae, 2)),
                summary.city,
            );
            assert.deepEqual(
                shown[i].hits,
                all.map((window) =>
                    window.n > 0 ? `${number(window.hit_rate * 100, 0)}\u202f%` : "",
                ),
                summary.city,
            );
        });
    });

    it("shows the stored validations", async () => {
        await page.waitForFunction(() =>
            [...document.querySelectorAll("#accuracy .newest-values")].some(
                ({ textContent }) => textContent !== "–",
            ),
        );
        const shown = await page.$$eval("#accuracy tbody tr .newest-values", (all) =>
            all.map(({ textContent }) => textContent),
        );
        const model = await page.$$eval(
            "#accuracy input[name=model]",
            (all) => all.find(({ checked }) => checked).value,
        );
        const cities = [...(await newestOf(hub.database, "accuracy_summary")).keys()].sort();
        for (const [i, city] of cities.entries()) {
            const rows = await storedRows(hub.database, `accuracy.${city}`);
            const newest = rows.filter((row) => row.value.model === model).at(-1)?.value;
            const expected = newest
                ? `${number(newest.predicted_celsius)} → ${number(newest.actual_celsius)} °C`
                : "–";
            assert.equal(shown[i], expected, city);
        }
    });

    it("shows the stored temperatures", async () => {
        const stored = await newestOf(hub.database, "temp");
        const shown = await page.$$eval(".card", (cards) =>
            cards.map((card) => [
                card.dataset.station,
                card.querySelector(".card-value .figure-value").textContent,
            ]),
        );
        assert.ok(shown.length >= 26);
        for (const [station, text] of shown) {
            assert.equal(text, number(stored.get(station)?.celsius), station);
        }
    });

    it("draws every stored row", async () => {
        await page.click("#explorer >> text=All");
        const key = await page.$eval(
            "#explorer .line-options :checked",
            (box) => box.closest("label").title,
        );
        const count = (await storedRows(hub.database, key)).length;
        await page.waitForFunction(
            (rows) => document.querySelector(".explorer-progress").textContent.startsWith(rows),
            `${number(count, 0)} rows`,
        );
    });
});
