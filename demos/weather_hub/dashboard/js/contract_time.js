// SPDX-License-Identifier: Apache-2.0

/**
 * When a value is of, and by which clock. What the machine and the hub tell of themselves is stored
 * by observed time like everything else, and carries its wall clock with it. Pure.
 *
 * @param {{ clock?: string } | null} contract
 * @param {Record<string, any> | null} data
 * @param {number | null} ts  by which it is stored
 * @returns {{ at: number | null, clock: "observed" | "wall" }}
 */
export function timeOf(contract, data, ts) {
    return contract?.clock === "wall" && typeof data?.at === "number"
        ? { at: data.at, clock: "wall" }
        : { at: ts, clock: "observed" };
}
