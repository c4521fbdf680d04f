// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { FakeServer, subscribed, take } from "./support/fake_server.js";

describe("a subscription", () => {
    it("asks for what the options say", () => {
        const server = new FakeServer();
        const client = server.openClient();

        client.subscribe("boiler.supply");
        client.subscribe("boiler.#", { since: new Date(1_000), gaps: true });
        client.subscribe("boiler.supply", { from: { epoch: "e1", pos: 9 }, everyMs: 250 });
        client.subscribe("boiler.*", { from: { "boiler.a": { epoch: "e1", pos: 9 } } });

        assert.deepEqual(server.socket.all("sub"), [
            { t: "sub", id: 2, topic: "boiler.supply" },
            { t: "sub", id: 3, topic: "boiler.#", since: 1_000, gaps: true },
            {
                t: "sub",
                id: 4,
                topic: "boiler.supply",
                from: { epoch: "e1", pos: 9 },
                every_ms: 250,
            },
            {
                t: "sub",
                id: 5,
                topic: "boiler.*",
                from: { "boiler.a": { epoch: "e1", pos: 9 } },
            },
        ]);
    });

    it("gives events with everything that is known of them", async () => {
        const { server, subscription, sub } = subscribed("boiler.*");

        server.socket.event(sub, 1, {
            topic: "boiler.supply",
            data: { celsius: 61.7 },
            pos: 9_121,
            epoch: "e1",
            ts: 1_790_000_000_120,
            merged: 3,
            hist: true,
        });
        server.socket.event(sub, 2);

        assert.deepEqual(await take(subscription, 2), [
            {
                kind: "event",
                topic: "boiler.supply",
                data: { celsius: 61.7 },
                seq: 1,
                skipped: 0,
                hist: true,
                pos: 9_121,
                epoch: "e1",
                ts: 1_790_000_000_120,
                merged: 3,
            },
            {
                kind: "event",
                topic: "boiler.*",
                data: null,
                seq: 2,
                skipped: 0,
                hist: false,
                pos: null,
                epoch: null,
                ts: null,
                merged: 0,
            },
        ]);
    });

    it("gives snapshots to the loop and says which is the last", async () => {
        const { server, subscription, sub } = subscribed("boiler.*");

        server.socket.serve({ t: "snap", sub: `${sub}`, seq: 1, topic: "boiler.a", data: 1 });
        server.socket.serve({ t: "snap", sub: `${sub}`, seq: 2, topic: "boiler.b", last: true });

        const items = await take(subscription, 2);
        assert.deepEqual(
            items.map(({ kind, topic, last }) => [kind, topic, last]),
            [
                ["snapshot", "boiler.a", false],
                ["snapshot", "boiler.b", true],
            ],
        );
    });

    it("hands over to a loop that is waiting already", async () => {
        const { server, subscription, sub } = subscribed("boiler");
        const waiting = subscription.next();

        server.socket.event(sub, 1, { data: 5 });

        assert.equal((await waiting).value.data, 5);
    });

    it("tells events, snapshots, gaps, the seam and the end to callbacks", () => {
        const told = [];
        const note = ({ kind, reason }, { topic }) => told.push([kind ?? reason, topic]);
        const { server, sub } = subscribed("log.*", {
            since: 0,
            gaps: true,
            onEvent: note,
            onSnapshot: note,
            onGap: note,
            onLive: note,
            onSubscribed: note,
            onEnded: note,
        });

        server.socket.serve({ t: "subscribed", sub: `${sub}` });
        server.socket.serve({ t: "snap", sub: `${sub}`, seq: 1, topic: "log.a" });
        server.socket.event(sub, 2);
        const gap = { topic: "log.a", first: 1, last: 4, count: 4, cause: "crash" };
        server.socket.serve({ t: "gap", sub: `${sub}`, ...gap });
        server.socket.serve({ t: "live", sub: `${sub}` });
        server.socket.serve({ t: "ended", sub: `${sub}`, reason: "no_match" });

        assert.deepEqual(
            told.map(([what]) => what),
            ["subscribed", "snapshot", "event", "gap", "live", "no_match"],
        );
        assert.ok(told.every(([, topic]) => topic === "log.*"));
    });

    it("gives snapshots to onEvent where there is no onSnapshot", () => {
        const told = [];
        const onEvent = ({ kind, data }) => told.push([kind, data]);
        const { server, sub } = subscribed("a", { onEvent });

        server.socket.serve({ t: "snap", sub: `${sub}`, seq: 1, topic: "a", data: 1 });
        server.socket.event(sub, 2, { data: 2 });

        assert.deepEqual(told, [
            ["snapshot", 1],
            ["event", 2],
        ]);
    });

    it("gives marks to the loop in their place, when asked to", async () => {
        const options = { since: 0, gaps: true, marks: true };
        const { server, subscription, sub } = subscribed("a", options);

        server.socket.serve({ t: "subscribed", sub: `${sub}` });
        server.socket.event(sub, 1, { hist: true });
        server.socket.serve({ t: "gap", sub: `${sub}`, topic: "a", first: 2, last: 3, count: 2 });
        server.socket.serve({ t: "live", sub: `${sub}` });
        server.socket.event(sub, 2);

        assert.deepEqual(
            (await take(subscription, 5)).map(({ kind }) => kind),
            ["subscribed", "event", "gap", "live", "event"],
        );
    });

    it("is either looped over or told to callbacks", () => {
        const { subscription } = subscribed("a", { onEvent: () => {} });

        assert.throws(() => subscription[Symbol.asyncIterator](), { code: "bad_params" });
    });

    it("goes on when a callback throws, and reports what it threw", () => {
        const reported = [];
        const told = [];
        const onEvent = ({ data }) => {
            told.push(data);
            throw new Error(`no ${data}`);
        };
        const onError = (error) => reported.push(error.message);
        const { server, sub } = subscribed("a", { onEvent }, { onError });

        server.socket.event(sub, 1, { data: 1 });
        server.socket.event(sub, 2, { data: 2 });

        assert.deepEqual(told, [1, 2]);
        assert.deepEqual(reported, ["no 1", "no 2"]);
    });

    it("refuses what cannot be asked", () => {
        const { client } = subscribed("a");
        const position = { epoch: "e1", pos: 1 };

        for (const [topic, options] of [
            ['a"b', {}],
            ["a\\b", {}],
            ["a", { since: 0, from: position }],
            ["a", { since: "yesterday" }],
            ["a.*", { from: position }],
        ]) {
            assert.throws(() => client.subscribe(topic, options), { code: "bad_params" });
        }
    });
});

