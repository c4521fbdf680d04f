// SPDX-License-Identifier: Apache-2.0
import { DAY_MS, HOUR_MS } from "./format.js";

/** A clock that runs is lost after so much silence, and so many ticks that did not come. */
const LOST_MS = 3_000;
const LOST_TICKS = 3;
/** Values come before their tick, but not by more than this: then the clock is another one. */
const AHEAD_MS = 2 * DAY_MS;

/**
 * Observed time between two ticks of the hub's clock: it runs on at the clock's speed, at most to
 * the next tick. Pure: wall time is always passed in.
 */
export class ObservedClock {
    /** Whether there is a connection that it could be heard by. */
    connected = false;
    #tick = null;
    #heardMs = 0;

    /** @param {Record<string, any>} tick  value of hub.clock @param {number} wallMs */
    set(tick, wallMs) {
        this.#tick = tick;
        this.#heardMs = wallMs;
    }

    get known() {
        return this.#tick !== null;
    }

    get pass() {
        return this.#tick?.pass ?? null;
    }

    get daysPerSecond() {
        return this.#tick?.days_per_second ?? 0;
    }

    /** @returns {"unknown" | "running" | "stopped" | "no-sources"} */
    get state() {
        if (this.#tick === null) {
            return "unknown";
        }
        if (this.#tick.sources === false) {
            return "no-sources";
        }
        return this.daysPerSecond > 0 ? "running" : "stopped";
    }

    /** @param {number} wallMs @returns {number | null} */
    now(wallMs) {
        if (this.#tick === null) {
            return null;
        }
        const passed = ((wallMs - this.#heardMs) / 1000) * this.daysPerSecond * DAY_MS;
        const step = Math.max(HOUR_MS, this.daysPerSecond * DAY_MS * 0.25);
        return this.#tick.at + Math.min(Math.max(0, passed), step);
    }

    /** Wall milliseconds since it was heard when it should have been since; otherwise null. */
    silence(wallMs) {
        const passed = wallMs - this.#heardMs;
        const tickMs = HOUR_MS / (this.daysPerSecond * (DAY_MS / 1000));
        const late = this.state === "running" && passed > Math.max(LOST_MS, LOST_TICKS * tickMs);
        return this.known && (late || !this.connected) ? passed : null;
    }

    /** Milliseconds between a time and now on that clock; null when it is not known. */
    age(at, wallMs) {
        const now = this.silence(wallMs) === null ? this.now(wallMs) : null;
        if (now === null || typeof at !== "number") {
            return null;
        }
        const ahead = Math.max(AHEAD_MS, (LOST_MS / 1_000) * this.daysPerSecond * DAY_MS);
        return at - now > ahead ? null : Math.max(0, now - at);
    }
}

/** @param {number} daysPerSecond */
export function speedText(daysPerSecond) {
    if (!(daysPerSecond > 0)) {
        return "standing still";
    }
    if (daysPerSecond >= 1) {
        return `${Number(daysPerSecond.toFixed(1))} days per second`;
    }
    const seconds = 1 / daysPerSecond;
    if (seconds > 43_200) {
        return "real time";
    }
    return `a day in ${Number(seconds.toFixed(1))} s`;
}
