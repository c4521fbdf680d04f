// SPDX-License-Identifier: Apache-2.0

/**
 * Time as the client sees it; replaceable in tests.
 *
 * @typedef {object} Clock
 * @property {() => number} now  milliseconds that only grow
 * @property {(callback: () => void, delayMs: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** @type {Clock} */
export const systemClock = {
    now: () => performance.now(),
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
    clearTimeout: (timer) => clearTimeout(timer),
};
