// SPDX-License-Identifier: Apache-2.0
//
// Codecs of users that throw what they like: whoever asks is told, and nothing else
// happens.
#include <gtest/gtest.h>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

class WildCodec : public testing::Test {
protected:
    WildCodec() {
        rig.add<Wild>("w.state", single_latest(), true);
        rig.add<Wild>("w.ring", spmc_ring(8));
        rig.start();
        peer = rig.connect();
        peer->hello();
    }
    Frames call(std::string_view method, std::string_view params) {
        return peer->ask(R"({"t":"req","id":7,"method":")" + std::string(method) +
                         R"(","params":)" + std::string(params) + "}");
    }

    const std::string refusal = R"({"t":"reply","id":7,"err":"internal","code":"internal",)"
                                R"("msg":"an exception that is no std::exception"})";
    SessionRig rig;
    std::unique_ptr<TestPeer> peer;
};

TEST_F(WildCodec, RefusesGetAndSetAndWrite) {
    rig.produce_value("w.state", Wild{13});

    EXPECT_EQ(call("record.get", R"({"name":"w.state"})"), Frames{refusal});
    EXPECT_EQ(call("record.set", R"({"name":"w.state","value":13})"), Frames{refusal});
    EXPECT_EQ(peer->ask(R"({"t":"write","id":7,"topic":"w.state","payload":{"value":13}})"),
              Frames{refusal});
    EXPECT_EQ(rig.hub->counters.writes_refused, 1u);
}

TEST_F(WildCodec, LeavesOutTheEchoOfWhatWasWritten) {
    EXPECT_EQ(with(call("record.set", R"({"name":"w.state","value":1})"), R"("value":1)").size(),
              1u);
    EXPECT_EQ(call("record.set", R"({"name":"w.state","value":113})"),
              Frames{R"({"t":"reply","id":7,"ok":{"status":"success","pos":2,"epoch":"RUN"}})"});
}

TEST_F(WildCodec, IsAHoleInSnapshotsEventsAndDrains) {
    call("record.drain", R"({"name":"w.ring"})");
    rig.produce_value("w.state", Wild{13});
    EXPECT_EQ(with(peer->ask(R"({"t":"sub","id":8,"topic":"w.*"})"), R"("t":"snap")"), Frames{});

    for (const std::int64_t n : {1, 13, 3}) {
        rig.produce_value("w.ring", Wild{n});
    }
    rig.run();

    const Frames heard = peer->heard();
    ASSERT_EQ(heard.size(), 2u);
    EXPECT_EQ(with(heard, R"("seq":2,"topic":"w.ring")").size(), 1u);
    EXPECT_EQ(with(heard, R"("seq":4,"topic":"w.ring")").size(), 1u);
    EXPECT_EQ(call("record.drain", R"({"name":"w.ring"})"),
              Frames{R"({"t":"reply","id":7,"ok":{"record_name":"w.ring","values":[1,3],)"
                     R"("count":2,"lost":1,"more":false}})"});
}

TEST_F(WildCodec, IsAHoleWhereAResumeBeginsWithTheNewestValue) {
    rig.produce_value("w.ring", Wild{13});

    const Frames heard =
        peer->ask(R"({"t":"sub","id":8,"topic":"w.ring","from":{"epoch":"other","pos":1}})");

    EXPECT_EQ(heard, (Frames{R"({"t":"subscribed","sub":"8","resumed":false})",
                             R"({"t":"live","sub":"8"})"}));
    EXPECT_EQ(rig.hub->counters.events_lost, 1u);
}

}  // namespace
}  // namespace aimdb::aimx::test
