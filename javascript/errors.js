// SPDX-License-Identifier: Apache-2.0

/** @typedef {import("./aimx.js").AimxErrorWord} Word */

/** @type {Set<Word>} */
const WORDS = new Set(["not_found", "denied", "internal", "version_mismatch"]);

/**
 * The one error this client throws.
 *
 * `err` is one of AimX's four words, `code` is finer (programs switch on it), `message` is
 * "<operation>: <cause>" for people. Codes made here, all with `err` "internal":
 *
 * | `code` | |
 * |---|---|
 * | `disconnected` | the connection broke after the call was sent: it may have been done |
 * | `closed` | the client was closed |
 * | `timed_out` | no answer in time (the server uses the same word) |
 * | `offline_queue_full`, `pending_limit` | a limit of this client; nothing was sent |
 * | `not_connected`, `dial_failed`, `no_pong` | about the connection itself |
 * | `too_large`, `bad_params`, `unsupported` | the server would not take it; nothing was sent |
 */
export class AimxError extends Error {
    /**
     * @param {Word} err
     * @param {string} code
     * @param {string} message
     * @param {{ cause?: unknown }} [options]
     */
    constructor(err, code, message, options) {
        super(message, options);
        this.name = "AimxError";
        this.err = err;
        this.code = code;
    }

    /**
     * From the members of a frame that carries `err`. A word that is not AimX's counts as
     * `internal` and stays readable in `code`.
     *
     * @param {Record<string, any>} frame
     * @param {string} operation
     */
    static fromFrame(frame, operation) {
        const err = WORDS.has(frame.err) ? frame.err : "internal";
        const code = typeof frame.code === "string" ? frame.code : frame.err;
        const cause = typeof frame.msg === "string" ? frame.msg : code;
        return new AimxError(err, code, `${operation}: ${cause}`);
    }
}

/**
 * @param {string} code
 * @param {string} message
 * @param {unknown} [cause]
 */
export function internalError(code, message, cause) {
    return new AimxError("internal", code, message, cause === undefined ? undefined : { cause });
}
