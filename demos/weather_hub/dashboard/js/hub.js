// SPDX-License-Identifier: Apache-2.0
//
// The one connection of the page, and what happened to it.
import { SILENCE_MS, client } from "./dial.js";
import { Signal } from "./signal.js";

/** Breaks that are remembered for the notice. */
const BREAK_LIMIT = 20;

/** For who measures how fast the page fills: a performance mark. */
export function markOnce(name) {
    if (performance.getEntriesByName(name).length === 0) {
        performance.mark(name);
    }
}

export class Hub {
    client = client;
    /** What the client says of the connection. */
    connection = new Signal({ state: "connecting", attempt: 0 });
    /** Breaks so far: { from, to, skipped, torn }; `from` when something was heard last, `to` null
     * while it lasts. */
    breaks = new Signal([]);
    #whenOpen = new Set();
    #opened = false;

    constructor() {
        client.onState = (event) => this.#state(event);
        if (client.state !== "connecting") {
            this.#state({ state: client.state, attempt: 0 }); // It was faster than this page.
        }
    }

    /** Calls now if there is a connection, and after each reconnect. */
    eachOpen(callback) {
        this.#whenOpen.add(callback);
        if (this.#opened && this.connection.value.state === "open") {
            callback();
        }
        return () => this.#whenOpen.delete(callback);
    }

    /** A subscription whose losses are counted for the notice. */
    follow(topic, options) {
        const { onEvent, onSubscribed, ...rest } = options;
        return this.client.subscribe(topic, {
            ...rest,
            onEvent: (value) => {
                if (value.kind === "event" && !value.hist) {
                    markOnce("first-live-event");
                }
                if (value.skipped > 0) {
                    this.#lost({ skipped: value.skipped });
                }
                onEvent(value);
            },
            onSubscribed: (subscribed) => {
                if (subscribed.resumed === false) {
                    this.#lost({ torn: true });
                }
                onSubscribed?.(subscribed);
            },
        });
    }

    /** All rows of a query. */
    async rows(options) {
        const rows = [];
        for await (const page of this.client.queryPages(options)) {
            rows.push(...page.records);
        }
        return rows;
    }

    #state(event) {
        const open = event.state === "open";
        const wasOpen = this.connection.value.state === "open";
        this.connection.value = { ...event, at: Date.now() };
        if (wasOpen && !open) {
            const silence = event.error?.code === "no_pong" ? SILENCE_MS : 0;
            const entry = { from: Date.now() - silence, to: null, skipped: 0, torn: false };
            this.breaks.value = [...this.breaks.value, entry].slice(-BREAK_LIMIT);
        }
        if (open) {
            this.#closeBreak();
            this.#opened = true;
            for (const callback of this.#whenOpen) {
                callback();
            }
        }
    }

    #closeBreak() {
        const all = this.breaks.value;
        const last = all.at(-1);
        if (last && last.to === null) {
            this.breaks.value = [...all.slice(0, -1), { ...last, to: Date.now() }];
        }
    }

    #lost({ skipped = 0, torn = false }) {
        const all = this.breaks.value;
        const last = all.at(-1);
        if (last) {
            const changed = { ...last, skipped: last.skipped + skipped, torn: last.torn || torn };
            this.breaks.value = [...all.slice(0, -1), changed];
        }
    }
}
