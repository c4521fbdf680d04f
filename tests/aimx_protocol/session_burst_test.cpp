// SPDX-License-Identifier: Apache-2.0
//
// The burst of newest values that is more than a connection takes at once.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

constexpr std::size_t large_bytes = send_high_bytes * 3 / 4;

class LargeBurst : public testing::Test {
protected:
    /// Five states of which two have to wait for room, and a ring behind them.
    LargeBurst() {
        for (const char* const key : {"t1", "t2", "t3", "t4", "t5"}) {
            rig.add<Text>(key, single_latest());
        }
        rig.add<Value>("z", spmc_ring(64));
        rig.start();
        for (const char* const key : {"t1", "t2", "t3", "t4", "t5"}) {
            rig.produce_value(key, Text{std::string(large_bytes, 'x')});
        }
    }
    void connect(const PeerOptions& options) {
        peer = rig.connect(options);
        peer->hello();
        peer->outlet.slow = true;
    }
    /// "snap 1 t1", "live": what was heard since the last call, in short.
    Frames heard() {
        Frames all;
        for (const std::string& frame : peer->heard()) {
            const auto json = nlohmann::json::parse(frame);
            std::string text = json.at("t");
            text += json.contains("seq") ? " " + json.at("seq").dump() : "";
            text += json.contains("topic") ? " " + json.value("topic", "") : "";
            all.push_back(text + (json.value("last", false) ? " last" : ""));
        }
        return all;
    }

    SessionRig rig;
    std::unique_ptr<TestPeer> peer;
};

TEST_F(LargeBurst, IsToldAsThereIsRoomAndLiveValuesAfterIt) {
    connect({});
    static_cast<void>(peer->say(R"({"t":"sub","id":7,"topic":"#"})"));
    rig.produce_value("t1", Text{"new"});
    rig.run();
    EXPECT_EQ(heard(), (Frames{"subscribed", "snap 1 t1", "snap 2 t2"}));

    peer->take_all();
    rig.run();
    EXPECT_EQ(heard(), (Frames{"snap 3 t3", "snap 4 t4", "snap 5 t5 last"}));

    peer->take_all();
    rig.run();
    EXPECT_EQ(heard(), Frames{"event 6 t1"});
}

TEST_F(LargeBurst, CountsWhatALateSnapshotStandsFor) {
    connect({.transport = Transport::websocket});
    static_cast<void>(peer->say(R"({"t":"sub","id":7,"topic":"#"})"));
    for (int n = 1; n <= 3; ++n) {
        rig.produce("z", n);
    }
    rig.run();
    heard();

    peer->take_all();
    rig.run();
    EXPECT_EQ(heard(), (Frames{"snap 3 t3", "snap 4 t4"}));
    peer->take_all();
    rig.produce("z", 4);
    rig.run();
    EXPECT_EQ(heard(), (Frames{"snap 5 t5", "snap 8 z last", "event 9 z"}));
    EXPECT_EQ(rig.hub->counters.events_lost, 2u);
}

TEST_F(LargeBurst, OfPositionsThatMeanNothingComesBeforeTheSeam) {
    connect({});
    static_cast<void>(peer->say(
        R"({"t":"sub","id":7,"topic":"#","from":{"t1":{"epoch":"x","pos":1},)"
        R"("t2":{"epoch":"x","pos":1},"t3":{"epoch":"x","pos":1},"t4":{"epoch":"x","pos":1}}})"));
    rig.run();
    EXPECT_EQ(heard(), (Frames{"subscribed", "snap 1 t1", "snap 2 t2"}));

    peer->take_all();
    rig.run();
    EXPECT_EQ(heard(), (Frames{"snap 3 t3", "snap 4 t4 last", "live"}));
}

TEST_F(LargeBurst, CanBeLeftBeforeItsEnd) {
    connect({});
    static_cast<void>(peer->say(R"({"t":"sub","id":7,"topic":"#"})"));
    static_cast<void>(peer->say(R"({"t":"unsub","sub":"7"})"));
    heard();

    peer->take_all();
    rig.run();

    EXPECT_EQ(heard(), Frames{});
    EXPECT_EQ(rig.database->record_info("t5").readers, 0u);
}

}  // namespace
}  // namespace aimdb::aimx::test
