// SPDX-License-Identifier: Apache-2.0
import { ObservedClock } from "../observed_clock.js";
import { Signal } from "../signal.js";

/** Ticks come once per observed hour; more often than this nobody reads a clock. */
const EVERY_MS = 100;

/**
 * The hub's clock, kept by its record. `changed` tells of speed and state, not of each tick.
 *
 * @param {Promise<void>} ready  what goes before
 */
export function startClock(hub, ready) {
    const clock = new ObservedClock();
    const changed = new Signal(null);
    hub.connection.watch(({ state }) => {
        clock.connected = state === "open";
    });
    ready.then(() =>
        hub.follow("hub.clock", {
            everyMs: EVERY_MS,
            onEvent: ({ data }) => {
                clock.set(data, Date.now());
                const now = `${clock.state} ${clock.daysPerSecond} ${clock.pass}`;
                if (now !== changed.value) {
                    changed.value = now;
                }
            },
        }),
    );
    return { clock, changed };
}
