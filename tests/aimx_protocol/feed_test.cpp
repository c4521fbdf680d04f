// SPDX-License-Identifier: Apache-2.0
//
// Live values and peers that are too slow for them: nobody waits, what is lost is
// counted exactly.
#include <gtest/gtest.h>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

class FeedRig : public testing::Test {
protected:
    FeedRig() {
        rig.options.event_backlog_values = 8;
        rig.options.event_backlog_bytes = 100'000;
        rig.add<Value>("ring", spmc_ring(64));
        rig.add<Value>("state", single_latest(), true);
        rig.add<Text>("text", spmc_ring(64));
        rig.start();
        peer = rig.connect();
    }

    static std::string sub(std::string_view topic, std::string_view more = "") {
        return R"({"t":"sub","id":7,"topic":")" + std::string(topic) + "\"" + std::string(more) +
               "}";
    }
    static std::string event(int seq, int n) {
        return R"({"t":"event","seq":)" + std::to_string(seq) + R"(,"sub":"7","data":{"n":)" +
               std::to_string(n) + "}}";
    }
    void produce_numbers(int first, int last) {
        for (int n = first; n <= last; ++n) {
            rig.produce("ring", n);
            rig.run();
        }
    }

    SessionRig rig;
    std::unique_ptr<TestPeer> peer;
};

TEST_F(FeedRig, EventsStopWhenAPeerIsFullAndGoOnWhenItHasRoom) {
    peer->ask(sub("ring"));
    peer->outlet.unsent_bytes = send_high_bytes;
    produce_numbers(1, 3);
    EXPECT_EQ(peer->heard(), Frames{});

    peer->take_all();

    EXPECT_EQ(peer->heard(), (Frames{event(1, 1), event(2, 2), event(3, 3)}));
    EXPECT_EQ(rig.hub->counters.events_sent, 3u);
    EXPECT_EQ(rig.hub->counters.events_lost, 0u);
}

TEST_F(FeedRig, AFullPeerIsAskedToSendNoMoreFrames) {
    EXPECT_TRUE(peer->say(R"({"t":"ping"})"));
    peer->outlet.unsent_bytes = send_high_bytes;

    EXPECT_FALSE(peer->say(R"({"t":"ping"})"));
    EXPECT_EQ(peer->heard(), (Frames{R"({"t":"pong"})", R"({"t":"pong"})"}));
}

TEST_F(FeedRig, ASlowPeerFindsExactlyTheNewestAndAHoleOfWhatItMissed) {
    peer->ask(sub("ring"));
    peer->outlet.unsent_bytes = send_high_bytes;
    produce_numbers(1, 20);

    peer->take_all();

    EXPECT_EQ(peer->heard(), (Frames{event(13, 13), event(14, 14), event(15, 15), event(16, 16),
                                     event(17, 17), event(18, 18), event(19, 19), event(20, 20)}));
    EXPECT_EQ(rig.hub->counters.events_lost, 12u);
}

TEST_F(FeedRig, ASlowPeerCostsAFastOneNothing) {
    const auto slow = rig.connect();
    slow->ask(sub("ring"));
    slow->outlet.unsent_bytes = send_high_bytes;
    peer->ask(sub("ring"));

    produce_numbers(1, 30);

    EXPECT_EQ(peer->heard().size(), 30u);
    EXPECT_EQ(rig.hub->counters.events_lost, 0u);
    EXPECT_EQ(slow->heard(), Frames{});
}

