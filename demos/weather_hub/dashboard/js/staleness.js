// SPDX-License-Identifier: Apache-2.0
//
// When a value is old. Pure.
import { HOUR_MS } from "./format.js";

/** Missing two of its values a station is late, missing six it is silent. */
const LATE_SAMPLES = 2.5;
const SILENT_SAMPLES = 6.5;
const LEAST_SAMPLE_MS = 2 * HOUR_MS;

/**
 * @param {number | null} at  of the newest value; null: there is none
 * @param {number | null} ageMs  of it in observed time; null: the clock is not heard
 * @param {number} sampleMs  between two values
 * @returns {"never" | "unknown" | "fresh" | "late" | "silent"}
 */
export function freshness(at, ageMs, sampleMs) {
    if (at === null || ageMs === null) {
        return at === null ? "never" : "unknown";
    }
    // Values are thinned out on their way here: an hour is no measure for what comes each second.
    const sample = Math.max(sampleMs, LEAST_SAMPLE_MS);
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
