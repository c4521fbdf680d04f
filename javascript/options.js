// SPDX-License-Identifier: Apache-2.0
import { systemClock } from "./clock.js";
import { internalError } from "./errors.js";

/** @typedef {import("./aimx.js").ClientOptions} ClientOptions */
/** @typedef {import("./aimx.js").ReconnectOptions} ReconnectOptions */
/** @typedef {{ url: string, reconnect: Required<ReconnectOptions> }} Completed */
/** @typedef {"token" | "onState" | "onError"} MayBeAbsent */

/**
 * Options with nothing left out but what may be absent.
 *
 * @typedef {Required<Omit<ClientOptions, MayBeAbsent | "reconnect">> & Completed &
 *     Pick<ClientOptions, MayBeAbsent>} CompleteOptions
 */

/** Every limit of the client, with its unit in its name or here. */
const DEFAULTS = {
    client: "aimdb-aimx 0.1.0",
    timeoutMs: 30_000, // a call, from asking to its reply
    handshakeTimeoutMs: 5_000, // dialling and `hello`
    keepaliveMs: 30_000, // silence before a ping
    pongTimeoutMs: 10_000, // silence after it
    offlineLimit: 256, // calls that wait for a connection
    pendingLimit: 1_024, // calls that wait for a reply
};

const RECONNECT_DEFAULTS = {
    enabled: true,
    initial: true, // also when the first dial fails
    attemptLimit: Infinity, // redials without success in between
    firstMs: 500,
    capMs: 8_000,
    factor: 2,
    jitter: 0.5, // share of the delay that chance may take away
};

/**
 * @param {string | URL} url
 * @param {ClientOptions} options
 * @returns {CompleteOptions}
 */
export function completeOptions(url, options) {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const complete = {
        ...DEFAULTS,
        clock: systemClock,
        random: Math.random,
        WebSocket: globalThis.WebSocket,
        ...Object.fromEntries(given),
        url: versionedUrl(url),
        reconnect: completeReconnect(options.reconnect),
    };
    if (typeof complete.WebSocket !== "function") {
        const message = "new Client: no WebSocket here; pass one, like that of the package 'ws'";
        throw internalError("bad_params", message);
    }
    return complete;
}

/** @param {ReconnectOptions | boolean | undefined} reconnect */
function completeReconnect(reconnect) {
    if (typeof reconnect === "boolean") {
        return { ...RECONNECT_DEFAULTS, enabled: reconnect };
    }
    return { ...RECONNECT_DEFAULTS, ...reconnect };
}

/** The url with the version that servers look for at the upgrade. @param {string | URL} url */
function versionedUrl(url) {
    let parsed;
    try {
        parsed = new URL(url);
    } catch {
        parsed = null;
    }
    if (parsed === null || !/^wss?:$/.test(parsed.protocol)) {
        throw internalError("bad_params", `new Client: '${url}' is not like ws://host:8080/ws`);
    }
    parsed.hash = "";
    if (!parsed.searchParams.has("v")) {
        parsed.search += `${parsed.search === "" ? "?" : "&"}v=3.0`;
    }
    return parsed.href;
}
