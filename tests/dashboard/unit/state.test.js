// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Breaks } from "../../../demos/weather_hub/dashboard/js/breaks.js";
import { ContractStats } from "../../../demos/weather_hub/dashboard/js/contract_stats.js";
import {
    FeedModel,
    patternFault,
    valueText,
} from "../../../demos/weather_hub/dashboard/js/feed_model.js";
import {
    breakText,
    lapseText,
    noticeOf,
} from "../../../demos/weather_hub/dashboard/js/notice.js";
import {
    ObservedClock,
    speedText,
} from "../../../demos/weather_hub/dashboard/js/observed_clock.js";
import {
    badgeOf,
    initialArea,
    reduceArea,
} from "../../../demos/weather_hub/dashboard/js/panel_state.js";
import { Pace } from "../../../demos/weather_hub/dashboard/js/pace.js";
import { Signal } from "../../../demos/weather_hub/dashboard/js/signal.js";
import { freshness } from "../../../demos/weather_hub/dashboard/js/staleness.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("an area", () => {
    const after = (...types) =>
        types.reduce(
            (state, type) => reduceArea(state, { type, reason: `because ${type}` }),
            initialArea(),
        );

    it("always has content or a reason", () => {
        const types = [
            "loading",
            "history",
            "live",
            "silent",
            "empty",
            "error",
            "offline",
            "online",
        ];
        for (const a of types) {
            for (const b of types) {
                for (const c of types) {
                    const state = after(a, b, c);
                    assert.ok(state.filled || state.reason !== "", `${a} ${b} ${c}`);
                }
            }
        }
    });

    it("says why also when nobody told it", () => {
        assert.notEqual(reduceArea(initialArea(), { type: "empty" }).reason, "");
        assert.notEqual(reduceArea(initialArea(), { type: "error", reason: "" }).reason, "");
    });

    it("keeps what it has while it reads again, and when that fails", () => {
        assert.ok(after("history", "loading").filled);
        assert.ok(after("live", "error").filled);
    });

    it("is not made less live by history", () => {
        assert.equal(after("live", "history").kind, "live");
    });

    it("is from history again after a break, until something comes", () => {
        assert.equal(after("live", "offline", "online").kind, "history");
        assert.equal(after("live", "offline", "online", "live").kind, "live");
    });

    it("is silent only where it was live", () => {
        assert.equal(after("live", "silent").kind, "silent");
        assert.equal(after("live", "silent", "live").kind, "live");
        assert.equal(after("history", "silent").kind, "history");
        assert.equal(after("live", "silent", "offline", "online").kind, "history");
    });

    it("has a badge that tells history from live", () => {
        assert.equal(badgeOf(after("live", "silent")).text, "silent");
        assert.equal(badgeOf(after("history")).text, "from history");
        assert.equal(badgeOf(after("live")).text, "live");
        assert.equal(badgeOf(after("live", "offline")).text, "disconnected");
        assert.equal(badgeOf(after("error")).tone, "bad");
        assert.equal(badgeOf(after()).text, "loading");
        assert.equal(badgeOf(after("empty")).text, "nothing yet");
    });

    it("refuses what it does not know", () => {
        assert.throws(() => reduceArea(initialArea(), { type: "dance" }), /dance/);
    });
});

describe("the pace of events", () => {
    const paced = (...times) => {
        const pace = new Pace();
        times.forEach((ms) => pace.take(ms));
        return pace;
    };

    it("is not silent before there was one", () => assert.ok(!new Pace().silent(1e9)));

    it("is silent a few usual intervals after the last", () => {
        const pace = paced(0, 6_000, 12_000);
        assert.ok(!pace.silent(12_000 + 24_000));
        assert.ok(pace.silent(12_000 + 24_001));
    });

    it("is never silent within ten seconds", () => {
        assert.ok(!paced(0, 500, 1_000).silent(11_000));
        assert.ok(paced(0, 500, 1_000).silent(11_001));
    });

    it("takes a burst for one event", () => {
        const pace = paced(0, 1, 2, 3, 6_000, 6_001, 6_002);
        assert.ok(!pace.silent(6_002 + 23_900));
    });

    it("does not learn from a break", () => {
        const pace = paced(0, 500);
        pace.forget();
        pace.take(90_000);
        assert.ok(pace.silent(100_001));
    });
});

