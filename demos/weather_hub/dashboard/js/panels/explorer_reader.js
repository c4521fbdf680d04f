// SPDX-License-Identifier: Apache-2.0
import { valueIn } from "../explorer_model.js";
import { isLive } from "../hub.js";
import { Trace } from "../trace.js";

const ROW_LIMIT = 120_000;
const PAGE_ROWS = 2_000;
const REREAD_MS = 5_000;

/**
 * Reads one line: its stored rows page by page, then a subscription that begins behind the last
 * row, so that nothing is missing between and nothing comes twice.
 */
export class LineReader {
    trace = new Trace(ROW_LIMIT);
    reading = false;
    error = null;
    #hub;
    #line;
    #onChange;
    #start = 0;
    #run = 0;
    #subscription = null;
    #rereading = null;

    /** @param {{ hub: any, line: any, onChange: (live?: boolean) => void }} parts */
    constructor({ hub, line, onChange }) {
        this.#hub = hub;
        this.#line = line;
        this.#onChange = onChange;
    }

    /** Begins anew from a time. */
    async read(start) {
        const mine = ++this.#run;
        this.#start = start;
        this.#subscription?.close();
        this.#subscription = null;
        this.trace = new Trace(ROW_LIMIT);
        this.reading = true;
        this.error = null;
        try {
            const options = { name: this.#line.key, start, gaps: true, maxRows: PAGE_ROWS };
            for await (const page of this.#hub.client.queryPages(options)) {
                if (mine !== this.#run) {
                    return;
                }
                page.gaps.forEach((gap) => this.trace.gap(gap));
                page.records.forEach((row) => this.#take(row, row.payload));
                this.#onChange();
            }
            this.#follow();
        } catch (error) {
            if (mine === this.#run) {
                this.error = error;
            }
        }
        if (mine === this.#run) {
            this.reading = false;
            this.#onChange();
        }
    }

    /** With a new connection: what the old one broke off begins anew. */
    heal() {
        if (this.error !== null) {
            this.read(this.#start);
        }
    }

    close() {
        this.#run++;
        clearTimeout(this.#rereading);
        this.#subscription?.close();
    }

    #follow() {
        const from = this.trace.position;
        this.#subscription = this.#hub.follow(this.#line.key, {
            ...(from === null ? { since: this.#start } : { from }),
            gaps: true,
            onEvent: (value) => {
                this.#take(value, value.data);
                if (value.skipped > 0) {
                    this.#reread();
                }
                this.#onChange(isLive(value));
            },
            onGap: (gap) => this.trace.gap(gap),
            onEnded: ({ error }) => {
                this.error = error ?? null;
            },
        });
    }

    /** What was passed over on its way here is in the history all the same. */
    #reread() {
        this.#rereading ??= setTimeout(() => {
            this.#rereading = null;
            this.read(this.#start);
        }, REREAD_MS);
    }

    #take(row, payload) {
        const value = valueIn(this.#line, payload);
        if (value !== undefined) {
            this.trace.push(row, value);
        }
    }
}
