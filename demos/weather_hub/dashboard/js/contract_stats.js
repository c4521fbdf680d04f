// SPDX-License-Identifier: Apache-2.0
//
// What has been seen of the records of one contract: the newest value of each, and of every
// numeric field the least, the mean and the greatest. Pure.
import { summary } from "./series.js";

/** Values per field that the numbers are made of; the oldest go first. */
const SAMPLE_LIMIT = 2_000;

export class ContractStats {
    /** key → { data, ts } */
    newest = new Map();
    #samples = new Map();

    take(key, data, ts) {
        const known = this.newest.get(key);
        if (!known || ts === null || known.ts === null || ts >= known.ts) {
            this.newest.set(key, { data, ts });
        }
        for (const [field, value] of Object.entries(data ?? {})) {
            if (typeof value === "number") {
                this.#add(field, value);
            } else if (Array.isArray(value)) {
                value
                    .filter((one) => typeof one === "number")
                    .forEach((one) => this.#add(field, one));
            }
        }
    }

    /** @returns {{ n: number, min: number, mean: number, max: number } | null} */
    of(field) {
        return summary(this.#samples.get(field) ?? []);
    }

    #add(field, value) {
        if (!this.#samples.has(field)) {
            this.#samples.set(field, []);
        }
        const samples = this.#samples.get(field);
        samples.push(value);
        if (samples.length > SAMPLE_LIMIT * 1.2) {
            samples.splice(0, samples.length - SAMPLE_LIMIT);
        }
    }
}
