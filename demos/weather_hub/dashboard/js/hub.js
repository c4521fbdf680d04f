// SPDX-License-Identifier: Apache-2.0
//
// The one connection of the page, and what happened to it.
import { Breaks } from "./breaks.js";
import { SILENCE_MS, client } from "./dial.js";
import { Signal } from "./signal.js";

/** For who measures how fast the page fills: a performance mark. */
export function markOnce(name) {
    if (performance.getEntriesByName(name).length === 0) {
        performance.mark(name);
    }
}

/** What happens now: neither what there was at the start nor what history makes up for. */
export const isLive = ({ kind, hist }) => kind === "event" && !hist;

export class Hub {
    client = client;
    /** What the client says of the connection. */
    connection = new Signal({ state: "connecting", attempt: 0 });
    breaks = new Signal(new Breaks());
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

    /** Whether there has been a connection. */
    get wasOpened() {
        return this.#opened;
    }

    /** A subscription whose losses are counted for the notice. */
    follow(topic, options) {
        const { onEvent, onSubscribed, ...rest } = options;
        return this.client.subscribe(topic, {
            ...rest,
            onEvent: (value) => {
                if (isLive(value)) {
                    markOnce("first-live-event");
                }
                if (value.skipped > 0) {
                    this.#tell((breaks) => breaks.missed(value.skipped, Date.now()));
                }
                onEvent(value);
            },
            onSubscribed: (subscribed) => {
                if (subscribed.resumed === false) {
                    this.#tell((breaks) => breaks.torn(Date.now()));
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
            this.#tell((breaks) => breaks.begin(Date.now() - silence));
        }
        if (open) {
            this.#tell((breaks) => breaks.end(Date.now()));
            this.#opened = true;
            for (const callback of this.#whenOpen) {
                callback();
            }
        }
    }

    #tell(change) {
        change(this.breaks.value);
        this.breaks.value = this.breaks.value; // So that who watches is told.
    }
}
