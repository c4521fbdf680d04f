// SPDX-License-Identifier: Apache-2.0
import { internalError } from "./errors.js";
import { isPattern } from "./pattern.js";
import { Positions } from "./positions.js";

/** @typedef {import("./aimx.js").SubscribeOptions} SubscribeOptions */
/** @typedef {import("./aimx.js").SubscriptionItem} Item */
/** @typedef {import("./aimx.js").Position} Position */

/** Gaps that are known again; as many as a server keeps per record. */
const GAP_LIMIT = 10_000;

/**
 * Where a subscription stands: what it has received, what of that was lost or came twice, and what
 * the next `sub` frame has to ask for so that nothing is missing.
 *
 * Two things are followed. `seq` belongs to one `sub` frame and starts anew with the next; its
 * holes are values lost on the way. (`epoch`, `pos`) belongs to a record, lives on over reconnects,
 * and is known only with a server that has the extensions: it tells a value that came twice.
 */
export class Track {
    duplicates = 0;

    #topic;
    #pattern;
    #resume;
    #historic; // The user asked for history.
    #asked; // Members of every `sub` frame.
    #since; // The user's.
    #positions;
    /** From when on history is still to come, until the seam. @type {number | undefined} */
    #seekMs;
    /** What the last `sub` frame looks back by. @type {"since" | "from" | null} */
    #back = null;
    #torn = false; // Values before the next `subscribed` may be missing without a count.
    #opens = 0;
    #lastSeq = 0;
    #owed = 0; // Loss seen on a duplicate, to be told with the next value.
    /** @type {Set<string>} */
    #gaps = new Set();

    /** @param {string} topic @param {SubscribeOptions} options */
    constructor(topic, options) {
        const { since, from, everyMs, gaps } = options;
        if (since !== undefined && from !== undefined) {
            throw internalError("bad_params", `subscribe ${topic}: since or from, not both`);
        }
        this.#topic = topic;
        this.#pattern = isPattern(topic);
        this.#since = timeMs(topic, since);
        this.#seekMs = this.#since;
        this.#positions = new Positions(positionsByTopic(topic, from));
        this.#historic = since !== undefined || from !== undefined;
        this.#asked = {
            ...(everyMs === undefined ? {} : { every_ms: everyMs }),
            ...(gaps ? { gaps: true } : {}),
        };
        // Who wants one value now and then wants the newest, not all that was missed.
        this.#resume = options.resume ?? (everyMs === undefined || this.#historic);
    }

    /**
     * Starts over with a new `sub` frame and gives its members; throws when the server cannot
     * give what was asked for.
     *
     * @param {boolean} extensions
     * @returns {Record<string, unknown>}
     */
    open(extensions) {
        const first = this.#opens++ === 0;
        this.#lastSeq = 0;
        this.#back = null;
        if (!extensions) {
            if (first && this.#historic) {
                throw internalError(
                    "unsupported",
                    `subscribe ${this.#topic}: this server gives no history in subscriptions`,
                );
            }
            return {};
        }
        const back = first || this.#resume ? this.#lookBack() : {};
        this.#back = "from" in back ? "from" : "since" in back ? "since" : null;
        return { ...back, ...this.#asked };
    }

    /**
     * Whether to open once more, by time: the server answered that it cannot go on from the
     * positions, because they are of an epoch that is over. Then what is stored since about the
     * last value is asked for, and what of it is known is left out.
     *
     * @param {Record<string, any>} frame  `subscribed`
     */
    rewinds(frame) {
        return frame.resumed === false && this.#back === "from" && this.rewind();
    }

    /** Has the next `sub` frame look back by time; false: no time is known. */
    rewind() {
        const sinceMs = this.#positions.missedSinceMs;
        if (sinceMs === null) {
            return false; // The positions are the user's; nothing came yet.
        }
        this.#seekMs = sinceMs;
        this.#torn = true;
        return true;
    }

    /**
     * What the user is to see of a frame; null: nothing.
     *
     * @param {Record<string, any>} frame
     * @returns {Item | null}
     */
    item(frame) {
        switch (frame.t) {
            case "event":
            case "snap":
                return this.#value(frame);
            case "gap":
                return this.#gap(frame);
            case "live":
                this.#seekMs = undefined;
                return { kind: "live" };
            case "subscribed": {
                const whole = this.#back === null ? null : frame.resumed !== false;
                const resumed = this.#torn ? false : whole;
                this.#torn = false;
                return { kind: "subscribed", first: this.#opens === 1, resumed };
            }
            default:
                return null;
        }
    }

    /** @returns {Record<string, unknown>} */
    #lookBack() {
        // Before the seam some records of a pattern may not have had their turn yet: they would
        // begin live. So everything is asked for again, and what came already is left out here.
        if (this.#seekMs !== undefined) {
            return { since: this.#seekMs };
        }
        const from = this.#pattern ? this.#positions.all() : this.#positions.at(this.#topic);
        if (!from) {
            return this.#since === undefined ? {} : { since: this.#since };
        }
        // Beside `from`, `since` is for the records of a pattern that are not named there.
        const since = this.#opens === 1 ? null : this.#since ?? this.#positions.unseenSinceMs;
        return this.#pattern && since !== null ? { from, since } : { from };
    }

    /** @param {Record<string, any>} frame @returns {Item | null} */
    #value(frame) {
        const { seq, data = null, hist = false, pos = null, epoch = null } = frame;
        const { topic = this.#topic, ts = null, merged = 0 } = frame;
        this.#owed += Math.max(0, seq - (this.#lastSeq + 1));
        this.#lastSeq = Math.max(this.#lastSeq, seq);
        if (pos !== null && epoch !== null) {
            const how = hist ? "hist" : frame.t === "snap" ? "snap" : "live";
            if (!this.#positions.take(topic, { epoch, pos }, ts ?? -Infinity, how)) {
                this.duplicates++;
                return null;
            }
        }
        const skipped = this.#owed;
        this.#owed = 0;
        const value = { topic, data, seq, skipped, hist, pos, epoch, ts, merged };
        return frame.t === "event"
            ? { kind: "event", ...value }
            : { kind: "snapshot", ...value, last: frame.last ?? false };
    }

    /** @param {Record<string, any>} frame @returns {Item | null} */
    #gap({ topic, first, last, count, cause = null, ts = null }) {
        const name = `${first} ${last} ${ts} ${topic}`;
        if (this.#gaps.has(name)) {
            return null;
        }
        this.#gaps.add(name);
        for (const oldest of this.#gaps) {
            if (this.#gaps.size <= GAP_LIMIT) {
                break;
            }
            this.#gaps.delete(oldest);
        }
        return { kind: "gap", topic, first, last, count, cause, ts };
    }
}

/** @param {string} topic @param {number | Date | undefined} since */
function timeMs(topic, since) {
    if (since === undefined) {
        return undefined;
    }
    const ms = Math.floor(Number(since));
    if (!(ms >= 0)) {
        throw internalError("bad_params", `subscribe ${topic}: since is in Unix ms, or a Date`);
    }
    return ms;
}

/**
 * @param {string} topic
 * @param {SubscribeOptions["from"]} from  one position, or positions by topic
 * @returns {Record<string, Position>}
 */
function positionsByTopic(topic, from = {}) {
    const single = typeof from.epoch === "string" && typeof from.pos === "number";
    if (single && isPattern(topic)) {
        throw internalError("bad_params", `subscribe ${topic}: from needs a position per key`);
    }
    return /** @type {Record<string, Position>} */ (single ? { [topic]: from } : from);
}
