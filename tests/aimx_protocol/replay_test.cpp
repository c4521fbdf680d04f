// SPDX-License-Identifier: Apache-2.0
//
// History, then live: what a subscription with `since` or `from` is told.
#include <gtest/gtest.h>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

class Replayed : public testing::Test {
protected:
    Replayed() { rig.remember(store); }

    void start() {
        rig.start();
        peer = rig.connect();
        peer->hello();
    }
    void produce_at(std::string_view key, std::int64_t n, std::int64_t ms) {
        rig.database->producer<Value>(key).produce(Value{n}, from_unix_ms(ms));
    }
    static std::string sub(std::string_view topic, std::string_view more) {
        return R"({"t":"sub","id":7,"topic":")" + std::string(topic) + "\"," + std::string(more) +
               "}";
    }
    static std::string told(int seq,
                            std::string_view key,
                            int n,
                            std::int64_t ms,
                            bool history,
                            std::string_view epoch = "STORE") {
        return R"({"t":"event","seq":)" + std::to_string(seq) + R"(,"topic":")" + std::string(key) +
               R"(","sub":"7","data":{"n":)" + std::to_string(n) + "}" +
               (history ? R"(,"hist":true)" : "") + R"(,"pos":)" + std::to_string(n) +
               R"(,"epoch":")" + std::string(epoch) + R"(","ts":)" + std::to_string(ms) + "}";
    }
    Frames until_live(std::string_view sub_frame) {
        static_cast<void>(peer->say(sub_frame));
        rig.run_until_heard(*peer, R"({"t":"live","sub":"7"})");
        rig.run();
        return peer->heard();
    }
    std::string epoch() const { return rig.hub->history()->epoch(); }

    const std::shared_ptr<MemoryStore> store = memory_store();
    SessionRig rig;
    std::unique_ptr<TestPeer> peer;
};

const std::string subscribed = R"({"t":"subscribed","sub":"7"})";
const std::string live = R"({"t":"live","sub":"7"})";

