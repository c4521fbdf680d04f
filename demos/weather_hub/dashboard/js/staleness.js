// SPDX-License-Identifier: Apache-2.0
//
// When a value is old. Pure.
import { HOUR_MS } from "./format.js";

/** Missing two of its values a station is late, missing six it is silent. */
const LATE_SAMPLES = 2.5;
const SILENT_SAMPLES = 6.5;
const LEAST_SAMPLE_MS = 2 * HOUR_MS;

/**
 * @param {number | null} ageMs  of the newest value in observed time; null: there is none
 * @param {number} sampleMs  between two values
 * @returns {"never" | "fresh" | "late" | "silent"}
 */
export function freshness(ageMs, sampleMs) {
    if (ageMs === null) {
        return "never";
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
    fresh: "up to date",
    late: "late",
    silent: "silent",
};
