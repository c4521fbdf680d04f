// SPDX-License-Identifier: Apache-2.0
import { createRequire } from "node:module";

import { Client } from "../../../javascript/aimx.js";
import { FakeClock } from "./fake_clock.js";

/** Each WebSocket class that this Node has: the package `ws`, and the global one of newer Nodes. */
export function webSocketClasses() {
    const classes = [];
    const require = createRequire(import.meta.url); // Looks along NODE_PATH, too.
    for (const name of ["ws", "/usr/share/nodejs/ws"]) {
        try {
            classes.push(["the ws package", require(name)]);
            break;
        } catch (error) {
            if (error.code !== "MODULE_NOT_FOUND") {
                throw error;
            }
        }
    }
    if (globalThis.WebSocket !== undefined) {
        classes.push(["the global WebSocket", globalThis.WebSocket]);
    }
    // None is a failure, not a reason to test nothing.
    return classes.length > 0 ? classes : [["no WebSocket at all", undefined]];
}

/**
 * A client whose redials wait for the test: its clock stands still, so that what happens while it
 * is away is decided and not raced for.
 */
export class HeldClient {
    #clock = new FakeClock();
    #states = [];
    #waiters = [];
    #away = null;

    static async connect(url, WebSocket) {
        const held = new HeldClient();
        held.client = await Client.connect(url, {
            WebSocket,
            clock: held.#clock,
            random: () => 0,
            onState: (event) => held.#tell(event),
        });
        await held.#state("open");
        return held;
    }

    /** The next state of that name, from those that were not looked at yet. */
    async #state(wanted) {
        let event;
        do {
            event = this.#states.shift() ?? (await this.#told());
        } while (event.state !== wanted);
        return event;
    }

    #told() {
        return new Promise((resolve) => this.#waiters.push(resolve));
    }

    /** Until it has noticed that the connection is gone. */
    async away() {
        this.#away ??= await this.#state("reconnecting");
        return this.#away;
    }

    /** Lets it dial again, once it is away. */
    async redial() {
        const { delayMs } = await this.away();
        this.#away = null;
        await this.#clock.advance(delayMs);
        await this.#state("open");
    }

    #tell(event) {
        const waiter = this.#waiters.shift();
        if (waiter === undefined) {
            this.#states.push(event);
        } else {
            waiter(event);
        }
    }
}

/** Resolves when the server has opened the subscription. */
export function opened(client, topic, more = {}) {
    return new Promise((resolve, reject) => {
        const subscription = client.subscribe(topic, {
            ...more,
            onSubscribed: () => resolve(subscription),
            onEnded: ({ error }) => reject(error),
        });
    });
}
