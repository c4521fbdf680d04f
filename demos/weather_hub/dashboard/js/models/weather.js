// SPDX-License-Identifier: Apache-2.0
import { DAY_MS } from "../format.js";
import { isLive } from "../hub.js";
import { Series } from "../series.js";
import { EVERY_MS } from "../staleness.js";

const POINT_LIMIT = 240;
/** Rows per station that the sparklines begin with. */
const HISTORY_ROWS = 72;
/** Where live values are further apart than this, or run back, history is read again. */
const JUMP_MS = 4 * DAY_MS;
const REREAD_MS = 2_000;

/** Newest values and a short course of every station: for the map and the cards. */
export class Weather {
    /** station → { celsius, percent, dewPoint, at, series, liveAt } */
    stations = new Map();
    /** "loading", "history", or an Error. */
    state = "loading";
    #hub;
    #listeners = new Set();
    #following = false;
    #rereading = null;

    constructor(hub) {
        this.#hub = hub;
        hub.eachOpen(() => {
            // What is not stored comes again with each connection, or is no more.
            this.stations.forEach((known) => {
                known.percent = null;
                known.dewPoint = null;
            });
            this.load();
        });
    }

    /** Calls with the station that changed, or null when more did, and whether it did so now. */
    watch(listener) {
        this.#listeners.add(listener);
        listener(null, false);
    }

    async load() {
        try {
            const rows = await this.#hub.rows({
                name: "temp.*",
                limit: HISTORY_ROWS,
                order: "desc",
            });
            // Also what is newest: the hub may have come back with another history.
            this.stations.forEach((known) => {
                known.series.clear();
                known.celsius = null;
                known.at = null;
            });
            for (const { topic, payload, ts } of rows.reverse()) {
                this.#temperature(topic.slice("temp.".length), payload, ts);
            }
            this.state = "history";
        } catch (error) {
            this.state = this.stations.size > 0 ? this.state : error;
        }
        this.#tell(null);
        this.#follow();
    }

    /** @returns {Record<string, any>} never null: an unknown station has no values yet */
    of(station) {
        if (!this.stations.has(station)) {
            this.stations.set(station, {
                celsius: null,
                percent: null,
                dewPoint: null,
                at: null,
                series: new Series(POINT_LIMIT),
                liveAt: 0,
            });
        }
        return this.stations.get(station);
    }

    #follow() {
        if (this.#following) {
            return;
        }
        this.#following = true;
        const follow = (prefix, take) => {
            this.#hub.follow(`${prefix}.*`, {
                everyMs: EVERY_MS,
                onEvent: (value) => {
                    const { topic, data, ts } = value;
                    const station = topic.slice(prefix.length + 1);
                    const live = isLive(value);
                    take(station, data, ts, live);
                    this.#tell(station, live);
                },
            });
        };
        follow("temp", (station, data, ts, live) => {
            const last = this.of(station).series.last;
            if (last !== null && Math.abs(ts - last.t) > JUMP_MS) {
                this.#reread();
            }
            this.#temperature(station, data, ts);
            if (live) {
                this.of(station).liveAt = performance.now();
            }
        });
        follow("humidity", (station, { percent }) => {
            this.of(station).percent = percent;
        });
        follow("dew_point", (station, { celsius }) => {
            this.of(station).dewPoint = celsius;
        });
    }

    #temperature(station, { celsius, observed_at: observedAt }, ts) {
        const known = this.of(station);
        const at = observedAt ?? ts;
        known.series.push(at, celsius);
        if (known.at === null || at >= known.at) {
            known.celsius = celsius;
            known.at = at;
        }
    }

    /** The hub went through days faster than values were sent here, or the page was asleep. */
    #reread() {
        this.#rereading ??= setTimeout(() => {
            this.#rereading = null;
            this.load();
        }, REREAD_MS);
    }

    #tell(station, live = false) {
        for (const listener of this.#listeners) {
            listener(station, live);
        }
    }
}
