// SPDX-License-Identifier: Apache-2.0
//
// Goal:   a page that is open while the hub is killed under load heals by itself, says so, and then
//         shows everything that was acknowledged.
// Method: kill -9 at five days per second, a restart, and another kill and restart without sources;
//         the page saves what its explorer holds, which must have every row of the file.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";

import { number } from "../../../demos/weather_hub/dashboard/js/format.js";
import { storedRows } from "../support/database.js";
import { WeatherHub, realHub } from "../support/hub.js";
import { openBrowser, openPage, settled, unexplained, waitForBadge } from "../support/page.js";

const DAY_MS = 86_400_000;

const connection = (page, state) =>
    page.waitForFunction((wanted) => document.documentElement.dataset.connection === wanted, state);

describe("a hub that is killed under load", realHub, () => {
    let hub;
    let browser;
    let page;
    let faults;

    before(async () => {
        hub = await WeatherHub.create({ speed: 5 });
        browser = await openBrowser();
        ({ page, faults } = await openPage(browser, hub.url));
        await settled(page);
        await page.click("#explorer >> text=All");
        // All rows are there: a badge would tell only what was read before the click.
        await page.waitForFunction(() =>
            /^[\d\u202f]+ rows, 1 Jan 2012/.test(
                document.querySelector(".explorer-progress").textContent,
            ),
        );
    });
    after(async () => {
        await browser?.close();
        await hub?.remove();
    });

    it("is missed at once: a banner, old values marked as such", async () => {
        await hub.kill();
        await connection(page, "reconnecting");
        assert.match(await page.textContent("#banner"), /No connection to the hub/);
        assert.match(await page.textContent("#banner [aria-hidden=true]"), /^ for \d/);
        assert.equal(await page.textContent("#accuracy .panel-head .badge"), "disconnected");
        assert.equal(await page.locator("[data-area]:not([data-offline])").count(), 0);
    });

    it("is found again, and the page is live without a reload", async () => {
        await hub.start();
        await connection(page, "open");
        await page.waitForFunction(() =>
            /^Disconnected \d/.test(document.getElementById("banner").textContent),
        );
        for (const panel of [
            "accuracy",
            "map",
            "stations",
            "explorer",
            "store",
            "host",
            "feed",
            "contracts",
            "graph",
        ]) {
            await waitForBadge(page, panel, "live");
        }
        assert.deepEqual(await unexplained(page), []);
    });

    it("has nothing stored that the page does not show", async (test) => {
        await hub.kill();
        await hub.start(["--no-sources"]);
        await connection(page, "open");
        const key = await page.$eval(
            "#explorer .line-options :checked",
            (box) => box.closest("label").title,
        );
        const stored = await storedRows(hub.database, key);
        const saved = async () => {
            const [download] = await Promise.all([
                page.waitForEvent("download"),
                page.click("#explorer >> text=Save as CSV"),
            ]);
            const lines = (await readFile(await download.path(), "utf8"))
                .trim()
                .split("\n")
                .slice(1);
            return new Map(
                lines
                    .map((line) => line.split(","))
                    .map(([, , , , pos, value]) => [Number(pos), Number(value)]),
            );
        };
        // What is missing comes in the first moments after the reconnect.
        await page.waitForFunction(
            (pos) =>
                Number(document.querySelector("#explorer [data-newest]").dataset.newest) >= pos,
            stored.at(-1).pos,
        );
        // Nothing happens any more: what came since was stored before.
        const chart = page.locator("#accuracy .chart-head .badge");
        assert.equal(await chart.textContent(), "from history");
        const shown = await saved();
        const missing = stored.filter(({ pos, value }) => shown.get(pos) !== value.celsius);
        assert.deepEqual(missing, []);
        test.diagnostic(`${stored.length} rows stored, ${shown.size} shown`);
    });

    it("has thrown nothing in the page", () => assert.deepEqual(faults, []));
});

describe("a connection that breaks while the explorer reads", realHub, () => {
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

    it("is read again with the next connection", async () => {
        let broken = 0;
        const { page, faults } = await openPage(browser, hub.url, {}, (early) =>
            early.routeWebSocket(/\/ws/, (socket) => {
                const server = socket.connectToServer();
                socket.onMessage((message) => {
                    // Only the explorer asks for gaps.
                    if (broken === 0 && /record\.query.*"gaps":true/.test(message)) {
                        broken++;
                        server.close();
                        socket.close();
                    } else {
                        server.send(message);
                    }
                });
            }),
        );
        await page.waitForFunction(() =>
            /^[\d\u202f]+ rows, /.test(document.querySelector(".explorer-progress")?.textContent),
        );
        await waitForBadge(page, "explorer", "live");
        assert.equal(broken, 1);
        assert.deepEqual(faults, []);
    });
});

