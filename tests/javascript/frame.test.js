// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { isPattern, matchesPattern } from "../../javascript/aimx.js";
import { decodeFrame } from "../../javascript/frame.js";
import { FakeServer } from "./support/fake_server.js";

describe("a message that is no frame", () => {
    const malformed = [
        "",
        "boiler",
        "null",
        "[]",
        '"pong"',
        '{"t":"pong"',
        '{"t":"pong"}{"t":"pong"}',
        '\ufeff{"t":"pong"}',
        "{}",
        '{"t":7}',
        '{"t":["pong"]}',
        '{"t":"PONG"}',
        '{"t":"toString"}',
        '{"t":"req","id":1,"method":"record.get"}',
        '{"t":"reply","id":1}',
        '{"t":"reply","ok":1}',
        '{"t":"reply","id":-1,"ok":1}',
        '{"t":"reply","id":1.5,"ok":1}',
        '{"t":"reply","id":"1","ok":1}',
        '{"t":"reply","id":1,"err":{"code":"NOT_FOUND"}}',
        '{"t":"subscribed"}',
        '{"t":"event","sub":"1"}',
        '{"t":"event","sub":1,"seq":1}',
        '{"t":"event","sub":"1","seq":null}',
        '{"t":"event","sub":"1","seq":1,"pos":"9"}',
        '{"t":"event","sub":"1","seq":1,"topic":7}',
        '{"t":"snap","sub":"1","seq":1}',
        '{"t":"snap","sub":"1","seq":1,"topic":"a","last":1}',
        '{"t":"gap","sub":"1","topic":"a","first":1,"last":true,"count":1}',
        '{"t":"ended","sub":"1"}',
    ];

    it("is skipped and counted, and the connection goes on", () => {
        const server = new FakeServer();
        const client = server.openClient();

        malformed.forEach((text) => server.socket.serve(text));
        server.socket.serveBinary();

        assert.equal(client.stats.framesSkipped, malformed.length + 1);
        assert.equal(client.stats.framesReceived, malformed.length + 1);
        assert.equal(client.state, "open");
    });

    it("does not end a subscription, but shows as a loss", async () => {
        const server = new FakeServer();
        const subscription = server.openClient().subscribe("a");
        const { id } = server.socket.last({ t: "sub" });

        server.socket.event(id, 1, { data: 1 });
        server.socket.serve(`{"t":"event","sub":"${id}","seq":"2"}`);
        server.socket.event(id, 3, { data: 3 });

        await subscription.next();
        const { value } = await subscription.next();
        assert.deepEqual([value.data, value.skipped], [3, 1]);
    });
});

describe("a frame", () => {
    it("may have members in any order, unknown ones, white space and nulls", () => {
        const frame = decodeFrame(
            ' {"data":null,"x":{"y":[1]},"topic":null, "seq":1,"sub":"1","t":"event","id":null}\n',
        );

        assert.deepEqual(frame, { data: null, x: { y: [1] }, seq: 1, sub: "1", t: "event" });
    });

    it("is understood as the protocol page shows it", () => {
        const page = readFileSync(new URL("../../docs/aimx_protocol.md", import.meta.url), "utf8");
        const blocks = [...page.matchAll(/^```s2c\n([^]*?)^```/gm)];
        const lines = blocks.flatMap(([, block]) => block.trim().split("\n"));

        assert.ok(lines.length >= 10);
        for (const line of lines) {
            assert.deepEqual(decodeFrame(line), JSON.parse(line), line);
        }
    });
});

describe("a pattern", () => {
    it("matches as AimX says", () => {
        const table = [
            ["#", "anything", true],
            ["#", "", true],
            ["a.#", "a", true],
            ["a.#", "a.b.c", true],
            ["a.#", "ab", false],
            ["a.*", "a.b", true],
            ["a.*", "a", false],
            ["a.*", "a.b.c", false],
            ["a.*", "a.", true],
            ["*", "a", true],
            ["a.*.c.#", "a.b.c", true],
            ["a.#.z", "a.z", true],
            ["a.#.z", "a.b.c.z", true],
            ["a.#.z", "a.z.b", false],
            ["#.z", "z", true],
            ["a.#.c", "a.c.b.c", true],
            ["a*", "ab", false],
            ["a*", "a*", true],
            ["**", "a.b", false],
            ["a.#", "a/b", false],
            ["a.+", "a.b", false],
            ["a.*", "a::b", true],
            ["a::*", "a.b", true],
            ["a::#", "a::b.c", true],
            ["a.*", "a:b", false],
        ];

        for (const [pattern, topic, match] of table) {
            assert.equal(matchesPattern(pattern, topic), match, `${pattern} on ${topic}`);
        }
    });

    it("is told from a key by its wildcards, wherever they stand", () => {
        const topics = ["boiler.supply", "boiler.*", "#", "a*"];

        assert.deepEqual(topics.map(isPattern), [false, true, true, true]);
    });

    it("with many wildcards costs no more than its length", () => {
        const pattern = Array(200).fill("#.a").join(".");
        const topic = `${Array(5_000).fill("a").join(".")}.b`;

        assert.equal(matchesPattern(pattern, topic), false);
    });
});
