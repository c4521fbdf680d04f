// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "aimx_protocol/client_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using Frames = std::vector<std::string>;

// Another connection, by a server with extensions.
void reconnect(ClientRig& rig) {
    rig.session.disconnected("gone");
    rig.pass(200ms);
    rig.welcome();
}

TEST(ClientFollow, CountsLossFromTheHolesInSeq) {
    ClientRig rig;
    rig.begin();
    rig.welcome_plain();
    const auto updates = rig.follow("a");
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":2,"topic":"a"})");

    rig.receive(event("2", 23, "", "1"));
    rig.receive(event("2", 24, "", "2"));
    rig.receive(event("2", 20, "", "3"));
    rig.receive(event("2", 27, "", "4"));
    rig.receive(R"({"t":"event","seq":28,"sub":"2"})");

    EXPECT_EQ(take_all(*updates),
              (Frames{"event a 1 +22", "event a 2", "event a 3", "event a 4 +2", "event a null"}));
}

TEST(ClientFollow, TakesAServerThatCountsFromZero) {
    ClientRig rig;
    rig.begin();
    rig.welcome_plain();
    const auto updates = rig.follow("a.#");
    rig.receive(event("2", 0, "a.b", "1", 0, "", "snap"));
    rig.receive(event("2", 1, "a.b", "2"));

    EXPECT_EQ(take_all(*updates), (Frames{"snapshot a.b 1", "event a.b 2"}));
}

TEST(ClientFollow, LeavesOutWhatItHasHadAlready) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("a.*");
    rig.receive(event("2", 1, "a.b", "1", 7, "e1", "snap"));
    rig.receive(event("2", 2, "a.b", "1", 7));
    rig.receive(event("2", 5, "a.c", "1", 7));
    rig.receive(event("2", 6, "a.b", "2", 8));
    rig.receive(event("2", 7, "a.b", "3", 1, "e2"));

    EXPECT_EQ(take_all(*updates),
              (Frames{"snapshot a.b 1", "event a.c 1 +2", "event a.b 2", "event a.b 3"}));
}

TEST(ClientFollow, AsksForAllTheExtensionsItWasGiven) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    SubscribeOptions options;
    options.since = from_unix_ms(1'790'000'000'000);
    options.every = 250ms;
    options.gaps = true;
    rig.follow("a.b", options);
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":2,"topic":"a.b","since":1790000000000,)"
                               R"("every_ms":250,"gaps":true})");

    const RemotePosition places[] = {{"a.b", "e1", 7}, {"a.c", "e2", 9}};
    SubscribeOptions from;
    from.from = places;
    rig.follow("a.*", from, 2);
    EXPECT_EQ(rig.sent.back(),
              R"({"t":"sub","id":3,"topic":"a.*","from":{"a.b":{"epoch":"e1","pos":7},)"
              R"("a.c":{"epoch":"e2","pos":9}}})");
}

TEST(ClientFollow, AsksAPlainServerForNothingItDoesNotKnow) {
    ClientRig rig;
    rig.begin();
    rig.welcome_plain();
    SubscribeOptions options;
    options.since = from_unix_ms(1);
    options.every = 250ms;
    options.gaps = true;
    rig.follow("a.b", options);

    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":2,"topic":"a.b"})");
}

TEST(ClientFollow, GoesOnExactlyWhereItWas) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("a");
    rig.receive(event("2", 1, "", "1", 41));
    rig.receive(event("2", 2, "", "2", 42));

    reconnect(rig);
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":4,"topic":"a","from":{"epoch":"e1","pos":42}})");
    rig.receive(R"({"t":"subscribed","sub":"4"})");
    rig.receive(event("2", 3, "", "99", 99));  // of the connection before
    rig.receive(event("4", 2, "a", "4", 44));
    rig.receive(R"({"t":"live","sub":"4"})");

    EXPECT_EQ(take_all(*updates), (Frames{"event a 1", "event a 2", "event a 4 +1", "live"}));
}

TEST(ClientFollow, GoesOnInEveryRecordOfAPattern) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("a.*");
    rig.receive(event("2", 1, "a.x", "1", 5));
    rig.receive(event("2", 2, "a.y", "1", 6, "e2"));
    reconnect(rig);

    EXPECT_EQ(rig.sent.back(),
              R"({"t":"sub","id":4,"topic":"a.*","since":1790000000120,)"
              R"("from":{"a.x":{"epoch":"e1","pos":5},"a.y":{"epoch":"e2","pos":6}}})");
    EXPECT_EQ(take_all(*updates), (Frames{"event a.x 1", "event a.y 1"}));
}

TEST(ClientFollow, SaysWhenOthersOfAPatternMayHaveSpokenMeanwhile) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("a.*");
    rig.receive(event("2", 1, "a.x", "1", 5, "e1", "snap"));
    reconnect(rig);

    EXPECT_EQ(rig.sent.back(),
              R"({"t":"sub","id":4,"topic":"a.*","from":{"a.x":{"epoch":"e1","pos":5}}})");
    EXPECT_EQ(take_all(*updates), (Frames{"snapshot a.x 1", "interrupted"}));
}

