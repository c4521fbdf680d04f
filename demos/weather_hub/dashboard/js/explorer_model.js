// SPDX-License-Identifier: Apache-2.0
//
// What the explorer can draw, and how lines share charts. Pure.
import { DAY_MS, titleOf, unitSymbol } from "./format.js";

export const LINE_LIMIT = 6;
export const COLOURS = [1, 2, 3, 4, 5, 6].map((n) => `--series-${n}`);

export const RANGES = [
    { value: "2", text: "2 d", ms: 2 * DAY_MS },
    { value: "7", text: "7 d", ms: 7 * DAY_MS },
    { value: "30", text: "30 d", ms: 30 * DAY_MS },
    { value: "90", text: "90 d", ms: 90 * DAY_MS },
    { value: "365", text: "1 y", ms: 365 * DAY_MS },
    { value: "all", text: "All", ms: Infinity },
];

/** Times are no lines, and of validations only the error is worth one. */
const isLine = (key, { type, unit }) =>
    (type === "number" || type === "integer") &&
    !/unix|time/i.test(unit ?? "") &&
    !key.startsWith("hub.clock");
/** Those who are asked for most first; families that are not named here before all others. */
const FAMILY_ORDER = ["temp", "host", "accuracy"];
const ACCURACY_FIELDS = new Set(["signed_error", "absolute_error"]);

/**
 * Lines that can be drawn: a numeric field of a persisted record. A record of several models gives
 * a line for each.
 *
 * @param {{ record_key: string, persisted?: boolean }[]} records
 * @param {(key: string) => Record<string, any> | null} contractOf
 * @param {string[]} models
 * @param {(station: string) => string} nameOf
 */
export function linesOf(records, contractOf, models, nameOf = titleOf) {
    const lines = [];
    for (const { record_key: key, persisted } of records) {
        const contract = persisted ? contractOf(key) : null;
        const fields = (contract?.fields ?? []).filter((field) => isLine(key, field));
        const family = key.split(".")[0];
        for (const field of fields) {
            const unit = unitSymbol(field.unit);
            const line = { key, field: field.name, unit, family };
            if (family === "accuracy") {
                if (ACCURACY_FIELDS.has(field.name)) {
                    lines.push(...models.map((model) => named({ ...line, model }, nameOf)));
                }
            } else {
                lines.push(named(line, nameOf));
            }
        }
    }
    const rank = ({ family }) => FAMILY_ORDER.indexOf(family);
    return lines.sort((a, b) => rank(a) - rank(b) || a.label.localeCompare(b.label));
}

function named(line, nameOf) {
    const { key, field, model, family } = line;
    const subject = key.startsWith("host.")
        ? `Machine ${titleOf(key).toLowerCase()}`
        : nameOf(key.slice(family.length + 1));
    const what = field === "celsius" ? "temperature" : field.replaceAll("_", " ");
    return {
        ...line,
        id: [key, field, model].filter(Boolean).join("|"),
        label: `${subject}, ${what}${model ? `, ${model}` : ""}`,
    };
}

/** Lines whose text has every word of a search. */
export function searched(lines, text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return lines.filter(({ label, key }) =>
        words.every((word) => `${label} ${key}`.toLowerCase().includes(word)),
    );
}

/** The value of a line in a payload; undefined when the row is not of this line. */
export function valueIn(line, payload) {
    if (line.model !== undefined && payload.model !== line.model) {
        return undefined;
    }
    const value = payload[line.field];
    return typeof value === "number" ? value : null;
}

/** Lines of one unit share a chart: no two scales side by side. @returns Map from unit to lines */
export function byUnit(lines) {
    const units = new Map();
    for (const line of lines) {
        units.set(line.unit, [...(units.get(line.unit) ?? []), line]);
    }
    return units;
}

/** Colours stay with their lines while others come and go. */
export function takeColour(used) {
    return COLOURS.find((colour) => !used.includes(colour)) ?? COLOURS[0];
}

const LEAST_WINDOW_MS = 10_000;

/**
 * A window made longer or shorter around its middle, then moved by a share of its length, within
 * bounds. @returns null when everything is in view
 *
 * @param {{ from: number, to: number }} window
 * @param {{ from: number, to: number }} bounds
 * @param {{ scale?: number, shift?: number }} change
 */
export function changedWindow({ from, to }, bounds, { scale = 1, shift = 0 }) {
    const length = Math.max(LEAST_WINDOW_MS, (to - from) * scale);
    if (length >= bounds.to - bounds.from) {
        return null;
    }
    const wanted = (from + to - length) / 2 + shift * length;
    const start = Math.max(bounds.from, Math.min(wanted, bounds.to - length));
    return { from: start, to: start + length };
}

/**
 * What the charts hold in a window, as CSV: a row per value.
 *
 * @param {{ line: any, trace: { t: number[], v: (number | null)[], pos: number[] } }[]} entries
 */
export function csvOf(entries, { from, to }) {
    const rows = ["time,record,member,model,position,value,unit"];
    for (const { line, trace } of entries) {
        trace.t.forEach((t, i) => {
            if (t >= from && t <= to) {
                rows.push(
                    [
                        new Date(t).toISOString(),
                        line.key,
                        line.field,
                        line.model ?? "",
                        trace.pos[i],
                        trace.v[i] ?? "",
                        line.unit,
                    ].join(","),
                );
            }
        });
    }
    return `${rows.join("\n")}\n`;
}
