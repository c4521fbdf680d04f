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

export const client = new Client(hubUrl(), {
    client: "weather dashboard",
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
