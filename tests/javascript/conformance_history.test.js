// SPDX-License-Identifier: Apache-2.0
//
// The client against the real server with a history file: queries, history in
// subscriptions, and what a client gets of the time when the server was away.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";

import { Client } from "../../javascript/aimx.js";
import { ConformanceServer, celsius, reading, realServer } from "./support/conformance_server.js";
import { collect, take } from "./support/fake_server.js";
import { HeldClient, opened, webSocketClasses } from "./support/real_client.js";

for (const [name, WebSocket] of webSocketClasses()) {
    describe(`a client with ${name}, on a server with history`, realServer, () => {
        let directory;
        let server;
        let port;
        let client;

        const start = async () => {
            const history = join(directory, "history.db");
            server = await ConformanceServer.start({ port, history });
            port = server.port;
        };

        /** Readings of `from` to `to` degrees, each in history before a ring could lose it. */
        const store = async (keys, from, to) => {
            for (let i = from; i <= to; ++i) {
                for (const key of keys) {
                    await server.produce(key, reading(i));
                }
                await server.flush();
            }
        };

        beforeEach(async () => {
            directory = await mkdtemp(join(tmpdir(), "aimdb-javascript-"));
            port = 0;
            await start();
            client = await Client.connect(server.url, { WebSocket });
        });
        afterEach(async () => {
            client.close();
            await server.quit();
            await rm(directory, { recursive: true });
        });

        it("queries it in pages, from either end", async () => {
            const produced = [];
            const times = [1, 2, 3, 4, 5].map((second) => Date.now() - 60_000 + 1_000 * second);
            for (const [i, ms] of times.entries()) {
                produced.push(await server.produceAt("boiler.supply", ms, reading(i)));
            }
            await server.flush();
            const asked = { name: "boiler.supply", maxRows: 2 };

            const pages = await collect(client.queryPages(asked));
            const backwards = await collect(client.queryPages({ ...asked, order: "desc" }));
            const inside = { start: times[1], end: times[3] };
            const middle = await collect(client.queryPages({ ...asked, ...inside }));

            const rows = pages.flatMap(({ records }) => records);
            assert.ok(pages.every(({ records }) => records.length <= 2));
            assert.deepEqual(rows.map(({ pos }) => pos), produced);
            assert.deepEqual(rows.map(({ ts }) => ts), times);
            assert.deepEqual(rows.map(({ payload }) => payload.celsius), [0, 1, 2, 3, 4]);
            assert.deepEqual(
                backwards.flatMap(({ records }) => records.map(({ pos }) => pos)),
                [...produced].reverse(),
            );
            assert.deepEqual(
                middle.flatMap(({ records }) => records.map(({ ts }) => ts)),
                times.slice(1, 4),
            );
        });

        it("gives one row per record to a plain query that names no limit", async () => {
            await store(["boiler.supply"], 1, 2);

            const { records, total } = await client.query({ name: "boiler.supply" });

            assert.deepEqual([records.map(({ payload }) => payload), total], [[reading(2)], 1]);
        });

        it("gives history, then the seam, then live, with nothing missing or twice", async () => {
            await store(["boiler.supply"], 1, 20); // more than the ring holds

            const subscription = client.subscribe("boiler.supply", { since: 0, marks: true });
            const items = [];
            for await (const item of subscription) {
                items.push(item);
                if (item.kind === "live") {
                    await server.produce("boiler.supply", reading(21));
                } else if (item.kind === "event" && item.data.celsius === 21) {
                    break;
                }
            }

            const events = items.filter(({ kind }) => kind === "event");
            assert.deepEqual(events.map(celsius), Array.from({ length: 21 }, (_, i) => i + 1));
            assert.ok(events.every(({ skipped }) => skipped === 0));
            assert.equal(items[0].kind, "subscribed");
            assert.deepEqual(items.slice(-2).map(({ kind }) => kind), ["live", "event"]);
        });

        it("goes on from a position, as a page does that is loaded again", async () => {
            await store(["boiler.supply"], 1, 3);
            const [first] = await take(client.subscribe("boiler.supply", { since: 0 }), 1);
            client.close();
            client = await Client.connect(server.url, { WebSocket });

            const from = { epoch: first.epoch, pos: first.pos };
            const items = await take(client.subscribe("boiler.supply", { from }), 2);

            assert.deepEqual(items.map(celsius), [2, 3]);
        });

        for (const [topic, how] of [["boiler.supply", "a key"], ["boiler.#", "a pattern"]]) {
            for (const end of ["kill", "quit"]) {
                it(`gets all values of ${how} once, over a ${end} of the server`, async () => {
                    const held = await HeldClient.connect(server.url, WebSocket);
                    const subscription = await opened(held.client, topic, { queueLimit: 10_000 });
                    const seen = { "boiler.supply": [], "boiler.return": [] };
                    const keys = topic === "boiler.#" ? Object.keys(seen) : [topic];
                    const produce = (from, to) => store(Object.keys(seen), from, to);
                    const receive = async (to) => {
                        while (!keys.every((key) => seen[key].at(-1) === to)) {
                            const [item] = await take(subscription, 1);
                            seen[item.topic]?.push(item.data.celsius);
                        }
                    };

                    await produce(1, 3);
                    await receive(3);
                    await server[end]();
                    await start();
                    await produce(4, 23); // more than a ring of 8 holds
                    await held.redial();
                    await receive(23);
                    await produce(24, 26);
                    await receive(26);

                    const all = Array.from({ length: 26 }, (_, i) => i + 1);
                    keys.forEach((key) => assert.deepEqual(seen[key], all, key));
                    held.client.close();
                });
            }
        }

        it("keeps a call that was made while the server was away", async () => {
            const held = await HeldClient.connect(server.url, WebSocket);
            await server.kill();
            await held.away();
            const waiting = held.client.get("boiler.setpoint");
            await start();
            await server.produce("boiler.setpoint", { celsius: 33 });

            await held.redial();

            assert.deepEqual(await waiting, { celsius: 33 });
            held.client.close();
        });
    });
}
