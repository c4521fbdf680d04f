// SPDX-License-Identifier: Apache-2.0

/**
 * How long to wait before redial number `attempt` (1, 2, …).
 *
 * Grows by `factor` from `firstMs` up to `capMs`; then up to the share `jitter` of it is taken
 * away by chance, so that many clients of one server do not come back in the same instant.
 *
 * @param {number} attempt
 * @param {{ firstMs: number, capMs: number, factor: number, jitter: number }} options
 * @param {() => number} random  in [0, 1)
 */
export function redialDelayMs(attempt, { firstMs, capMs, factor, jitter }, random) {
    // Beyond 2^1024 the power is Infinity, and the smaller of the two is still the cap.
    const full = Math.min(capMs, firstMs * factor ** (attempt - 1));
    return Math.round(full * (1 - jitter * random()));
}
