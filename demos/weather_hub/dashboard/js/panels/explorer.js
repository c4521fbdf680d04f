// SPDX-License-Identifier: Apache-2.0
//
// Any stored record over any range: history by pages, then live from where it ended.
import { panel } from "../area.js";
import { h, setText } from "../dom.js";
import {
    LINE_LIMIT,
    RANGES,
    changedWindow,
    csvOf,
    linesOf,
    searched,
    takeColour,
} from "../explorer_model.js";
import { DAY_MS, date, dateTime, duration, number } from "../format.js";
import { painter } from "../frames.js";
import { segments } from "../segments.js";
import { lowerBound } from "../series.js";
import { ExplorerCharts } from "./explorer_charts.js";
import { LineReader } from "./explorer_reader.js";

/** What a mouse does by dragging, for keyboards and fingers. */
const MOVES = [
    { text: "‹", label: "Earlier", change: { shift: -0.5 } },
    { text: "+", label: "Zoom in", change: { scale: 0.5 } },
    { text: "−", label: "Zoom out", change: { scale: 2 } },
    { text: "›", label: "Later", change: { shift: 0.5 } },
];

export function startExplorer({ hub, clock, contracts, places, accuracy }) {
    let records = null;
    let lines = [];
    /** The contracts and models that `lines` were made with. */
    let meanings = null;
    let range = RANGES[2];
    let zoom = null;
    /** id → { line, colour, reader } */
    const chosen = new Map();

    const search = h("input", {
        type: "search",
        placeholder: "Find a record",
        "aria-label": "Find a record",
    });
    const options = h("ul", { class: "line-options" });
    const count = h("p", { class: "muted small", "aria-live": "polite" });
    const picker = h("div", { class: "explorer-picker" }, search, count, options);
    // It changes with every live value: only what it comes to is told, by `outcome`.
    const progress = h("p", { class: "muted small explorer-progress" });
    const outcome = h("p", { class: "visually-hidden", role: "status" });
    const moves = h(
        "div",
        { class: "moves", role: "group", "aria-label": "Part of the range in view" },
        MOVES.map(({ text, label, change }) =>
            h(
                "button",
                {
                    type: "button",
                    class: "button",
                    "aria-label": label,
                    title: label,
                    onclick: () => move(change),
                },
                text,
            ),
        ),
    );
    const resetZoom = h("button", { type: "button", class: "button" }, "Reset zoom");
    const save = h(
        "button",
        { type: "button", class: "button", title: "The values in view, as a file" },
        "Save as CSV",
    );
    const charts = new ExplorerCharts({ onZoom: (from, to) => zoomTo({ from, to }) });
    const rangeTools = segments({
        name: "explorer-range",
        label: "Range of observed time",
        choices: RANGES,
        value: range.value,
        onChange: (value) => {
            range = RANGES.find((entry) => entry.value === value);
            zoomTo(null);
            readAll();
        },
    });
    const content = h(
        "div",
        { class: "explorer" },
        picker,
        h(
            "div",
            { class: "explorer-view" },
            h("div", { class: "toolbar" }, rangeTools, moves, resetZoom, save, progress, outcome),
            charts.element,
        ),
    );
    const { area } = panel("explorer", {
        content,
        waitingFor: "Asking which records are stored …",
        retry: () => load(),
    });
    const repaint = painter(area.element, show, 400);

    async function load() {
        await area.attempt(async () => {
            records = await hub.client.list();
            meanings = null;
            makeLines();
        });
    }

    /** What is stored meets what it means: contracts come one by one, before the list or after. */
    function makeLines() {
        const known = [...contracts.all.value.values()].map(({ name, version }) => name + version);
        const now = [...known, ...accuracy.models()].join();
        if (records === null || now === meanings) {
            return;
        }
        meanings = now;
        lines = linesOf(records, (key) => contracts.of(key), accuracy.models(), nameOf);
        const told = records.filter(({ record_key: key }) => key.startsWith("contract.")).length;
        const complete = known.length >= told;
        if (lines.length === 0) {
            area.set(
                complete ? "empty" : "loading",
                complete
                    ? "No record with numbers is stored, " +
                          "or no contract.* says which of its members are numbers."
                    : "Waiting for contract.* …",
            );
            return;
        }
        area.set("history");
        offer();
        const first = lines.filter(({ family }) => family === "temp");
        if (chosen.size === 0 && (first.length > 0 || complete)) {
            const city = accuracy.city.value ?? "";
            choose(first.find(({ key }) => key.includes(city)) ?? first[0] ?? lines[0]);
        }
    }

    function nameOf(key) {
        const place = places.stations.value.get(key);
        if (!place) {
            return places.cityName(key);
        }
        const { name, city_name: city } = place;
        return name.startsWith(city) ? name : `${city} ${name}`;
    }

    function offer() {
        const focused = options.contains(document.activeElement)
            ? document.activeElement.dataset.id
            : null;
        const found = searched(lines, search.value);
        setText(count, `${found.length} of ${lines.length} lines; up to ${LINE_LIMIT} at once`);
        options.replaceChildren(...found.slice(0, 60).map((line) => option(line)));
        if (found.length > 60) {
            options.append(
                h("li", { class: "muted small" }, `${found.length - 60} more: search to see them.`),
            );
        }
        if (found.length === 0) {
            options.append(h("li", { class: "muted small" }, "No stored record has such a name."));
        }
        if (focused !== null) {
            options.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
        }
    }

    function option(line) {
        const entry = chosen.get(line.id);
        const box = h("input", {
            type: "checkbox",
            "data-id": line.id,
            onchange: () => (box.checked ? choose(line) : drop(line)),
        });
        box.checked = entry !== undefined;
        box.disabled = !entry && chosen.size >= LINE_LIMIT;
        return h(
            "li",
            {},
            h(
                "label",
                { title: line.key, style: entry ? `--key: var(${entry.colour})` : null },
                box,
                h("span", {}, line.label),
            ),
        );
    }

    function choose(line) {
        const colour = takeColour([...chosen.values()].map((entry) => entry.colour));
        const reader = new LineReader({ hub, line, startOf, onChange: changed });
        chosen.set(line.id, { line, colour, reader });
        reader.read();
        offer();
        rearrange();
    }

    function drop(line) {
        chosen.get(line.id).reader.close();
        chosen.delete(line.id);
        offer();
        rearrange();
    }

    function rearrange() {
        const dropped = charts.element.contains(document.activeElement);
        charts.arrange([...chosen.values()], (line) => drop(line));
        if (dropped) {
            charts.focus(); // The button that was pressed is gone.
        }
        changed();
    }

    function startOf() {
        const now = clock.now(Date.now());
        return now === null || range.ms === Infinity ? 0 : Math.max(0, now - range.ms);
    }

    function readAll() {
        for (const { reader } of chosen.values()) {
            reader.read();
        }
    }

    function zoomTo(window) {
        zoom = window;
        changed();
    }

    function move(change) {
        const { window, bounds, empty } = view();
        if (!empty) {
            zoomTo(changedWindow(window, bounds, change));
        }
    }

    function changed(live = false) {
        if (live) {
            area.set("live");
        }
        repaint();
    }

    /** What is in view: what was zoomed to, or the range up to the newest value. */
    function view() {
        const traces = [...chosen.values()].map(({ reader }) => reader.trace);
        const first = Math.min(...traces.map(({ t }) => t[0] ?? Infinity));
        const end = Math.max(...traces.map(({ t }) => t.at(-1) ?? -Infinity));
        const from = Math.max(startOf(), Number.isFinite(first) ? first : startOf());
        const bounds = { from, to: Math.max(from + 1, end) };
        if (zoom !== null && zoom.from >= bounds.to && Number.isFinite(end)) {
            zoom = null; // What was zoomed to is of a history that is gone.
        }
        return { window: zoom ?? bounds, bounds, empty: !Number.isFinite(end) };
    }

    function show() {
        const { window, empty } = view();
        resetZoom.hidden = zoom === null;
        save.disabled = empty;
        setText(progress, progressText([...chosen.values()], window));
        setText(outcome, outcomeText([...chosen.values()]) ?? outcome.textContent);
        progress.dataset.newest = [...chosen.values()]
            .map(({ reader }) => reader.trace.position?.pos ?? 0)
            .join();
        // An empty line is one only when it has been read.
        if (!empty || [...chosen.values()].every(({ reader }) => !reader.reading)) {
            charts.show(window);
        }
    }

    function saveCsv() {
        const entries = [...chosen.values()].map(({ line, reader }) => ({
            line,
            trace: reader.trace,
        }));
        const url = URL.createObjectURL(
            new Blob([csvOf(entries, view().window)], { type: "text/csv" }),
        );
        h("a", { href: url, download: "weather_hub.csv" }).click();
        URL.revokeObjectURL(url);
    }

    search.addEventListener("input", offer);
    save.addEventListener("click", saveCsv);
    resetZoom.addEventListener("click", () => {
        charts.focus(); // The button hides itself.
        zoomTo(null);
    });
    hub.eachOpen(() => {
        chosen.forEach(({ reader }) => reader.heal());
        load();
    });
    contracts.all.watch(makeLines);
}

