// SPDX-License-Identifier: Apache-2.0

/** @typedef {import("./aimx.js").Position} Position */

/**
 * How far a record was received in one epoch.
 *
 * @typedef {object} Place
 * @property {string} epoch
 * @property {number} pos
 * @property {number} newestMs  of the values received; -Infinity: of none
 */

/**
 * How far back of the newest value a server is asked that does not go on from positions. Those
 * missed are younger, but for what lay in queues; and a server gives up a connection that takes
 * nothing for 30 s.
 */
const REWIND_MS = 60_000;

/** Epochs per record in which values are known again. */
const EPOCH_LIMIT = 8;

/** The values a subscription has received, told by their positions. */
export class Positions {
    /** By topic; the newest epoch last. @type {Map<string, Place[]>} */
    #places = new Map();
    #newestMs = -Infinity;
    #firstLiveMs = Infinity;

    /** @param {Record<string, Position>} from  what the user has received, some other time */
    constructor(from) {
        for (const [topic, { epoch, pos }] of Object.entries(from)) {
            this.#places.set(topic, [{ epoch, pos, newestMs: -Infinity }]);
        }
    }

    /**
     * Takes the position of a value; false: it came already.
     *
     * @param {string} topic
     * @param {Position} position
     * @param {number} ts
     * @param {"hist" | "snap" | "live"} how
     */
    take(topic, { epoch, pos }, ts, how) {
        const places = this.#places.get(topic) ?? [];
        const newest = places.at(-1);
        if (places.some((place) => knows(place, epoch, pos, ts, how))) {
            return false;
        }
        if (newest !== undefined && newest.epoch === epoch) {
            newest.pos = pos;
            newest.newestMs = Math.max(newest.newestMs, ts);
        } else {
            const others = places.filter((place) => place.epoch !== epoch);
            others.push({ epoch, pos, newestMs: ts });
            this.#places.set(topic, others.slice(-EPOCH_LIMIT));
        }
        this.#newestMs = Math.max(this.#newestMs, ts);
        if (how === "live" && this.#firstLiveMs === Infinity) {
            this.#firstLiveMs = ts;
        }
        return true;
    }

    /** @param {string} topic @returns {Position | undefined} */
    at(topic) {
        const newest = this.#places.get(topic)?.at(-1);
        return newest && { epoch: newest.epoch, pos: newest.pos };
    }

    /** By topic; null: there are none. @returns {Record<string, Position> | null} */
    all() {
        if (this.#places.size === 0) {
            return null;
        }
        const entries = [...this.#places].map(([topic, places]) => {
            const { epoch, pos } = places[places.length - 1];
            return [topic, { epoch, pos }];
        });
        return Object.fromEntries(entries);
    }

    /** The time from which on a value may have been missed; null: no value had a time. */
    get missedSinceMs() {
        if (this.#newestMs === -Infinity) {
            return null;
        }
        return Math.max(0, Math.floor(this.#newestMs - REWIND_MS));
    }

    /** The same for records that never gave a value; null: it began live and nothing came live. */
    get unseenSinceMs() {
        const missed = this.missedSinceMs;
        if (missed === null || this.#firstLiveMs === Infinity) {
            return null;
        }
        return Math.max(missed, Math.floor(this.#firstLiveMs));
    }
}

/**
 * Whether a value is one of those received in `place`.
 *
 * After a crash a server tells stored values in a new epoch, with the positions they had. Then its
 * time has to show that it is one of the old ones.
 *
 * @param {Place} place
 * @param {string} epoch
 * @param {number} pos
 * @param {number} ts
 * @param {"hist" | "snap" | "live"} how
 */
function knows(place, epoch, pos, ts, how) {
    return pos <= place.pos && (epoch === place.epoch || (how === "hist" && ts <= place.newestMs));
}
