// SPDX-License-Identifier: Apache-2.0
//
// What browser.test.js has a real browser do, step by step.
import { Client } from "./aimx.js";

const states = [];
const seen = [];
let wake = () => {};
let client;

/** Connects to where the page came from. */
export async function connect() {
    const onState = ({ state }) => states.push(state);
    client = await Client.connect(`ws://${location.host}/ws`, { onState });
    return { state: client.state, extensions: client.extensions };
}

/** Writes a value and reads it. */
export async function echo(value) {
    const { status } = await client.write("note", value);
    return { status, value: await client.get("note") };
}

/** The error of a call that must fail. */
export async function refusal() {
    const { name, err, code } = await client.get("private.secret").catch((error) => error);
    return { name, err, code };
}

export async function keys() {
    return (await client.list()).map((row) => row.record_key);
}

/** Begins to follow a record; resolves at the seam. */
export function follow(key) {
    return new Promise((resolve) => {
        client.subscribe(key, {
            since: 0,
            onLive: () => resolve(),
            onEvent: ({ data }) => {
                seen.push(data.celsius);
                wake();
            },
        });
    });
}

/** All that was seen, once that value was. */
export async function seenUpTo(celsius) {
    while (!seen.includes(celsius)) {
        await new Promise((resolve) => (wake = resolve));
    }
    return seen;
}

export async function statesSoFar() {
    await client.ready();
    return states;
}
