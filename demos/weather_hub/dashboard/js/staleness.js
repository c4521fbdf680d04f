// SPDX-License-Identifier: Apache-2.0
//
// When a value is old. Pure.
import { DAY_MS, HOUR_MS } from "./format.js";

/** At most one value of a station in so many ms of wall clock reaches the page. */
export const EVERY_MS = 300;

/** Missing two of its values a station is late, missing six it is silent. */
const LATE_SAMPLES = 2.5;
const SILENT_SAMPLES = 6.5;
const LEAST_SAMPLE_MS = 2 * HOUR_MS;

/**
 * @param {number | null} at  of the newest value; null: there is none
 * @param {number | null} ageMs  of it in observed time; null: the clock is not heard
 * @param {number} sampleMs  between two values
 * @param {number} [daysPerSecond]  of the observed clock
 * @returns {"never" | "unknown" | "fresh" | "late" | "silent"}
 */
export function freshness(at, ageMs, sampleMs, daysPerSecond = 0) {
    if (at === null || ageMs === null) {
        return at === null ? "never" : "unknown";
    }
    // Values are thinned out on their way here: at five days per second a day and a half of them.
    const thinnedMs = (EVERY_MS / 1_000) * daysPerSecond * DAY_MS;
    const sample = Math.max(sampleMs, LEAST_SAMPLE_MS, thinnedMs);
    if (ageMs > SILENT_SAMPLES * sample) {
        return "silent";
    }
    return ageMs > LATE_SAMPLES * sample ? "late" : "fresh";
}

export const FRESHNESS_TEXT = {
    never: "no value yet",
    unknown: "age unknown",
    fresh: "up to date",
    late: "late",
    silent: "silent",
};
