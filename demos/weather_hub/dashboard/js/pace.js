// SPDX-License-Identifier: Apache-2.0

/** Events nearer than this are one burst. */
const BURST_MS = 250;
/** So much of a long interval is left with each later one. */
const FADING = 0.9;
const USUAL_INTERVALS = 4;
const LEAST_SILENCE_MS = 10_000;

/** How often something comes, and whether it has stopped coming. Pure: times are passed in. */
export class Pace {
    #last = null;
    #usual = 0;

    take(nowMs) {
        const interval = this.#last === null ? 0 : nowMs - this.#last;
        if (interval >= BURST_MS) {
            this.#usual = Math.max(interval, this.#usual * FADING);
        }
        this.#last = nowMs;
    }

    /** The time until the next one is not its own: a break lies in between. */
    forget() {
        this.#last = null;
    }

    /** Nothing came for a few of the usual intervals. */
    silent(nowMs) {
        const limit = Math.max(LEAST_SILENCE_MS, USUAL_INTERVALS * this.#usual);
        return this.#last !== null && nowMs - this.#last > limit;
    }
}
