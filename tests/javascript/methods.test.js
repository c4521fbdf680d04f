// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { FakeServer, collect, failure, settle } from "./support/fake_server.js";

describe("the methods", () => {
    it("list all pages, of one pattern where it is asked for", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const rows = client.list({ pattern: "boiler.*", limit: 2 });
        await settle();
        const first = server.socket.last({ method: "record.list" });
        server.socket.reply(first, { records: [{ record_key: "boiler.a" }], next: "boiler.a" });
        await settle();
        const second = server.socket.last({ method: "record.list" });
        server.socket.reply(second, { records: [{ record_key: "boiler.b" }] });

        assert.deepEqual((await rows).map((row) => row.record_key), ["boiler.a", "boiler.b"]);
        assert.deepEqual(first.params, { pattern: "boiler.*", limit: 2 });
        assert.deepEqual(second.params, { pattern: "boiler.*", limit: 2, after: "boiler.a" });
    });

    it("list a plain server's rows and pick those of the pattern", async () => {
        const server = new FakeServer();
        const client = server.openPlainClient();
        const rows = client.list({ pattern: "boiler.#" });
        await settle();

        const all = [{ record_key: "boiler.a" }, { record_key: "note" }];
        server.socket.reply(server.socket.last({ t: "req" }), all);

        assert.deepEqual(await rows, [{ record_key: "boiler.a" }]);
    });

    it("get a value with its envelope, half empty from a plain server", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const full = client.getWithMeta("boiler");
        await settle();
        const asked = server.socket.last({ t: "req" });
        server.socket.reply(asked, { value: 5, pos: 17, epoch: "e1", ts: 1_000 });
        const plainServer = new FakeServer();
        const bare = plainServer.openPlainClient().getWithMeta("boiler");
        await settle();
        plainServer.socket.reply(plainServer.socket.last({ t: "req" }), 6);

        assert.deepEqual(asked.params, { name: "boiler", meta: true });
        assert.deepEqual(await full, { value: 5, pos: 17, epoch: "e1", ts: 1_000 });
        assert.deepEqual(await bare, { value: 6, pos: null, epoch: null, ts: null });
    });

    it("write with an outcome, and without one to a plain server", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const told = client.write("boiler.setpoint", { celsius: 52 });
        await settle();
        const frame = server.socket.last({ t: "write" });
        server.socket.reply(frame, { status: "success", pos: 18, epoch: "e1" });
        const plainServer = new FakeServer();
        const untold = plainServer.openPlainClient().write("boiler.setpoint", { celsius: 52 });

        assert.deepEqual(frame, {
            t: "write",
            id: 2,
            topic: "boiler.setpoint",
            payload: { celsius: 52 },
        });
        assert.deepEqual(await told, { status: "success", pos: 18, epoch: "e1" });
        assert.equal(await untold, null);
        assert.equal(
            plainServer.socket.texts.at(-1),
            '{"t":"write","topic":"boiler.setpoint","payload":{"celsius":52}}',
        );
    });

    it("query pages until there is no next one", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const options = { name: "boiler.*", start: new Date(5), maxRows: 2, gaps: true };
        const pages = collect(client.queryPages(options));
        await settle();
        const first = server.socket.last({ t: "req" });
        const gaps = [{ count: 3 }];
        server.socket.reply(first, { records: [1, 2], total: 2, next: "1-2", gaps });
        await settle();
        const second = server.socket.last({ t: "req" });
        server.socket.reply(second, { records: [3], total: 1 });

        assert.deepEqual(
            (await pages).map((page) => [page.records, page.gaps]),
            [
                [[1, 2], [{ count: 3 }]],
                [[3], []],
            ],
        );
        const asked = { name: "boiler.*", start: 5, order: "asc", max_rows: 2, gaps: true };
        assert.deepEqual(first.params, asked);
        assert.deepEqual(second.params, { ...asked, after: "1-2" });
    });

    it("query a plain server for everything at once, and refuse what it cannot", async () => {
        const server = new FakeServer();
        const client = server.openPlainClient();
        const pages = collect(client.queryPages({ name: "#" }));
        await settle();
        const asked = server.socket.last({ t: "req" });
        server.socket.reply(asked, { records: [1], total: 1 });

        assert.deepEqual(await pages, [{ gaps: [], records: [1], total: 1 }]);
        assert.deepEqual(asked.params, { name: "#", limit: Number.MAX_SAFE_INTEGER });
        const refused = await failure(collect(client.queryPages({ order: "desc" })));
        assert.equal(refused.code, "unsupported");
    });

    it("leave out of a plain query what is not given", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const rows = client.query({ name: "boiler", end: 9 });
        await settle();

        server.socket.reply(server.socket.last({ t: "req" }), { records: [], total: 0 });

        assert.deepEqual(await rows, { records: [], total: 0 });
        assert.deepEqual(server.socket.last({ t: "req" }).params, { name: "boiler", end: 9 });
    });

    it("ask for times in whole milliseconds, and refuse what is none", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        client.query({ start: 1.75, end: new Date(9) }).catch(() => {});
        await settle();
        assert.deepEqual(server.socket.last({ t: "req" }).params, { start: 1, end: 9 });

        for (const start of [new Date("oops"), NaN, -1, Infinity]) {
            const refused = [client.query({ start }), collect(client.queryPages({ end: start }))];
            for (const error of await Promise.all(refused.map(failure))) {
                assert.equal(error.code, "bad_params");
            }
        }
        assert.equal(server.socket.all("req").length, 2);
    });

    it("write no more to a plain server that is behind", async () => {
        const server = new FakeServer();
        const client = server.openPlainClient();
        server.socket.bufferedAmount = 2 ** 20 + 1;
        assert.equal((await failure(client.write("boiler", 1))).code, "pending_limit");
        server.socket.bufferedAmount = 2 ** 20;

        assert.equal(await client.write("boiler", 2), null);
        assert.deepEqual(
            server.socket.all("write").map(({ payload }) => payload),
            [2],
        );
    });

    it("put the graph together", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const graph = client.graph();
        await settle();

        for (const [method, ok] of [["nodes", [1]], ["edges", [2]], ["topo_order", ["a"]]]) {
            const request = server.socket.last({ method: `graph.${method}` });
            assert.equal(request.params, null);
            server.socket.reply(request, ok);
        }

        assert.deepEqual(await graph, { nodes: [1], edges: [2], order: ["a"] });
    });

    it("drain, ask for health, and call what has no method here", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const calls = [client.drain("log", { limit: 5 }), client.health(), client.call("x.reset")];
        await settle();

        const asked = server.socket.all("req").slice(1);
        asked.forEach((request, index) => server.socket.reply(request, { index }));

        assert.deepEqual(
            asked.map(({ method, params }) => [method, params]),
            [
                ["record.drain", { name: "log", limit: 5 }],
                ["health", null],
                ["x.reset", null],
            ],
        );
        assert.deepEqual(await Promise.all(calls), [{ index: 0 }, { index: 1 }, { index: 2 }]);
    });

    it("measure a ping, each with its own pong", async () => {
        const server = new FakeServer();
        const client = server.openClient();
        const first = client.ping();
        await server.clock.advance(20);
        const second = client.ping();
        await server.clock.advance(5);

        server.socket.serve({ t: "pong" });
        server.socket.serve({ t: "pong" });

        assert.deepEqual([await first, await second], [25, 5]);
        assert.deepEqual(server.socket.texts.slice(1), ['{"t":"ping"}', '{"t":"ping"}']);
    });
});
