// SPDX-License-Identifier: Apache-2.0
import { Connection } from "./connection.js";
import { internalError } from "./errors.js";
import { requestText, requireTopic, valueText, writeText } from "./frame.js";
import { matchesPattern } from "./pattern.js";

/** @typedef {import("./aimx.js").CallOptions} CallOptions */

/** Rows per page where the program names no number; a row has about 400 bytes. */
const PAGE_LIMIT_ROWS = 500;

/**
 * A client of one AimX server, connected for as long as it is not closed.
 *
 * Calls give promises and fail with AimxError. One made without a connection waits for the
 * next; one that was sent when the connection broke fails with `disconnected`. Subscriptions go on
 * over reconnects. See README.md for what is promised.
 */
export class Client {
    #connection;

    /**
     * Begins to dial; does not wait.
     *
     * @param {string | URL} url  like ws://host:8080/ws
     * @param {import("./aimx.js").ClientOptions} [options]
     */
    constructor(url, options = {}) {
        this.#connection = new Connection(url, options);
    }

    /**
     * A client that is open. When the first dial fails this fails and leaves nothing behind, unless
     * `reconnect.initial` is true: then it goes on trying.
     *
     * @param {string | URL} url
     * @param {import("./aimx.js").ClientOptions} [options]
     */
    static async connect(url, options = {}) {
        const { reconnect = true } = options;
        const client = new Client(url, {
            ...options,
            reconnect: typeof reconnect === "boolean"
                ? { enabled: reconnect, initial: false }
                : { initial: false, ...reconnect },
        });
        await client.ready();
        return client;
    }

    get state() {
        return this.#connection.state;
    }

    /** What the server answered to `hello`; null while there is no connection, or a plain one. */
    get welcome() {
        return this.#connection.welcome;
    }

    /** Whether the server has aimdb's additions to AimX. */
    get extensions() {
        return this.#connection.extensions;
    }

    get stats() {
        return this.#connection.stats;
    }

    get onState() {
        return this.#connection.onState;
    }

    set onState(listener) {
        this.#connection.onState = listener;
    }

    ready() {
        return this.#connection.ready();
    }

    /** Ends everything: what waits fails with `closed`, subscriptions end. */
    close() {
        this.#connection.close();
    }

    /**
     * Any method. What has no method of its own here is called like this: `profiling.reset`.
     *
     * @param {string} method
     * @param {unknown} [params]
     * @param {CallOptions} [options]
     */
    call(method, params = null, options = {}) {
        return this.#request(method, method, params, options);
    }

    /** All rows, of all pages. @param {{ pattern?: string } & CallOptions} [options] */
    async list(options = {}) {
        const rows = [];
        for await (const page of this.listPages(options)) {
            rows.push(...page);
        }
        return rows;
    }

    /**
     * The rows page by page. A server without pages gives one.
     *
     * @param {{ pattern?: string, limit?: number } & CallOptions} [options]
     */
    async *listPages({ pattern, limit = PAGE_LIMIT_ROWS, ...options } = {}) {
        let after;
        do {
            const params = { pattern, limit, after };
            const page = await this.#request("record.list", "record.list", params, options);
            if (Array.isArray(page)) {
                yield page.filter((row) => matchesPattern(pattern ?? "#", row.record_key));
                return;
            }
            yield page.records;
            after = page.next;
        } while (typeof after === "string");
    }

    /** @param {string} key @param {CallOptions} [options] */
    get(key, options = {}) {
        return this.#request("record.get", `record.get ${key}`, { name: key }, options);
    }

    /**
     * With position and time; they are null when the server has no extensions.
     *
     * @param {string} key
     * @param {CallOptions} [options]
     */
    async getWithMeta(key, options = {}) {
        const envelope = { value: undefined, pos: null, epoch: null, ts: null };
        let meta = false;
        const params = (/** @type {boolean} */ extensions) => {
            meta = extensions;
            return meta ? { name: key, meta } : { name: key };
        };
        const got = await this.#request("record.get", `record.get ${key}`, params, options);
        return meta ? { ...envelope, ...got } : { ...envelope, value: got };
    }

    /** @param {string} key @param {unknown} value @param {CallOptions} [options] */
    async set(key, value, options = {}) {
        valueText(value, `record.set ${key}`); // refuses undefined, which would be left out
        return this.#request("record.set", `record.set ${key}`, { name: key, value }, options);
    }

