// SPDX-License-Identifier: Apache-2.0
//
// Goal:   live values arrive in every panel, and the page can be used by hand and by keyboard.
// Method: a hub that runs; each test waits for what it expects to see.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { WeatherHub, realHub } from "../support/hub.js";
import {
    PANELS,
    openBrowser,
    openPage,
    settled,
    unexplained,
    waitForBadge,
} from "../support/page.js";

describe("the live page", realHub, () => {
    let hub;
    let browser;
    let page;
    let faults;

    before(async () => {
        hub = await WeatherHub.create({ speed: 2 });
        browser = await openBrowser();
        ({ page, faults } = await openPage(browser, hub.url));
        await settled(page);
    });
    after(async () => {
        await browser?.close();
        await hub?.remove();
    });

    for (const panel of PANELS) {
        it(`${panel} becomes live`, () => waitForBadge(page, panel, "live"));
    }

    const focused = () => page.evaluate(() => document.activeElement.className);

    it("the clock runs", async () => {
        const date = await page.textContent("#clock-date");
        await page.waitForFunction(
            (before) => document.getElementById("clock-date").textContent !== before,
            date,
        );
        assert.equal(await page.textContent("#clock-speed"), "2 days per second, pass 1");
    });

    it("validations arrive", async () => {
        const newest = await page.textContent("#accuracy tbody tr .newest");
        await page.waitForFunction(
            (before) => document.querySelector("#accuracy tbody tr .newest").textContent !== before,
            newest,
        );
    });

    it("a city and a model can be chosen", async () => {
        await page.click("#accuracy .city-button >> text=Vienna");
        await page.waitForFunction(() =>
            document.querySelector("#accuracy .chart-head h3").textContent.startsWith("Vienna"),
        );
        await page.click("#accuracy >> text=persistence");
        await page.waitForFunction(
            () =>
                document.querySelector("#accuracy .accuracy-chart .area").dataset.state === "live",
        );
    });

    it("the station that is read on the map is kept up to date", async () => {
        const detail = () => page.textContent("#map .map-detail");
        await page.locator("#map .map-mark").first().focus();
        const first = await detail();
        assert.match(first, /°C/);
        await page.waitForFunction(
            (before) => document.querySelector("#map .map-detail").textContent !== before,
            first,
        );
        await page.waitForFunction(() =>
            /hour|ago/.test(document.querySelector("#map .map-detail .age").textContent),
        );
    });

    it("errors of forecasts are told in one unit", async () => {
        await page.waitForFunction(() =>
            [...document.querySelectorAll("#feed .feed-value")].some(({ textContent }) =>
                /signed_error \u2212?\d+\.\d\d\u202f°C/.test(textContent),
            ),
        );
    });

    it("the remote station says how it is started", async () => {
        const card = page.locator('.card[data-station="lisbon_gago_coutinho"]');
        await page.waitForFunction(() =>
            document
                .querySelector('.card[data-station="lisbon_gago_coutinho"]')
                .textContent.includes("weather_station"),
        );
        assert.match(await card.textContent(), /start weather_station/);
    });

    it("the feed can be filtered and held", async () => {
        await page.fill("#feed input", "temp.vienna_hohe_warte");
        await page.press("#feed input", "Enter");
        await page.waitForFunction(
            () => document.querySelectorAll("#feed li:not([hidden]) code").length > 3,
        );
        const keys = await page.$$eval("#feed li:not([hidden]) code", (all) => [
            ...new Set(all.map((code) => code.textContent)),
        ]);
        assert.deepEqual(keys, ["temp.vienna_hohe_warte"]);
        await page.click("#feed >> text=Pause");
        await page.waitForFunction(() =>
            /paused, [1-9]\d* left out/.test(
                document.querySelector("#feed .feed-note").textContent,
            ),
        );
        await page.fill("#feed input", "humidity.*");
        await page.press("#feed input", "Enter");
        await page.waitForFunction(() =>
            /^humidity\./.test(document.querySelector("#feed li:not([hidden]) code")?.textContent),
        );
        const others = await page.$$eval("#feed li:not([hidden]) code", (all) =>
            all.filter(({ textContent }) => !textContent.startsWith("humidity.")),
        );
        assert.deepEqual(others, []);
        await page.click("#feed >> text=Pause");
        await page.click("#feed >> text=Go on");
        await page.fill("#feed input", "temp*");
        await page.press("#feed input", "Enter");
        assert.match(await page.textContent("#feed .notice"), /\* for one name/);
        await page.click("#feed >> text=validations");
    });

    it("a chart of several lines says which is which", async () => {
        const named = await page.$$eval("#host .legend li", (all) =>
            all.map(({ textContent }) => textContent),
        );
        assert.deepEqual(named, ["written", "read", "sent", "received"]);
    });

    it("the explorer zooms by dragging, and back", async () => {
        await page.locator("#explorer .u-over").scrollIntoViewIfNeeded();
        const box = await page.locator("#explorer .u-over").boundingBox();
        await page.mouse.move(box.x + box.width * 0.3, box.y + 50);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
        await page.mouse.up();
        await page.click("#explorer >> text=Reset zoom");
        await page.waitForFunction(
            () =>
                [...document.querySelectorAll("#explorer button")].find(
                    ({ textContent }) => textContent === "Reset zoom",
                ).hidden,
        );
    });

    it("the explorer zooms and moves by keyboard, and back", async () => {
        const view = () => page.textContent("#explorer .explorer-progress");
        const press = async (name) => {
            const before = await view();
            await page.locator(`#explorer [aria-label="${name}"]`).press("Enter");
            await page.waitForFunction(
                (text) => document.querySelector(".explorer-progress").textContent !== text,
                before,
            );
        };
        await press("Zoom in");
        await press("Zoom in");
        await press("Earlier");
        await press("Later");
        assert.ok(await page.isVisible("#explorer >> text=Reset zoom"));
        // Once more than in: the range has grown meanwhile.
        for (let i = 0; i < 3; i++) {
            await page.locator('#explorer [aria-label="Zoom out"]').press("Enter");
        }
        await page.waitForSelector("#explorer >> text=Reset zoom", { state: "hidden" });
        await press("Zoom in");
        await page.locator("#explorer >> text=Reset zoom").press("Enter");
        await page.waitForSelector("#explorer >> text=Reset zoom", { state: "hidden" });
        assert.equal(await focused(), "explorer-charts");
    });

    it("the explorer draws lines of other units apart", async () => {
        await page.fill("#explorer input[type=search]", "cpu total");
        await page.check("#explorer .line-options input");
        await page.waitForFunction(
            () => document.querySelectorAll("#explorer .u-over").length === 2,
        );
    });

    it("lines are chosen and removed by keyboard without losing one's place", async () => {
        await page.fill("#explorer input[type=search]", "memory");
        const box = page.locator("#explorer .line-options input").last();
        await box.focus();
        const id = await box.getAttribute("data-id");
        const here = () => page.evaluate(() => document.activeElement.dataset.id);
        await page.keyboard.press("Space");
        await page.waitForSelector(`#explorer .line-options [data-id="${id}"]:checked`);
        assert.equal(await here(), id);
        await page.keyboard.press("Space");
        await page.waitForSelector(`#explorer .line-options [data-id="${id}"]:not(:checked)`);
        assert.equal(await here(), id);
        await page.keyboard.press("Space");
        const lines = await page.locator("#explorer .drop-button").count();
        await page.locator("#explorer .drop-button").last().press("Enter");
        await page.waitForFunction(
            (before) =>
                document.querySelectorAll("#explorer .drop-button").length === before - 1,
            lines,
        );
        assert.equal(await focused(), "explorer-charts");
    });

    it("ages are told by the clock that they are of", async () => {
        await page.click("#feed >> text=machine");
        await page.waitForFunction(() =>
            /wall clock/.test(document.querySelector("#feed .feed-note .age").title),
        );
        await page.waitForFunction(() =>
            [...document.querySelectorAll("#explorer .age")].every(({ textContent }) =>
                /ago|hour/.test(textContent),
            ),
        );
        const ages = await page.$$eval(".age", (all) => all.map(({ textContent }) => textContent));
        assert.deepEqual(
            ages.filter((text) => text.includes("\u202fy ")),
            [],
        );
        await page.click("#feed >> text=validations");
    });

    it("a family of the graph opens by keyboard", async () => {
        await page.focus('#graph [data-id="observation.*"]');
        await page.keyboard.press("Enter");
        await page.waitForSelector('#graph [data-id="observation.vienna"]');
        assert.match(
            await page.evaluate(() => document.activeElement.dataset.id),
            /^observation\.[a-z]/,
        );
        await page.fill("#graph input", "vienna");
        await page.waitForFunction(
            () => !document.querySelector('#graph [data-id="observation.paris"]'),
        );
        await page.locator("#graph >> text=Close all").press("Enter");
        assert.equal(await focused(), "graph-scroll");
    });

    it("a contract shows its schema, values and migrations", async () => {
        await page.waitForFunction(() =>
            /[1-9][\d\u202f]* values migrated so far/.test(
                document.querySelector("#contracts .contract-facts").textContent,
            ),
        );
        await page.click("#contracts .contract-button >> text=host cpu");
        await page.waitForFunction(
            () =>
                /host_cpu/.test(document.querySelector("#contracts h3").textContent) &&
                /total_percent/.test(
                    document.querySelector("#contracts .contract-records").textContent,
                ),
        );
    });

    it("the theme can be chosen, and stays", async () => {
        const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
        assert.equal(await theme(), "light");
        await page.click("#theme-toggle");
        assert.equal(await theme(), "dark");
        await page.reload();
        await settled(page);
        assert.equal(await theme(), "dark");
    });

    it("every number has a unit, and every panel an age", async () => {
        await page.waitForFunction(
            (panels) =>
                panels.every((id) =>
                    [...document.querySelectorAll(`#${id} time.age`)].some(
                        (age) =>
                            age.getClientRects().length > 0 && /ago|hour|now/.test(age.textContent),
                    ),
                ),
            PANELS,
        );
        const bare = await page.$$eval(".figure", (figures) =>
            figures
                .filter(
                    (figure) =>
                        /^[\d\u202f.\u2212+]+$/.test(
                            figure.querySelector(".figure-value").textContent,
                        ) && figure.querySelector(".figure-unit").textContent.trim() === "",
                )
                .map((figure) => figure.parentElement.textContent),
        );
        assert.deepEqual(bare, []);
        const errors = await page.$$eval("#accuracy .newest-error", (all) =>
            all.map(({ textContent }) => textContent).filter((text) => text !== ""),
        );
        assert.ok(errors.length > 0);
        assert.deepEqual(
            errors.filter((text) => !text.endsWith("°C")),
            [],
        );
    });

    it("who listens is not told of every value", async () => {
        const told = await page.evaluate(async () => {
            const texts = [];
            const watch = new MutationObserver((changes) =>
                texts.push(...changes.map(({ target }) => target.textContent)),
            );
            const parts = { childList: true, characterData: true, subtree: true };
            document
                .querySelectorAll("[role=status], [aria-live]")
                .forEach((region) => watch.observe(region, parts));
            const progress = document.querySelector(".explorer-progress");
            for (let changes = 0; changes < 3; changes++) {
                await new Promise((resolve) => {
                    const next = new MutationObserver(() => {
                        next.disconnect();
                        resolve();
                    });
                    next.observe(progress, parts);
                });
            }
            return texts;
        });
        // What has something to tell may do so meanwhile, but not with each value.
        assert.ok(told.length < 3, told.join("\n"));
    });

    it("everything that can be used has a name", async () => {
        const nameless = await page.evaluate(() =>
            [
                ...document.querySelectorAll(
                    "button, input, select, [role=button], [tabindex='0'], nav, section",
                ),
            ]
                .filter(
                    (element) =>
                        !(
                            element.getAttribute("aria-label") ||
                            element.getAttribute("aria-labelledby") ||
                            element.textContent.trim() ||
                            element.labels?.[0]?.textContent.trim()
                        ),
                )
                .map((element) => element.outerHTML.slice(0, 120)),
        );
        assert.deepEqual(nameless, []);
        assert.equal(await page.locator("main").count(), 1);
        assert.equal(await page.locator("h1").count(), 1);
        assert.equal(await page.locator("#connection[aria-live=polite]").count(), 1);
    });

    it("the keyboard begins with a way past the navigation", async () => {
        await page.evaluate(() => document.activeElement.blur());
        await page.keyboard.press("Tab");
        assert.equal(await page.evaluate(() => document.activeElement.className), "skip-link");
    });

    it("has thrown nothing, and missed no file", async () => {
        assert.deepEqual(await unexplained(page), []);
        assert.deepEqual(faults, []);
    });
});
