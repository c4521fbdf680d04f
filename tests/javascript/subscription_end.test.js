// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { FakeServer, failure, settle, subscribed, take } from "./support/fake_server.js";

const POSITION = { epoch: "e1", pos: 1 };

describe("leaving a subscription", () => {
    it("by breaking out of the loop tells the server", async () => {
        const { server, client, subscription, sub } = subscribed("a");
        server.socket.event(sub, 1, { data: 1 });
        server.socket.event(sub, 2, { data: 2 });

        for await (const { data } of subscription) {
            assert.equal(data, 1);
            break;
        }

        assert.deepEqual(server.socket.all("unsub"), [{ t: "unsub", sub: `${sub}` }]);
        assert.deepEqual(await subscription.next(), { done: true, value: undefined });
        assert.deepEqual(subscription.ended, { reason: "left" });
        assert.equal(client.stats.subscriptions, 0);
    });

    it("by close ends a loop that waits, and what still comes is nobody's", async () => {
        const { server, client, subscription, sub } = subscribed("a");
        const waiting = subscription.next();

        subscription.close();
        subscription.close();
        server.socket.event(sub, 1);

        assert.equal((await waiting).done, true);
        assert.equal(server.socket.all("unsub").length, 1);
        assert.equal(client.stats.framesUnmatched, 1);
    });

    it("from inside its own callback is allowed", () => {
        const told = [];
        const { server, sub } = subscribed("a", {
            onEvent: ({ data }, subscription) => {
                told.push(data);
                subscription.close();
            },
        });

        server.socket.event(sub, 1, { data: 1 });
        server.socket.event(sub, 2, { data: 2 });

        assert.deepEqual(told, [1]);
    });

    it("without a connection sends nothing, then or later", async () => {
        const server = new FakeServer();
        const client = server.client();
        const subscription = client.subscribe("a");

        subscription.close();
        server.socket.welcome();

        assert.deepEqual(server.socket.all("sub"), []);
        assert.deepEqual(server.socket.all("unsub"), []);
    });

    it("happens to all when the client is closed", async () => {
        const { server, client, subscription, sub } = subscribed("a");
        server.socket.event(sub, 1, { data: 1 });

        client.close();

        const [left] = await take(subscription, 1);
        assert.equal(left.data, 1, "what has come already is still given");
        assert.equal((await subscription.next()).done, true);
        assert.deepEqual(subscription.ended, { reason: "closed" });
    });
});

describe("a subscription that the server ends", () => {
    it("fails its loop with the reason of a refusal", async () => {
        const { server, subscription, sub } = subscribed("unknown");

        server.socket.refuse({ id: sub }, "not_found", { code: "unknown_record", msg: "no such" });

        const error = await failure(subscription.next());
        assert.deepEqual([error.err, error.code], ["not_found", "unknown_record"]);
        assert.equal(error.message, "subscribe unknown: no such");
        assert.equal((await subscription.next()).done, true, "the error comes once");
        assert.equal(subscription.ended.reason, "refused");
    });

    it("is not even asked for what no frame could carry", async () => {
        const from = Object.fromEntries([...Array(50_000).keys()].map((i) => [`a.${i}`, POSITION]));
        const { server, subscription } = subscribed("a.*", { from });

        assert.equal((await failure(subscription.next())).code, "too_large");
        assert.deepEqual(server.socket.all("sub"), []);
    });

    it("ignores a reply that is no refusal", async () => {
        const { server, client, subscription, sub } = subscribed("a");

        server.socket.reply({ id: sub }, {});

        assert.equal(subscription.ended, null);
        assert.equal(client.stats.framesUnmatched, 0);
    });

    it("ends quietly when nothing matches its pattern", async () => {
        const { server, client, subscription, sub } = subscribed("none.*");

        server.socket.serve({ t: "ended", sub: `${sub}`, reason: "no_match" });

        assert.equal((await subscription.next()).done, true);
        assert.deepEqual(subscription.ended, { reason: "no_match" });
        assert.equal(client.stats.subscriptions, 0);
    });

    it("fails when history does, after what had come", async () => {
        const { server, subscription, sub } = subscribed("a", { since: 0 });
        server.socket.event(sub, 1, { data: 1, hist: true });

        server.socket.serve({ t: "ended", sub: `${sub}`, reason: "history_failed" });

        const [event] = await take(subscription, 1);
        assert.equal(event.data, 1);
        assert.equal((await failure(subscription.next())).code, "history_failed");
    });
});

describe("a subscription to a plain server", () => {
    it("is live only, without what such a server does not know", async () => {
        const server = new FakeServer();
        const client = server.openPlainClient();
        const subscription = client.subscribe("a.*", { everyMs: 100, gaps: true });
        const { id } = server.socket.last({ t: "sub" });

        server.socket.event(id, 1, { topic: "a.b", data: 1 });

        assert.equal(server.socket.texts.at(-1), `{"t":"sub","id":${id},"topic":"a.*"}`);
        assert.equal((await take(subscription, 1))[0].data, 1);
    });

    it("is refused when it asks for history", async () => {
        const server = new FakeServer();
        const client = server.openPlainClient();
        const ends = [];
        const onEnded = ({ reason, error }) => ends.push([reason, error.code]);

        client.subscribe("a", { since: 0, onEnded });
        client.subscribe("a", { from: { epoch: "e1", pos: 1 }, onEnded });
        await settle();

        assert.deepEqual(ends, [
            ["refused", "unsupported"],
            ["refused", "unsupported"],
        ]);
        assert.deepEqual(server.socket.all("sub"), []);
    });

    it("is untouched by subscriptions that the server opens by itself", () => {
        const server = new FakeServer();
        const client = server.openPlainClient();

        server.socket.serve({ t: "subscribed", sub: "18446744073709551615" });
        server.socket.event("18446744073709551615", 1);

        assert.equal(client.stats.framesUnmatched, 2);
        assert.equal(client.stats.framesSkipped, 0);
    });
});
