// SPDX-License-Identifier: Apache-2.0
import { AimxError, internalError } from "./errors.js";
import { exceedsBytes } from "./frame.js";

/** @typedef {import("./clock.js").Clock} Clock */
/**
 * An open connection.
 *
 * @typedef {object} Wire
 * @property {(text: string) => void} send
 * @property {number} frameLimitBytes
 * @property {number} unsentBytes  what it has not yet given to the network
 * @property {boolean} extensions
 */

/**
 * @typedef {object} Call
 * @property {number} id
 * @property {string} operation  for messages: "record.get boiler"
 * @property {(wire: Wire) => { text: string, answered: boolean }} encode  may refuse by throwing
 * @property {(value: any) => void} resolve
 * @property {(error: AimxError) => void} reject
 * @property {unknown} timer
 */

/** More is not written to a server that does not answer, while so much is unsent. */
const UNSENT_LIMIT_BYTES = 1 << 20;

/** A longer one would fire at once. */
const TIMER_LIMIT_MS = 2 ** 31 - 1;

/**
 * The calls under way: those sent, which wait for their reply, and those of a time without a
 * connection, which wait for the next one.
 *
 * Failure: a call that was sent when the connection broke fails, for nobody can know whether it was
 * done. One that was never sent waits on, but not beyond its time limit: a command must not arrive
 * long after it was meant.
 * Limits: `pendingLimit` calls sent, `offlineLimit` calls waiting; one more fails at once. Writes
 * without an answer fail while a connection has UNSENT_LIMIT_BYTES to send.
 */
export class Calls {
    /** @type {Map<number, Call>} */
    #sent = new Map();
    /** @type {Map<number, Call>} */
    #waiting = new Map();
    #clock;
    #pendingLimit;
    #offlineLimit;

    /** @param {{ clock: Clock, pendingLimit: number, offlineLimit: number }} options */
    constructor({ clock, pendingLimit, offlineLimit }) {
        this.#clock = clock;
        this.#pendingLimit = pendingLimit;
        this.#offlineLimit = offlineLimit;
    }

    get sentCount() {
        return this.#sent.size;
    }

    get waitingCount() {
        return this.#waiting.size;
    }

    /**
     * @param {Pick<Call, "id" | "operation" | "encode">} plan
     * @param {number} timeoutMs
     * @param {Wire | null} wire  null: there is none now
     * @returns {Promise<any>}
     */
    start(plan, timeoutMs, wire) {
        const [held, limit, code] = wire
            ? [this.#sent, this.#pendingLimit, "pending_limit"]
            : [this.#waiting, this.#offlineLimit, "offline_queue_full"];
        if (held.size >= limit) {
            const message = `${plan.operation}: ${limit} calls are waiting already`;
            return Promise.reject(internalError(code, message));
        }
        return new Promise((resolve, reject) => {
            const timer = this.#clock.setTimeout(
                () => this.#timedOut(plan.id, timeoutMs),
                Math.min(timeoutMs, TIMER_LIMIT_MS),
            );
            const call = { ...plan, resolve, reject, timer };
            if (wire) {
                this.#send(call, wire);
            } else {
                this.#waiting.set(call.id, call);
            }
        });
    }

    /** Sends what waited, in order. @param {Wire} wire */
    flush(wire) {
        const calls = [...this.#waiting.values()];
        this.#waiting.clear();
        for (const call of calls) {
            this.#send(call, wire);
        }
    }

    /**
     * A reply; false when it is for none of these calls (a late one, say).
     *
     * @param {Record<string, any>} frame
     */
    reply(frame) {
        const call = this.#take(this.#sent, frame.id);
        if (call === undefined) {
            return false;
        }
        // `ok` null is the value null, unless there is an `err` beside it.
        if (frame.err === undefined || (frame.ok !== undefined && frame.ok !== null)) {
            call.resolve(frame.ok);
        } else {
            call.reject(AimxError.fromFrame(frame, call.operation));
        }
        return true;
    }

    /** The connection broke: fails what was sent. @param {string} code @param {AimxError} cause */
    failSent(code, cause) {
        this.#fail(this.#sent, code, cause);
    }

    /** @param {string} code @param {AimxError} cause */
    failAll(code, cause) {
        this.#fail(this.#sent, code, cause);
        this.#fail(this.#waiting, code, cause);
    }

    /** @param {Call} call @param {Wire} wire */
    #send(call, wire) {
        let answered;
        try {
            answered = this.#put(call, wire);
        } catch (error) {
            this.#clock.clearTimeout(call.timer);
            call.reject(/** @type {AimxError} */ (error));
            return;
        }
        if (answered) {
            this.#sent.set(call.id, call);
        } else {
            this.#clock.clearTimeout(call.timer);
            call.resolve(null);
        }
    }

    /** @param {Call} call @param {Wire} wire */
    #put(call, wire) {
        const { text, answered } = call.encode(wire);
        if (exceedsBytes(text, wire.frameLimitBytes)) {
            const message = `${call.operation}: longer than ${wire.frameLimitBytes} bytes`;
            throw internalError("too_large", message);
        }
        if (!answered && wire.unsentBytes > UNSENT_LIMIT_BYTES) {
            const message = `${call.operation}: the server is behind, ${wire.unsentBytes} bytes wait`;
            throw internalError("pending_limit", message);
        }
        wire.send(text);
        return answered;
    }

    /** @param {number} id @param {number} timeoutMs */
    #timedOut(id, timeoutMs) {
        const sent = this.#take(this.#sent, id);
        const call = sent ?? this.#take(this.#waiting, id);
        const what = sent === undefined ? "no connection" : "no answer";
        const message = `${call?.operation}: ${what} within ${timeoutMs} ms`;
        call?.reject(internalError("timed_out", message));
    }

    /** @param {Map<number, Call>} calls @param {number} id */
    #take(calls, id) {
        const call = calls.get(id);
        if (call !== undefined) {
            calls.delete(id);
            this.#clock.clearTimeout(call.timer);
        }
        return call;
    }

    /** @param {Map<number, Call>} calls @param {string} code @param {AimxError} cause */
    #fail(calls, code, cause) {
        for (const call of [...calls.values()]) {
            this.#take(calls, call.id);
            call.reject(internalError(code, `${call.operation}: ${cause.message}`, cause));
        }
    }
}
