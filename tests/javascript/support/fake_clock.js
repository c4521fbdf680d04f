// SPDX-License-Identifier: Apache-2.0

/** Lets everything run that is ready to run: promises, and what follows from them. */
export function settle() {
    return new Promise((resolve) => setImmediate(resolve));
}

/** The earlier of two timers; the older one when they are due together. */
function earlier(a, b) {
    return b[1].dueMs < a[1].dueMs ? b : a;
}

/** A clock that stands still until it is told to go on. */
export class FakeClock {
    #nowMs = 0;
    #timers = new Map();
    #nextTimer = 1;

    now() {
        return this.#nowMs;
    }

    setTimeout(callback, delayMs) {
        const timer = this.#nextTimer++;
        this.#timers.set(timer, { callback, dueMs: this.#nowMs + delayMs });
        return timer;
    }

    clearTimeout(timer) {
        this.#timers.delete(timer);
    }

    get timerCount() {
        return this.#timers.size;
    }

    /** Goes on by `ms`; every timer runs at its time, and what follows from it before the next. */
    async advance(ms) {
        const endMs = this.#nowMs + ms;
        for (;;) {
            const due = [...this.#timers].filter(([, { dueMs }]) => dueMs <= endMs);
            if (due.length === 0) {
                break;
            }
            const [timer, { callback, dueMs }] = due.reduce(earlier);
            this.#timers.delete(timer);
            this.#nowMs = dueMs;
            callback();
            await settle();
        }
        this.#nowMs = endMs;
        await settle();
    }
}