describe("what happened while the page was away", realHub, () => {
    let hub;
    let browser;

    before(async () => {
        hub = await WeatherHub.create({ speed: 5 });
        browser = await openBrowser();
    });
    after(async () => {
        await browser?.close();
        await hub?.remove();
    });

    it("is shown, and is not called live", async () => {
        let away = false;
        let leave;
        const { page, faults } = await openPage(browser, hub.url, {}, (early) =>
            early.routeWebSocket(/\/ws/, (socket) => {
                if (away) {
                    socket.close();
                    return;
                }
                const server = socket.connectToServer();
                leave = () => {
                    away = true;
                    server.close();
                    socket.close();
                };
            }),
        );
        await settled(page);
        await waitForBadge(page, "accuracy", "live");
        leave();
        await connection(page, "reconnecting");
        const validations = () => storedRows(hub.database, "accuracy.vienna");
        const before = (await validations()).length;
        while ((await validations()).length < before + 8) {
            // The hub goes on.
        }
        await hub.kill();
        await hub.start(["--no-sources"]);
        away = false;
        const { predicted_celsius: predicted } = (await validations()).at(-1).value;
        await connection(page, "open");
        await page.waitForFunction(
            (text) =>
                [...document.querySelectorAll("#accuracy .newest-values")].some(({ textContent }) =>
                    textContent.startsWith(text),
                ),
            `${number(predicted)} `,
        );
        await settled(page);
        const chart = page.locator("#accuracy .chart-head .badge");
        assert.equal(await chart.textContent(), "from history");
        assert.deepEqual(faults, []);
    });
});

describe("a hub that comes back with another history", realHub, () => {
    let hub;
    let browser;
    let page;
    let faults;

    before(async () => {
        hub = await WeatherHub.create({ speed: 2 });
        browser = await openBrowser();
        ({ page, faults } = await openPage(browser, hub.url));
        await settled(page);
        await waitForBadge(page, "stations", "live");
        await waitForBadge(page, "explorer", "live");
    });
    after(async () => {
        await browser?.close();
        await hub?.remove();
    });

    const startAnew = async (...args) => {
        await hub.kill();
        await hub.forget();
        await hub.start(args);
        await connection(page, "open");
    };

    it("is shown as it is, though all of it is older", async () => {
        await startAnew("--warm-up", "20");
        await page.waitForFunction(() =>
            /^[1-9].* to \d+ Jan 2012/.test(document.querySelector(".explorer-progress").textContent),
        );
        for (const panel of ["accuracy", "map", "stations", "explorer", "contracts"]) {
            await waitForBadge(page, panel, "live");
        }
        await page.waitForFunction(() =>
            [...document.querySelectorAll(".card .age, #accuracy .age, #contracts .age")].every(
                ({ hidden, textContent }) => hidden || textContent !== "age unknown",
            ),
        );
        const newest = await page.$$eval("#accuracy .age, .card .age, #contracts .age", (all) =>
            all.map(({ dataset }) => Number(dataset.at)).filter((at) => at > 0),
        );
        assert.ok(Math.max(...newest) < Date.UTC(2012, 1, 20), new Date(Math.max(...newest)));
        assert.deepEqual(await unexplained(page), []);
        assert.deepEqual(faults, []);
    });

    it("does not leave old values on the page when it has none", async () => {
        await startAnew("--no-sources");
        await page.waitForFunction(() =>
            [...document.querySelectorAll(".card-value .figure-value")].every(
                ({ textContent }) => textContent === "–",
            ),
        );
        await page.waitForSelector('#accuracy .area[data-state="empty"]');
        await page.waitForFunction(() =>
            document.querySelector(".explorer-progress").textContent.startsWith("0 rows"),
        );
        await page.waitForFunction(() =>
            [...document.querySelectorAll("#contracts .contract-records")].every(
                ({ textContent }) => !textContent.includes("temp."),
            ),
        );
        assert.deepEqual(await unexplained(page), []);
        assert.deepEqual(faults, []);
    });
});

describe("a hub that hangs", realHub, () => {
    let hub;
    let browser;
    let page;

    before(async () => {
        hub = await WeatherHub.create({ speed: 2 });
        browser = await openBrowser();
        ({ page } = await openPage(browser, hub.url));
        await settled(page);
        await waitForBadge(page, "stations", "live");
    });
    after(async () => {
        await browser?.close();
        await hub?.remove();
    });

    it("is not taken for one that runs", async () => {
        hub.pause();
        await page.waitForFunction(() =>
            /^not heard for \d+\u202fs/.test(document.getElementById("clock-speed").textContent),
        );
        const seen = Date.now();
        await page.waitForFunction(() =>
            [...document.querySelectorAll(".card .age")].every(
                ({ hidden, textContent }) => hidden || textContent === "age unknown",
            ),
        );
        await connection(page, "reconnecting");
        // Counted from when something was heard last, not from when that was noticed.
        const [, since] = /are of (\d\d:\d\d:\d\d) UTC/.exec(await page.textContent("#banner"));
        const behind = (seen - Date.parse(`1970-01-01T${since}Z`)) % DAY_MS;
        assert.ok(behind < DAY_MS / 2, `since ${since}`);
    });

    it("is heard again when it goes on", async () => {
        hub.resume();
        await connection(page, "open");
        await page.waitForFunction(() =>
            /days per second/.test(document.getElementById("clock-speed").textContent),
        );
        await waitForBadge(page, "stations", "live");
        await page.waitForFunction(() =>
            [...document.querySelectorAll(".card .age")].some(({ textContent }) =>
                /ago|this hour/.test(textContent),
            ),
        );
    });
});
