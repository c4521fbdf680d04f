// SPDX-License-Identifier: Apache-2.0
//
// record.drain: everything since the last one, as far as a frame reaches.
#include <gtest/gtest.h>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

class SessionDrain : public testing::Test {
protected:
    SessionDrain() {
        rig.add<Value>("ring", spmc_ring(8));
        rig.add<Value>("state", single_latest(), true);
        rig.add<Value>("box", mailbox(), true);
        rig.add<Text>("text", spmc_ring(8));
        rig.add<Picky>("picky", spmc_ring(8));
        rig.start();
        connect({});
    }

    void connect(const PeerOptions& options) {
        peer = rig.connect(options);
        peer->hello();
    }

    Frames drain(std::string_view params) {
        return peer->ask(R"({"t":"req","id":7,"method":"record.drain","params":)" +
                         std::string(params) + "}");
    }
    static Frames drained(
        std::string_view key, std::string_view values, int count, int lost = 0, bool more = false) {
        return {R"({"t":"reply","id":7,"ok":{"record_name":")" + std::string(key) +
                R"(","values":[)" + std::string(values) + R"(],"count":)" + std::to_string(count) +
                R"(,"lost":)" + std::to_string(lost) + R"(,"more":)" + (more ? "true" : "false") +
                "}}"};
    }

    SessionRig rig;
    std::unique_ptr<TestPeer> peer;
};

TEST_F(SessionDrain, ARingBeginsAtItsTailAndThenGivesEverythingSince) {
    rig.produce("ring", 1);
    EXPECT_EQ(drain(R"({"name":"ring"})"), drained("ring", "", 0));

    rig.produce("ring", 2);
    rig.produce("ring", 3);
    rig.produce("ring", 4);

    EXPECT_EQ(drain(R"({"name":"ring","limit":0})"), drained("ring", "", 0));
    EXPECT_EQ(drain(R"({"name":"ring","limit":2})"), drained("ring", R"({"n":2},{"n":3})", 2));
    EXPECT_EQ(drain(R"({"name":"ring","limit":-1})"), drained("ring", R"({"n":4})", 1));
    EXPECT_EQ(drain(R"({"name":"ring"})"), drained("ring", "", 0));
}

TEST_F(SessionDrain, TellsWhatTheRingOverwrote) {
    drain(R"({"name":"ring"})");
    for (int n = 1; n <= 20; ++n) {
        rig.produce("ring", n);
    }

    EXPECT_EQ(drain(R"({"name":"ring","limit":1})"), drained("ring", R"({"n":13})", 1, 12));
    EXPECT_EQ(drain(R"({"name":"ring","limit":1})"), drained("ring", R"({"n":14})", 1));
}

TEST_F(SessionDrain, ASingleLatestGivesItsValueOncePerChangeAndCountsNothingAsLost) {
    rig.produce("state", 1);
    rig.produce("state", 2);

    EXPECT_EQ(drain(R"({"name":"state"})"), drained("state", R"({"n":2})", 1));
    EXPECT_EQ(drain(R"({"name":"state"})"), drained("state", "", 0));
    rig.produce("state", 3);
    rig.produce("state", 4);
    EXPECT_EQ(drain(R"({"name":"state"})"), drained("state", R"({"n":4})", 1));
}

TEST_F(SessionDrain, AMailboxLosesNothingToADrain) {
    drain(R"({"name":"box"})");
    rig.produce("box", 1);

    EXPECT_EQ(drain(R"({"name":"box"})"), drained("box", R"({"n":1})", 1));
    EXPECT_EQ(peer->ask(R"({"t":"req","id":1,"method":"record.get","params":{"name":"box"}})"),
              Frames{R"({"t":"reply","id":1,"ok":{"n":1}})"});
}

TEST_F(SessionDrain, EachConnectionHasItsOwnPlace) {
    auto other = rig.connect();
    drain(R"({"name":"ring"})");
    rig.produce("ring", 1);
    drain(R"({"name":"ring"})");
    other->hello();
    peer.swap(other);

    EXPECT_EQ(drain(R"({"name":"ring"})"), drained("ring", "", 0));
}

TEST_F(SessionDrain, WhatDoesNotFitTheFrameStaysForTheNext) {
    connect({.send_limit_bytes = 700});
    drain(R"({"name":"text"})");
    for (const char c : {'a', 'b', 'c'}) {
        rig.produce_value("text", Text{std::string(180, c)});
    }
    const auto value = [](char c) { return R"({"text":")" + std::string(180, c) + R"("})"; };

    EXPECT_EQ(drain(R"({"name":"text"})"),
              drained("text", value('a') + "," + value('b'), 2, 0, true));
    EXPECT_EQ(drain(R"({"name":"text"})"), drained("text", value('c'), 1));
}

TEST_F(SessionDrain, ALimitAfterWhatWasPutBackCountsItToo) {
    connect({.send_limit_bytes = 500});
    drain(R"({"name":"text"})");
    for (const char c : {'a', 'b', 'c'}) {
        rig.produce_value("text", Text{std::string(160, c)});
    }
    const auto value = [](char c) { return R"({"text":")" + std::string(160, c) + R"("})"; };

    EXPECT_EQ(drain(R"({"name":"text"})"), drained("text", value('a'), 1, 0, true));
    EXPECT_EQ(drain(R"({"name":"text","limit":0})"), drained("text", "", 0));
    EXPECT_EQ(drain(R"({"name":"text","limit":1})"), drained("text", value('b'), 1));
    EXPECT_EQ(drain(R"({"name":"text"})"), drained("text", value('c'), 1));
}

TEST_F(SessionDrain, AValueThatNoFrameCarriesAndOneThatCannotBeEncodedAreLost) {
    connect({.send_limit_bytes = 500});
    drain(R"({"name":"text"})");
    drain(R"({"name":"picky"})");
    rig.produce_value("text", Text{std::string(1'000, 'x')});
    rig.produce_value("text", Text{"y"});
    rig.produce_value("picky", Picky{13});
    rig.produce_value("picky", Picky{14});

    EXPECT_EQ(drain(R"({"name":"text"})"), drained("text", R"({"text":"y"})", 1, 1));
    EXPECT_EQ(drain(R"({"name":"picky"})"), drained("picky", "14", 1, 1));
}

TEST_F(SessionDrain, WithoutExtensionsIsWhatAimXSays) {
    peer = rig.connect();
    drain(R"({"name":"ring"})");
    rig.produce("ring", 1);

    EXPECT_EQ(
        drain(R"({"name":"ring"})"),
        Frames{R"({"t":"reply","id":7,"ok":{"record_name":"ring","values":[{"n":1}],"count":1}})"});
}

TEST_F(SessionDrain, WantsAKnownName) {
    EXPECT_EQ(drain("null"), Frames{R"({"t":"reply","id":7,"err":"internal","code":"bad_params",)"
                                    R"("msg":"record.drain wants a string name"})"});
    EXPECT_EQ(with(drain(R"({"name":"x"})"), R"("err":"not_found","code":"unknown_record")").size(),
              1u);
}

}  // namespace
}  // namespace aimdb::aimx::test