TEST(ClientFollow, GoesOnInTheHistoryOfAPattern) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    SubscribeOptions options;
    options.since = from_unix_ms(1'000);
    const auto updates = rig.follow("a.*", options);
    rig.receive(event("2", 1, "a.x", "1", 5));
    reconnect(rig);
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":4,"topic":"a.*","since":1000,)"
                               R"("from":{"a.x":{"epoch":"e1","pos":5}}})");
    rig.receive(event("4", 1, "a.x", "1", 5));
    rig.receive(event("4", 2, "a.y", "1", 1));
    rig.receive(R"({"t":"live","sub":"4"})");
    reconnect(rig);
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":6,"topic":"a.*","since":1000,)"
                               R"("from":{"a.x":{"epoch":"e1","pos":5},)"
                               R"("a.y":{"epoch":"e1","pos":1}}})");

    EXPECT_EQ(take_all(*updates), (Frames{"event a.x 1", "event a.y 1", "live"}));
}

TEST(ClientFollow, SaysWhenItCouldNotGoOn) {
    ClientRig rig;
    rig.begin();
    rig.welcome_plain();
    const auto updates = rig.follow("a");
    rig.receive(event("2", 1, "", "1"));
    rig.session.disconnected("gone");
    rig.pass(200ms);
    rig.welcome_plain();
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":4,"topic":"a"})");
    rig.receive(event("4", 1, "", "2"));

    EXPECT_EQ(take_all(*updates), (Frames{"event a 1", "interrupted", "event a 2"}));
}

TEST(ClientFollow, SaysWhenPositionsMeanNothingAnyMore) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("a");
    rig.receive(event("2", 1, "", "1", 41));
    reconnect(rig);
    rig.receive(R"({"t":"subscribed","sub":"4","resumed":false})");
    rig.receive(event("4", 1, "a", "5", 3, "e2", "snap"));

    EXPECT_EQ(take_all(*updates), (Frames{"event a 1", "interrupted", "snapshot a 5"}));
}

TEST(ClientFollow, EndsWithTheReasonTheServerGives) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto unknown = rig.follow("a", {}, 1);
    const auto malformed = rig.follow("b*", {}, 2);
    rig.receive(R"({"t":"reply","id":2,"err":"not_found","code":"unknown_record","msg":"no 'a'"})");
    rig.receive(R"({"t":"ended","sub":"3","reason":"bad_pattern"})");

    EXPECT_EQ(take_all(*unknown), Frames{"ended unknown_record: no 'a'"});
    EXPECT_TRUE(unknown->finished());
    EXPECT_EQ(take_all(*malformed), Frames{"ended bad_pattern"});
    rig.take_sent();
    reconnect(rig);
    EXPECT_EQ(rig.sent.size(), 1u) << "they are not opened again";
}

TEST(ClientFollow, OutlivesAServerThatStops) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("a");
    rig.receive(R"({"t":"ended","sub":"2","reason":"closed"})");
    EXPECT_FALSE(updates->finished());
    reconnect(rig);

    EXPECT_NE(rig.sent.back().find(R"({"t":"sub","id":4,"topic":"a")"), std::string::npos);
}

TEST(ClientFollow, TellsGapsOfHistory) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("a");
    rig.receive(R"({"t":"gap","sub":"2","topic":"a","first":8001,"last":8064,"count":64,)"
                R"("cause":"crash","ts":1789999999000})");

    const std::optional<Update> update = updates->try_take();
    ASSERT_TRUE(update && update->gap);
    EXPECT_EQ(*update->gap,
              (HistoryGap{"a", 8001, 8064, 64, GapCause::crash, from_unix_ms(1'789'999'999'000)}));
}

TEST(ClientFollow, CountsWhatItsOwnQueueDropped) {
    ClientOptions options;
    options.subscription_queue_limit = 2;
    ClientRig rig(options);
    rig.begin();
    rig.welcome_plain();
    const auto updates = rig.follow("a");
    rig.receive(event("2", 1, "", "1"));
    rig.receive(event("2", 3, "", "2"));
    rig.receive(event("2", 4, "", "3"));
    rig.receive(event("2", 5, "", "4"));

    EXPECT_EQ(take_all(*updates), (Frames{"event a 3 +3", "event a 4"}));
}

/// A subscription that must not lose, whose queue took two of three events.
std::shared_ptr<UpdateQueue> follow_until_full(ClientRig& rig) {
    rig.begin();
    rig.welcome();
    SubscribeOptions options;
    options.queue_limit = 2;
    options.lossless = true;
    auto updates = rig.follow("a", options);
    rig.receive(event("2", 1, "", "1", 1));
    rig.receive(event("2", 2, "", "2", 2));
    rig.receive(event("2", 3, "", "3", 3));
    return updates;
}

