// SPDX-License-Identifier: Apache-2.0
//
// Goal:   the page is as good on a phone and on a slow network.
// Method: the widths of phones; a network of 400 ms and 100 kB/s, made by the browser.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { WeatherHub, realHub } from "../support/hub.js";
import {
    markTime,
    openBrowser,
    openPage,
    settled,
    unexplained,
    waitForMark,
} from "../support/page.js";

describe("the page elsewhere", realHub, () => {
    let hub;
    let browser;

    before(async () => {
        hub = await WeatherHub.create();
        browser = await openBrowser();
    });
    after(async () => {
        await browser?.close();
        await hub?.remove();
    });

    for (const width of [360, 390, 768, 1024]) {
        it(`does not scroll sideways at ${width} pixels`, async () => {
            const { page } = await openPage(browser, hub.url, { viewport: { width, height: 780 } });
            await settled(page);
            await page.waitForSelector("#explorer .u-over");
            const [needed, given] = await page.evaluate(() => [
                document.documentElement.scrollWidth,
                document.documentElement.clientWidth,
            ]);
            assert.ok(needed <= given, `${needed} of ${given}`);
            await page.waitForSelector("#contracts .contract-fields td");
            const cut = await page.$eval(
                "#contracts .contract-fields",
                ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth,
            );
            assert.ok(!cut, "fields of a contract are cut");
            assert.deepEqual(await unexplained(page), []);
            await page.context().close();
        });
    }

    it("tells fingers to tap", async () => {
        const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
        const { page } = await openPage(browser, hub.url, phone);
        await settled(page);
        assert.match(await page.textContent("#map .map-detail"), /^Tap a station/);
        await page.context().close();
    });

    it("says why it is empty while a slow network fills it", async (test) => {
        const context = await browser.newContext();
        const page = await context.newPage();
        const devtools = await context.newCDPSession(page);
        await devtools.send("Network.enable");
        await devtools.send("Network.emulateNetworkConditions", {
            offline: false,
            latency: 400,
            downloadThroughput: 100_000,
            uploadThroughput: 100_000,
        });
        await page.goto(hub.url, { waitUntil: "commit" });
        await page.waitForSelector("#graph .notice");
        const empty = await page.$$eval(".panel", (panels) =>
            panels
                .filter((panel) => panel.querySelector(".panel-body").textContent.trim() === "")
                .map(({ id }) => id),
        );
        assert.deepEqual(empty, []);
        const data = await waitForMark(page, "first-data");
        const live = await waitForMark(page, "first-live-event");
        assert.ok(data < live);
        await settled(page, 120_000);
        assert.deepEqual(await unexplained(page), []);
        test.diagnostic(`first data after ${Math.round(data)} ms with 400 ms and 100 kB/s`);
        await context.close();
    });
});

describe("a hub without anything", realHub, () => {
    let hub;
    let browser;

    before(async () => {
        hub = await WeatherHub.create({ warmUp: 0, args: ["--no-sources"] });
        browser = await openBrowser();
    });
    after(async () => {
        await browser?.close();
        await hub?.remove();
    });

    it("has a page on which every panel says why it is empty", async () => {
        const { page, faults } = await openPage(browser, hub.url);
        await settled(page);
        assert.deepEqual(await unexplained(page), []);
        assert.match(await page.textContent("#accuracy .notice"), /No forecast has matured yet/);
        // Nothing is promised that cannot come.
        await page.waitForFunction(() =>
            /sources are switched off/.test(
                document.querySelector("#accuracy .notice").textContent,
            ),
        );
        assert.equal(await markTime(page, "first-data"), null);
        assert.deepEqual(faults, []);
        await page.context().close();
    });

    it("says what is wrong with a pattern, not that the sources are off", async () => {
        const { page, faults } = await openPage(browser, hub.url, {}, (early) =>
            early.clock.install(),
        );
        await settled(page);
        const said = page.locator("#feed .notice");
        await page.clock.runFor(2_000);
        assert.match(await said.textContent(), /sources are switched off/);
        for (const [pattern, why] of [
            ["temp*", /\* for one name/],
            ["no.such.record", /No record matches/],
        ]) {
            await page.fill("#feed input", pattern);
            await page.press("#feed input", "Enter");
            await page.waitForFunction(
                (text) => new RegExp(text).test(document.querySelector("#feed .notice").textContent),
                why.source,
            );
            await page.clock.runFor(3_000);
            assert.match(await said.textContent(), why);
        }
        assert.deepEqual(faults, []);
    });
});
