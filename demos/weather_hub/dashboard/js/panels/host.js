// SPDX-License-Identifier: Apache-2.0
//
// The machine the hub runs on: ten samples a second, thinned out on their way to the page.
import { ageElement, setAge } from "../ages.js";
import { panel } from "../area.js";
import { Chart } from "../chart.js";
import { figure, h, setText } from "../dom.js";
import { byteParts, bytes, number } from "../format.js";
import { painter } from "../frames.js";
import { legend } from "../legend.js";
import { Series, align, holes, parted } from "../series.js";

const EVERY_MS = 200;
const WINDOW_MS = 60_000;
const LEAST_WINDOW_MS = 10_000;
const POINT_LIMIT = 400;
const HISTORY_ROWS = 300;
const MEBI = 1_048_576;

/** A chart per resource; `lines` take a value out of a sample. */
const RESOURCES = [
    {
        key: "host.cpu",
        title: "Processor",
        unit: "%",
        range: [0, 100],
        lines: [{ label: "all cores", of: (v) => v.total_percent }],
        now: (v) => [number(v.total_percent, 0), "%"],
        note: (v) => `mean over ${v.core_percent.length} cores`,
    },
    {
        key: "host.memory",
        title: "Memory",
        unit: "%",
        range: [0, 100],
        lines: [{ label: "used", of: (v) => v.used_percent }],
        now: (v) => [number(v.used_percent, 0), "%"],
        note: (v) => `${bytes(v.available_bytes)} of ${bytes(v.total_bytes)} free`,
    },
    {
        key: "host.disk",
        title: "Disk",
        unit: "MiB/s",
        range: [0, null],
        lines: [
            { label: "written", of: (v) => v.written_bytes_s / MEBI },
            { label: "read", of: (v) => v.read_bytes_s / MEBI },
        ],
        now: (v) => rate(v.written_bytes_s),
        note: (v) => `written; ${bytes(v.read_bytes_s, "/s")} read`,
    },
    {
        key: "host.network",
        title: "Network",
        unit: "KiB/s",
        range: [0, null],
        lines: [
            { label: "sent", of: (v) => v.sent_bytes_s / 1024 },
            { label: "received", of: (v) => v.received_bytes_s / 1024 },
        ],
        now: (v) => rate(v.sent_bytes_s),
        note: (v) => `sent; ${bytes(v.received_bytes_s, "/s")} received; without loopback`,
    },
];

function rate(value) {
    const { text, unit } = byteParts(value);
    return [text, `${unit}/s`];
}

class Resource {
    newest = null;
    #spec;
    #series;
    #chart;
    #now = figure("host-now");
    #note = h("span", { class: "muted small" });

    constructor(spec) {
        this.#spec = spec;
        this.#series = spec.lines.map(() => new Series(POINT_LIMIT));
        const lines = spec.lines.map(({ label }, i) => ({
            label,
            colour: `--series-${i + 1}`,
            width: 1.5,
            dash: i > 0 ? [5, 4] : undefined,
            fill: i === 0 ? "--series-1-fill" : undefined,
        }));
        this.#chart = new Chart({
            label: `${spec.title}, ${spec.lines.map(({ label }) => label).join(" and ")}`,
            unit: spec.unit,
            height: 148,
            range: spec.range,
            series: lines,
        });
        this.element = h(
            "div",
            { class: "host-resource" },
            h("div", { class: "host-head" }, h("h3", {}, spec.title), this.#now.element),
            this.#note,
            lines.length > 1 ? legend(lines) : null,
            this.#chart.element,
        );
    }

    take(value) {
        this.newest = value;
        this.#spec.lines.forEach(({ of }, i) => this.#series[i].push(value.at, of(value)));
    }

    show() {
        if (this.newest === null) {
            return;
        }
        this.#now.set(...this.#spec.now(this.newest));
        setText(this.#note, this.#spec.note?.(this.newest) ?? "");
        const to = this.newest.at;
        const gaps = holes(this.#series[0].t, EVERY_MS * 2);
        this.#chart.set(
            align(this.#series.map((series) => parted(series, gaps))),
            {
                from: Math.min(
                    to - LEAST_WINDOW_MS,
                    Math.max(to - WINDOW_MS, this.#series[0].t[0]),
                ),
                to,
            },
            gaps,
        );
        this.#chart.describe(`${this.#spec.title}: ${this.#spec.now(this.newest).join(" ")}`);
    }
}

/** A bar per core. */
class Cores {
    #bars = [];
    element = h("ul", { class: "cores", "aria-label": "Load of each core" });

    show(percents) {
        while (this.#bars.length < percents.length) {
            const text = h("span", { class: "core-text" });
            const fill = h("span", { class: "core-fill" });
            this.#bars.push({ text, fill });
            this.element.append(
                h(
                    "li",
                    {},
                    h("span", { class: "core-name" }, `core ${this.#bars.length - 1}`),
                    h("span", { class: "core-bar", "aria-hidden": "true" }, fill),
                    text,
                ),
            );
        }
        percents.forEach((percent, i) => {
            setText(this.#bars[i].text, `${number(percent, 0)}\u202f%`);
            this.#bars[i].fill.style.transform = `scaleX(${Math.min(1, percent / 100).toFixed(3)})`;
        });
    }
}

export function startHost({ hub }) {
    const resources = new Map(RESOURCES.map((spec) => [spec.key, new Resource(spec)]));
    const cores = new Cores();
    const load = [
        ["one", "1 min"],
        ["five", "5 min"],
        ["fifteen", "15 min"],
    ].map(([member, label]) => ({ member, label, value: figure() }));
    const age = ageElement("wall");
    let loads = null;
    const content = h(
        "div",
        { class: "host" },
        h(
            "div",
            { class: "host-top" },
            cores.element,
            h(
                "dl",
                { class: "host-load" },
                load.map(({ label, value }) =>
                    h("div", {}, h("dt", {}, `Load, ${label}`), h("dd", {}, value.element)),
                ),
            ),
            h("p", { class: "host-age small muted" }, "Sampled, wall clock: ", age),
        ),
        h(
            "div",
            { class: "host-charts" },
            [...resources.values()].map(({ element }) => element),
        ),
    );
    const { area } = panel("host", { content, retry: () => read() });
    const repaint = painter(area.element, show, 250);
    let following = false;

    function take(key, value) {
        if (key === "host.load") {
            loads = value;
        } else {
            resources.get(key)?.take(value);
        }
    }

    async function read() {
        await area.attempt(async () => {
            const rows = await hub.rows({ name: "host.*", limit: HISTORY_ROWS, order: "desc" });
            for (const { topic, payload } of rows.reverse()) {
                take(topic, payload);
            }
            if (rows.length > 0) {
                area.set("history");
            } else if (!area.state.filled) {
                area.set(
                    "empty",
                    "No host.* sample is stored, and none has come yet. " +
                        "A hub started with --no-sources takes none.",
                );
            }
            repaint();
            follow();
        });
    }

    function follow() {
        if (following) {
            return;
        }
        following = true;
        hub.follow("host.*", {
            everyMs: EVERY_MS,
            onEvent: ({ topic, data, kind }) => {
                take(topic, data);
                area.set(kind === "event" ? "live" : "history");
                repaint();
            },
        });
    }

    function show() {
        resources.forEach((resource) => resource.show());
        const cpu = resources.get("host.cpu").newest;
        if (cpu !== null) {
            cores.show(cpu.core_percent);
            setAge(age, cpu.at);
        }
        load.forEach(({ member, value }) =>
            value.set(number(loads?.[member], 2), loads ? "tasks" : ""),
        );
    }

    hub.eachOpen(read);
}
