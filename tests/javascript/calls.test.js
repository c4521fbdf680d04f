// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { AimxError } from "../../javascript/aimx.js";
import { FakeServer, WELCOME, failure, settle } from "./support/fake_server.js";

describe("a call", () => {
    it("gets its own reply when replies come out of order", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const first = client.get("boiler.supply");
        const second = client.get("boiler.return");
        await settle();

        const [, a, b] = server.socket.frames;
        server.socket.reply(b, 2);
        server.socket.reply(a, 1);

        assert.deepEqual([await first, await second], [1, 2]);
        assert.deepEqual(a.params, { name: "boiler.supply" });
        assert.deepEqual([a.method, a.id, b.id], ["record.get", 2, 3]);
    });

    it("fails with the word, the code and the sentence of the server", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const set = failure(client.set("boiler.mean", 1));
        await settle();

        const more = { code: "not_writable", msg: "record 'boiler.mean' is served read-only" };
        server.socket.refuse(server.socket.last({ t: "req" }), "denied", more);

        const error = await set;
        assert.ok(error instanceof AimxError);
        assert.equal(error.name, "AimxError");
        assert.equal(error.err, "denied");
        assert.equal(error.code, "not_writable");
        assert.equal(
            error.message,
            "record.set boiler.mean: record 'boiler.mean' is served read-only",
        );
    });

    it("takes an unknown word of failure for internal", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const got = failure(client.get("boiler"));
        await settle();

        server.socket.refuse(server.socket.last({ t: "req" }), "QUEUE_FULL");

        const error = await got;
        assert.deepEqual([error.err, error.code], ["internal", "QUEUE_FULL"]);
    });

    it("takes a null result for the value null, but not beside an error", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const value = client.get("note");
        const refused = failure(client.get("boiler"));
        await settle();

        const [, a, b] = server.socket.frames;
        server.socket.serve({ t: "reply", id: a.id, ok: null });
        server.socket.serve({ t: "reply", id: b.id, ok: null, err: "not_found" });

        assert.equal(await value, null);
        assert.equal((await refused).err, "not_found");
    });

    it("fails when no answer comes in time, and a late one is nobody's", async () => {
        const server = new FakeServer();
        const client = server.openClient({ timeoutMs: 1_000 });
        const slow = failure(client.get("boiler"));
        const slower = failure(client.health({ timeoutMs: 3_000 }));
        await settle();

        await server.clock.advance(1_000);
        assert.equal((await slow).code, "timed_out");
        assert.equal(client.stats.callsSent, 1);
        server.socket.reply(server.socket.last({ method: "record.get" }), 1);
        await server.clock.advance(2_000);

        assert.equal((await slower).message, "health: no answer within 3000 ms");
        assert.equal(client.stats.framesUnmatched, 1);
        assert.equal(client.state, "open");
    });

    it("is written when it is made, whatever becomes of the value", async () => {
        const server = new FakeServer();
        const client = server.client();
        const value = { celsius: 55 };
        client.set("boiler.setpoint", value).catch(() => {});
        value.celsius = 90;
        await settle();

        server.socket.welcome();

        assert.deepEqual(server.socket.last({ t: "req" }).params.value, { celsius: 55 });
        client.close();
    });

    it("is refused here when a frame could not carry it", async () => {
        const server = new FakeServer();
        const client = server.client();
        server.socket.welcome({ ...WELCOME, max_frame: 1_000 });
        const circle = {};
        circle.self = circle;

        const refusals = [
            client.set("note", undefined),
            client.set("note", circle),
            client.set("note", "x".repeat(1_000)),
            client.set("note", "€".repeat(330)),
            client.write('a"b', 1),
            client.write("a\nb", 1),
            client.write("note", () => {}),
            client.call("record\\get"),
        ].map(failure);

        const codes = (await Promise.all(refusals)).map((error) => error.code);
        assert.deepEqual(codes, [
            "bad_params",
            "bad_params",
            "too_large",
            "too_large",
            "bad_params",
            "bad_params",
            "bad_params",
            "bad_params",
        ]);
        assert.deepEqual(server.socket.all("req").length, 1);
        assert.equal(server.clock.timerCount, 1, "only the keepalive is left");
    });

    it("fails at once when too many wait for their replies", async () => {
        const server = new FakeServer();
        const client = server.openClient({ pendingLimit: 2 });
        client.get("a").catch(() => {});
        client.get("b").catch(() => {});
        await settle();

        assert.equal((await failure(client.get("c"))).code, "pending_limit");
        assert.equal(client.stats.callsSent, 2);
        client.close();
    });
});

describe("a call without a connection", () => {
    it("waits for the next one and goes out in order", async () => {
        const server = new FakeServer();
        const client = server.client();
        const first = client.get("a");
        const second = client.write("b", 2);
        await settle();
        assert.deepEqual(server.socket.frames, []);

        server.socket.welcome();
        await settle();

        const [, a, b] = server.socket.frames;
        assert.deepEqual([a.method, b.t], ["record.get", "write"]);
        server.socket.reply(a, 1);
        server.socket.reply(b, { status: "success" });
        assert.deepEqual([await first, await second], [1, { status: "success" }]);
    });

    it("fails at once when the offline queue is full", async () => {
        const server = new FakeServer();
        const client = server.client({ offlineLimit: 2 });
        client.get("a").catch(() => {});
        client.get("b").catch(() => {});
        await settle();

        const error = await failure(client.get("c"));

        assert.equal(error.code, "offline_queue_full");
        assert.equal(client.stats.callsWaiting, 2);
        client.close();
    });

    it("is not sent any more when its time is over", async () => {
        const server = new FakeServer();
        const client = server.client({ timeoutMs: 1_000 });
        const late = failure(client.write("boiler.setpoint", { celsius: 90 }));
        await server.clock.advance(1_000);
        assert.equal((await late).message, "write boiler.setpoint: no connection within 1000 ms");

        server.socket.welcome();

        assert.deepEqual(server.socket.all("write"), []);
    });

    it("fails ping, which asks about now", async () => {
        const server = new FakeServer();
        const client = server.client();

        assert.equal((await failure(client.ping())).code, "not_connected");
        client.close();
    });
});

describe("a broken connection", () => {
    it("fails what was sent and keeps what was not", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const sent = failure(client.write("boiler.setpoint", 1));
        await settle();

        server.socket.breakOff(1006);
        const error = await sent;
        const kept = client.get("boiler.setpoint");
        await server.clock.advance(500);
        server.socket.welcome();
        await settle();
        server.socket.reply(server.socket.last({ method: "record.get" }), 7);

        assert.deepEqual([error.err, error.code], ["internal", "disconnected"]);
        assert.equal(error.message, "write boiler.setpoint: the connection was closed (1006)");
        assert.deepEqual(server.socket.all("write"), [], "nothing is sent twice");
        assert.equal(await kept, 7);
    });

    it("never lets an answer of it count for a later call", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        client.get("a").catch(() => {});
        await settle();
        const old = server.socket.last({ t: "req" });
        await server.redial();
        server.socket.welcome();
        const call = client.get("b");
        await settle();

        server.socket.reply(old, "old");
        server.socket.reply(server.socket.last({ t: "req" }), "new");

        assert.equal(await call, "new");
    });
});