/** What is being read, and what of it is shown. */
function progressText(entries, { from, to }) {
    if (entries.length === 0) {
        return "Choose up to six records.";
    }
    const reading = entries.filter(({ reader }) => reader.reading);
    const sum = (of) => entries.reduce((total, { reader }) => total + of(reader.trace), 0);
    if (reading.length > 0) {
        return `Reading history by pages: ${number(
            sum(({ size }) => size),
            0,
        )} rows so far …`;
    }
    const failed = failure(entries);
    if (failed !== null) {
        return failed;
    }
    const rows = sum(({ t }) => lowerBound(t, to + 1) - lowerBound(t, from));
    const dropped = sum((trace) => trace.dropped);
    const rest = dropped > 0 ? `; ${number(dropped, 0)} older rows left out` : "";
    const span =
        to - from < 3 * DAY_MS
            ? `${dateTime(from)} to ${dateTime(to)}`
            : `${date(from)} to ${date(to)}`;
    return `${number(rows, 0)} rows, ${span} (${duration(to - from)})${rest}`;
}

function failure(entries) {
    const failed = entries.find(({ reader }) => reader.error);
    return failed ? `${failed.line.label}: ${failed.reader.error.message}` : null;
}

/** What reading came to; null while it goes on. */
function outcomeText(entries) {
    if (entries.some(({ reader }) => reader.reading)) {
        return null;
    }
    const lines = `${entries.length} ${entries.length === 1 ? "line" : "lines"}`;
    return failure(entries) ?? `${lines} read from history.`;
}