TEST_F(FeedRig, ASlowPeerOfLongValuesCostsAFastOneNothing) {
    const auto slow = rig.connect();
    slow->ask(sub("text"));
    slow->outlet.unsent_bytes = send_high_bytes;
    peer->ask(sub("text"));
    const std::string long_text(30'000, 'x');

    for (int i = 0; i < 20; ++i) {
        rig.produce_value("text", Text{long_text});
        rig.run();
    }

    EXPECT_EQ(peer->heard().size(), 20u);
    EXPECT_EQ(slow->heard(), Frames{});
    slow->take_all();
    const Frames late = slow->heard();
    ASSERT_EQ(late.size(), 3u);  // 100 000 bytes of backlog
    EXPECT_EQ(with(late, R"("seq":18,)").size(), 1u);
}

TEST_F(FeedRig, ABatchLongerThanTheBacklogReachesAFastPeerWhole) {
    peer->ask(sub("text"));
    for (int i = 0; i < 40; ++i) {
        rig.produce_value("text", Text{std::string(10'000, 'x')});
    }
    rig.run();

    EXPECT_EQ(peer->heard().size(), 40u);
    EXPECT_EQ(rig.hub->counters.events_lost, 0u);
}

TEST_F(FeedRig, ManyValuesAtOnceReachAFastPeerWhole) {
    peer->ask(sub("ring"));
    for (int n = 1; n <= 60; ++n) {
        rig.produce("ring", n);
    }
    rig.run();

    EXPECT_EQ(peer->heard().size(), 60u);
    EXPECT_EQ(rig.hub->counters.events_lost, 0u);
}

TEST_F(FeedRig, WhatTheRingOverwroteIsAHoleToo) {
    peer->ask(sub("ring"));
    produce_numbers(1, 1);
    for (int n = 2; n <= 101; ++n) {
        rig.produce("ring", n);
    }
    rig.run();

    const Frames heard = peer->heard();
    ASSERT_FALSE(heard.empty());
    EXPECT_EQ(heard.front(), event(1, 1));
    EXPECT_EQ(heard.back(), event(101, 101));
    EXPECT_EQ(rig.hub->counters.events_lost, 101u - heard.size());
}

TEST_F(FeedRig, ASingleLatestIsConflatedWithoutHoles) {
    peer->ask(sub("state"));
    peer->outlet.unsent_bytes = send_high_bytes;
    for (int n = 1; n <= 5; ++n) {
        rig.produce("state", n);
        rig.run();
    }

    peer->take_all();

    EXPECT_EQ(peer->heard(), Frames{event(1, 5)});
    EXPECT_EQ(rig.hub->counters.events_lost, 0u);
}

TEST_F(FeedRig, EveryMsTellsTheNewestWhenItIsDueAndHowManyItStandsFor) {
    peer->hello();
    peer->ask(sub("ring", R"(,"every_ms":100)"));
    const auto told = [](int seq, int n, std::string_view merged) {
        return R"({"t":"event","seq":)" + std::to_string(seq) +
               R"(,"topic":"ring","sub":"7","data":{"n":)" + std::to_string(n) + "}" +
               std::string(merged) + R"(,"pos":)" + std::to_string(n) +
               R"(,"epoch":"RUN","ts":1790000000000})";
    };

    produce_numbers(1, 4);
    EXPECT_EQ(peer->heard(), Frames{told(1, 1, "")});
    rig.pass_ms(99);
    EXPECT_EQ(peer->heard(), Frames{});
    rig.pass_ms(1);
    EXPECT_EQ(peer->heard(), Frames{told(2, 4, R"(,"merged":2)")});
    rig.pass_ms(500);
    EXPECT_EQ(peer->heard(), Frames{});
    produce_numbers(5, 5);
    EXPECT_EQ(peer->heard(), Frames{told(3, 5, "")});
    EXPECT_EQ(rig.hub->counters.events_lost, 0u);
}

TEST_F(FeedRig, EveryMsToAFullPeerStillCountsExactly) {
    peer->hello();
    peer->ask(sub("ring", R"(,"every_ms":100)"));
    produce_numbers(1, 2);
    peer->heard();
    peer->outlet.unsent_bytes = send_high_bytes;
    rig.pass_ms(100);
    produce_numbers(3, 30);

    peer->take_all();

    const Frames heard = peer->heard();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(with(heard, R"("data":{"n":30},"merged":)").size(), 1u);
}

TEST_F(FeedRig, ValuesFromBeforeASubscriptionAreNotMergedIntoItsFirstEvent) {
    const auto first = rig.connect();
    first->ask(sub("ring"));
    rig.produce("ring", 1);
    rig.produce("ring", 2);  // not yet in the log when the next one subscribes
    peer->hello();
    peer->ask(sub("ring", R"(,"every_ms":100)"));
    rig.produce("ring", 3);
    rig.run();

    EXPECT_EQ(peer->heard(),
              Frames{R"({"t":"event","seq":1,"topic":"ring","sub":"7","data":{"n":3},"pos":3,)"
                     R"("epoch":"RUN","ts":1790000000000})"});
}

TEST_F(FeedRig, UnsubWhileAnEventIsHeldBackIsQuiet) {
    peer->ask(sub("ring", R"(,"every_ms":100)"));
    produce_numbers(1, 2);
    peer->heard();

    peer->ask(R"({"t":"unsub","sub":"7"})");
    rig.pass_ms(1'000);

    EXPECT_EQ(peer->heard(), Frames{});
}

TEST_F(FeedRig, RecordsShareAConnectionFairly) {
    peer->ask(R"({"t":"sub","id":7,"topic":"#"})");
    peer->outlet.unsent_bytes = send_high_bytes;
    produce_numbers(1, 8);
    rig.produce_value("text", Text{"x"});
    rig.produce("state", 1);
    rig.run();

    peer->take_all();

    const Frames heard = peer->heard();
    EXPECT_EQ(heard.size(), 10u);
    EXPECT_EQ(with(heard, R"("seq":10,)").size(), 1u);
}

}  // namespace
}  // namespace aimdb::aimx::test
