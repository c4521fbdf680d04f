// SPDX-License-Identifier: Apache-2.0
//
// Usage: node soak.js [minutes] (default 3)
//
// A page that follows everything for minutes at 200 events per second or more: tells memory and
// processor time of page and hub once per interval, and fails when something grows without bound.
// AIMDB_WEATHER_HUB names the hub's program.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { WeatherHub, PROGRAM } from "./support/hub.js";
import { openBrowser, settled } from "./support/page.js";

const MEBI = 1_048_576;
const INTERVAL_MS = 30_000;
/** Observed days per second: some 500 events. */
const SPEED = 0.5;
const LEAST_EVENTS_PER_S = 200;
/** What may be added between the end of the first minute and the last one. */
const HEAP_GROWTH_LIMIT_MIB = 12;
const NODES_GROWTH_LIMIT = 3_000;
const HUB_GROWTH_LIMIT_MIB = 64;
/** Processor time of the last third against the first: so many times as much and points more. */
const CPU_GROWTH_LIMIT = 1.5;
const CPU_SLACK_PERCENT = 5;

const minutes = Number(process.argv[2] ?? 3);
if (!PROGRAM || !(minutes >= 2)) {
    console.error(
        PROGRAM
            ? "soak.js: at least 2 minutes, or there is nothing to compare"
            : "soak.js: AIMDB_WEATHER_HUB names no weather_hub program",
    );
    process.exit(2);
}

const TICKS_PER_S = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** Processor seconds and resident MiB of a process. */
function processUse(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1];
    return {
        cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S,
        rssMib: Number(rss) / 1024,
    };
}

async function pageUse(devtools) {
    await devtools.send("HeapProfiler.collectGarbage");
    const { metrics } = await devtools.send("Performance.getMetrics");
    const of = (name) => metrics.find((metric) => metric.name === name).value;
    return {
        heapMib: of("JSHeapUsedSize") / MEBI,
        nodes: of("Nodes"),
        listeners: of("JSEventListeners"),
        cpuS: of("TaskDuration"),
    };
}

async function sample(hub, page, devtools) {
    const received = await page.evaluate(() => globalThis.soakReceived);
    return {
        at: performance.now(),
        hub: processUse(hub.pid),
        page: await pageUse(devtools),
        received,
    };
}

const column = (value, digits, width) => value.toFixed(digits).padStart(width);

const secondsBetween = (before, now) => (now.at - before.at) / 1000;
const eventRate = (before, now) => (now.received - before.received) / secondsBetween(before, now);
/** Percent of one core. */
const cpuShare = (before, now, of) =>
    (100 * (now[of].cpuS - before[of].cpuS)) / secondsBetween(before, now);

function tell(before, now) {
    console.log(
        [
            column((now.at - start.at) / 60_000, 1, 7),
            column(eventRate(before, now), 0, 9),
            column(now.page.heapMib, 1, 10),
            column(now.page.nodes, 0, 8),
            column(cpuShare(before, now, "page"), 1, 9),
            column(now.hub.rssMib, 1, 9),
            column(cpuShare(before, now, "hub"), 1, 8),
        ].join(""),
    );
}

/** Processor use must not rise: a check for page or hub. */
function cpuCheck(samples, of) {
    const third = Math.floor((samples.length - 1) / 3);
    const first = cpuShare(samples[0], samples[third], of);
    const last = cpuShare(samples.at(-1 - third), samples.at(-1), of);
    const limit = first * CPU_GROWTH_LIMIT + CPU_SLACK_PERCENT;
    return [
        `processor of the ${of} at last, %, of ${first.toFixed(1)} at first`,
        last,
        "<=",
        limit,
    ];
}

const hub = await WeatherHub.create({ speed: SPEED, warmUp: 400 });
let browser;
let start;
let failed = false;
try {
    browser = await openBrowser();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    // Frames are counted where the browser hands them over.
    await page.addInitScript(() => {
        globalThis.soakReceived = 0;
        const Plain = globalThis.WebSocket;
        globalThis.WebSocket = class extends Plain {
            constructor(...args) {
                super(...args);
                this.addEventListener("message", () => globalThis.soakReceived++);
            }
        };
    });
    await page.goto(hub.url);
    await settled(page);
    await page.click("#feed >> text=everything");
    await page.click("#explorer >> text=All");
    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable");
    console.log(" minute events/s  heap MiB   nodes page CPU  hub MiB hub CPU");
    start = await sample(hub, page, devtools);
    const samples = [start];
    const panels = await page.$$eval(".panel", (all) => all.map(({ id }) => id));
    while (performance.now() - start.at < minutes * 60_000) {
        // Each panel is looked at in turn, so that each one draws, and in each interval all.
        for (const id of panels) {
            await page.evaluate(
                (panel) => document.getElementById(panel).scrollIntoView({ behavior: "instant" }),
                id,
            );
            await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS / panels.length));
        }
        samples.push(await sample(hub, page, devtools));
        tell(samples.at(-2), samples.at(-1));
    }
    const first = samples.find(({ at }) => at - start.at >= 59_000);
    const last = samples.at(-1);
    const checks = [
        ["events per second", eventRate(start, last), ">=", LEAST_EVENTS_PER_S],
        [
            "heap of the page, MiB more",
            last.page.heapMib - first.page.heapMib,
            "<=",
            HEAP_GROWTH_LIMIT_MIB,
        ],
        ["nodes of the page, more", last.page.nodes - first.page.nodes, "<=", NODES_GROWTH_LIMIT],
        [
            "memory of the hub, MiB more",
            last.hub.rssMib - first.hub.rssMib,
            "<=",
            HUB_GROWTH_LIMIT_MIB,
        ],
        cpuCheck(samples, "page"),
        cpuCheck(samples, "hub"),
    ];
    for (const [what, value, relation, limit] of checks) {
        const good = relation === ">=" ? value >= limit : value <= limit;
        failed ||= !good;
        console.log(
            `${good ? "ok    " : "FAILED"} ${what}: ${value.toFixed(1)} ${relation} ${limit.toFixed(1)}`,
        );
    }
} finally {
    await browser?.close();
    await hub.remove();
}
process.exitCode = failed ? 1 : 0;
