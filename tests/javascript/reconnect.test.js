// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { redialDelayMs } from "../../javascript/backoff.js";
import { FakeServer, failure } from "./support/fake_server.js";

describe("the delay before a redial", () => {
    const options = { firstMs: 500, capMs: 8_000, factor: 2, jitter: 0.5 };

    it("doubles from the first to the cap", () => {
        const delays = [1, 2, 3, 4, 5, 6, 5_000].map((attempt) => {
            return redialDelayMs(attempt, options, () => 0);
        });

        assert.deepEqual(delays, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    });

    it("is shortened by chance, by half at most", () => {
        const delays = [0, 0.5, 0.99].map((chance) => redialDelayMs(2, options, () => chance));

        assert.deepEqual(delays, [1_000, 750, 505]);
    });

    it("is exact without jitter", () => {
        assert.equal(redialDelayMs(1, { ...options, jitter: 0 }, () => 0.9), 500);
    });
});

describe("a client whose connection breaks", () => {
    it("says what it does about it", async () => {
        const server = new FakeServer();
        const client = server.openClient();

        server.socket.breakOff(1001);
        assert.equal(client.state, "reconnecting");
        assert.equal(client.extensions, false);
        await server.clock.advance(500);
        server.socket.breakOff();
        await server.clock.advance(1_000);
        server.socket.welcome();

        const told = server.states.map(({ error, ...event }) => ({ ...event, code: error?.code }));
        assert.deepEqual(told, [
            { state: "connecting", attempt: 0, code: undefined },
            { state: "open", attempt: 0, code: undefined },
            { state: "reconnecting", attempt: 1, delayMs: 500, code: "disconnected" },
            { state: "reconnecting", attempt: 2, delayMs: 1_000, code: "dial_failed" },
            { state: "open", attempt: 0, code: undefined },
        ]);
        assert.deepEqual([client.stats.dials, client.stats.opens], [3, 2]);
    });

    it("begins with the first delay again after a success", async () => {
        const server = new FakeServer();
        server.openClient();
        await server.redial();
        await server.redial();
        await server.redial();
        server.socket.welcome();

        server.socket.breakOff();

        const waits = server.states.filter(({ state }) => state === "reconnecting");
        assert.deepEqual(
            waits.map(({ delayMs }) => delayMs),
            [500, 1_000, 2_000, 500],
        );
    });

    it("does not dial before the delay is over", async () => {
        const server = new FakeServer();
        server.openClient({ random: () => 0.5, reconnect: { firstMs: 1_000 } });
        server.socket.breakOff();

        await server.clock.advance(749);
        assert.equal(server.sockets.length, 1);
        await server.clock.advance(1);

        assert.equal(server.sockets.length, 2);
    });

    it("gives up after as many redials as it may make", async () => {
        const server = new FakeServer();
        const client = server.openClient({ reconnect: { attemptLimit: 2 } });
        server.socket.breakOff();
        const waiting = failure(client.get("a", { timeoutMs: 100_000 }));

        await server.clock.advance(500);
        server.socket.breakOff();
        await server.clock.advance(1_000);
        server.socket.breakOff();

        assert.equal(client.state, "closed");
        assert.equal(server.states.at(-1).error.code, "dial_failed");
        assert.equal((await waiting).code, "closed");
        assert.equal(server.clock.timerCount, 0);
    });

    it("is closed when it may not redial, and its loops fail", async () => {
        const server = new FakeServer();
        const client = server.openClient({ reconnect: false });
        const next = failure(client.subscribe("a").next());
        const sent = failure(client.get("a"));

        server.socket.breakOff();

        assert.equal(client.state, "closed");
        assert.equal((await sent).code, "disconnected");
        assert.equal((await next).code, "disconnected");
        assert.equal((await failure(client.ready())).code, "closed");
    });

    it("does not redial once it is closed", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        server.socket.breakOff();

        client.close();
        client.close();
        await server.clock.advance(60_000);

        assert.equal(server.sockets.length, 1);
        assert.deepEqual(server.states.at(-1), { state: "closed", attempt: 1 });
    });

    it("lets go of the old socket: its late words count for nothing", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const old = server.socket;
        await server.redial();
        server.socket.welcome();

        old.serve({ t: "pong" });
        old.event(99, 1);
        old.breakOff();

        assert.equal(old.closed, true);
        assert.equal(client.stats.framesReceived, 0);
        assert.equal(client.state, "open");
    });

    it("tells ready when it is back", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        await server.redial();
        const ready = client.ready();

        server.socket.welcome();

        await ready;
        assert.equal(client.state, "open");
    });

    it("survives a listener that throws", () => {
        const reported = [];
        const server = new FakeServer();
        const client = server.openClient({
            onState: () => {
                throw new Error("oops");
            },
            onError: (error) => reported.push(error.message),
        });

        assert.equal(client.state, "open");
        assert.deepEqual(reported, ["oops", "oops"]);
    });

    it("may be given another listener later", () => {
        const server = new FakeServer();
        const client = server.openClient();
        const told = [];
        client.onState = ({ state }) => told.push(state);

        server.socket.breakOff();

        assert.deepEqual(told, ["reconnecting"]);
        client.close();
    });
});

describe("the keepalive", () => {
    it("pings after 30 s of silence and is content with a pong", async () => {
        const server = new FakeServer();
        const client = server.openClient();

        await server.clock.advance(29_999);
        assert.deepEqual(server.socket.all("ping"), []);
        await server.clock.advance(1);
        assert.equal(server.socket.all("ping").length, 1);
        server.socket.serve({ t: "pong" });
        await server.clock.advance(30_000);

        assert.equal(client.state, "open");
        assert.equal(server.socket.all("ping").length, 2);
    });

    it("does not ping while something comes", async () => {
        const server = new FakeServer();
        server.openClient();

        for (let i = 0; i < 10; ++i) {
            await server.clock.advance(29_000);
            server.socket.event(99, i);
        }

        assert.deepEqual(server.socket.all("ping"), []);
    });

    it("takes any frame for an answer", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        await server.clock.advance(30_000);

        server.socket.event(99, 1);
        await server.clock.advance(10_000);

        assert.equal(client.state, "open");
    });

    it("drops a connection on which no pong comes, and redials", async () => {
        const server = new FakeServer();
        const client = server.openClient({ keepaliveMs: 5_000, pongTimeoutMs: 2_000 });
        const sent = failure(client.get("a"));

        await server.clock.advance(7_000);

        assert.equal((await sent).code, "disconnected");
        assert.equal(server.states.at(-1).error.code, "no_pong");
        assert.equal(server.sockets[0].closed, true);
        await server.clock.advance(500);
        server.socket.welcome();
        assert.equal(client.state, "open");
    });

    it("fails a ping of the user's that waits on such a connection", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const slow = failure(client.ping({ timeoutMs: 10 }));
        await server.clock.advance(10);
        const lost = failure(client.ping());

        server.socket.breakOff();

        assert.equal((await slow).code, "timed_out");
        assert.equal((await lost).code, "disconnected");
        client.close();
    });
});
