// SPDX-License-Identifier: Apache-2.0
//
// What a history knows it does not have, as stretches of time. Pure.
import { holes } from "./series.js";

const CAUSES = {
    crash: "the hub was killed",
    shutdown: "the hub was stopped",
    overflow: "the queue was full",
    failed: "writing failed",
};

/** @param {string | null} cause */
export function causeText(cause) {
    return cause ? (CAUSES[cause] ?? cause) : "no value came";
}

/**
 * A gap has positions; the rows beside it say from when to when it lasts.
 *
 * @param {{ pos: number[], t: number[] }} rows  positions and times, in order
 * @param {{ first: number, last: number, count: number, cause: string | null }[]} gaps
 */
export function knownGaps(rows, gaps) {
    const found = [];
    for (const { first, last, count, cause } of gaps) {
        const after = upperPosition(rows, last);
        const before = upperPosition(rows, first - 1) - 1;
        if (before >= 0 && after < rows.pos.length && before < after) {
            found.push({ from: rows.t[before], to: rows.t[after], count, cause, known: true });
        }
    }
    return found;
}

/** The first index whose position is beyond `pos`. */
function upperPosition(rows, pos) {
    let low = 0;
    let high = rows.pos.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (rows.pos[middle] <= pos) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/**
 * Known gaps and long silences together, in order, each stretch once.
 *
 * @param {{ from: number, to: number, count?: number, cause?: string | null }[]} known
 * @param {number[]} times
 */
export function allGaps(known, times) {
    const silent = holes(times).map((hole) => ({ ...hole, count: 0, cause: null, known: false }));
    const alone = silent.filter(
        ({ from, to }) => !known.some((gap) => gap.from < to && gap.to > from),
    );
    return [...known, ...alone].sort((a, b) => a.from - b.from);
}
