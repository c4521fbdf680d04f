// SPDX-License-Identifier: Apache-2.0
//
// Gaps of history as a subscription is told them, and history that fails.
#include <gtest/gtest.h>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

/// A run that ended by a crash left a gap behind the values it stored.
class ReplayedGaps : public testing::Test {
protected:
    ReplayedGaps() {
        SessionRig before;
        before.remember(store);
        before.add<Picky>("log", spmc_ring(64)).persist();
        before.start();
        const auto out = before.database->producer<Picky>("log");
        for (const std::int64_t n : {11, 12, 13, 14}) {  // 13 is what its codec refuses
            out.produce(Picky{n}, from_unix_ms(1'000 + n));
        }
        before.database->flush(blocking);
        static_cast<void>(before.database->stop());

        rig.remember(store);
        rig.add<Picky>("log", spmc_ring(64)).persist();
        rig.start();
        peer = rig.connect();
        peer->hello();
    }
    Frames until_live(std::string_view more) {
        static_cast<void>(
            peer->say(R"({"t":"sub","id":7,"topic":"log",)" + std::string(more) + "}"));
        rig.run_until_heard(*peer, R"({"t":"live","sub":"7"})");
        return peer->heard();
    }
    std::string from(std::uint64_t pos) const {
        return R"("from":{"epoch":")" + rig.hub->history()->epoch() + R"(","pos":)" +
               std::to_string(pos) + "}";
    }

    const std::shared_ptr<MemoryStore> store = memory_store();
    SessionRig rig;
    std::unique_ptr<TestPeer> peer;
};

const std::string gap = R"({"t":"gap","sub":"7","topic":"log","first":3,"last":3,"count":1,)"
                        R"("cause":"rejected_encode","ts":1013})";

TEST_F(ReplayedGaps, AreToldWhereTheyAreIfAskedFor) {
    const Frames heard = until_live(R"("since":0,"gaps":true)");

    ASSERT_EQ(heard.size(), 6u);
    EXPECT_EQ(with({heard[2]}, R"("seq":2,)").size(), 1u);
    EXPECT_EQ(heard[3], gap);
    EXPECT_EQ(with({heard[4]}, R"("seq":4,)").size(), 1u);
    EXPECT_EQ(heard[5], R"({"t":"live","sub":"7"})");
}

TEST_F(ReplayedGaps, AreHolesInSeqOnlyIfNotAskedFor) {
    const Frames heard = until_live(R"("since":0)");

    ASSERT_EQ(heard.size(), 5u);
    EXPECT_EQ(with({heard[3]}, R"("seq":4,)").size(), 1u);
    EXPECT_EQ(rig.hub->counters.events_lost, 1u);
}

TEST_F(ReplayedGaps, AfterThePositionOfAResumeAreToldAndThoseBeforeAreNot) {
    EXPECT_EQ(with(until_live(from(2) + R"(,"gaps":true)"), R"("t":"gap")"), Frames{gap});
    peer->ask(R"({"t":"unsub","sub":"7"})");
    EXPECT_EQ(with(until_live(from(3) + R"(,"gaps":true)"), R"("t":"gap")"), Frames{});
}

TEST_F(ReplayedGaps, AreToldThoughNothingIsStoredBehindThem) {
    rig.produce_value("log", Picky{13});
    rig.database->flush(blocking);

    const Frames heard = until_live(from(4) + R"(,"gaps":true)");

    EXPECT_EQ(with(heard, R"("first":5,"last":5,)").size(), 1u);
    EXPECT_EQ(with(heard, R"("t":"event")").size(), 0u);
}

TEST_F(ReplayedGaps, ADatabaseThatHasStoppedEndsTheSubscriptionAsClosed) {
    static_cast<void>(rig.database->stop());

    peer->ask(R"({"t":"sub","id":7,"topic":"log","since":0})");
    rig.run();

    EXPECT_EQ(peer->heard(), Frames{R"({"t":"ended","sub":"7","reason":"closed"})"});
    EXPECT_EQ(rig.hub->counters.subscriptions_open, 0u);
}

}  // namespace
}  // namespace aimdb::aimx::test
