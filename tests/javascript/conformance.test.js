// SPDX-License-Identifier: Apache-2.0
//
// The client against the real server, without history: conformance_history.test.js
// has the rest. What the server must answer is taken from docs/aimx_protocol.md.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";

import { Client } from "../../javascript/aimx.js";
import { ConformanceServer, celsius, reading, realServer } from "./support/conformance_server.js";
import { collect, failure, take } from "./support/fake_server.js";
import { LineCutter } from "./support/line_cutter.js";
import { HeldClient, opened, webSocketClasses } from "./support/real_client.js";

const SERVED = [
    "boiler",
    "boiler.supply",
    "boiler.return",
    "boiler.setpoint",
    "boiler.mean",
    "boiler.both",
    "boiler.command",
    "note",
    "log.lines",
];

for (const [name, WebSocket] of webSocketClasses()) {
    describe(`a client with ${name}, on a server without history`, realServer, () => {
        let server;
        let client;

        before(async () => {
            server = await ConformanceServer.start();
        });
        after(() => server.quit());
        beforeEach(async () => {
            client = await Client.connect(server.url, { WebSocket });
        });
        afterEach(() => client.close());

        it("is welcomed with extensions", () => {
            assert.equal(client.extensions, true);
            assert.match(client.welcome.version, /^3\./);
            assert.equal(typeof client.welcome.epoch, "string");
        });

        it("lists what is served, in order, whole and in pages", async () => {
            const pages = await collect(client.listPages({ limit: 4 }));
            const boiler = await client.list({ pattern: "boiler.*" });

            const keys = (await client.list()).map((row) => row.record_key);
            assert.deepEqual(keys, SERVED);
            assert.deepEqual(pages.map((page) => page.length), [4, 4, 1]);
            assert.deepEqual(pages.flat().map((row) => row.record_key), SERVED);
            assert.deepEqual(
                boiler.map((row) => row.record_key),
                SERVED.filter((key) => key.startsWith("boiler.")),
            );
        });

        it("writes a value and reads it back with its position", async () => {
            const outcome = await client.write("boiler.setpoint", { celsius: 52 });

            const { value, pos, epoch, ts } = await client.getWithMeta("boiler.setpoint");
            assert.equal(outcome.status, "success");
            assert.deepEqual(value, { celsius: 52 });
            assert.deepEqual([pos, epoch], [outcome.pos, outcome.epoch]);
            assert.equal(typeof ts, "number");
            assert.deepEqual(await client.get("boiler.setpoint"), { celsius: 52 });
        });

        it("sets a value and is shown it", async () => {
            const { status, value } = await client.set("boiler.setpoint", { celsius: 57 });

            assert.deepEqual([status, value], ["success", { celsius: 57 }]);
        });

        it("carries any JSON there and back", async () => {
            const values = [
                0,
                -1.5,
                true,
                "",
                'quoted "text", \\ and \n, \u0000, ü, € and 🔥',
                [],
                [1, [2, [3]]],
                { "": { "a.b": null } },
                { value: 7 },
                "x".repeat(200_000),
            ];

            for (const value of values) {
                await client.write("note", value);
                assert.deepEqual(await client.get("note"), value);
            }
        });

        it("is refused what it may not do, with the reason", async () => {
            const refusals = [
                client.get("unknown"),
                client.get("private.secret"),
                client.write("boiler.supply", reading(1)),
                client.set("boiler.supply", reading(1)),
                client.write("boiler.setpoint", "hot"),
                client.call("no.such.method"),
            ].map(failure);

            const errors = await Promise.all(refusals);
            assert.deepEqual(
                errors.map(({ err, code }) => [err, code]),
                [
                    ["not_found", "unknown_record"],
                    ["not_found", "unknown_record"],
                    ["denied", "not_writable"],
                    ["denied", "not_writable"],
                    ["internal", "decode_failed"],
                    ["not_found", "unknown_method"],
                ],
            );
        });

        it("has no history to query", async () => {
            assert.equal((await failure(client.query({ name: "#" }))).err, "not_found");
        });

        it("drains what came since, and is told what was lost", async () => {
            await client.drain("boiler.supply");
            for (let i = 1; i <= 10; ++i) {
                await server.produce("boiler.supply", reading(i));
            }

            const drained = await client.drain("boiler.supply");
            assert.deepEqual(
                drained.values.map((value) => value.celsius),
                [3, 4, 5, 6, 7, 8, 9, 10],
            );
            assert.deepEqual([drained.count, drained.lost], [8, 2]);
        });

        it("sees a command without taking it", async () => {
            await client.write("boiler.command", { text: "purge" });

            assert.deepEqual(await client.get("boiler.command"), { text: "purge" });
            assert.deepEqual(await client.get("boiler.command"), { text: "purge" });
        });

        it("is shown the graph, inputs before outputs", async () => {
            const { nodes, edges, order } = await client.graph();

            const before = (a, b) => order.indexOf(a) < order.indexOf(b);
            assert.deepEqual(nodes.map(({ key }) => key), SERVED);
            assert.ok(before("boiler.supply", "boiler.mean"));
            assert.ok(before("boiler.supply", "boiler.both"));
            assert.ok(before("boiler.setpoint", "boiler.both"));
            const transform = { from: "boiler.supply", to: "boiler.mean", edge_type: "transform" };
            assert.deepEqual(edges.find(({ to }) => to === "boiler.mean"), transform);
        });

        it("asks for health and pings", async () => {
            const health = await client.health();

            assert.equal(health.status, "ok");
            assert.equal(health.epoch, client.welcome.epoch);
            assert.equal(typeof (await client.ping()), "number");
        });

        it("follows a ring, value by value", async () => {
            const subscription = await opened(client, "boiler.return");

            const produced = [];
            for (let i = 1; i <= 100; ++i) {
                produced.push(await server.produce("boiler.return", reading(i)));
            }

            const items = [];
            while (items.at(-1)?.pos !== produced.at(-1)) {
                items.push(...(await take(subscription, 1)));
            }
            const live = items.filter(({ kind }) => kind === "event");
            assert.deepEqual(live.map(({ pos }) => pos), produced);
            assert.ok(live.every(({ hist, skipped }) => !hist && skipped === 0));
            assert.ok(live.every(({ topic, epoch, ts }) => topic && epoch && ts));
        });

        it("follows a state, from what it is now", async () => {
            await client.write("boiler.setpoint", { celsius: 40 });
            const subscription = client.subscribe("boiler.setpoint");

            const [now] = await take(subscription, 1);
            await client.write("boiler.setpoint", { celsius: 41 });
            const [next] = await take(subscription, 1);

            assert.deepEqual([now.data, next.data], [{ celsius: 40 }, { celsius: 41 }]);
        });

        it("follows what is computed from other records", async () => {
            await client.write("boiler.setpoint", { celsius: 40 });
            const subscription = await opened(client, "boiler.both");
            await server.produce("boiler.supply", reading(65));

            for await (const { data } of subscription) {
                if (Math.abs(data.celsius) === 25) {
                    break;
                }
            }

            assert.equal(subscription.ended.reason, "left");
        });

        it("follows all records of a pattern, each in its order", async () => {
            const subscription = await opened(client, "boiler.*");
            const last = { "boiler.supply": 0, "boiler.return": 0 };
            for (let i = 1; i <= 5; ++i) {
                last["boiler.supply"] = await server.produce("boiler.supply", reading(i));
                last["boiler.return"] = await server.produce("boiler.return", reading(i));
            }

            const seen = { "boiler.supply": [], "boiler.return": [] };
            for await (const { topic, pos } of subscription) {
                seen[topic]?.push(pos);
                if (Object.keys(last).every((key) => seen[key].at(-1) === last[key])) {
                    break;
                }
            }

            for (const [key, positions] of Object.entries(seen)) {
                const expected = [4, 3, 2, 1, 0].map((back) => last[key] - back);
                assert.deepEqual(positions.slice(-5), expected, key);
            }
        });

        it("is told when there is nothing to follow", async () => {
            for (const topic of ["nothing.*", "unknown", "private.secret"]) {
                const subscription = client.subscribe(topic);

                assert.equal((await subscription.next()).done, true);
                assert.equal(subscription.ended.reason, "no_match", topic);
            }
        });

        it("takes up no room when it leaves its subscriptions", async () => {
            const rounds = client.welcome.max_subscriptions + 10;

            for (let i = 0; i < rounds; ++i) {
                (await opened(client, "boiler.return")).close();
            }

            assert.equal(client.stats.subscriptions, 0);
        });

        it("gets what a cut line missed from the buffer, and the count of the rest", async () => {
            const line = await LineCutter.to(server.port);
            const held = await HeldClient.connect(line.url, WebSocket);
            const supply = await opened(held.client, "boiler.supply");
            const back = await opened(held.client, "boiler.return");
            await server.produce("boiler.supply", reading(100));
            await server.produce("boiler.return", reading(100));
            await reach(supply, 100);
            await reach(back, 100);

            line.cut();
            for (let i = 101; i <= 120; ++i) {
                await server.produce("boiler.supply", reading(i));
                await server.produce("boiler.return", reading(i));
            }
            await held.redial();
            const whole = await take(back, 20);
            const rest = await take(supply, 8);

            assert.deepEqual(whole.map(celsius), Array.from({ length: 20 }, (_, i) => 101 + i));
            assert.ok(whole.every(({ skipped }) => skipped === 0));
            assert.deepEqual(rest.map(celsius), [113, 114, 115, 116, 117, 118, 119, 120]);
            assert.equal(rest[0].skipped, 12);
            held.client.close();
            await line.close();
        });
    });
}

/** Takes items until one has that temperature. */
async function reach(subscription, wanted) {
    let item;
    do {
        [item] = await take(subscription, 1);
    } while (celsius(item) !== wanted);
}
