// SPDX-License-Identifier: Apache-2.0
import { chromium } from "playwright-core";

const CHROMIUM = process.env.AIMDB_CHROMIUM ?? "/usr/bin/chromium";

/** Ends what hangs; a loaded machine may take long. */
const PATIENCE_MS = 90_000;

/** What the browser says of a hub that is away: no fault of the page. */
const BROKEN_CONNECTION = /^WebSocket (connection to|is already in) /;

export const PANELS = [
    "accuracy",
    "map",
    "stations",
    "explorer",
    "store",
    "host",
    "feed",
    "contracts",
    "graph",
];

/** A browser for a suite. As root Chromium has no sandbox to run in. */
export function openBrowser() {
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    return chromium.launch({
        executablePath: CHROMIUM,
        args: [...args, "--js-flags=--expose-gc", "--enable-precise-memory-info"],
    });
}

/**
 * A page of the dashboard; what it throws, calls an error or cannot fetch is in `faults`, what it
 * asks the hub for in `calls`.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {import("playwright-core").BrowserContextOptions} [options]
 * @param {(page: import("playwright-core").Page) => unknown} [prepare]  before it is loaded
 */
export async function openPage(browser, url, options = {}, prepare = () => {}) {
    const context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const faults = [];
    page.on("pageerror", (error) => faults.push(error.stack ?? String(error)));
    // The client tells what a callback of a subscription threw as an error of the console.
    page.on("console", (message) => {
        if (message.type() === "error" && !BROKEN_CONNECTION.test(message.text())) {
            faults.push(message.text());
        }
    });
    page.on(
        "response",
        (response) =>
            response.status() >= 400 && faults.push(`${response.status()} ${response.url()}`),
    );
    const calls = [];
    page.on("websocket", (socket) =>
        socket.on("framesent", ({ payload }) => {
            const { t, method, params } = JSON.parse(payload);
            if (t === "req") {
                calls.push({ method, params });
            }
        }),
    );
    await prepare(page);
    await page.goto(url);
    return { page, faults, calls };
}

/** Rows per second that the hub commits when it is through its first days. */
const USUAL_ROWS_PER_S = 2_000;

/** Until the hub is through the days that an empty store gets at once; the rows it has then. */
export async function warmedUp(page) {
    await page.evaluate(async () => {
        const { client } = await import("/js/dial.js");
        const onEvent = ({ data }) => (globalThis.store = data);
        client.subscribe("hub.store", { onEvent });
    });
    const rows = await page.waitForFunction(
        (usual) => {
            const { rows_per_s: rate = 0, rows_committed: committed } = globalThis.store ?? {};
            return rate > 0 && rate < usual && committed;
        },
        USUAL_ROWS_PER_S,
        { timeout: 2 * PATIENCE_MS },
    );
    return rows.jsonValue();
}

/** Until every area has content or says why not, none being still loading. */
export async function settled(page, timeout = PATIENCE_MS) {
    await page.waitForFunction(
        (panels) =>
            panels.every((id) => {
                const areas = [...document.querySelectorAll(`#${id} [data-area]`)];
                return areas.length > 0 && areas.every((area) => area.dataset.state !== "loading");
            }),
        PANELS,
        { timeout },
    );
}

/** Panels and parts of them with neither content nor a visible reason: there must be none. */
export function unexplained(page) {
    return page.evaluate((panels) => {
        const visible = (element) =>
            element !== null && !element.hidden && element.getClientRects().length > 0;
        const faults = [];
        for (const id of panels) {
            const areas = [...document.querySelectorAll(`#${id} [data-area]`)];
            if (areas.length === 0) {
                faults.push(`${id}: no area`);
            }
            // What is inside of a part that is hidden is explained by that part's reason.
            for (const area of areas.filter(
                (each) => each.parentElement.closest("[data-area] [hidden]") === null,
            )) {
                const notice = area.querySelector(":scope > .notice");
                const content = area.querySelector(":scope > :not(.notice)");
                const reason = visible(notice) && notice.textContent.trim().length > 10;
                const text = visible(content) && content.textContent.trim().length > 10;
                const drawn = visible(content) && content.getBoundingClientRect().height > 20;
                if (!reason && !(text && drawn)) {
                    faults.push(`${id}: ${area.dataset.state}, neither content nor a reason`);
                }
            }
        }
        return faults;
    }, PANELS);
}

export const markTime = (page, name) =>
    page.evaluate((mark) => performance.getEntriesByName(mark)[0]?.startTime ?? null, name);

export async function waitForMark(page, name) {
    await page.waitForFunction((mark) => performance.getEntriesByName(mark).length > 0, name);
    return markTime(page, name);
}

/** The text of a badge: `from history`, `live`, … */
export const badge = (page, id) => page.locator(`#${id} .panel-head .badge`).textContent();

export const waitForBadge = (page, id, text) =>
    page.waitForFunction(
        ([panel, wanted]) =>
            document.querySelector(`#${panel} .panel-head .badge`)?.textContent === wanted,
        [id, text],
    );
