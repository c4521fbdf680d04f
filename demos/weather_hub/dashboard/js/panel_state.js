// SPDX-License-Identifier: Apache-2.0
//
// What an area of the page shows: a state machine without a page. An area always has content or
// says why it has none.

/**
 * @typedef {object} AreaState
 * @property {"loading" | "history" | "live" | "silent" | "empty" | "error"} kind
 * @property {boolean} filled  there is content
 * @property {string} reason  why not, or what is being waited for
 * @property {boolean} offline
 */

/** @param {string} [waitingFor] @returns {AreaState} */
export function initialArea(waitingFor = "Reading history …") {
    return { kind: "loading", filled: false, reason: waitingFor, offline: false };
}

/**
 * @param {AreaState} state
 * @param {{ type: string, reason?: string }} event
 * @returns {AreaState}
 */
export function reduceArea(state, event) {
    switch (event.type) {
        case "loading":
            // What is there stays until something better comes.
            return state.filled ? state : { ...state, kind: "loading", reason: event.reason ?? "" };
        case "history":
            // Once live, more history does not make it less so.
            return {
                ...state,
                kind: state.kind === "live" ? "live" : "history",
                filled: true,
                reason: "",
            };
        case "live":
            return { ...state, kind: "live", filled: true, reason: "" };
        case "silent":
            // Nothing has come for longer than usual.
            return state.kind === "live" ? { ...state, kind: "silent" } : state;
        case "empty":
            return {
                ...state,
                kind: "empty",
                filled: false,
                reason: event.reason || "There is nothing to show.",
            };
        case "error":
            return {
                ...state,
                kind: "error",
                reason: event.reason || "It failed without a reason.",
            };
        case "offline":
            return { ...state, offline: true };
        case "online":
            // What comes after a break is live again only when it comes.
            return {
                ...state,
                offline: false,
                kind: ["live", "silent"].includes(state.kind) ? "history" : state.kind,
            };
        default:
            throw new Error(`an area knows no event '${event.type}'`);
    }
}

/** The badge of a state. @param {AreaState} state */
export function badgeOf(state) {
    if (state.offline) {
        return { text: "disconnected", tone: "bad" };
    }
    switch (state.kind) {
        case "loading":
            return { text: "loading", tone: "quiet" };
        case "history":
            return { text: "from history", tone: "past" };
        case "live":
            return { text: "live", tone: "live" };
        case "silent":
            return { text: "silent", tone: "past" };
        case "empty":
            return { text: "nothing yet", tone: "quiet" };
        default:
            return { text: "failed", tone: "bad" };
    }
}