describe("the observed clock", () => {
    const ticking = (tick) => {
        const clock = new ObservedClock();
        clock.connected = true;
        clock.set({ at: 10 * DAY, pass: 0, days_per_second: 0.25, sources: true, ...tick }, 1_000);
        return clock;
    };

    it("is not known before its first tick", () => {
        const clock = new ObservedClock();
        assert.equal(clock.now(5), null);
        assert.equal(clock.age(5, 5), null);
        assert.equal(clock.state, "unknown");
    });

    it("runs on between ticks, but not beyond the next", () => {
        const clock = ticking();
        assert.equal(clock.now(1_000), 10 * DAY);
        assert.equal(clock.now(1_100) - 10 * DAY, 0.025 * DAY);
        assert.equal(clock.now(60_000) - 10 * DAY, 0.0625 * DAY);
    });

    it("stands still without sources", () => {
        const clock = ticking({ sources: false, days_per_second: 0 });
        assert.equal(clock.state, "no-sources");
        assert.equal(clock.now(99_000), 10 * DAY);
    });

    it("gives ages, never negative ones", () => {
        const clock = ticking();
        assert.equal(clock.age(9 * DAY, 1_000), DAY);
        assert.equal(clock.age(11 * DAY, 1_000), 0);
        assert.equal(clock.age(null, 1_000), null);
    });

    it("is not known any more when nothing is heard of it", () => {
        const clock = ticking();
        assert.equal(clock.silence(4_000), null);
        assert.equal(clock.silence(4_001), 3_001);
        assert.equal(clock.age(9 * DAY, 4_001), null);
    });

    it("may be as slow as it is", () => {
        const clock = ticking({ days_per_second: 1 / 86_400 });
        assert.equal(clock.silence(3 * HOUR), null);
        assert.notEqual(clock.silence(4 * HOUR), null);
        assert.equal(ticking({ sources: false }).silence(99 * HOUR), null);
    });

    it("is not known without a connection, however still it stands", () => {
        const clock = ticking({ sources: false, days_per_second: 0 });
        clock.connected = false;
        assert.equal(clock.silence(1_500), 500);
        assert.equal(clock.age(9 * DAY, 1_500), null);
        clock.connected = true;
        assert.equal(clock.age(9 * DAY, 1_500), DAY);
    });

    it("tells its speed in words", () => {
        assert.equal(speedText(0.25), "a day in 4 s");
        assert.equal(speedText(5), "5 days per second");
        assert.equal(speedText(0), "standing still");
    });
});

it("a station is late, then silent, by its own interval", () => {
    const aged = (age, sample) => freshness(DAY, age, sample);
    assert.equal(freshness(null, null, HOUR), "never");
    assert.equal(aged(null, HOUR), "unknown");
    assert.equal(aged(3 * HOUR, HOUR), "fresh");
    assert.equal(aged(6 * HOUR, HOUR), "late");
    assert.equal(aged(20 * HOUR, HOUR), "silent");
    assert.equal(aged(20 * HOUR, 24 * HOUR), "fresh");
});

describe("the feed", () => {
    it("is bounded", () => {
        const feed = new FeedModel(50);
        for (let i = 0; i < 10_000; i++) {
            feed.take({ topic: "a", data: i }, i);
        }
        assert.equal(feed.rows.length, 50);
        assert.equal(feed.rows[0].data, 9_999);
        assert.equal(feed.total, 10_000);
    });

    it("counts what it leaves out while it is held", () => {
        const feed = new FeedModel(5);
        feed.take({ data: 1 }, 0);
        feed.setPaused(true);
        feed.take({ data: 2 }, 0);
        feed.take({ data: 3 }, 0);
        assert.deepEqual([feed.rows.length, feed.leftOut], [1, 2]);
        feed.setPaused(false);
        feed.take({ data: 4 }, 0);
        assert.deepEqual(
            feed.rows.map(({ data }) => data),
            [4, 1],
        );
    });

    it("knows its rate, merged values included", () => {
        const feed = new FeedModel(5);
        for (let ms = 0; ms < 3_000; ms += 10) {
            feed.take({ data: 1, merged: 1 }, ms);
        }
        assert.equal(feed.rate(3_000), 200);
        assert.equal(feed.rate(60_000), 0);
    });

    it("refuses a pattern that cannot be meant", () => {
        for (const good of ["#", "temp.*", "temp.#", "hub.clock", "accuracy::*"]) {
            assert.equal(patternFault(good), null);
        }
        for (const bad of ["", "temp*", "temp..x", ".", "::", "temp::", "temp:::x*"]) {
            assert.notEqual(patternFault(bad), null);
        }
    });

    it("tells a value in a line, with units", () => {
        assert.equal(
            valueText({ celsius: 21.5, at: 5 }, () => "°C"),
            "celsius 21.5\u202f°C",
        );
        assert.equal(valueText({ ok: true, list: [1, 2] }), "ok yes · list [2]");
        assert.equal(valueText(null), "–");
        assert.equal(valueText({}), "–");
    });
});

