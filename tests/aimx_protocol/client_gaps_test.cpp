// SPDX-License-Identifier: Apache-2.0
//
// Gaps as a subscription of the client hands them on: each once, and none in the place of
// a value.
#include <gtest/gtest.h>

#include "aimx_protocol/client_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using Frames = std::vector<std::string>;

std::string gap(std::string_view sub, std::uint64_t first, std::uint64_t last) {
    return R"({"t":"gap","sub":")" + std::string(sub) + R"(","topic":"a","first":)" +
           std::to_string(first) + R"(,"last":)" + std::to_string(last) + R"(,"count":)" +
           std::to_string(last - first + 1) + R"(,"cause":"crash","ts":1789999999000})";
}

class GapsOfAClient : public testing::Test {
protected:
    std::shared_ptr<UpdateQueue> follow(std::size_t queue_limit, bool lossless) {
        rig.begin();
        rig.welcome();
        SubscribeOptions options;
        options.since = from_unix_ms(0);
        options.gaps = true;
        options.queue_limit = queue_limit;
        options.lossless = lossless;
        return rig.follow("a", options);
    }
    void reconnect() {
        rig.session.disconnected("gone");
        rig.pass(200ms);
        rig.welcome();
    }

    ClientRig rig;
};

TEST_F(GapsOfAClient, WaitForRoomWhereNothingMayBeLost) {
    const auto updates = follow(2, true);
    rig.receive(event("2", 1, "a", "1", 1));
    rig.receive(event("2", 2, "a", "2", 2));
    rig.receive(gap("2", 3, 4));
    EXPECT_EQ(rig.sent.back(), R"({"t":"unsub","sub":"2"})");
    EXPECT_EQ(describe(*updates->try_take()), "event a 1");
    EXPECT_EQ(rig.sent.back(), R"({"t":"sub","id":3,"topic":"a","from":{"epoch":"e1","pos":2},)"
                               R"("gaps":true})");
    rig.receive(gap("3", 3, 4));
    EXPECT_EQ(describe(*updates->try_take()), "event a 2");
    rig.receive(event("3", 3, "a", "5", 5));

    EXPECT_EQ(take_all(*updates), (Frames{"gap 2", "event a 5 +2"}));
}

TEST_F(GapsOfAClient, TakeTheOldestPlaceWhereValuesMayBeLost) {
    const auto updates = follow(2, false);
    rig.receive(event("2", 1, "a", "1", 1));
    rig.receive(event("2", 2, "a", "2", 2));
    rig.receive(gap("2", 3, 4));

    EXPECT_EQ(take_all(*updates), (Frames{"event a 2 +1", "gap 2"}));
}

TEST_F(GapsOfAClient, AreToldOnceThoughTheServerTellsThemAgain) {
    const auto updates = follow(8, false);
    rig.receive(event("2", 1, "a", "1", 1));
    rig.receive(gap("2", 2, 2));
    rig.receive(gap("2", 3, 5));
    reconnect();
    rig.receive(gap("4", 2, 2));
    rig.receive(gap("4", 3, 5));
    rig.receive(gap("4", 6, 9));

    EXPECT_EQ(take_all(*updates), (Frames{"event a 1", "gap 1", "gap 3", "gap 4"}));
}

TEST_F(GapsOfAClient, OfOneRecordSayNothingOfAnother) {
    rig.begin();
    rig.welcome();
    const auto updates = rig.follow("#");
    rig.receive(gap("2", 3, 5));
    std::string of_another = gap("2", 2, 2);
    of_another.replace(of_another.find(R"("a")"), 3, R"("b")");
    rig.receive(of_another);

    EXPECT_EQ(take_all(*updates), (Frames{"gap 3", "gap 1"}));
}

TEST_F(GapsOfAClient, OfAnotherEpochAreNew) {
    const auto updates = follow(8, false);
    rig.receive(event("2", 1, "a", "1", 1));
    rig.receive(gap("2", 3, 5));
    reconnect();
    rig.receive(R"({"t":"subscribed","sub":"4","resumed":false})");
    rig.receive(gap("4", 2, 2));
    rig.receive(event("4", 1, "a", "3", 3, "e2"));
    rig.receive(gap("4", 4, 4));

    EXPECT_EQ(take_all(*updates),
              (Frames{"event a 1", "gap 3", "interrupted", "gap 1", "event a 3", "gap 1"}));
}

}  // namespace
}  // namespace aimdb::aimx::test
