// SPDX-License-Identifier: Apache-2.0
//
// Opening and closing subscriptions: what is told at once, what is refused, and
// what is left when they are over.
#include <gtest/gtest.h>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

class SessionSubscribe : public testing::Test {
protected:
    SessionSubscribe() {
        rig.add<Value>("a.ring", spmc_ring(4));
        rig.add<Value>("a.state", single_latest(), true);
        rig.add<Value>("a.box", mailbox(), true);
        rig.add<Picky>("b.picky", spmc_ring(8));
        rig.start();
        peer = rig.connect();
    }

    static std::string sub(std::uint64_t id, std::string_view topic, std::string_view more = "") {
        return R"({"t":"sub","id":)" + std::to_string(id) + R"(,"topic":")" + std::string(topic) +
               "\"" + std::string(more) + "}";
    }
    std::size_t readers(std::string_view key) const {
        return rig.database->record_info(key).readers;
    }

    SessionRig rig;
    std::unique_ptr<TestPeer> peer;
};

TEST_F(SessionSubscribe, AnExactRingBeginsSilentlyWithTheNextValue) {
    rig.produce("a.ring", 1);

    EXPECT_EQ(peer->ask(sub(7, "a.ring")), Frames{});
    rig.produce("a.ring", 2);
    rig.produce("a.ring", 3);
    rig.run();

    EXPECT_EQ(peer->heard(), (Frames{R"({"t":"event","seq":1,"sub":"7","data":{"n":2}})",
                                     R"({"t":"event","seq":2,"sub":"7","data":{"n":3}})"}));
}

TEST_F(SessionSubscribe, AnExactStateBeginsWithItsValueAsAnEvent) {
    rig.produce("a.state", 1);

    EXPECT_EQ(peer->ask(sub(7, "a.state")),
              Frames{R"({"t":"event","seq":1,"sub":"7","data":{"n":1}})"});
    rig.run();

    EXPECT_EQ(peer->heard(), Frames{});
}

TEST_F(SessionSubscribe, APatternBeginsWithABurstThatSaysWhichSnapshotIsLast) {
    rig.produce("a.ring", 1);
    rig.produce("a.state", 2);
    rig.produce("a.box", 3);

    EXPECT_EQ(
        peer->ask(sub(7, "a.*")),
        (Frames{R"({"t":"snap","seq":1,"topic":"a.state","sub":"7","data":{"n":2}})",
                R"({"t":"snap","seq":2,"last":true,"topic":"a.box","sub":"7","data":{"n":3}})"}));
    rig.produce("a.ring", 4);
    rig.run();

    EXPECT_EQ(peer->heard(),
              Frames{R"({"t":"event","seq":3,"topic":"a.ring","sub":"7","data":{"n":4}})"});
}

TEST_F(SessionSubscribe, OnWebSocketEverySubscriptionIsAcknowledgedAndHasSnapshots) {
    const auto browser = rig.connect({.transport = Transport::websocket});
    rig.produce("a.ring", 1);

    EXPECT_EQ(
        browser->ask(sub(7, "a.ring")),
        (Frames{R"({"t":"subscribed","sub":"7"})",
                R"({"t":"snap","seq":1,"last":true,"topic":"a.ring","sub":"7","data":{"n":1}})"}));
    EXPECT_EQ(browser->ask(sub(8, "unknown")), Frames{R"({"t":"subscribed","sub":"8"})"});
    rig.produce("a.ring", 2);
    rig.run();

    EXPECT_EQ(browser->heard(),
              Frames{R"({"t":"event","seq":2,"topic":"a.ring","sub":"7","data":{"n":2}})"});
}

TEST_F(SessionSubscribe, SubscribingTakesNothingFromAMailbox) {
    peer->ask(sub(7, "a.box"));
    rig.produce("a.box", 1);
    rig.run();

    EXPECT_EQ(peer->heard(), Frames{R"({"t":"event","seq":1,"sub":"7","data":{"n":1}})"});
    EXPECT_EQ(peer->ask(R"({"t":"req","id":1,"method":"record.get","params":{"name":"a.box"}})"),
              Frames{R"({"t":"reply","id":1,"ok":{"n":1}})"});
}

TEST_F(SessionSubscribe, AnUnknownExactKeyIsRefusedAndAPatternThatMatchesNothingIsNot) {
    EXPECT_EQ(with(peer->ask(sub(7, "x")),
                   R"({"t":"reply","id":7,"err":"not_found","code":"unknown_record")")
                  .size(),
              1u);
    EXPECT_EQ(with(peer->ask(sub(7, "")), R"("err":"not_found")").size(), 1u);
    EXPECT_EQ(peer->ask(sub(7, "x.*")), Frames{});
    EXPECT_EQ(peer->ask(sub(7, "a**")), Frames{});
    EXPECT_EQ(rig.hub->counters.subscriptions_open, 0u);
}

