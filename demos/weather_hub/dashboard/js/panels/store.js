// SPDX-License-Identifier: Apache-2.0
//
// How the writer of the history does: hub.store, with the course since the page was opened.
import { ageElement, setAge } from "../ages.js";
import { panel } from "../area.js";
import { figure, h, setAttributes, setText } from "../dom.js";
import { NONE, byteParts, bytes, date, number } from "../format.js";
import { painter } from "../frames.js";
import { Series } from "../series.js";
import { Sparkline } from "../sparkline.js";

const POINT_LIMIT = 240;

const count = (value, of) => [number(value, 0), of];
const millis = (value) => [number(value, 2), value === null ? "" : "ms"];
const size = (value) => {
    const { text, unit } = byteParts(value);
    return [text, unit];
};

/** What is shown, in groups; `line` has a course beside it. */
const GROUPS = [
    {
        title: "Writing",
        tiles: [
            {
                label: "Rows committed",
                of: (s) => [number(s.rows_per_s, 0), "rows/s"],
                line: (s) => s.rows_per_s,
                note: (s) => `${number(s.rows_committed, 0)} so far`,
            },
            {
                label: "Queue",
                of: (s) => [number(s.queue_rows, 0), "rows"],
                line: (s) => s.queue_rows,
                note: (s) => bytes(s.queue_bytes),
            },
            {
                label: "Commit, mean",
                of: (s) => millis(s.commit_ms_mean),
                line: (s) => s.commit_ms_mean,
                note: (s) => `99 %: ${number(s.commit_ms_p99, 1)} ms`,
            },
            {
                label: "Sync, mean",
                of: (s) => millis(s.sync_ms_mean),
                line: (s) => s.sync_ms_mean,
                note: (s) =>
                    s.sync_ms_mean === null
                        ? "none timed yet"
                        : `${number(s.group_rows_mean, 0)} rows a group`,
            },
        ],
    },
    {
        title: "File",
        tiles: [
            {
                label: "File",
                of: (s) => size(s.file_bytes),
                line: (s) => s.file_bytes,
                note: () => "database on disk",
            },
            {
                label: "Write-ahead log",
                of: (s) => size(s.wal_bytes),
                line: (s) => s.wal_bytes,
                note: () => "size of its file, which is reused",
            },
            {
                label: "Oldest row",
                of: (s) => [s.oldest_row === null ? NONE : date(s.oldest_row), ""],
                note: (s) => (s.oldest_row === null ? "not told yet" : "observed time, UTC"),
            },
            {
                label: "Purged",
                of: (s) => [number(s.rows_purged, 0), "rows"],
                note: () => "by retention",
            },
        ],
    },
    {
        title: "Trust",
        tiles: [
            {
                label: "Gaps",
                of: (s) => count(s.gaps, "stretches"),
                note: (s) => `${number(s.lost_values, 0)} values lost`,
                bad: (s) => s.lost_values > 0,
            },
            {
                label: "Retries",
                of: (s) => count(s.retries, "writes"),
                note: () => "that had failed before",
                bad: (s) => s.retries > 0,
            },
            {
                label: "Queries",
                of: (s) => count(s.queries, "answers"),
                note: () => "since the hub started",
            },
            {
                label: "Query, 99 %",
                of: (s) => millis(s.query_ms_p99),
                line: (s) => s.query_ms_p99,
                note: () => "time to answer",
            },
        ],
    },
];

class Tile {
    #spec;
    #value = figure();
    #note = h("span", { class: "tile-note" });
    #line;
    #series = new Series(POINT_LIMIT);

    constructor(spec) {
        this.#spec = spec;
        this.#line = spec.line ? new Sparkline(140, 26) : null;
        this.element = h(
            "div",
            { class: "tile" },
            h("dt", {}, spec.label),
            h("dd", {}, this.#value.element, this.#note),
            this.#line && h("dd", {}, this.#line.element),
        );
    }

    take(store) {
        if (this.#line) {
            this.#series.push(store.at, this.#spec.line(store));
        }
    }

    show(store) {
        this.#value.set(...this.#spec.of(store));
        setText(this.#note, this.#spec.note(store));
        setAttributes(this.element, { "data-bad": this.#spec.bad?.(store) ?? false });
        this.#line?.set(this.#series);
    }
}

export function startStore({ hub }) {
    let store = null;
    const groups = GROUPS.map(({ title, tiles }) => ({
        title,
        tiles: tiles.map((spec) => new Tile(spec)),
    }));
    const tiles = groups.flatMap((group) => group.tiles);
    const state = h("span", { class: "store-state" });
    const reason = h("span", {});
    const age = ageElement("wall");
    const content = h(
        "div",
        { class: "store" },
        h(
            "p",
            { class: "store-head" },
            state,
            reason,
            h("span", { class: "muted small" }, "wall clock, "),
            age,
        ),
        groups.map(({ title, tiles: list }) =>
            h(
                "section",
                { "aria-label": title },
                h("h3", {}, title),
                h(
                    "dl",
                    { class: "tiles" },
                    list.map(({ element }) => element),
                ),
            ),
        ),
    );
    const { area } = panel("store", { content, waitingFor: "Waiting for hub.store …" });
    const repaint = painter(area.element, show, 500);

    function show() {
        if (store === null) {
            return;
        }
        setAttributes(state, { "data-state": store.state });
        setText(
            state,
            { ok: "Healthy", degraded: "Degraded", failed: "Failed" }[store.state] ?? store.state,
        );
        setText(reason, store.reason || `rows are on disk within one group commit`);
        setAge(age, store.at);
        tiles.forEach((tile) => tile.show(store));
    }

    hub.follow("hub.store", {
        everyMs: 500,
        onEvent: ({ data, kind }) => {
            store = data;
            tiles.forEach((tile) => tile.take(store));
            area.set(kind === "event" ? "live" : "history");
            repaint();
        },
        onEnded: ({ reason: why }) =>
            area.set("empty", `The hub serves no hub.store record (${why}).`),
    });
    setTimeout(
        () =>
            store === null &&
            area.set(
                "empty",
                "hub.store has no value yet: the hub writes it twice a second once its store is open.",
            ),
        3_000,
    );
}
