// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { AimxError, Client } from "../../javascript/aimx.js";
import { FakeServer, WELCOME, failure, settle } from "./support/fake_server.js";

describe("the handshake", () => {
    it("asks for the version in the url and says hello with what it can do", () => {
        const server = new FakeServer();
        server.client({ token: "secret" });

        server.socket.accept();

        assert.equal(server.socket.url, "ws://plant/ws?v=3.0");
        assert.deepEqual(server.socket.frames, [
            {
                t: "req",
                id: 1,
                method: "hello",
                params: {
                    client: "aimdb-aimx 0.1.0",
                    version: "3.0",
                    extensions: 1,
                    max_frame: 1_048_576,
                    auth_token: "secret",
                },
            },
        ]);
    });

    it("keeps what the url asks already", () => {
        const server = new FakeServer();
        const urls = [
            "ws://plant/ws?token=a%20b",
            "ws://plant/ws?v=3.1",
            "wss://plant:8443/ws#top",
        ];

        urls.forEach((url) => new Client(url, server.options()));

        assert.deepEqual(
            server.sockets.map((socket) => socket.url),
            [
                "ws://plant/ws?token=a%20b&v=3.0",
                "ws://plant/ws?v=3.1",
                "wss://plant:8443/ws?v=3.0",
            ],
        );
    });

    it("is over when the welcome has come", async () => {
        const server = new FakeServer();
        const client = server.client();
        assert.equal(client.state, "connecting");

        server.socket.welcome();
        await client.ready();

        assert.equal(client.state, "open");
        assert.equal(client.extensions, true);
        assert.equal(client.welcome.epoch, "e1");
        assert.deepEqual(server.states, [
            { state: "connecting", attempt: 0 },
            { state: "open", attempt: 0 },
        ]);
    });

    it("takes not_found for an AimDB server and goes on without extensions", () => {
        const server = new FakeServer();
        const client = server.openPlainClient();

        assert.equal(client.state, "open");
        assert.equal(client.extensions, false);
        assert.equal(client.welcome, null);
    });

    it("takes a welcome without extensions for a plain server", () => {
        const server = new FakeServer();
        const client = server.client();

        server.socket.welcome({ ...WELCOME, extensions: undefined });

        assert.equal(client.state, "open");
        assert.equal(client.extensions, false);
    });

    it("ignores what comes before the welcome", () => {
        const server = new FakeServer();
        const client = server.client();

        server.socket.accept();
        server.socket.serve({ t: "subscribed", sub: "18446744073709551615" });
        server.socket.reply(server.socket.last({ method: "hello" }), WELCOME);

        assert.equal(client.state, "open");
    });

    it("does not redial a server that refuses the token", async () => {
        const server = new FakeServer();
        const client = server.client({ token: "wrong" });
        const ready = failure(client.ready());

        server.socket.accept();
        const more = { code: "not_authenticated", msg: "show a token" };
        server.socket.refuse(server.socket.last({ method: "hello" }), "denied", more);

        const error = await ready;
        assert.ok(error instanceof AimxError);
        assert.equal(error.err, "denied");
        assert.equal(error.code, "not_authenticated");
        assert.equal(error.message, "hello: show a token");
        assert.equal(client.state, "closed");
        assert.equal(server.socket.closed, true);
        assert.equal(server.clock.timerCount, 0);
    });

    it("does not redial a server of another version", async () => {
        const welcome = { ...WELCOME, version: "4.0" };
        for (const answer of [{ err: "version_mismatch" }, { ok: welcome }]) {
            const server = new FakeServer();
            const client = server.client();
            const ready = failure(client.ready());

            server.socket.accept();
            server.socket.serve({ t: "reply", id: 1, ...answer });

            assert.equal((await ready).err, "version_mismatch");
            assert.equal(client.state, "closed");
        }
    });

    it("gives up dialling when no welcome comes, and redials", async () => {
        const server = new FakeServer();
        const client = server.client({ handshakeTimeoutMs: 2_000 });
        server.socket.accept();

        await server.clock.advance(2_000);

        assert.equal(client.state, "reconnecting");
        assert.equal(server.states.at(-1).error.code, "dial_failed");
        assert.equal(server.sockets[0].closed, true);

        await server.clock.advance(500);
        server.socket.welcome();
        assert.equal(client.state, "open");
    });

    it("waits in connect until the client is open", async () => {
        const server = new FakeServer();
        const connected = Client.connect("ws://plant/ws", server.options());

        server.socket.welcome();

        assert.equal((await connected).state, "open");
    });

    it("fails connect with the first dial and leaves nothing behind", async () => {
        const server = new FakeServer();
        const connected = failure(Client.connect("ws://plant/ws", server.options()));

        server.socket.onerror({ message: "connection refused" });

        const error = await connected;
        assert.equal(error.code, "dial_failed");
        assert.equal(error.message, "connection refused");
        assert.equal(server.states.at(-1).state, "closed");
        assert.equal(server.clock.timerCount, 0);
    });

    it("goes on trying in connect where that is asked for", async () => {
        const server = new FakeServer();
        const options = server.options({ reconnect: { initial: true } });
        const connected = Client.connect("ws://plant/ws", options);

        await server.redial();
        server.socket.welcome();

        assert.equal((await connected).state, "open");
    });

    it("counts a dial that throws as one that failed", async () => {
        class Forbidden {
            constructor() {
                throw new Error("mixed content");
            }
        }
        const server = new FakeServer();
        const client = server.client({ WebSocket: Forbidden });

        assert.equal(client.state, "reconnecting");
        assert.equal(server.states.at(-1).error.message, "mixed content");
        client.close();
    });

    it("refuses a url that is none, and to be without a WebSocket", () => {
        const server = new FakeServer();
        const codes = [
            () => new Client("http://plant/ws", server.options()),
            () => new Client("plant", server.options()),
            () => new Client("ws://plant/ws", server.options({ WebSocket: null })),
        ].map((make) => {
            try {
                make();
                return "made";
            } catch (error) {
                return error.code;
            }
        });

        assert.deepEqual(codes, ["bad_params", "bad_params", "bad_params"]);
    });

    it("ends everything that waits when it is closed while dialling", async () => {
        const server = new FakeServer();
        const client = server.client();
        const ready = failure(client.ready());
        const got = failure(client.get("boiler"));

        client.close();
        await settle();

        assert.equal((await ready).code, "closed");
        assert.equal((await got).code, "closed");
        assert.equal((await failure(client.get("boiler"))).code, "closed");
        assert.throws(() => client.subscribe("boiler"), { code: "closed" });
        assert.equal(server.clock.timerCount, 0);
        assert.equal(server.socket.closed, true);
    });
});