describe("what seq says", () => {
    const losses = async (...seqs) => {
        const { server, subscription, sub } = subscribed("a");
        seqs.forEach((seq) => server.socket.event(sub, seq));
        return (await take(subscription, seqs.length)).map(({ skipped }) => skipped);
    };

    it("is how many values were lost in front of one", async () => {
        assert.deepEqual(await losses(1, 2, 5, 6), [0, 0, 2, 0]);
    });

    it("counts from 1 on, so that a first 23 means 22 lost", async () => {
        assert.deepEqual(await losses(23, 24), [22, 0]);
    });

    it("may begin with 0", async () => {
        assert.deepEqual(await losses(0, 1, 2), [0, 0, 0]);
    });

    it("does not go back with a repeated or older one", async () => {
        assert.deepEqual(await losses(1, 5, 5, 3, 6), [0, 3, 0, 0, 0]);
    });

    it("counts snapshots and events in one row", async () => {
        const { server, subscription, sub } = subscribed("a.*");

        server.socket.serve({ t: "snap", sub: `${sub}`, seq: 1, topic: "a.b", last: true });
        server.socket.event(sub, 3);

        assert.deepEqual(
            (await take(subscription, 2)).map(({ skipped }) => skipped),
            [0, 1],
        );
    });
});

describe("a loop that is slow", () => {
    it("loses the oldest values and is told how many", async () => {
        const { server, subscription, sub } = subscribed("a", { queueLimit: 3 });

        for (const seq of [1, 2, 4, 5, 6, 7]) {
            server.socket.event(sub, seq, { data: seq });
        }

        assert.deepEqual(
            (await take(subscription, 3)).map(({ data, skipped }) => [data, skipped]),
            [
                [5, 4], // 1, 2 and 4 were dropped here, 3 never came
                [6, 0],
                [7, 0],
            ],
        );
    });

    it("lags by 256 items where nothing else is said", async () => {
        const { server, subscription, sub } = subscribed("a");

        for (let seq = 1; seq <= 258; ++seq) {
            server.socket.event(sub, seq, { data: seq });
        }

        const [first] = await take(subscription, 1);
        assert.deepEqual([first.data, first.skipped], [3, 2]);
    });

    it("does not lose the end of the snapshots", async () => {
        const { server, subscription, sub } = subscribed("a.*", { queueLimit: 2 });

        server.socket.serve({ t: "snap", sub: `${sub}`, seq: 1, topic: "a.b", last: true });
        server.socket.event(sub, 2, { data: 2 });
        server.socket.event(sub, 3, { data: 3 });

        const [snapshot, event] = await take(subscription, 2);
        assert.deepEqual([snapshot.last, snapshot.skipped], [true, 0]);
        assert.deepEqual([event.data, event.skipped], [3, 1]);
    });

    it("keeps marks before values, but keeps its limit before all", async () => {
        const { server, subscription, sub } = subscribed("a", { queueLimit: 2, marks: true });

        server.socket.event(sub, 1, { data: 1 });
        for (const first of [10, 20, 30]) {
            const gap = { topic: "a", first, last: first, count: 1 };
            server.socket.serve({ t: "gap", sub: `${sub}`, ...gap });
        }
        server.socket.event(sub, 2, { data: 2 });
        server.socket.serve({ t: "live", sub: `${sub}` });
        server.socket.event(sub, 3, { data: 3 });

        const [live, event] = await take(subscription, 2);
        assert.equal(live.kind, "live");
        assert.deepEqual([event.data, event.skipped], [3, 2]);
    });
});
