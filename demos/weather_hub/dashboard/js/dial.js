// SPDX-License-Identifier: Apache-2.0
//
// Runs before everything else, while the rest of the page is still being fetched: dials the hub
// and asks for what is painted first.
import { Client } from "../aimx/aimx.js";

/** `?hub=ws://…` looks at another hub than the one the page came from. */
function hubUrl() {
    const given = new URLSearchParams(location.search).get("hub");
    return given ?? `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
}

const KEEPALIVE_MS = 3_000;
/** Long enough for a large page of history on a slow network. */
const PONG_TIMEOUT_MS = 5_000;
/** How long nothing has come when a hub that hangs is given up. */
export const SILENCE_MS = KEEPALIVE_MS + PONG_TIMEOUT_MS;

export const client = new Client(hubUrl(), {
    client: "weather dashboard",
    keepaliveMs: KEEPALIVE_MS,
    pongTimeoutMs: PONG_TIMEOUT_MS,
    reconnect: { firstMs: 250, capMs: 4_000 },
    // One bad value must not end what other values are good for.
    onError: (error) => console.error(error),
});

/** Of every city the newest summary: the one query of the first paint. */
const askSummaries = () => client.query({ name: "accuracy_summary.*", limit: 1 });

let first = askSummaries();
first.catch(() => {
    first = null; // Too late for anybody: the next one asks anew.
});

/** The answer to the query that is under way since the dial; later a new one. */
export function summaries() {
    const answer = first ?? askSummaries();
    first = null;
    return answer;
}
