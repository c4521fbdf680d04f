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
    /** field → { at, value }, as they came */
    #samples = new Map();
    /** key → place in its history up to which everything was counted */
    #counted = new Map();

    /**
     * A value; in the order of its record. One that is stored and comes as a snapshot too is
     * counted once.
     *
     * @param {{ pos?: number | null, epoch?: string | null }} [place]  in the history of its record
     */
    take(key, data, ts, { pos = null, epoch = null } = {}) {
        const known = this.newest.get(key);
        if (!known || ts === null || known.ts === null || ts >= known.ts) {
            this.newest.set(key, { data, ts });
        }
        const counted = this.#counted.get(key);
        if (pos !== null && counted?.epoch === epoch && pos <= counted.pos) {
            return;
        }
        this.#counted.set(key, { pos, epoch });
        for (const [field, value] of Object.entries(data ?? {})) {
            for (const one of Array.isArray(value) ? value : [value]) {
                if (typeof one === "number") {
                    this.#add(field, { at: ts, value: one });
                }
            }
        }
    }

    /** @returns {{ n: number, min: number, mean: number, max: number } | null} */
    of(field) {
        return summary((this.#samples.get(field) ?? []).map(({ value }) => value));
    }

    /** From when to when the values are that the numbers are made of; null: there are none. */
    get period() {
        const times = summary([...this.#samples.values()].flat().map(({ at }) => at));
        return times && { from: times.min, to: times.max };
    }

    #add(field, sample) {
        if (!this.#samples.has(field)) {
            this.#samples.set(field, []);
        }
        const samples = this.#samples.get(field);
        samples.push(sample);
        if (samples.length > SAMPLE_LIMIT * 1.2) {
            samples.splice(0, samples.length - SAMPLE_LIMIT);
        }
    }
}
