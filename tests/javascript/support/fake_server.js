// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";

import { Client } from "../../../javascript/aimx.js";
import { FakeClock, settle } from "./fake_clock.js";

export const WELCOME = {
    version: "3.0",
    server: "aimdb",
    permissions: ["read", "write"],
    writable_records: [],
    extensions: 1,
    max_frame: 1_048_576,
    epoch: "e1",
};

/** One dialled connection, seen from the server. Nothing happens in it by itself. */
class FakeSocket {
    frames = []; // from the client, parsed
    texts = [];
    closed = false;

    constructor(url) {
        this.url = url;
    }

    send(text) {
        assert.equal(this.closed, false, "the client sends on a closed socket");
        this.texts.push(text);
        this.frames.push(JSON.parse(text));
    }

    close() {
        this.closed = true;
    }

    accept() {
        this.onopen({});
    }

    /** A frame to the client: an object, or text as it is. */
    serve(frame) {
        this.onmessage({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
    }

    serveBinary() {
        this.onmessage({ data: new ArrayBuffer(8) });
    }

    breakOff(code = 1006) {
        this.onclose({ code });
    }

    /** The newest frame from the client that fits. */
    last(wanted) {
        return this.frames.findLast((frame) => {
            return Object.entries(wanted).every(([name, value]) => frame[name] === value);
        });
    }

    all(t) {
        return this.frames.filter((frame) => frame.t === t);
    }

    reply(request, ok) {
        this.serve({ t: "reply", id: request.id, ok });
    }

    refuse(request, err, more = {}) {
        this.serve({ t: "reply", id: request.id, err, ...more });
    }

    /** Accepts, and answers `hello`. */
    welcome(welcome = WELCOME) {
        this.accept();
        this.reply(this.last({ method: "hello" }), welcome);
    }

    /** What AimDB's own WebSocket server does. */
    welcomePlainly() {
        this.accept();
        this.refuse(this.last({ method: "hello" }), "not_found");
    }

    event(sub, seq, more = {}) {
        this.serve({ t: "event", sub: String(sub), seq, ...more });
    }
}

/** A client with one subscription, and the id of its `sub` frame. */
export function subscribed(topic, options, more) {
    const server = new FakeServer();
    const client = server.openClient(more);
    const subscription = client.subscribe(topic, options);
    return { server, client, subscription, sub: server.socket.last({ t: "sub" })?.id };
}

/** The next `count` values of a subscription. */
export async function take(subscription, count) {
    const items = [];
    while (items.length < count) {
        const { done, value } = await subscription.next();
        assert.equal(done, false, `it ended after ${items.length} items`);
        items.push(value);
    }
    return items;
}

/** A network of one server that is played by the test. */
export class FakeServer {
    sockets = [];
    clock = new FakeClock();
    states = [];

    constructor() {
        const { sockets } = this;
        this.WebSocket = class extends FakeSocket {
            constructor(url) {
                super(url);
                sockets.push(this);
            }
        };
    }

    get socket() {
        return this.sockets.at(-1);
    }

    /** What a client of this server is made with: no chance, no real time. */
    options(more = {}) {
        return {
            WebSocket: this.WebSocket,
            clock: this.clock,
            random: () => 0,
            onState: (event) => this.states.push(event),
            ...more,
        };
    }

    client(more) {
        return new Client("ws://plant/ws", this.options(more));
    }

    /** A client that is connected. */
    openClient(more) {
        const client = this.client(more);
        this.socket.welcome();
        return client;
    }

    openPlainClient(more) {
        const client = this.client(more);
        this.socket.welcomePlainly();
        return client;
    }

    /** Breaks the connection and takes the redial; the new socket is not yet welcomed. */
    async redial() {
        const before = this.sockets.length;
        this.socket.breakOff();
        await this.clock.advance(this.states.at(-1).delayMs);
        assert.equal(this.sockets.length, before + 1);
    }
}

/** All that an async iterable gives. */
export async function collect(iterable) {
    const items = [];
    for await (const item of iterable) {
        items.push(item);
    }
    return items;
}

/** The error a promise fails with. */
export async function failure(promise) {
    return promise.then(
        (value) => assert.fail(`it gave ${JSON.stringify(value)}`),
        (error) => error,
    );
}

export { settle };
