// SPDX-License-Identifier: Apache-2.0
import { ageElement, setAge } from "../ages.js";
import { Chart } from "../chart.js";
import { h, setText } from "../dom.js";
import { byUnit } from "../explorer_model.js";
import { causeText } from "../gaps.js";
import { dateTime, duration, measured } from "../format.js";
import { align, decimate, parted } from "../series.js";

const canHover = matchMedia("(hover: hover)");

/** The charts of the explorer: one per unit, above each other, with one cursor. */
export class ExplorerCharts {
    #onZoom;
    #groups = [];

    constructor({ onZoom }) {
        this.#onZoom = onZoom;
        this.element = h("div", {
            class: "explorer-charts",
            role: "group",
            "aria-label": "Charts",
            tabindex: -1,
        });
    }

    /** For who pressed a button that is no more. */
    focus() {
        this.element.focus({ preventScroll: true });
    }

    /** @param {{ line: any, colour: string, reader: any }[]} entries */
    arrange(entries, onDrop) {
        this.#groups.forEach(({ chart }) => chart.close());
        const lines = entries.map((entry) => ({ ...entry, unit: entry.line.unit }));
        this.#groups = [...byUnit(lines)].map(([unit, members]) =>
            this.#group(unit, members, onDrop),
        );
        this.element.replaceChildren(...this.#groups.map(({ element }) => element));
        if (entries.length === 0) {
            this.element.append(
                h("p", { class: "notice" }, "No record is chosen: tick one in the list."),
            );
        }
    }

    show(window) {
        this.#groups.forEach((group) => showGroup(group, window));
    }

    #group(unit, members, onDrop) {
        const readings = members.map(() => h("span", { class: "legend-reading" }));
        const ages = members.map(() => ageElement("observed"));
        const when = h("p", { class: "muted small" });
        const gapNote = h("p", { class: "gap-note small" });
        const chart = new Chart({
            label: members.map(({ line }) => line.label).join("; "),
            unit,
            height: 280,
            series: members.map(({ line, colour }) => ({ label: line.label, colour, width: 1.5 })),
            onZoom: this.#onZoom,
            sync: "explorer",
            onCursor: (cursor) => {
                group.cursor = cursor;
                read(cursor, group);
            },
        });
        const legend = h(
            "ul",
            { class: "legend" },
            members.map(({ line, colour }, i) =>
                h(
                    "li",
                    { style: `--key: var(${colour})` },
                    h("span", { class: "legend-line" }),
                    h("span", {}, line.label),
                    readings[i],
                    ages[i],
                    h(
                        "button",
                        {
                            type: "button",
                            class: "drop-button",
                            "aria-label": `Remove ${line.label}`,
                            onclick: () => onDrop(line),
                        },
                        "×",
                    ),
                ),
            ),
        );
        const element = h("div", { class: "explorer-chart" }, legend, chart.element, when, gapNote);
        const group = {
            unit,
            members,
            chart,
            readings,
            ages,
            when,
            gapNote,
            element,
            cursor: null,
        };
        return group;
    }
}

function showGroup(group, window) {
    const { members, chart } = group;
    const gaps = members.map(({ reader }) => reader.trace.gaps());
    const inView = gaps.flat().filter(({ from, to }) => to > window.from && from < window.to);
    const lines = members.map(({ reader }, i) =>
        parted(decimate(reader.trace, window.from, window.to, chart.width), gaps[i]),
    );
    chart.set(align(lines), window, inView);
    const newest = members.map(
        ({ line, reader }) => `${line.label}: ${reading(line, reader.trace.at(Infinity))}`,
    );
    chart.describe(`${newest.join("; ")}. ${dateTime(window.from)} to ${dateTime(window.to)}.`);
    setText(group.gapNote, gapText(inView));
    group.gapNote.hidden = inView.length === 0;
    if (group.cursor === null) {
        read(null, group);
    }
}

/** What the shaded stretches are. */
function gapText(gaps) {
    const known = gaps.filter((gap) => gap.known);
    const silent = gaps.length - known.length;
    const parts = known
        .slice(0, 3)
        .map(
            ({ from, to, count, cause }) =>
                `${dateTime(from)}, ${duration(to - from)}: ${count} values, ${causeText(cause)}`,
        );
    if (known.length > 3) {
        parts.push(`${known.length - 3} more known gaps`);
    }
    if (silent > 0) {
        parts.push(`${silent} ${silent === 1 ? "stretch" : "stretches"} without values`);
    }
    return `Gaps: ${parts.join("; ")}.`;
}

const reading = ({ unit, field }, point) => measured(point?.v, unit, undefined, field);

/** The values under the cursor, or the newest ones. */
function read(cursor, { members, readings, ages, when }) {
    members.forEach(({ reader, line }, i) => {
        const point = reader.trace.at(cursor?.x ?? Infinity);
        setText(readings[i], reading(line, point));
        setAge(ages[i], point?.t);
    });
    setText(
        when,
        cursor
            ? `At ${dateTime(cursor.x)} UTC`
            : canHover.matches
              ? "Newest values; move over the chart to read others, drag to zoom."
              : "Newest values; tap the chart to read others.",
    );
}