describe("numbers of a contract", () => {
    it("are of what was seen, bounded", () => {
        const stats = new ContractStats();
        for (let i = 1; i <= 10_000; i++) {
            stats.take("temp.a", { celsius: i }, i);
        }
        assert.ok(stats.of("celsius").n <= 2_400);
        assert.equal(stats.of("celsius").max, 10_000);
        assert.equal(stats.of("nothing"), null);
    });

    it("count what is stored and comes again once", () => {
        const stats = new ContractStats();
        stats.take("temp.a", { celsius: 1 }, 10, { pos: 7, epoch: "a.0" });
        stats.take("temp.a", { celsius: 1 }, 10, { pos: 7, epoch: "a.0" });
        stats.take("temp.b", { celsius: 2 }, 10, { pos: 7, epoch: "a.0" });
        stats.take("temp.a", { celsius: 3 }, 20, { pos: 1, epoch: "b.0" });
        assert.deepEqual(stats.of("celsius"), { n: 3, min: 1, max: 3, mean: 2 });
    });

    it("tell the time that they are of", () => {
        const stats = new ContractStats();
        assert.equal(stats.period, null);
        stats.take("temp.a", { celsius: 1 }, 10);
        stats.take("temp.a", { celsius: 1, percent: 5 }, 30);
        assert.deepEqual(stats.period, { from: 10, to: 30 });
    });

    it("keep the newest value when an older one comes late", () => {
        const stats = new ContractStats();
        stats.take("temp.a", { celsius: 2 }, 20);
        stats.take("temp.a", { celsius: 1 }, 10);
        assert.equal(stats.newest.get("temp.a").data.celsius, 2);
    });
});

describe("the notice of a break", () => {
    const gone = { from: 0, to: 5_000, skipped: 0, torn: false };

    it("says when, how long, and what it meant", () => {
        assert.match(
            breakText(gone),
            /00:00:00–00:00:05 UTC \(5\u202fs\).*no value is known to be missing/,
        );
        assert.match(breakText({ ...gone, skipped: 12 }), /12 values were passed over/);
        assert.match(breakText({ ...gone, torn: true }), /started anew/);
    });
});

describe("the notice of the connection", () => {
    const notice = (connection, breaks = new Breaks(), dismissedAt = 0) =>
        noticeOf({ connection, breaks, dismissedAt, now: 60_000 });

    it("is silent while the first connection is made and once it is there", () => {
        assert.equal(notice({ state: "connecting", attempt: 0 }), null);
        assert.equal(notice({ state: "open", attempt: 0 }), null);
    });

    it("says why the hub refuses this page for good, also before any connection", () => {
        const error = new Error("the token is wrong");
        assert.deepEqual(notice({ state: "closed", attempt: 0, error }), {
            tone: "bad",
            text: "The connection to the hub has ended (the token is wrong). Reload the page to try again.",
            lasts: true,
        });
    });

    it("counts the attempts, and says of when the values are once there were any", () => {
        const breaks = new Breaks();
        const first = notice({ state: "reconnecting", attempt: 2 });
        breaks.begin(50_000);
        const later = notice({ state: "reconnecting", attempt: 3 }, breaks);
        assert.equal(first.text, "No connection to the hub. Trying again, attempt 2.");
        assert.equal(
            later.text,
            "No connection to the hub for 10\u202fs: values are of 00:00:50 UTC. Trying again, attempt 3.",
        );
        assert.equal(later.running, " for 10\u202fs");
    });

    it("stays until it is dismissed where a break is over", () => {
        const breaks = new Breaks();
        breaks.begin(10_000);
        breaks.end(20_000);
        assert.equal(notice({ state: "open" }, breaks).tone, "good");
        assert.equal(notice({ state: "open" }, breaks, 30_000), null);
    });
});

describe("breaks of the connection", () => {
    it("own what is missed while they last and shortly after", () => {
        const breaks = new Breaks();
        breaks.begin(1_000);
        breaks.end(2_000);
        breaks.missed(3, 2_500);
        breaks.torn(2_500);
        assert.deepEqual(breaks.all, [{ from: 1_000, to: 2_000, skipped: 3, torn: true }]);
        assert.equal(breaks.lapse.at, null);
    });

    it("do not own what is missed without them", () => {
        const breaks = new Breaks();
        breaks.missed(2, 500);
        breaks.begin(1_000);
        breaks.end(2_000);
        breaks.missed(5, 60_000);
        assert.equal(breaks.last.skipped, 0);
        assert.deepEqual(breaks.lapse, { skipped: 7, at: 60_000 });
        assert.match(lapseText(breaks.lapse), /^7 values .* 00:01:00 UTC/);
    });

    it("are remembered, but not all of them", () => {
        const breaks = new Breaks();
        for (let i = 0; i < 50; i++) {
            breaks.begin(i);
            breaks.end(i);
        }
        assert.equal(breaks.all.length, 20);
        assert.equal(breaks.last.from, 49);
    });
});

it("a signal tells at once and until it is stopped", () => {
    const signal = new Signal(1);
    const seen = [];
    const stop = signal.watch((value) => seen.push(value));
    signal.value = 2;
    stop();
    signal.value = 3;
    assert.deepEqual(seen, [1, 2]);
});