TEST_F(SessionSubscribe, WithExtensionsAnEmptyPatternEndsAloud) {
    peer->hello();

    EXPECT_EQ(peer->ask(sub(7, "x.*")), (Frames{R"({"t":"subscribed","sub":"7"})",
                                                R"({"t":"ended","sub":"7","reason":"no_match"})"}));
    const Frames bad = peer->ask(sub(8, "a*"));
    ASSERT_EQ(bad.size(), 2u);
    EXPECT_EQ(with(bad, R"({"t":"subscribed","sub":"8","msg":")").size(), 1u);
    EXPECT_EQ(bad[1], R"({"t":"ended","sub":"8","reason":"bad_pattern"})");
}

TEST_F(SessionSubscribe, ALivingIdIsRefusedAndMayBeUsedAgainAfterUnsub) {
    peer->ask(sub(7, "a.ring"));

    EXPECT_EQ(peer->ask(sub(7, "a.state")),
              Frames{R"({"t":"reply","id":7,"err":"denied","code":"duplicate_subscription",)"
                     R"("msg":"a subscription with this id lives: choose another id"})"});
    EXPECT_EQ(peer->ask(R"({"t":"unsub","sub":"7"})"), Frames{});
    EXPECT_EQ(peer->ask(sub(7, "a.ring")), Frames{});
    rig.produce("a.ring", 1);
    rig.run();

    EXPECT_EQ(peer->heard(), Frames{R"({"t":"event","seq":1,"sub":"7","data":{"n":1}})"});
}

TEST_F(SessionSubscribe, TheCapCountsLivingSubscriptionsOnly) {
    peer = rig.connect({.subscription_limit = 2});
    peer->ask(sub(1, "a.ring"));
    peer->ask(sub(2, "x.*"));
    peer->ask(sub(3, "a.state"));

    EXPECT_EQ(peer->ask(sub(4, "unknown")),
              Frames{R"({"t":"reply","id":4,"err":"denied","code":"limit_exceeded",)"
                     R"("msg":"this connection has its 2 subscriptions: unsub one first"})"});
    peer->ask(R"({"t":"unsub","sub":"3"})");
    EXPECT_EQ(peer->ask(sub(5, "a.box")), Frames{});
    EXPECT_EQ(rig.hub->counters.subscriptions_open, 2u);
}

TEST_F(SessionSubscribe, AConnectionFollowsSoManyRecordsAtATimeHoweverManyPatternsItUses) {
    constexpr std::size_t records = 4;
    const std::size_t most = followed_records_limit / records;
    peer = rig.connect({.subscription_limit = most + 2});
    for (std::size_t id = 1; id <= most; ++id) {
        static_cast<void>(peer->say(sub(id, "#")));
    }
    EXPECT_EQ(with(peer->heard(), R"("err")"), Frames{});

    EXPECT_EQ(peer->ask(sub(100'000, "a.ring")),
              Frames{R"({"t":"reply","id":100000,"err":"denied","code":"limit_exceeded",)"
                     R"("msg":"this connection follows 65536 records, counted once per )"
                     R"(subscription, and may follow 65536: unsub something first"})"});
    peer->ask(R"({"t":"unsub","sub":"1"})");
    EXPECT_EQ(peer->ask(sub(100'000, "#")), Frames{});
}

TEST_F(SessionSubscribe, UnsubOfNothingIsIgnored) {
    EXPECT_EQ(peer->ask(R"({"t":"unsub","sub":"9"})"), Frames{});
    EXPECT_EQ(peer->ask(R"({"t":"unsub","sub":"-1"})"), Frames{});
    EXPECT_EQ(peer->ask(R"({"t":"unsub","sub":""})"), Frames{});
}

TEST_F(SessionSubscribe, OneReaderServesAllSubscriptionsOfARecordAndGoesWithTheLast) {
    const auto other = rig.connect();
    peer->ask(sub(1, "a.ring"));
    peer->ask(sub(2, "#"));
    other->ask(sub(1, "a.*"));
    EXPECT_EQ(readers("a.ring"), 1u);

    peer->ask(R"({"t":"unsub","sub":"1"})");
    peer->ask(R"({"t":"unsub","sub":"2"})");
    EXPECT_EQ(readers("a.ring"), 1u);
    EXPECT_EQ(readers("b.picky"), 0u);
    other->session.reset();

    EXPECT_EQ(readers("a.ring"), 0u);
    EXPECT_EQ(rig.hub->counters.subscriptions_open, 0u);
    EXPECT_EQ(rig.hub->counters.connections_open, 1u);
    rig.produce("a.ring", 1);
    rig.run();
    EXPECT_EQ(peer->heard(), Frames{});
}

TEST_F(SessionSubscribe, AValueThatCannotBeEncodedIsAHoleInSeq) {
    peer->ask(sub(7, "b.picky"));
    for (const std::int64_t n : {12, 13, 14}) {
        rig.produce_value("b.picky", Picky{n});
    }
    rig.run();

    EXPECT_EQ(peer->heard(), (Frames{R"({"t":"event","seq":1,"sub":"7","data":12})",
                                     R"({"t":"event","seq":3,"sub":"7","data":14})"}));
    EXPECT_EQ(rig.hub->counters.events_lost, 1u);
}

TEST_F(SessionSubscribe, AnEventTooLongForThePeersFrameIsAHoleInSeq) {
    peer = rig.connect({.send_limit_bytes = 48});
    peer->ask(sub(7, "a.ring"));
    rig.produce("a.ring", 1'000'000'000);
    rig.produce("a.ring", 2);
    rig.run();

    EXPECT_EQ(peer->heard(), Frames{R"({"t":"event","seq":2,"sub":"7","data":{"n":2}})"});
    EXPECT_EQ(rig.hub->counters.events_lost, 1u);
}

TEST_F(SessionSubscribe, WhenTheDatabaseStopsWhatIsLeftIsToldAndThenTheEnd) {
    peer->hello();
    peer->ask(sub(7, "a.*"));
    rig.produce("a.ring", 1);
    rig.produce("a.state", 2);
    static_cast<void>(rig.database->stop());
    rig.run();

    const Frames heard = peer->heard();
    ASSERT_EQ(heard.size(), 3u);
    EXPECT_EQ(with(heard, R"("data":{"n":1})").size(), 1u);
    EXPECT_EQ(with(heard, R"("data":{"n":2})").size(), 1u);
    EXPECT_EQ(heard[2], R"({"t":"ended","sub":"7","reason":"closed"})");
    EXPECT_EQ(rig.hub->counters.subscriptions_open, 0u);
}

TEST_F(SessionSubscribe, AnEventHeldBackIsToldWhenTheDatabaseStops) {
    peer->hello();
    peer->ask(sub(7, "a.ring", R"(,"every_ms":60000)"));
    rig.produce("a.ring", 1);
    rig.run();
    peer->heard();
    rig.produce("a.ring", 2);
    static_cast<void>(rig.database->stop());
    rig.run();

    EXPECT_EQ(peer->heard(),
              (Frames{R"({"t":"event","seq":2,"topic":"a.ring","sub":"7","data":{"n":2},"pos":2,)"
                      R"("epoch":"RUN","ts":1790000000000})",
                      R"({"t":"ended","sub":"7","reason":"closed"})"}));
}

TEST_F(SessionSubscribe, AnEventHeldBackForADayIsToldThenAndLeavesNoTimerOfADay) {
    constexpr std::int64_t day_ms = 86'400'000;
    peer->hello();
    peer->ask(sub(7, "a.ring", R"(,"every_ms":86400000)"));
    rig.produce("a.ring", 1);
    rig.produce("a.ring", 2);
    rig.run();
    EXPECT_LE(*rig.hub->timers().next_due_ms() - rig.now_ms, 75'001);
    peer->heard();
    rig.produce("a.ring", 3);
    rig.run();

    rig.pass_ms(day_ms - 1);
    EXPECT_EQ(with(peer->heard(), R"("t":"event")"), Frames{});
    rig.pass_ms(1);
    rig.pass_ms(10'000);

    EXPECT_EQ(with(peer->heard(), R"("data":{"n":3})").size(), 1u);
}

TEST_F(SessionSubscribe, ASubscriptionToAStoppedDatabaseEndsAtOnce) {
    peer->hello();
    static_cast<void>(rig.database->stop());

    peer->ask(sub(7, "a.ring"));
    rig.run();

    EXPECT_EQ(rig.hub->counters.subscriptions_open, 0u);
}

TEST_F(SessionSubscribe, ASessionMayGoWhileItIsServed) {
    const auto other = rig.connect();
    peer->ask(sub(1, "a.ring"));
    other->ask(sub(1, "a.ring"));
    rig.produce("a.ring", 1);
    other->session.reset();
    rig.run();
    rig.produce("a.ring", 2);
    peer->session.reset();
    rig.run();

    EXPECT_EQ(peer->heard(), Frames{R"({"t":"event","seq":1,"sub":"1","data":{"n":1}})"});
    EXPECT_EQ(other->heard(), Frames{});
}

}  // namespace
}  // namespace aimdb::aimx::test