TEST_F(Replayed, SinceTellsStoredValuesThenMarksTheSeamThenGoesOn) {
    rig.add<Value>("log", spmc_ring(4'096)).persist();
    start();
    for (int n = 1; n <= 6; ++n) {
        produce_at("log", n, 1'000 + n);
    }

    EXPECT_EQ(until_live(sub("log", R"("since":1003)")),
              (Frames{subscribed, told(1, "log", 3, 1'003, true), told(2, "log", 4, 1'004, true),
                      told(3, "log", 5, 1'005, true), told(4, "log", 6, 1'006, true), live}));
    produce_at("log", 7, 1'007);
    rig.run();

    EXPECT_EQ(peer->heard(), Frames{told(5, "log", 7, 1'007, false)});
    EXPECT_EQ(rig.hub->counters.events_lost, 0u);
}

TEST_F(Replayed, WhatCameDuringHistoryIsToldAfterTheSeamThoughNothingComesLater) {
    rig.add<Value>("log", spmc_ring(4'096)).persist();
    start();
    produce_at("log", 1, 1'001);
    static_cast<void>(peer->say(sub("log", R"("since":0)")));
    produce_at("log", 2, 1'002);
    rig.run_until_heard(*peer, live);
    rig.run();

    EXPECT_EQ(peer->heard(), (Frames{subscribed, told(1, "log", 1, 1'001, true), live,
                                     told(2, "log", 2, 1'002, false)}));
}

TEST_F(Replayed, SinceTheFutureOrOfAnEmptyRecordGoesLiveAtOnce) {
    rig.add<Value>("log", spmc_ring(4'096)).persist();
    start();

    EXPECT_EQ(peer->ask(sub("log", R"("since":0)")), (Frames{subscribed, live}));
    peer->ask(R"({"t":"unsub","sub":"7"})");
    produce_at("log", 1, 1'001);
    EXPECT_EQ(until_live(sub("log", R"("since":18446744073709551615)")),
              (Frames{subscribed, live}));
}

TEST_F(Replayed, FromGoesOnAfterAPosition) {
    rig.add<Value>("log", spmc_ring(4'096)).persist();
    start();
    for (int n = 1; n <= 5; ++n) {
        produce_at("log", n, 1'000 + n);
    }

    EXPECT_EQ(
        until_live(sub("log", R"("from":{"epoch":")" + epoch() + R"(","pos":3})")),
        (Frames{subscribed, told(1, "log", 4, 1'004, true), told(2, "log", 5, 1'005, true), live}));
}

TEST_F(Replayed, FromGoesOnThoughTheClockWentBack) {
    rig.add<Value>("log", spmc_ring(4'096)).persist();
    start();
    for (const auto& [n, ms] :
         {std::pair{1, 5'000}, {2, 6'000}, {3, 1'000}, {4, 2'000}, {5, 5'500}}) {
        produce_at("log", n, ms);
    }

    EXPECT_EQ(until_live(sub("log", R"("from":{"epoch":")" + epoch() + R"(","pos":1})")),
              (Frames{subscribed, told(1, "log", 2, 6'000, true), told(2, "log", 3, 1'000, true),
                      told(3, "log", 4, 2'000, true), told(4, "log", 5, 5'500, true), live}));
}

TEST_F(Replayed, FromTheHeadGoesLiveAtOnce) {
    rig.add<Value>("log", spmc_ring(4'096)).persist();
    start();
    produce_at("log", 1, 1'001);
    produce_at("log", 2, 1'002);

    for (const char* const pos : {"2", "3", "18446744073709551615"}) {
        EXPECT_EQ(
            until_live(sub("log", R"("from":{"epoch":")" + epoch() + R"(","pos":)" + pos + "}")),
            (Frames{subscribed, live}));
        peer->ask(R"({"t":"unsub","sub":"7"})");
    }
}

TEST_F(Replayed, AnotherEpochBeginsWithTheNewestValue) {
    rig.add<Value>("log", spmc_ring(4'096)).persist();
    start();
    produce_at("log", 1, 1'001);
    produce_at("log", 2, 1'002);

    EXPECT_EQ(until_live(sub("log", R"("from":{"epoch":"other","pos":1})")),
              (Frames{R"({"t":"subscribed","sub":"7","resumed":false})",
                      R"({"t":"snap","seq":1,"last":true,"topic":"log","sub":"7","data":{"n":2},)"
                      R"("pos":2,"epoch":"STORE","ts":1002})",
                      live}));
}

// Plain AimX has no snapshots of an exact topic here, and a snapshot names its topic.
TEST_F(Replayed, AnotherEpochBeginsWithAnEventForAPlainClient) {
    rig.add<Value>("log", spmc_ring(4'096)).persist();
    start();
    produce_at("log", 1, 1'001);
    produce_at("log", 2, 1'002);
    const auto plain = rig.connect();

    const Frames heard =
        plain->ask(R"({"t":"sub","id":7,"topic":"log","from":{"epoch":"other","pos":1}})");

    ASSERT_FALSE(heard.empty());
    EXPECT_EQ(heard[0], R"({"t":"event","seq":1,"sub":"7","data":{"n":2}})");
}

TEST_F(Replayed, OfAPatternInAnotherEpochTheFinalSnapshotSaysThatItIsLast) {
    for (const char* const key : {"p.a", "p.b", "p.c", "p.none"}) {
        rig.add<Value>(key, spmc_ring(4'096)).persist();
    }
    start();
    for (const std::string_view key : {"p.a", "p.b", "p.c"}) {
        produce_at(key, 1, 1'001);
    }

    const std::string other = R"({"epoch":"other","pos":1})";
    const Frames snapshots =
        with(until_live(sub("p.*", R"("from":{"p.a":)" + other + R"(,"p.b":)" + other +
                                       R"(,"p.c":)" + other + R"(,"p.none":)" + other + "}")),
             R"("t":"snap")");

    ASSERT_EQ(snapshots.size(), 3u);
    EXPECT_EQ(with(snapshots, R"("last":true)"), Frames{snapshots[2]});
    EXPECT_EQ(with({snapshots[2]}, R"("seq":3,"last":true,"topic":"p.c")").size(), 1u);
}

TEST_F(Replayed, APatternResumesEachRecordWhereItWasAndTheUnnamedLive) {
    rig.add<Value>("p.a", spmc_ring(4'096)).persist();
    rig.add<Value>("p.b", spmc_ring(4'096)).persist();
    rig.add<Value>("p.c", spmc_ring(4'096)).persist();
    start();
    for (const std::string_view key : {"p.a", "p.b", "p.c"}) {
        for (int n = 1; n <= 3; ++n) {
            produce_at(key, n, 1'000 + n);
        }
    }

    const Frames heard =
        until_live(sub("p.*", R"("from":{"p.a":{"epoch":")" + epoch() +
                                  R"(","pos":1},"p.b":{"epoch":")" + epoch() + R"(","pos":2}})"));
    EXPECT_EQ(heard,
              (Frames{subscribed, told(1, "p.a", 2, 1'002, true), told(2, "p.a", 3, 1'003, true),
                      told(3, "p.b", 3, 1'003, true), live}));
    produce_at("p.c", 4, 1'004);
    rig.run();
    EXPECT_EQ(peer->heard(), Frames{told(4, "p.c", 4, 1'004, false)});
}

TEST_F(Replayed, OfARecordWithoutHistoryWhatItsBufferRetains) {
    rig.add<Value>("ring", spmc_ring(3));
    start();
    for (int n = 1; n <= 5; ++n) {
        produce_at("ring", n, 1'000 + n);
    }

    static_cast<void>(peer->say(sub("ring", R"("since":1004)")));
    rig.run();
    EXPECT_EQ(peer->heard(), (Frames{subscribed, told(1, "ring", 4, 1'004, true, "RUN"),
                                     told(2, "ring", 5, 1'005, true, "RUN"), live}));
    peer->ask(R"({"t":"unsub","sub":"7"})");
    const std::string from = R"("from":{"epoch":")" + rig.hub->run_epoch() + R"(","pos":1})";
    static_cast<void>(peer->say(sub("ring", from)));  // 2 is gone: a hole
    rig.run();
    EXPECT_EQ(peer->heard(), (Frames{subscribed, told(2, "ring", 3, 1'003, true, "RUN"),
                                     told(3, "ring", 4, 1'004, true, "RUN"),
                                     told(4, "ring", 5, 1'005, true, "RUN"), live}));
    EXPECT_EQ(rig.hub->counters.events_lost, 1u);
}

TEST_F(Replayed, ASlowPeerGetsHistoryWithoutLossInItsOwnTime) {
    rig.options.event_backlog_values = 4;
    rig.add<Value>("ring", spmc_ring(64));
    rig.add<Value>("log", spmc_ring(4'096)).persist();
    start();
    for (int n = 1; n <= 1'500; ++n) {
        produce_at("log", n, 1'000 + n);
    }
    rig.database->flush(blocking);
    peer->outlet.slow = true;
    peer->outlet.unsent_bytes = send_high_bytes - 1'000;  // room for a page
    static_cast<void>(peer->say(sub("log", R"("since":0)")));
    rig.run_until_heard(*peer, R"("pos":500,)");
    rig.run();
    EXPECT_EQ(with(peer->outlet.frames, R"("hist":true)").size(), 500u);  // a page
    for (int n = 1'501; n <= 1'600; ++n) {  // more than the live log holds
        produce_at("log", n, 1'000 + n);
        rig.run();
    }

    peer->outlet.slow = false;
    peer->take_all();
    rig.run_until_heard(*peer, live);
    rig.run();

    Frames heard = peer->heard();
    ASSERT_EQ(heard.size(), 1'602u);
    std::erase(heard, live);
    for (int n = 1; n <= 1'600; ++n) {
        const auto at = static_cast<std::size_t>(n);
        EXPECT_EQ(with({heard[at]}, R"("seq":)" + std::to_string(n) + ",").size(), 1u) << heard[at];
        EXPECT_EQ(with({heard[at]}, R"("pos":)" + std::to_string(n) + ",").size(), 1u) << heard[at];
    }
    EXPECT_EQ(rig.hub->counters.events_lost, 0u);
}

TEST_F(Replayed, ARecordResumedAtItsHeadLosesNothingWhileAnotherIsReplayed) {
    rig.options.event_backlog_values = 4;
    rig.add<Value>("p.a", spmc_ring(4'096)).persist();
    rig.add<Value>("p.b", spmc_ring(4'096)).persist();
    start();
    for (int n = 1; n <= 600; ++n) {
        produce_at("p.a", n, 1'000 + n);
    }
    produce_at("p.b", 1, 1'001);
    peer->outlet.slow = true;
    peer->outlet.unsent_bytes = send_high_bytes - 1'000;  // room for a page
    static_cast<void>(
        peer->say(sub("p.*", R"("from":{"p.a":{"epoch":")" + epoch() +
                                 R"(","pos":0},"p.b":{"epoch":")" + epoch() + R"(","pos":1}})")));
    rig.run_until_heard(*peer, R"("pos":500,)");
    for (int n = 2; n <= 21; ++n) {
        produce_at("p.b", n, 1'000 + n);
        rig.run();
    }
    peer->outlet.slow = false;
    peer->take_all();
    rig.run_until_heard(*peer, live);
    rig.run();

    EXPECT_EQ(with(peer->heard(), R"("topic":"p.b")").size(), 20u);
    EXPECT_EQ(rig.hub->counters.events_lost, 0u);
}

TEST_F(Replayed, UnsubAndTheEndOfASessionStopItQuietly) {
    rig.add<Value>("log", spmc_ring(4'096)).persist();
    start();
    produce_at("log", 1, 1'001);
    const auto other = rig.connect();
    other->ask(sub("log", R"("since":0)"));
    other->session.reset();
    peer->ask(sub("log", R"("since":0)"));
    peer->ask(R"({"t":"unsub","sub":"7"})");
    rig.database->flush(blocking);
    rig.run();
    peer->ask(sub("log", R"("since":0)"));
    rig.run_until_heard(*peer, live);

    EXPECT_EQ(peer->heard(), (Frames{told(1, "log", 1, 1'001, true), live}));
    EXPECT_EQ(other->heard(), Frames{});
}

}  // namespace
}  // namespace aimdb::aimx::test