TEST(ClientFollow, LeavesAndComesBackWhereItMustNotLose) {
    ClientRig rig;
    const auto updates = follow_until_full(rig);
    EXPECT_EQ(rig.sent.back(), R"({"t":"unsub","sub":"2"})");
    rig.receive(event("2", 4, "", "4", 4));

    EXPECT_EQ(describe(*updates->try_take()), "event a 1");
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":3,"topic":"a","from":{"epoch":"e1","pos":2}})");
    rig.receive(event("3", 1, "", "3", 3));

    EXPECT_EQ(take_all(*updates), (Frames{"event a 2", "event a 3"}));
}

TEST(ClientFollow, ComesBackWhenRoomWasMadeWithoutAConnection) {
    ClientRig rig;
    const auto updates = follow_until_full(rig);
    rig.session.disconnected("gone");
    EXPECT_EQ(describe(*updates->try_take()), "event a 1");
    rig.pass(200ms);
    rig.welcome();
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":4,"topic":"a","from":{"epoch":"e1","pos":2}})");
    rig.receive(event("4", 1, "", "3", 3));

    EXPECT_EQ(take_all(*updates), (Frames{"event a 2", "event a 3"}));
}

TEST(ClientFollow, TellsTheServerWhenItIsNotWantedAnyMore) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("a");
    rig.session.unfollow(1);
    EXPECT_EQ(rig.sent.back(), R"({"t":"unsub","sub":"2"})");
    rig.receive(event("2", 1, "", "1"));
    EXPECT_TRUE(take_all(*updates).empty());
}

TEST(ClientFollow, DoesNotMakeUpForWhatItMissedWhereItWantsAValueNowAndThen) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    SubscribeOptions options;
    options.every = 250ms;
    const auto updates = rig.follow("a", options);
    rig.receive(event("2", 1, "a", "1", 41));
    reconnect(rig);
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":4,"topic":"a","every_ms":250})");

    options.since = from_unix_ms(1'000);
    rig.follow("b", options, 2);
    rig.receive(event("5", 1, "b", "1", 7));
    reconnect(rig);
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":8,"topic":"b","from":{"epoch":"e1","pos":7},)"
                               R"("every_ms":250})")
        << "history was asked for";
    EXPECT_EQ(take_all(*updates), (Frames{"event a 1", "interrupted"}));
}

TEST(ClientFollow, KnowsWhatItHasHadFromAStoreThatCrashed) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("a");
    rig.receive(event("2", 1, "a", "1", 41, "c0ffee01.0"));
    rig.receive(event("2", 2, "a", "2", 42, "c0ffee01.0"));
    reconnect(rig);
    rig.receive(event("4", 1, "a", "1", 41, "c0ffee01.1"));
    rig.receive(event("4", 2, "a", "2", 42, "c0ffee01.1"));
    reconnect(rig);
    EXPECT_EQ(rig.sent.back(),
              R"({"t":"sub","id":6,"topic":"a","from":{"epoch":"c0ffee01.0","pos":42}})");
    rig.receive(event("6", 1, "a", "3", 43, "c0ffee01.1"));
    rig.receive(event("6", 2, "a", "4", 1, "c0ffee02.0"));

    EXPECT_EQ(take_all(*updates), (Frames{"event a 1", "event a 2", "event a 3", "event a 4"}));
}

TEST(ClientFollow, KeepsTheEnvelopeOfAnUpdate) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("a");
    rig.receive(R"({"t":"event","seq":1,"topic":"a","sub":"2","data":[1],"hist":true,"pos":9,)"
                R"("epoch":"e1","ts":1790000000120,"merged":3})");

    const std::optional<Update> update = updates->try_take();
    ASSERT_TRUE(update);
    EXPECT_TRUE(update->from_history);
    EXPECT_EQ(update->pos, 9u);
    EXPECT_EQ(update->epoch, "e1");
    EXPECT_EQ(update->at, from_unix_ms(1'790'000'000'120));
    EXPECT_EQ(update->merged, 3u);
}

TEST(UpdateQueue, KeepsEachMarkOnceBetweenValues) {
    UpdateQueue queue(2);
    const auto push = [&queue](UpdateKind kind) {
        Update update;
        update.kind = kind;
        update.value = "1";
        queue.push(update, false);
    };
    for (int i = 0; i < 100; ++i) {
        push(UpdateKind::interrupted);
        push(UpdateKind::live);
    }
    push(UpdateKind::event);
    push(UpdateKind::interrupted);

    EXPECT_EQ(take_all(queue), (Frames{"interrupted", "live", "event  1", "interrupted"}));
}

TEST(UpdateQueue, WakesWhoeverWaits) {
    UpdateQueue queue(4);
    EXPECT_TRUE(queue.begin_wait());
    bool woken = false;
    queue.wakeup().arm_inline([&woken](std::error_code) { woken = true; });
    Update update;
    queue.push(update, false);
    EXPECT_TRUE(woken);
    EXPECT_FALSE(queue.begin_wait());
    queue.close();
    EXPECT_FALSE(queue.finished());
    EXPECT_TRUE(queue.try_take());
    EXPECT_TRUE(queue.finished());
}

}  // namespace
}  // namespace aimdb::aimx::test
