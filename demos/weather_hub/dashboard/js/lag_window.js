// SPDX-License-Identifier: Apache-2.0
//
// What readers of records missed lately. The hub counts since its start, so that a burst long ago
// would look like trouble for ever. Pure.

export class LagWindow {
    #windowMs;
    #samples = []; // { at, lagged: Map of record to count }, oldest first

    constructor(windowMs = 60_000) {
        this.#windowMs = windowMs;
    }

    /**
     * The stages with `lagged` counted over the window.
     *
     * @param {any[]} stages  as `hub.stages` tells them
     * @param {number} at  when, in ms; once a second or so
     */
    recent(stages, at) {
        const lagged = new Map(stages.map((stage) => [stage.record, stage.lagged]));
        const newest = this.#samples.at(-1);
        if (newest && [...lagged].some(([record, count]) => count < newest.lagged.get(record))) {
            this.#samples = []; // the hub began anew
        }
        this.#samples.push({ at, lagged });
        while (this.#samples[0].at < at - this.#windowMs) {
            this.#samples.shift();
        }
        const before = this.#samples[0].lagged;
        return stages.map((stage) => ({
            ...stage,
            lagged: stage.lagged - (before.get(stage.record) ?? 0),
        }));
    }
}
