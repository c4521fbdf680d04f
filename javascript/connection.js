// SPDX-License-Identifier: Apache-2.0
import { redialDelayMs } from "./backoff.js";
import { Calls } from "./calls.js";
import { internalError } from "./errors.js";
import { FRAME_LIMIT_BYTES } from "./frame.js";
import { Link } from "./link.js";
import { completeOptions } from "./options.js";
import { Subscriptions } from "./subscriptions.js";

/** @typedef {import("./aimx.js").ClientState} ClientState */
/** @typedef {import("./calls.js").Wire} Wire */
/** @typedef {import("./errors.js").AimxError} AimxError */

/**
 * What a client is connected with, for as long as the client lives: dials, redials, brings calls
 * and subscriptions over to the next connection.
 *
 * Ids are given once, over all connections: an answer from an earlier one matches nothing.
 */
export class Connection {
    /** @type {((event: import("./aimx.js").StateEvent) => void) | undefined} */
    onState;

    #options;
    #calls;
    #subscriptions;
    #stats = { dials: 0, opens: 0, framesReceived: 0, framesSkipped: 0, framesUnmatched: 0 };
    /** @type {ClientState} */
    #state = "connecting";
    /** @type {Link | null} Being dialled, or open. */
    #link = null;
    /** @type {unknown} */
    #redialTimer = null;
    #attempt = 0; // redials since the last success
    #nextId = 1;
    /** @type {{ resolve: () => void, reject: (error: AimxError) => void }[]} */
    #readyWaiters = [];
    /** @type {AimxError | null} */
    #closeError = null;

