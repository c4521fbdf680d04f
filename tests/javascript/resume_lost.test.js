// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Story } from "./support/story.js";

describe("when positions mean nothing any more a subscription", () => {
    it("asks by time, and leaves out what it knows", async () => {
        const story = new Story("a");
        story.value(5, { ts: 100_000 });
        story.value(6, { ts: 100_000 });

        await story.reconnect();
        const refused = story.asked;
        story.frame("subscribed", { resumed: false });
        const again = story.asked;
        const snap = { t: "snap", sub: `${refused.id}`, seq: 1, topic: "a", data: "left out" };
        story.server.socket.serve(snap);
        story.frame("subscribed");
        story.value(6, { ts: 100_000, hist: true });
        story.value(7, { ts: 100_001, hist: true });
        story.value(1, { ts: 200_000, epoch: "e2", hist: true });
        story.frame("live");
        story.value(2, { ts: 200_001, epoch: "e2" });

        assert.deepEqual(refused.from, { epoch: "e1", pos: 6 });
        assert.deepEqual(story.server.socket.all("unsub"), [{ t: "unsub", sub: `${refused.id}` }]);
        assert.equal(again.since, 40_000, "a minute before the newest");
        assert.deepEqual(story.values, ["e1:5", "e1:6", "e1:7", "e2:1", "e2:2"]);
        assert.deepEqual(story.marks, ["reopened, resumed false", "live"]);
    });

    it("knows stored values again that are told in the new epoch", async () => {
        const story = new Story("a");
        story.value(4, { ts: 100_000 });
        story.value(5, { ts: 100_001 });
        await story.reconnect();
        story.frame("subscribed", { resumed: false });
        story.frame("subscribed");

        story.value(3, { ts: 99_999, epoch: "e2", hist: true });
        story.value(4, { ts: 100_000, epoch: "e2", hist: true });
        story.value(5, { ts: 100_001, epoch: "e2", hist: true });
        story.value(6, { ts: 100_001, epoch: "e2", hist: true });
        story.frame("live");
        story.value(70, { ts: 200_000, epoch: "e2" });

        assert.deepEqual(story.values, ["e1:4", "e1:5", "e2:6", "e2:70"]);
    });

    it("takes a record that counts from 1 again for what it is", async () => {
        const story = new Story("a");
        story.value(5, { ts: 100_000 });
        await story.reconnect();
        story.frame("subscribed", { resumed: false });

        story.value(1, { ts: 200_000, epoch: "e2", hist: true });
        story.frame("live");
        story.value(2, { ts: 200_001, epoch: "e2" });

        assert.deepEqual(story.values, ["e1:5", "e2:1", "e2:2"]);
    });

    it("goes on by position of the new epoch after that", async () => {
        const story = new Story("a");
        story.value(5);
        await story.reconnect();
        story.frame("subscribed", { resumed: false });
        story.frame("subscribed");
        story.value(1, { epoch: "e2", ts: 200_000 });
        story.frame("live");

        await story.reconnect();
        story.frame("subscribed");

        assert.deepEqual(story.asked.from, { epoch: "e2", pos: 1 });
        assert.equal(story.marks.at(-1), "reopened, resumed true");
    });

    it("asks by time again while it had not come to the seam", async () => {
        const story = new Story("a");
        story.value(5, { ts: 100_000 });
        await story.reconnect();
        story.frame("subscribed", { resumed: false });
        story.value(6, { ts: 150_000, epoch: "e2", hist: true });

        await story.reconnect();
        story.frame("subscribed");

        assert.equal(story.asked.since, 40_000);
        assert.equal(story.asked.from, undefined);
        assert.deepEqual(story.marks, ["reopened, resumed false"], "it is told once");
    });

    it("knows the values of earlier epochs too", async () => {
        const story = new Story("a");
        story.value(5, { ts: 100_000 });
        await story.reconnect();
        story.frame("subscribed", { resumed: false });
        story.value(1, { ts: 110_000, epoch: "e2" });
        story.frame("live");
        await story.reconnect();
        story.frame("subscribed", { resumed: false });

        story.value(5, { ts: 100_000, hist: true });
        story.value(1, { ts: 110_000, epoch: "e2", hist: true });
        story.value(1, { ts: 120_000, epoch: "e3", hist: true });

        assert.deepEqual(story.values, ["e1:5", "e2:1", "e3:1"]);
        assert.equal(story.subscription.duplicates, 2);
    });

    it("asks no records of a pattern for more than the minute before the newest", async () => {
        const story = new Story("a.*");
        story.value(1, { topic: "a.old", ts: 5_000 });
        story.value(1, { topic: "a.new", ts: 1_000_000 });

        await story.reconnect();
        story.frame("subscribed", { resumed: false });

        assert.equal(story.asked.since, 940_000);
    });

    it("takes the snapshot when the positions were its user's", () => {
        const story = new Story("a", { from: { epoch: "e0", pos: 4 } });

        story.frame("subscribed", { resumed: false });
        story.frame("snap", { seq: 1, topic: "a", data: "newest", pos: 2, epoch: "e1" });

        assert.deepEqual(story.values, ["newest"]);
        assert.deepEqual(story.marks, ["opened, resumed false"]);
        assert.equal(story.server.socket.all("sub").length, 1);
    });
});

describe("a value that comes twice on one connection", () => {
    it("is left out: a snapshot and then the same as an event", () => {
        const story = new Story("a.*");

        story.frame("snap", { seq: 1, topic: "a.x", data: "one", pos: 3, epoch: "e1", last: true });
        story.seq = 1;
        story.value(3, { topic: "a.x" });
        story.value(4, { topic: "a.x" });

        assert.deepEqual(story.values, ["one", "e1:a.x4"]);
    });

    it("does not take the loss in front of it along", () => {
        const story = new Story("a");
        story.value(3);
        story.seq = 4;
        story.value(3);
        story.value(8);

        assert.deepEqual(story.values, ["e1:3", "e1:8"]);
        assert.equal(story.skipped, 3);
    });
});
