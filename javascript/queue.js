// SPDX-License-Identifier: Apache-2.0

/** @typedef {import("./aimx.js").SubscriptionItem} Item */

/**
 * What a subscription got and its iterator has not taken yet.
 *
 * Limits: `limitItems`. A full queue drops its oldest value, and the loss is counted into
 * `skipped` of the value behind it. The end of the snapshots and the marks (`live`, `gap`,
 * `subscribed`) are dropped only when nothing else is left to drop: a reader may wait for them.
 */
export class ItemQueue {
    /** @type {Item[]} */
    #items = [];
    #limitItems;
    #owed = 0; // Dropped values that no value behind them has told yet.

    /** @param {number} limitItems */
    constructor(limitItems) {
        this.#limitItems = limitItems;
    }

    get size() {
        return this.#items.length;
    }

    /** @param {Item} item */
    push(item) {
        this.#items.push(item);
        if (this.#items.length > this.#limitItems) {
            this.#drop();
        }
        if (this.#owed > 0 && "skipped" in item) {
            item.skipped += this.#owed;
            this.#owed = 0;
        }
    }

    /** @returns {Item | undefined} */
    shift() {
        return this.#items.shift();
    }

    clear() {
        this.#items = [];
        this.#owed = 0;
    }

    #drop() {
        // Nearly always the first one; never the newest.
        const newest = this.#items.length - 1;
        const found = this.#items.findIndex((item, index) => index < newest && droppable(item));
        const at = Math.max(0, found);
        const [dropped] = this.#items.splice(at, 1);
        if (!("skipped" in dropped)) {
            return;
        }
        const lost = dropped.skipped + 1;
        const next = this.#items.slice(at).find((item) => "skipped" in item);
        if (next !== undefined && "skipped" in next) {
            next.skipped += lost;
        } else {
            this.#owed += lost;
        }
    }
}

/** @param {Item} item */
function droppable(item) {
    return item.kind === "event" || (item.kind === "snapshot" && !item.last);
}
