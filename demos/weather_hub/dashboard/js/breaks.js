// SPDX-License-Identifier: Apache-2.0

/** Breaks that are remembered for the notice. */
const BREAK_LIMIT = 20;
/** What is missed so soon after a break was missed because of it. */
const AFTERMATH_MS = 10_000;

/** Breaks of the connection and what was missed by them, or without one. Pure. */
export class Breaks {
    /** { from, to, skipped, torn }, oldest first; `from` when something was heard last, `to` null
     * while it lasts. */
    all = [];
    /** Values missed with a connection that was good: how many so far, and when the last. */
    lapse = { skipped: 0, at: null };

    get last() {
        return this.all.at(-1) ?? null;
    }

    begin(from) {
        this.all = [...this.all, { from, to: null, skipped: 0, torn: false }].slice(-BREAK_LIMIT);
    }

    end(to) {
        if (this.last?.to === null) {
            this.last.to = to;
        }
    }

    /** @param {number} skipped  values passed over @param {number} at */
    missed(skipped, at) {
        if (this.#lately(at)) {
            this.last.skipped += skipped;
        } else {
            this.lapse = { skipped: this.lapse.skipped + skipped, at };
        }
    }

    /** A subscription could not go on where it was. */
    torn(at) {
        if (this.#lately(at)) {
            this.last.torn = true;
        }
    }

    #lately(at) {
        return this.last !== null && (this.last.to === null || at - this.last.to < AFTERMATH_MS);
    }
}
