// SPDX-License-Identifier: Apache-2.0
import { AimxError, internalError } from "./errors.js";
import { exceedsBytes, subText } from "./frame.js";
import { Subscription } from "./subscription.js";

/** @typedef {import("./calls.js").Wire} Wire */

/**
 * The subscriptions of a client. Each has an id of its own per connection; those that outlive a
 * connection wait here for the next.
 */
export class Subscriptions {
    /**
     * With the id of the `sub` frame; null: none on this connection.
     *
     * @type {Map<Subscription, string | null>}
     */
    #ids = new Map();
    /** @type {Map<string, Subscription>} */
    #byId = new Map();
    #takeId;
    #wire;
    #report;
    #lasting;

    /**
     * @param {object} host
     * @param {() => number} host.takeId
     * @param {() => Wire | null} host.wire  the open connection
     * @param {(error: unknown) => void} host.report  what a callback threw
     * @param {boolean} host.lasting  another connection may follow this one
     */
    constructor({ takeId, wire, report, lasting }) {
        this.#takeId = takeId;
        this.#wire = wire;
        this.#report = report;
        this.#lasting = lasting;
    }

    get size() {
        return this.#ids.size;
    }

    /** @param {string} topic @param {import("./aimx.js").SubscribeOptions} options */
    add(topic, options) {
        const subscription = new Subscription(topic, options, {
            leave: (left) => this.#leave(left),
            report: this.#report,
        });
        this.#ids.set(subscription, null);
        const wire = this.#wire();
        if (wire !== null) {
            this.#open(subscription, wire);
        }
        return subscription;
    }

    /** @param {Wire} wire  a new connection */
    openAll(wire) {
        for (const subscription of [...this.#ids.keys()]) {
            this.#open(subscription, wire);
        }
    }

    /** The connection is gone. */
    detachAll() {
        this.#byId.clear();
        for (const subscription of this.#ids.keys()) {
            this.#ids.set(subscription, null);
        }
    }

    /** The client is closed. @param {AimxError} [error] */
    endAll(error) {
        for (const subscription of [...this.#ids.keys()]) {
            this.#end(subscription, "closed", error);
        }
    }

    /**
     * A frame; false when it is for none of these subscriptions: one that was left may still get
     * some, and AimDB's server can be told to open subscriptions by itself.
     *
     * @param {Record<string, any>} frame
     */
    take(frame) {
        const subscription = this.#byId.get(frame.t === "reply" ? String(frame.id) : frame.sub);
        if (subscription === undefined) {
            return false;
        }
        if (frame.t === "subscribed" && subscription.rewinds(frame)) {
            this.#rewind(subscription);
        } else if (frame.t === "ended") {
            this.#over(subscription, frame.reason, frame.reason === "closed");
        } else if (frame.t !== "reply") {
            subscription.take(frame);
        } else if (frame.err !== undefined) {
            const error = AimxError.fromFrame(frame, `subscribe ${subscription.topic}`);
            this.#over(subscription, "refused", error.code === "shutting_down", error);
        }
        return true;
    }

    /**
     * The server ended it. When that is because the server stops, it is not over for us: it waits
     * for the next connection.
     *
     * @param {Subscription} subscription
     * @param {string} reason
     * @param {boolean} stopping
     * @param {AimxError} [error]
     */
    #over(subscription, reason, stopping, error) {
        this.#forgetId(subscription);
        if (!stopping || !this.#lasting) {
            this.#end(subscription, reason, error);
        }
    }

    /** @param {Subscription} subscription */
    #rewind(subscription) {
        const wire = /** @type {Wire} */ (this.#wire());
        this.#unsubscribe(subscription);
        this.#open(subscription, wire);
    }

    /** @param {Subscription} subscription @param {Wire} wire */
    #open(subscription, wire) {
        const id = this.#takeId();
        const { topic } = subscription;
        try {
            let text = subText(id, topic, subscription.open(wire.extensions));
            if (exceedsBytes(text, wire.frameLimitBytes)) {
                // More positions than fit; a time always does.
                subscription.rewind();
                text = subText(id, topic, subscription.open(wire.extensions));
            }
            if (exceedsBytes(text, wire.frameLimitBytes)) {
                const message = `subscribe ${topic}: longer than ${wire.frameLimitBytes} bytes`;
                throw internalError("too_large", message);
            }
            this.#ids.set(subscription, String(id));
            this.#byId.set(String(id), subscription);
            wire.send(text);
        } catch (error) {
            this.#end(subscription, "refused", /** @type {AimxError} */ (error));
        }
    }

    /** @param {Subscription} subscription */
    #leave(subscription) {
        this.#unsubscribe(subscription);
        this.#ids.delete(subscription);
    }

    /** @param {Subscription} subscription */
    #unsubscribe(subscription) {
        const id = this.#forgetId(subscription);
        if (id !== null) {
            this.#wire()?.send(JSON.stringify({ t: "unsub", sub: id }));
        }
    }

    /** @param {Subscription} subscription @param {string} reason @param {AimxError} [error] */
    #end(subscription, reason, error) {
        this.#forgetId(subscription);
        this.#ids.delete(subscription);
        subscription.finish(reason, error);
    }

    /** @param {Subscription} subscription */
    #forgetId(subscription) {
        const id = this.#ids.get(subscription) ?? null;
        if (id !== null) {
            this.#ids.set(subscription, null);
            this.#byId.delete(id);
        }
        return id;
    }
}
