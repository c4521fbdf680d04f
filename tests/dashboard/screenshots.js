// SPDX-License-Identifier: Apache-2.0
//
// Usage: node screenshots.js DIRECTORY [PANEL]...
//
// Pictures of the whole page as it opens and of each panel: <panel>-<theme>-<width>.png.
import { join } from "node:path";

import { WeatherHub } from "./support/hub.js";
import { PANELS, openBrowser, openPage, settled, waitForBadge, warmedUp } from "./support/page.js";

const SIZES = [
    { name: "desktop", viewport: { width: 1440, height: 900 } },
    { name: "phone", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
];
/** A phone's long lists go on in the same way; the picture need not. */
const HEIGHT_LIMIT = { desktop: 780, phone: 900 };
/** So that the table of cities is seen, below the chart. */
const ACCURACY_HEIGHT_LIMIT = { desktop: 1_100, phone: 1_700 };

const [directory, ...named] = process.argv.slice(2);
const wanted = named.length > 0 ? named : ["page", ...PANELS];

/** What is worth looking at: two lines in the explorer, temperatures in the feed. */
async function prepare(page) {
    await settled(page);
    await page.click("#feed >> text=temperatures");
    await page.fill("#explorer input[type=search]", "milan linate");
    await page.check("#explorer .line-options input");
    await page.fill("#explorer input[type=search]", "");
    await page.locator("#explorer input[type=search]").blur();
    // A chart of ninety days has ninety.
    await page.waitForFunction(() =>
        /^9\d validations/.test(document.querySelector("#accuracy .chart-foot .muted").textContent),
    );
    for (const panel of PANELS) {
        await waitForBadge(page, panel, "live");
    }
    // Half a minute of the machine, so that its charts are filled.
    await page.waitForFunction(
        () =>
            Number(
                document
                    .querySelector("#feed .feed-note")
                    ?.textContent.match(/(\d[\d\u202f]*) events/)?.[1]
                    .replaceAll("\u202f", ""),
            ) > 600,
    );
    await page.mouse.move(0, 0);
}

/** @param {import("playwright-core").Page | import("playwright-core").Locator} what */
async function picture(what, file) {
    await what.screenshot({ path: join(directory, file), animations: "disabled" });
    console.log(file);
}

async function pictures(browser, hub, { name, viewport, ...device }, theme) {
    const options = { viewport, colorScheme: theme, ...device };
    const { page } = await openPage(browser, hub.url, options);
    await prepare(page);
    if (wanted.includes("page")) {
        await page.evaluate(() => scrollTo(0, 0));
        await picture(page, `page-${theme}-${name}.png`);
    }
    // As high as the page: nothing is out of view, and nothing that sticks covers anything.
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: viewport.width, height });
    await page.waitForFunction(() =>
        [...document.querySelectorAll(".chart")].every((chart) => chart.querySelector("canvas")),
    );
    for (const panel of PANELS.filter((id) => wanted.includes(id))) {
        const section = page.locator(`#${panel}`);
        const limit = (panel === "accuracy" ? ACCURACY_HEIGHT_LIMIT : HEIGHT_LIMIT)[name];
        await section.evaluate((element, height) => {
            Object.assign(element.style, { maxHeight: `${height}px`, overflow: "hidden" });
        }, limit);
        await picture(section, `${panel}-${theme}-${name}.png`);
    }
    await page.context().close();
}

const hub = await WeatherHub.create({ warmUp: 600, args: ["--seed", "7"] });
let browser;
try {
    browser = await openBrowser();
    const { page } = await openPage(browser, hub.url);
    await warmedUp(page);
    await page.context().close();
    for (const size of SIZES) {
        for (const theme of ["light", "dark"]) {
            await pictures(browser, hub, size, theme);
        }
    }
} finally {
    await browser?.close();
    await hub.remove();
}
