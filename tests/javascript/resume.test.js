// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { FakeServer, WELCOME } from "./support/fake_server.js";
import { Story } from "./support/story.js";

describe("after a reconnect a subscription", () => {
    it("goes on behind the last position and leaves out what comes twice", async () => {
        const story = new Story("a");
        story.frame("subscribed");
        story.value(5);
        story.value(6);

        await story.reconnect();
        story.frame("subscribed");
        story.value(6, { hist: true });
        story.value(7, { hist: true });
        story.frame("live");
        story.value(7);
        story.value(8);

        assert.deepEqual(story.asked.from, { epoch: "e1", pos: 6 });
        assert.deepEqual(story.values, ["e1:5", "e1:6", "e1:7", "e1:8"]);
        assert.deepEqual(story.marks, ["opened, resumed null", "reopened, resumed true", "live"]);
        assert.equal(story.skipped, 0);
        assert.equal(story.subscription.duplicates, 2);
    });

    it("gets a new id, so that nothing of the old connection counts", async () => {
        const story = new Story("a");
        const old = story.asked.id;

        await story.reconnect();
        story.server.socket.event(old, 1, { data: "old" });

        assert.notEqual(story.asked.id, old);
        assert.deepEqual(story.values, []);
    });

    it("tells what the server no longer has", async () => {
        const story = new Story("a", { gaps: true });
        story.value(5);

        await story.reconnect();
        story.frame("gap", { topic: "a", first: 6, last: 8, count: 3 });
        story.seq = 3;
        story.value(9);

        assert.equal(story.asked.gaps, true);
        assert.equal(story.skipped, 3);
        assert.deepEqual(story.marks, ["gap 6-8"]);
    });

    it("is not told of the same gaps again", async () => {
        const story = new Story("a", { since: 0, gaps: true });
        story.frame("gap", { topic: "a", first: 1, last: 3, count: 3 });

        await story.reconnect();
        story.frame("gap", { topic: "a", first: 1, last: 3, count: 3 });
        story.frame("gap", { topic: "a", first: 6, last: 7, count: 2 });

        assert.deepEqual(story.marks, ["gap 1-3", "gap 6-7"]);
    });

    it("goes on per record of a pattern", async () => {
        const story = new Story("a.*", { from: { "a.z": { epoch: "e0", pos: 4 } } });
        story.value(5, { topic: "a.x" });
        story.value(1, { topic: "a.y" });
        story.value(6, { topic: "a.x" });

        await story.reconnect();
        story.value(6, { topic: "a.x" });
        story.value(2, { topic: "a.y" });

        assert.deepEqual(story.asked.from, {
            "a.z": { epoch: "e0", pos: 4 },
            "a.x": { epoch: "e1", pos: 6 },
            "a.y": { epoch: "e1", pos: 1 },
        });
        assert.equal(story.asked.since, 1_005, "records that gave nothing: since the first value");
        assert.deepEqual(story.values, ["e1:a.x5", "e1:a.y1", "e1:a.x6", "e1:a.y2"]);
    });

    it("asks for all history again while it had not come to the seam", async () => {
        const story = new Story("a.*", { since: 1_000 });
        story.value(1, { topic: "a.x", hist: true });
        story.value(2, { topic: "a.x", hist: true });

        await story.reconnect();
        story.value(1, { topic: "a.x", hist: true });
        story.value(2, { topic: "a.x", hist: true });
        story.value(1, { topic: "a.y", hist: true });
        story.frame("live");
        const again = story.asked;
        await story.reconnect();

        assert.equal(again.since, 1_000);
        assert.equal(again.from, undefined);
        assert.deepEqual(story.values, ["e1:a.x1", "e1:a.x2", "e1:a.y1"]);
        assert.deepEqual(Object.keys(story.asked.from), ["a.x", "a.y"]);
        assert.equal(story.asked.since, 1_000, "for records that gave nothing yet");
    });

    it("begins as at first when nothing had come", async () => {
        const plain = new Story("a");
        const since = new Story("a", { since: 1_000 });
        since.frame("live");

        await plain.reconnect();
        await since.reconnect();

        assert.deepEqual(plain.asked, { t: "sub", id: plain.asked.id, topic: "a" });
        assert.equal(since.asked.since, 1_000);
    });

    it("keeps what its loop had not taken yet", async () => {
        const server = new FakeServer();
        const subscription = server.openClient().subscribe("a");
        const first = server.socket.last({ t: "sub" });
        server.socket.event(first.id, 1, { data: 1, pos: 1, epoch: "e1" });
        await server.redial();
        server.socket.welcome();
        const second = server.socket.last({ t: "sub" });
        server.socket.event(second.id, 1, { data: 2, pos: 2, epoch: "e1" });

        const taken = [await subscription.next(), await subscription.next()];

        assert.deepEqual(second.from, { epoch: "e1", pos: 1 });
        assert.deepEqual(
            taken.map(({ value }) => value.data),
            [1, 2],
        );
    });

    it("takes the newest alone when it wants a value now and then", async () => {
        const story = new Story("a", { everyMs: 100 });
        story.value(5);

        await story.reconnect();
        story.frame("snap", { seq: 1, topic: "a", data: "again", pos: 5, epoch: "e1" });
        story.frame("snap", { seq: 2, topic: "a", data: "newer", pos: 9, epoch: "e1" });

        assert.deepEqual(story.asked, { t: "sub", id: story.asked.id, topic: "a", every_ms: 100 });
        assert.deepEqual(story.values, ["e1:5", "newer"]);
    });

    it("begins live when it is told not to resume", async () => {
        const story = new Story("a", { resume: false });
        story.value(5);

        await story.reconnect();

        assert.equal(story.asked.from, undefined);
    });

    it("begins live on a server without extensions", async () => {
        const story = new Story("a", { since: 0 });
        story.value(5);
        await story.server.redial();

        story.server.socket.welcomePlainly();

        assert.deepEqual(story.asked, { t: "sub", id: story.asked.id, topic: "a" });
        assert.equal(story.subscription.ended, null);
    });

    it("asks by time when its positions do not fit a frame", async () => {
        const story = new Story("a.*");
        for (let i = 0; i < 50; ++i) {
            story.value(1, { topic: `a.${i}`, ts: 100_000 });
        }

        await story.reconnect({ ...WELCOME, max_frame: 1_000 });
        story.frame("subscribed");

        const { id } = story.asked;
        assert.deepEqual(story.asked, { t: "sub", id, topic: "a.*", since: 40_000 });
        assert.deepEqual(story.marks, ["reopened, resumed false"]);
    });

    it("waits for the next start of a server that stops", async () => {
        const story = new Story("a");
        story.value(5);
        story.frame("ended", { reason: "closed" });
        assert.equal(story.subscription.ended, null);

        await story.reconnect();
        story.server.socket.refuse(story.asked, "internal", { code: "shutting_down" });
        assert.equal(story.subscription.ended, null);
        await story.reconnect();
        story.value(6);

        assert.deepEqual(story.values, ["e1:5", "e1:6"]);
    });

    it("is over with the server when there is no reconnecting", () => {
        const story = new Story("a", { client: { reconnect: false } });

        story.frame("ended", { reason: "closed" });

        assert.deepEqual(story.subscription.ended, { reason: "closed" });
    });
});
