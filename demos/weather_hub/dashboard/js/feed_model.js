// SPDX-License-Identifier: Apache-2.0
//
// The newest events, bounded, and what was left out. Pure.
import { NONE, measured } from "./format.js";

const RATE_WINDOW_MS = 3_000;

export class FeedModel {
    rows = [];
    total = 0;
    leftOut = 0;
    merged = 0;
    paused = false;
    #limit;
    #seconds = new Map();

    constructor(limit) {
        this.#limit = limit;
    }

    /** @param {Record<string, any>} event @param {number} nowMs */
    take(event, nowMs) {
        this.total++;
        this.merged += event.merged ?? 0;
        const second = Math.floor(nowMs / 1000);
        this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + 1 + (event.merged ?? 0));
        if (this.#seconds.size > RATE_WINDOW_MS / 1000 + 2) {
            this.#seconds.delete(this.#seconds.keys().next().value);
        }
        if (this.paused) {
            this.leftOut++;
            return;
        }
        this.rows.unshift(event);
        if (this.rows.length > this.#limit) {
            this.rows.length = this.#limit;
        }
    }

    /** Going on begins with what comes next: what was left out stays out. */
    setPaused(paused) {
        this.paused = paused;
        if (paused) {
            this.leftOut = 0;
        }
    }

    clear() {
        this.rows = [];
        this.total = 0;
        this.leftOut = 0;
        this.merged = 0;
        this.#seconds.clear();
    }

    /** Values per second over the last whole seconds, those merged into others included. */
    rate(nowMs) {
        const now = Math.floor(nowMs / 1000);
        let sum = 0;
        for (let second = now - RATE_WINDOW_MS / 1000; second < now; second++) {
            sum += this.#seconds.get(second) ?? 0;
        }
        return sum / (RATE_WINDOW_MS / 1000);
    }
}

/** A pattern of the event feed that cannot be meant, in words; null: it is fine. */
export function patternFault(pattern) {
    if (pattern === "") {
        return "Write a pattern: temp.* is every temperature, # is everything.";
    }
    const bad = pattern
        .split(/::|\./)
        .find((segment) => segment === "" || (/[*#]/.test(segment) && segment.length > 1));
    return bad === undefined
        ? null
        : "Between dots or :: stands a name, * for one name, or # for any number of them.";
}

const HIDDEN = /(^|_)at$|timestamp|valid_for|horizon_h|absolute_error|^city$|^station$/;

/** A value in a line: its telling members with their units. */
export function valueText(data, unitOf = () => "") {
    if (typeof data !== "object" || data === null) {
        return String(data ?? NONE);
    }
    const parts = [];
    for (const [name, value] of Object.entries(data)) {
        if (HIDDEN.test(name) || parts.length >= 5) {
            continue;
        }
        if (typeof value === "number") {
            parts.push(`${name} ${measured(value, unitOf(name), undefined, name)}`);
        } else if (typeof value === "string") {
            parts.push(value.length > 40 ? `${value.slice(0, 39)}…` : value);
        } else if (typeof value === "boolean") {
            parts.push(`${name} ${value ? "yes" : "no"}`);
        } else if (Array.isArray(value)) {
            parts.push(`${name} [${value.length}]`);
        }
    }
    return parts.join(" · ") || NONE;
}
