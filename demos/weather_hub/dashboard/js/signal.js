// SPDX-License-Identifier: Apache-2.0

/** A value that tells who listens when it changes. */
export class Signal {
    #value;
    #listeners = new Set();

    constructor(value) {
        this.#value = value;
    }

    get value() {
        return this.#value;
    }

    set value(value) {
        this.#value = value;
        for (const listener of this.#listeners) {
            listener(value);
        }
    }

    /** Calls at once with the value there is, and with each later one. @returns how to stop it */
    watch(listener) {
        this.#listeners.add(listener);
        listener(this.#value);
        return () => this.#listeners.delete(listener);
    }
}
