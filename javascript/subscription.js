// SPDX-License-Identifier: Apache-2.0
import { internalError } from "./errors.js";
import { ItemQueue } from "./queue.js";
import { Track } from "./track.js";

/** @typedef {import("./aimx.js").SubscribeOptions} SubscribeOptions */
/** @typedef {import("./aimx.js").SubscriptionItem} Item */
/** @typedef {import("./errors.js").AimxError} AimxError */

/**
 * @typedef {object} Host
 * @property {(subscription: Subscription) => void} leave
 * @property {(error: unknown) => void} report  what a callback threw
 */

/** Items an iterator may lag behind, as in AimDB's clients. */
const QUEUE_LIMIT_ITEMS = 256;

/** Ends that are nobody's mistake. */
const QUIET_ENDS = new Set(["left", "closed", "no_match"]);

/**
 * A subscription, over all the connections it lives through.
 *
 * Either callbacks take its items (when there is an `onEvent` or `onSnapshot`), or
 * one loop does: `for await (const { topic, data } of subscription)`. Leaving the loop leaves the
 * subscription.
 */
export class Subscription {
    #topic;
    #options;
    #host;
    #track;
    #queue;
    #byCallback;
    /** @type {{ resolve: (r: IteratorResult<Item>) => void, reject: (e: unknown) => void }[]} */
    #waiters = [];
    /** @type {{ reason: string, error?: AimxError } | null} */
    #ended = null;
    #thrown = false;

    /**
     * Made by Client.subscribe().
     *
     * @param {string} topic
     * @param {SubscribeOptions} options
     * @param {Host} host
     */
    constructor(topic, options, host) {
        this.#topic = topic;
        this.#options = options;
        this.#host = host;
        this.#track = new Track(topic, options);
        this.#queue = new ItemQueue(options.queueLimit ?? QUEUE_LIMIT_ITEMS);
        this.#byCallback = Boolean(options.onEvent || options.onSnapshot);
    }

    get topic() {
        return this.#topic;
    }

    /** Why it is over; null while it is not. */
    get ended() {
        return this.#ended;
    }

    /** Values that came twice (after a reconnect, say) and were left out. */
    get duplicates() {
        return this.#track.duplicates;
    }

    /** Leaves: nothing is delivered any more, and the server is told. */
    close() {
        this.#queue.clear();
        this.finish("left");
        this.#host.leave(this);
    }

    [Symbol.asyncIterator]() {
        if (this.#byCallback) {
            throw internalError("bad_params", `subscribe ${this.#topic}: callbacks take its items`);
        }
        return this;
    }

    /** @returns {Promise<IteratorResult<Item>>} */
    next() {
        const item = this.#queue.shift();
        if (item !== undefined) {
            return Promise.resolve({ done: false, value: item });
        }
        if (this.#ended !== null) {
            return this.#lastResult();
        }
        return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    }

    /** @returns {Promise<IteratorResult<Item>>} */
    return() {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
    }

    /**
     * For the connection: the members of the next `sub` frame beside `t`, `id` and `topic`.
     *
     * @param {boolean} extensions  whether the server agreed on them
     */
    open(extensions) {
        return this.#track.open(extensions);
    }

    /** For the connection: has the next `sub` frame look back by time, which takes less room. */
    rewind() {
        return this.#track.rewind();
    }

    /**
     * For the connection: whether a `subscribed` frame means that it is to be opened once more.
     *
     * @param {Record<string, any>} frame
     */
    rewinds(frame) {
        return this.#track.rewinds(frame);
    }

    /**
     * For the connection: a frame that names this subscription.
     *
     * @param {Record<string, any>} frame
     */
    take(frame) {
        const item = this.#ended === null ? this.#track.item(frame) : null;
        if (item === null) {
            return;
        }
        if (!this.#byCallback && ("skipped" in item || this.#options.marks)) {
            this.#put(item);
        }
        this.#call(item);
    }

    /**
     * For the connection: it is over. An iterator still gets what is queued.
     *
     * @param {string} reason
     * @param {AimxError} [error]
     */
    finish(reason, error) {
        if (this.#ended !== null) {
            return;
        }
        if (error === undefined && !QUIET_ENDS.has(reason)) {
            error = internalError(reason, `subscribe ${this.#topic}: ${reason}`);
        }
        this.#ended = error === undefined ? { reason } : { reason, error };
        for (const waiter of this.#waiters.splice(0)) {
            this.#lastResult().then(waiter.resolve, waiter.reject);
        }
        this.#run(this.#options.onEnded, this.#ended);
    }

    /** @param {Item} item */
    #put(item) {
        const waiter = this.#waiters.shift();
        if (waiter === undefined) {
            this.#queue.push(item);
        } else {
            waiter.resolve({ done: false, value: item });
        }
    }

    /** @param {Item} item */
    #call(item) {
        const { onEvent, onSnapshot, onGap, onLive, onSubscribed } = this.#options;
        switch (item.kind) {
            case "event":
                return this.#run(onEvent, item);
            case "snapshot":
                return this.#run(onSnapshot ?? onEvent, item);
            case "gap":
                return this.#run(onGap, item);
            case "live":
                return this.#run(onLive, item);
            case "subscribed":
                return this.#run(onSubscribed, item);
        }
    }

    /** @param {Function | undefined} callback @param {unknown} argument */
    #run(callback, argument) {
        try {
            callback?.(argument, this);
        } catch (error) {
            this.#host.report(error);
        }
    }

    /** The error once, then the end for ever. @returns {Promise<IteratorResult<Item>>} */
    #lastResult() {
        const error = this.#ended?.error;
        if (error !== undefined && !this.#thrown) {
            this.#thrown = true;
            return Promise.reject(error);
        }
        return Promise.resolve({ done: true, value: undefined });
    }
}