    /** @param {string | URL} url @param {import("./aimx.js").ClientOptions} options */
    constructor(url, options) {
        this.#options = completeOptions(url, options);
        this.#calls = new Calls(this.#options);
        this.#subscriptions = new Subscriptions({
            takeId: () => this.#nextId++,
            wire: () => this.#wire,
            report: (error) => this.#report(error),
            lasting: this.#options.reconnect.enabled,
        });
        this.onState = this.#options.onState;
        this.#tell({ attempt: 0 });
        this.#dial();
    }

    get state() {
        return this.#state;
    }

    get welcome() {
        return this.#wire?.welcome ?? null;
    }

    get extensions() {
        return this.#wire?.extensions ?? false;
    }

    get stats() {
        return {
            ...this.#stats,
            callsSent: this.#calls.sentCount,
            callsWaiting: this.#calls.waitingCount,
            subscriptions: this.#subscriptions.size,
        };
    }

    /** @returns {Promise<void>} once open; fails when the client is closed before */
    ready() {
        if (this.#state === "open") {
            return Promise.resolve();
        }
        if (this.#state === "closed") {
            return Promise.reject(this.#closedError("ready"));
        }
        return new Promise((resolve, reject) => this.#readyWaiters.push({ resolve, reject }));
    }

    /**
     * @param {string} operation
     * @param {(id: number, wire: Wire) => { text: string, answered: boolean }} encode
     * @param {number} [timeoutMs]
     */
    call(operation, encode, timeoutMs = this.#options.timeoutMs) {
        if (this.#state === "closed") {
            return Promise.reject(this.#closedError(operation));
        }
        const id = this.#nextId++;
        const plan = { id, operation, encode: (/** @type {Wire} */ wire) => encode(id, wire) };
        return this.#calls.start(plan, timeoutMs, this.#wire);
    }

    /** @param {number} [timeoutMs] @returns {Promise<number>} */
    ping(timeoutMs = this.#options.timeoutMs) {
        const { clock } = this.#options;
        const wire = this.#wire;
        if (wire === null) {
            const message = "ping: there is no connection now";
            return Promise.reject(internalError("not_connected", message));
        }
        return new Promise((resolve, reject) => {
            const timer = clock.setTimeout(() => {
                reject(internalError("timed_out", `ping: no pong within ${timeoutMs} ms`));
            }, timeoutMs);
            wire.ping()
                .then(resolve, reject)
                .finally(() => clock.clearTimeout(timer));
        });
    }

    /** @param {string} topic @param {import("./aimx.js").SubscribeOptions} options */
    subscribe(topic, options) {
        if (this.#state === "closed") {
            throw this.#closedError(`subscribe ${topic}`);
        }
        return this.#subscriptions.add(topic, options);
    }

    /** @param {AimxError | null} error  null: the user closes it */
    close(error = null) {
        if (this.#state === "closed") {
            return;
        }
        this.#state = "closed";
        this.#closeError = error;
        this.#options.clock.clearTimeout(this.#redialTimer);
        this.#link?.close();
        this.#link = null;
        const cause = error ?? internalError("closed", "the client was closed");
        this.#calls.failAll("closed", cause);
        for (const { reject } of this.#readyWaiters.splice(0)) {
            reject(cause);
        }
        this.#subscriptions.endAll(error ?? undefined);
        this.#tell({ attempt: this.#attempt, ...(error && { error }) });
    }

    /** The open link. */
    get #wire() {
        return this.#state === "open" ? this.#link : null;
    }

    #dial() {
        const { token, client } = this.#options;
        const hello = {
            client,
            version: "3.0",
            extensions: 1,
            max_frame: FRAME_LIMIT_BYTES,
            auth_token: token, // left out of the text when there is none
        };
        this.#stats.dials++;
        try {
            this.#link = new Link(
                { ...this.#options, hello, helloId: this.#nextId++ },
                {
                    onOpen: () => this.#opened(),
                    onFrame: (frame) => this.#frame(frame),
                    onSkipped: () => this.#skipped(),
                    onDown: (error, final) => this.#dropped(error, final),
                },
            );
        } catch (cause) {
            const message = cause instanceof Error ? cause.message : String(cause);
            this.#dropped(internalError("dial_failed", message, cause), false);
        }
    }

    #opened() {
        const wire = /** @type {Link} */ (this.#link);
        this.#state = "open";
        this.#attempt = 0;
        this.#stats.opens++;
        this.#subscriptions.openAll(wire);
        this.#calls.flush(wire);
        for (const { resolve } of this.#readyWaiters.splice(0)) {
            resolve();
        }
        this.#tell({ attempt: 0 });
    }

    /** @param {AimxError} error @param {boolean} final */
    #dropped(error, final) {
        const { reconnect, clock, random } = this.#options;
        this.#link = null;
        this.#subscriptions.detachAll();
        const patient = this.#stats.opens > 0 || reconnect.initial;
        const over = final || !patient || !reconnect.enabled;
        if (over || this.#attempt >= reconnect.attemptLimit) {
            this.#calls.failSent("disconnected", error);
            this.close(error);
            return;
        }
        this.#state = "reconnecting";
        this.#attempt++;
        this.#calls.failSent("disconnected", error);
        const delayMs = redialDelayMs(this.#attempt, reconnect, random);
        this.#redialTimer = clock.setTimeout(() => this.#dial(), delayMs);
        this.#tell({ attempt: this.#attempt, delayMs, error });
    }

    #skipped() {
        this.#stats.framesReceived++;
        this.#stats.framesSkipped++;
    }

    /** @param {Record<string, any>} frame */
    #frame(frame) {
        this.#stats.framesReceived++;
        const known = frame.t === "reply" && this.#calls.reply(frame);
        if (!known && !this.#subscriptions.take(frame)) {
            this.#stats.framesUnmatched++;
        }
    }

    /** @param {{ attempt: number, delayMs?: number, error?: AimxError }} event */
    #tell(event) {
        try {
            this.onState?.({ state: this.#state, ...event });
        } catch (error) {
            this.#report(error);
        }
    }

    /**
     * What a callback throws is the program's: it goes where its uncaught errors go.
     *
     * @param {unknown} error
     */
    #report(error) {
        if (this.#options.onError) {
            this.#options.onError(error);
        } else {
            queueMicrotask(() => {
                throw error;
            });
        }
    }

    /** @param {string} operation */
    #closedError(operation) {
        const message = `${operation}: the client is closed`;
        return internalError("closed", message, this.#closeError ?? undefined);
    }
}
