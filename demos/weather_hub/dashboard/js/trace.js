// SPDX-License-Identifier: Apache-2.0
import { allGaps, knownGaps } from "./gaps.js";
import { lowerBound } from "./series.js";

/** Known gaps of one record that are drawn. */
const GAP_LIMIT = 500;

/**
 * One line of the explorer: rows of a record by position, so that what comes twice is told from
 * what is new. Pure; bounded by `limit`, the oldest go first.
 */
export class Trace {
    t = [];
    v = [];
    pos = [];
    dropped = 0;
    /** Time ran backwards with an epoch: this is another history, and has to be read. */
    torn = false;
    #limit;
    #known = [];
    #epoch = null;

    constructor(limit) {
        this.#limit = limit;
    }

    get size() {
        return this.t.length;
    }

    /** Where a subscription goes on; null when there is nothing yet. */
    get position() {
        return this.size === 0 ? null : { epoch: this.#epoch, pos: this.pos[this.size - 1] };
    }

    /** @returns whether it is new */
    push({ pos, epoch, ts }, value) {
        const end = this.size;
        if (end > 0 && epoch === this.#epoch && pos <= this.pos[end - 1]) {
            return false;
        }
        this.torn ||= end > 0 && epoch !== this.#epoch && ts < this.t[end - 1];
        // Times that run backwards would break every search: such a value stays where time is.
        this.t.push(end > 0 ? Math.max(ts, this.t[end - 1]) : ts);
        this.v.push(value);
        this.pos.push(pos);
        this.#epoch = epoch;
        if (this.size > this.#limit * 1.05) {
            const extra = this.size - this.#limit;
            this.t.splice(0, extra);
            this.v.splice(0, extra);
            this.pos.splice(0, extra);
            this.dropped += extra;
        }
        return true;
    }

    /** A gap that history knows; many at once are no problem, the newest are kept. */
    gap(gap) {
        this.#known.push(gap);
        if (this.#known.length > GAP_LIMIT) {
            this.#known.shift();
        }
    }

    gaps() {
        return allGaps(knownGaps(this, this.#known), this.t);
    }

    /** The newest value not after a time. */
    at(time) {
        const i = lowerBound(this.t, time + 1) - 1;
        return i < 0 ? null : { t: this.t[i], v: this.v[i] };
    }
}
