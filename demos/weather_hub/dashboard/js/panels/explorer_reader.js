// SPDX-License-Identifier: Apache-2.0
import { valueIn } from "../explorer_model.js";
import { isLive } from "../hub.js";
import { Trace } from "../trace.js";

const ROW_LIMIT = 120_000;
const PAGE_ROWS = 2_000;
const REREAD_MS = 5_000;
/** So that the clock of the new connection is heard before. */
const TORN_MS = 1_000;

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
    #startOf;
    #onChange;
    #start = 0;
    #run = 0;
    #subscription = null;
    #rereading = null;

    /** @param {{ hub: any, line: any, startOf: () => number, onChange: (live?: boolean) => void }} parts */
    constructor({ hub, line, startOf, onChange }) {
        this.#hub = hub;
        this.#line = line;
        this.#startOf = startOf;
        this.#onChange = onChange;
    }

    /** Begins anew. @param {boolean} [again]  what is there stays until all has come */
    async read(again = false) {
        const mine = ++this.#run;
        const trace = new Trace(ROW_LIMIT);
        this.#start = this.#startOf();
        this.#subscription?.close();
        this.#subscription = null;
        this.trace = again ? this.trace : trace;
        this.reading = true;
        this.error = null;
        try {
            const name = this.#line.key;
            const options = { name, start: this.#start, gaps: true, maxRows: PAGE_ROWS };
            for await (const page of this.#hub.client.queryPages(options)) {
                if (mine !== this.#run) {
                    return;
                }
                page.gaps.forEach((gap) => trace.gap(gap));
                page.records.forEach((row) => this.#take(trace, row, row.payload));
                this.#onChange();
            }
            if (mine !== this.#run) {
                return;
            }
            trace.torn = false; // Whatever is stored is one history.
            this.trace = trace;
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
            this.read();
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
                this.#take(this.trace, value, value.data);
                if (this.trace.torn) {
                    this.#reread(TORN_MS);
                } else if (value.skipped > 0) {
                    this.#reread(REREAD_MS);
                }
                this.#onChange(isLive(value));
            },
            onGap: (gap) => this.trace.gap(gap),
            // It could not go on where it was: perhaps what it was of is no more.
            onSubscribed: ({ first, resumed }) =>
                !first && resumed === false && this.#reread(TORN_MS),
            onEnded: ({ error }) => {
                this.error = error ?? null;
            },
        });
    }

    /** What was passed over on its way here is in the history all the same. */
    #reread(inMs) {
        this.#rereading ??= setTimeout(() => {
            this.#rereading = null;
            this.read(true);
        }, inMs);
    }

    #take(trace, row, payload) {
        const value = valueIn(this.#line, payload);
        if (value !== undefined) {
            trace.push(row, value);
        }
    }
}
