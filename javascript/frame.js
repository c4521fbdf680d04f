// SPDX-License-Identifier: Apache-2.0
//
// AimX frames as JSON text. What a server sends is checked here once; the rest of
// the client takes the members' types for granted.
import { internalError } from "./errors.js";

/** Longest frame we offer and accept, in bytes of UTF-8: what `max_frame` allows at most. */
export const FRAME_LIMIT_BYTES = 1_048_576;

/** Longest frame to a server that agreed on nothing: AimDB's limit for a WebSocket frame. */
export const PLAIN_FRAME_LIMIT_BYTES = 16 * FRAME_LIMIT_BYTES;

/** Members a frame of a kind must have. Other kinds are not for us. */
const REQUIRED = {
    reply: ["id"],
    subscribed: ["sub"],
    snap: ["sub", "seq", "topic"],
    event: ["sub", "seq"],
    pong: [],
    live: ["sub"],
    gap: ["sub", "topic", "first", "last", "count"],
    ended: ["sub", "reason"],
};

/** @param {unknown} value */
const isText = (value) => typeof value === "string";
/** @param {unknown} value */
const isCount = (value) => Number.isInteger(value) && /** @type {number} */ (value) >= 0;
/** @param {unknown} value */
const isFlag = (value) => typeof value === "boolean";

const MEMBERS = {
    id: isCount,
    seq: isCount,
    last: isFlag,
    topic: isText,
    sub: isText,
    err: isText,
    hist: isFlag,
    pos: isCount,
    epoch: isText,
    ts: Number.isFinite,
    merged: isCount,
    resumed: isFlag,
    reason: isText,
};

/** In a gap, `last` is a position. */
const GAP_MEMBERS = { ...MEMBERS, first: isCount, last: isCount, count: isCount };

/**
 * A server's frame, or null when it is none a client can use: skip it and go on.
 *
 * A member that is null counts as absent, as everywhere in AimX, except `data` and `ok`.
 *
 * @param {unknown} message  of a WebSocket; binary ones are never AimX
 * @returns {Record<string, any> | null}
 */
export function decodeFrame(message) {
    if (typeof message !== "string") {
        return null;
    }
    let frame;
    try {
        frame = JSON.parse(message);
    } catch {
        return null;
    }
    if (typeof frame?.t !== "string" || !Object.hasOwn(REQUIRED, frame.t)) {
        return null;
    }
    const checks = frame.t === "gap" ? GAP_MEMBERS : MEMBERS;
    for (const [member, fits] of Object.entries(checks)) {
        if (frame[member] === null) {
            delete frame[member];
        } else if (frame[member] !== undefined && !fits(frame[member])) {
            return null;
        }
    }
    const required = REQUIRED[/** @type {keyof typeof REQUIRED} */ (frame.t)];
    if (!required.every((member) => frame[member] !== undefined)) {
        return null;
    }
    if (frame.t === "reply" && frame.ok === undefined && frame.err === undefined) {
        return null;
    }
    return frame;
}

/**
 * `topic` as it may stand in a frame. AimX reads the names in an envelope without undoing escapes,
 * so a key that needs one could never arrive.
 *
 * @param {unknown} topic
 * @param {string} operation
 * @returns {string}
 */
export function requireTopic(topic, operation) {
    if (typeof topic !== "string" || JSON.stringify(topic) !== `"${topic}"`) {
        throw internalError(
            "bad_params",
            `${operation}: ${JSON.stringify(topic) ?? typeof topic} is not a key or pattern ` +
                "(text without quotes, backslashes and control characters)",
        );
    }
    return topic;
}

/**
 * A value as JSON text; throws where JSON.stringify gives none. Numbers that JSON cannot say
 * become null, as everywhere in JavaScript.
 *
 * @param {unknown} value
 * @param {string} operation
 */
export function valueText(value, operation) {
    let text;
    try {
        text = JSON.stringify(value);
    } catch (cause) {
        throw internalError("bad_params", `${operation}: the value is not JSON`, cause);
    }
    if (text === undefined) {
        throw internalError("bad_params", `${operation}: the value is not JSON`);
    }
    return text;
}

/** @param {number} id @param {string} method @param {string} params  JSON text */
export function requestText(id, method, params) {
    return `{"t":"req","id":${id},"method":"${method}","params":${params}}`;
}

/** @param {number | null} id  null: no outcome @param {string} topic @param {string} payload */
export function writeText(id, topic, payload) {
    const outcome = id === null ? "" : `"id":${id},`;
    return `{"t":"write",${outcome}"topic":"${topic}","payload":${payload}}`;
}

/** @param {number} id @param {string} topic @param {Record<string, unknown>} asked */
export function subText(id, topic, asked) {
    return JSON.stringify({ t: "sub", id, topic, ...asked });
}

/** @param {string} text @param {number} limitBytes */
export function exceedsBytes(text, limitBytes) {
    // A UTF-16 unit is at most three bytes of UTF-8, so most texts need no counting.
    return text.length * 3 > limitBytes && new TextEncoder().encode(text).length > limitBytes;
}
