// SPDX-License-Identifier: Apache-2.0
//
// What stands beside the axes of charts. Pure.
import { DAY_MS, MINUTE_MS, clockTime, date } from "./format.js";

/**
 * Times as short as they can be told apart: hours within a day, days within a year. The first one,
 * and each that begins a new day or year, says which.
 *
 * @param {number[]} marks  Unix ms
 * @param {number} step  between two of them
 */
export function timeMarks(marks, step) {
    return marks.map((mark, i) => {
        const [day, month, year] = date(mark).split(" ");
        const newYear = i === 0 || new Date(marks[i - 1]).getUTCFullYear() !== Number(year);
        if (step >= 27 * DAY_MS) {
            return newYear ? `${month} ${year}` : month;
        }
        if (step >= DAY_MS) {
            return newYear ? `${day} ${month} ${year}` : `${day} ${month}`;
        }
        const newDay = i === 0 || Math.floor(marks[i - 1] / DAY_MS) !== Math.floor(mark / DAY_MS);
        const time = clockTime(mark, step < MINUTE_MS);
        return newDay && step >= MINUTE_MS ? `${day} ${month} ${time}` : time;
    });
}

/** From which size on a value is divided by what, and told with which letter. */
const SCALES = [
    [1e9, 1e9, "G"],
    [1e6, 1e6, "M"],
    [1e4, 1e3, "k"],
    [0, 1, ""],
];

/** A value on an axis; the topmost one carries the unit. */
export function axisMark(value, unit) {
    const [, by, letter] = SCALES.find(([least]) => Math.abs(value) >= least);
    const text = `${Number((value / by).toFixed(3))}${letter}`;
    return `${text.replace("-", "\u2212")}${unit && ` ${unit}`}`;
}
