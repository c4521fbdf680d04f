// SPDX-License-Identifier: Apache-2.0
import { AimxError, internalError } from "./errors.js";
import {
    FRAME_LIMIT_BYTES,
    PLAIN_FRAME_LIMIT_BYTES,
    decodeFrame,
    requestText,
} from "./frame.js";

/** @typedef {import("./clock.js").Clock} Clock */

/**
 * @typedef {object} LinkOptions
 * @property {string} url
 * @property {any} WebSocket
 * @property {number} helloId
 * @property {Record<string, unknown>} hello  params of `hello`
 * @property {number} handshakeTimeoutMs  for dialling and `hello` together
 * @property {number} keepaliveMs
 * @property {number} pongTimeoutMs
 * @property {Clock} clock
 */

/**
 * @typedef {object} LinkEvents
 * @property {() => void} onOpen  `hello` is answered
 * @property {(frame: Record<string, any>) => void} onFrame
 * @property {() => void} onSkipped  something came that is no frame
 * @property {(error: AimxError, final: boolean) => void} onDown  once; `final`: do not redial
 */

/**
 * @typedef {object} Ping
 * @property {number} sentMs
 * @property {(ms: number) => void} resolve
 * @property {(error: AimxError) => void} reject
 */

const PING = '{"t":"ping"}';
const noop = () => {};

/**
 * One WebSocket connection, from dialling it to its end; a redial makes a new one.
 *
 * It says `hello`, which AimDB's own WebSocket server answers with `not_found`: then it is a plain
 * one. When nothing has come for `keepaliveMs` it pings, and when nothing comes then for
 * `pongTimeoutMs` the connection is dead, whatever the socket thinks.
 */
export class Link {
    /** What the server agreed on; null: plain AimX. @type {Record<string, any> | null} */
    welcome = null;
    /** Longest frame the server takes. */
    frameLimitBytes = PLAIN_FRAME_LIMIT_BYTES;

    #options;
    #events;
    #clock;
    #socket;
    #opened = false;
    #down = false;
    #frameCount = 0;
    #lastFrameMs = 0;
    /** Of the handshake, then of the keepalive. @type {unknown} */
    #timer;
    /** Pongs carry no id, but come in the order of the pings. @type {Ping[]} */
    #pings = [];

    /**
     * Dials. Throws what the WebSocket constructor throws.
     *
     * @param {LinkOptions} options
     * @param {LinkEvents} events
     */
    constructor(options, events) {
        this.#options = options;
        this.#events = events;
        this.#clock = options.clock;
        this.#socket = new options.WebSocket(options.url);
        this.#socket.onopen = () => {
            this.#socket.send(requestText(options.helloId, "hello", JSON.stringify(options.hello)));
        };
        this.#socket.onmessage = (/** @type {{ data: unknown }} */ { data }) => this.#message(data);
        this.#socket.onerror = (/** @type {any} */ event) => {
            this.#drop(this.#broken, event?.error?.message || event?.message);
        };
        this.#socket.onclose = (/** @type {any} */ event) => {
            this.#drop(this.#broken, `the connection was closed (${event?.code ?? "no code"})`);
        };
        this.#timer = this.#clock.setTimeout(() => {
            this.#drop("dial_failed", `no welcome within ${options.handshakeTimeoutMs} ms`);
        }, options.handshakeTimeoutMs);
    }

    get extensions() {
        return this.welcome?.extensions === 1;
    }

    get unsentBytes() {
        return this.#socket.bufferedAmount ?? 0;
    }

    get #broken() {
        return this.#opened ? "disconnected" : "dial_failed";
    }

    /** @param {string} text  a frame; those that are too long are the caller's to refuse */
    send(text) {
        if (!this.#down) {
            this.#socket.send(text);
        }
    }

    /** @returns {Promise<number>} milliseconds until the pong */
    ping() {
        return new Promise((resolve, reject) => {
            this.#pings.push({ resolve, reject, sentMs: this.#clock.now() });
            this.send(PING);
        });
    }

    /** Ends it without telling `onDown`. */
    close() {
        this.#end(internalError("closed", "the client was closed"));
    }

    /** @param {unknown} data */
    #message(data) {
        const frame = decodeFrame(data);
        this.#frameCount++;
        this.#lastFrameMs = this.#clock.now();
        if (frame === null) {
            this.#events.onSkipped();
        } else if (frame.t === "pong") {
            const ping = this.#pings.shift();
            ping?.resolve(this.#lastFrameMs - ping.sentMs);
        } else if (this.#opened) {
            this.#events.onFrame(frame);
        } else if (frame.t === "reply" && frame.id === this.#options.helloId) {
            this.#welcome(frame);
        }
    }

    /** @param {Record<string, any>} frame  the reply to `hello` */
    #welcome(frame) {
        if (frame.ok) {
            if (String(frame.ok.version).split(".")[0] !== "3") {
                const message = `the server speaks AimX ${frame.ok.version}, this client 3.0`;
                this.#fail(new AimxError("version_mismatch", "version_mismatch", message), true);
                return;
            }
            this.welcome = frame.ok;
            if (this.extensions) {
                this.frameLimitBytes = Math.min(frame.ok.max_frame ?? Infinity, FRAME_LIMIT_BYTES);
            }
        } else if (frame.err !== "not_found") {
            const error = AimxError.fromFrame(frame, "hello");
            // A refused token or version is refused again; anything else may pass.
            this.#fail(error, error.err === "denied" || error.err === "version_mismatch");
            return;
        }
        this.#opened = true;
        this.#clock.clearTimeout(this.#timer);
        this.#watch();
        this.#events.onOpen();
    }

    #watch() {
        const idleMs = this.#clock.now() - this.#lastFrameMs;
        const { keepaliveMs, pongTimeoutMs } = this.#options;
        if (idleMs < keepaliveMs) {
            this.#timer = this.#clock.setTimeout(() => this.#watch(), keepaliveMs - idleMs);
            return;
        }
        const framesBefore = this.#frameCount;
        this.ping().catch(noop);
        this.#timer = this.#clock.setTimeout(() => {
            if (this.#frameCount > framesBefore) {
                this.#watch();
            } else {
                this.#drop("no_pong", `nothing heard within ${pongTimeoutMs} ms of a ping`);
            }
        }, pongTimeoutMs);
    }

    /** @param {string} code @param {string} [cause] */
    #drop(code, cause) {
        this.#fail(internalError(code, cause || "the connection failed"), false);
    }

    /** @param {AimxError} error @param {boolean} final */
    #fail(error, final) {
        if (!this.#down) {
            this.#end(error);
            this.#socket.terminate?.(); // Only Node's `ws` has it; it would wait 30 s for the peer.
            this.#events.onDown(error, final);
        }
    }

    /** @param {AimxError} error */
    #end(error) {
        this.#down = true;
        this.#clock.clearTimeout(this.#timer);
        // Not null: an "error" nobody listens to would end a Node program.
        const socket = this.#socket;
        socket.onopen = socket.onmessage = socket.onerror = socket.onclose = noop;
        socket.close();
        for (const ping of this.#pings.splice(0)) {
            ping.reject(error);
        }
    }
}