    /**
     * What came since the last drain. The cursor belongs to the connection: after a reconnect it
     * begins anew.
     *
     * @param {string} key
     * @param {{ limit?: number } & CallOptions} [options]
     */
    drain(key, { limit, ...options } = {}) {
        const params = { name: key, limit };
        return this.#request("record.drain", `record.drain ${key}`, params, options);
    }

    /**
     * AimX's plain query: the newest `limit` rows of each record, 1 when it is not given.
     *
     * @param {import("./aimx.js").QueryOptions & CallOptions} [options]
     */
    async query({ name, limit, start, end, ...options } = {}) {
        const params = { name, limit, start: timeMs("start", start), end: timeMs("end", end) };
        return this.#request("record.query", "record.query", params, options);
    }

    /**
     * Stored values page by page. A server without extensions gives one page, in its own order.
     *
     * @param {import("./aimx.js").PagedQueryOptions & CallOptions} [options]
     */
    async *queryPages(options = {}) {
        const { name, limit, start, end, order = "asc", maxRows, gaps, after, timeoutMs } = options;
        const plain = { name, limit, start: timeMs("start", start), end: timeMs("end", end) };
        let next = after;
        do {
            const paged = { ...plain, order, max_rows: maxRows, gaps, after: next };
            const params = (/** @type {boolean} */ extensions) => {
                if (extensions) {
                    return paged;
                }
                if (order !== "asc" || gaps || next !== undefined) {
                    const message = "record.query: this server knows neither order, gaps nor pages";
                    throw internalError("unsupported", message);
                }
                return { ...plain, limit: limit ?? Number.MAX_SAFE_INTEGER };
            };
            const operation = "record.query";
            const page = await this.#request(operation, operation, params, { timeoutMs });
            yield { gaps: [], ...page };
            next = page.next;
        } while (typeof next === "string");
    }

    /** @param {CallOptions} [options] */
    async graph(options = {}) {
        const [nodes, edges, order] = await Promise.all([
            this.call("graph.nodes", null, options),
            this.call("graph.edges", null, options),
            this.call("graph.topo_order", null, options),
        ]);
        return { nodes, edges, order };
    }

    /** @param {CallOptions} [options] */
    health(options = {}) {
        return this.call("health", null, options);
    }

    /**
     * Writes a value. With extensions this gives the outcome, or fails with the reason;
     * without them null, as soon as it is sent, whatever the server makes of it.
     *
     * @param {string} key
     * @param {unknown} value
     * @param {CallOptions} [options]
     */
    async write(key, value, { timeoutMs } = {}) {
        const operation = `write ${key}`;
        const topic = requireTopic(key, "write");
        // Bare, as AimX has it on WebSocket; only its other transports wrap it.
        const payload = valueText(value, operation);
        return this.#connection.call(
            operation,
            (id, { extensions }) => ({
                text: writeText(extensions ? id : null, topic, payload),
                answered: extensions,
            }),
            timeoutMs,
        );
    }

    /** Milliseconds to the server and back. @param {CallOptions} [options] */
    ping({ timeoutMs } = {}) {
        return this.#connection.ping(timeoutMs);
    }

    /**
     * Follows a record, or all that match a pattern. Without a connection it opens with the next.
     *
     * @param {string} topic
     * @param {import("./aimx.js").SubscribeOptions} [options]
     */
    subscribe(topic, options = {}) {
        return this.#connection.subscribe(requireTopic(topic, "subscribe"), options);
    }

    /**
     * @param {string} method
     * @param {string} operation  for messages
     * @param {unknown} params  or a function of whether the server has extensions
     * @param {CallOptions} options
     */
    async #request(method, operation, params, { timeoutMs }) {
        const name = requireTopic(method, "call");
        const late = typeof params === "function" ? params : null;
        // As text at once: the program may go on to change what it passed.
        const text = late ? "" : valueText(params, operation);
        return this.#connection.call(
            operation,
            (id, { extensions }) => ({
                text: requestText(id, name, late ? valueText(late(extensions), operation) : text),
                answered: true,
            }),
            timeoutMs,
        );
    }
}

/** @param {"start" | "end"} name @param {number | Date | undefined} time */
function timeMs(name, time) {
    if (time === undefined) {
        return undefined;
    }
    const ms = Math.floor(Number(time));
    // To a server anything else is as if it was not there, which is all of history.
    if (!(ms >= 0 && ms <= Number.MAX_SAFE_INTEGER)) {
        throw internalError("bad_params", `record.query: ${name} is in Unix ms, or a Date`);
    }
    return ms;
}
