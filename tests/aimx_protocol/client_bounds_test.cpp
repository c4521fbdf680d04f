// SPDX-License-Identifier: Apache-2.0
//
// What a client does when its connection takes little, or nothing any more.
#include <gtest/gtest.h>

#include "aimx_protocol/client_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using Frames = std::vector<std::string>;

TEST(ClientBounds, ReportAWriteToAPlainServerWhenItsBytesHaveGone) {
    ClientRig rig;
    rig.begin();
    rig.welcome_plain();
    rig.slow = true;
    const auto first = rig.write("a", "1");
    const std::size_t unsent_after_first = rig.unsent_bytes;
    const auto second = rig.write("a", "2");
    EXPECT_FALSE(first->done || second->done);

    rig.unsent_bytes -= unsent_after_first;
    rig.session.on_room();
    EXPECT_TRUE(first->done);
    EXPECT_FALSE(second->done);
    rig.unsent_bytes = 0;
    rig.session.on_room();

    EXPECT_TRUE(second->done);
    EXPECT_EQ(first->code(), std::error_code());
    EXPECT_EQ(second->code(), std::error_code());
}

TEST(ClientBounds, DoNotKnowWhatBecameOfAWriteThatWasCutOff) {
    ClientRig rig;
    rig.begin();
    rig.welcome_plain();
    rig.slow = true;
    const auto written = rig.write("a", "1");
    rig.session.disconnected("gone");

    EXPECT_EQ(written->code(), make_error_code(Errc::outcome_unknown));
}

TEST(ClientBounds, DoNotKnowWhatBecameOfAWriteWhoseFlushEndedTheConnection) {
    ClientRig rig;
    rig.begin();
    rig.welcome_plain();
    rig.on_flush = [&rig] { rig.takes = false; };
    const auto written = rig.write("a", "1");
    EXPECT_FALSE(written->done);
    rig.session.disconnected("gone");

    EXPECT_EQ(written->code(), make_error_code(Errc::outcome_unknown));
}

TEST(ClientBounds, KeepForTheNextConnectionWhatAClosingOneDoesNotTake) {
    ClientRig rig;
    rig.begin();
    rig.welcome_plain();
    rig.takes = false;
    const auto write = rig.write("a", "1");
    const auto call = rig.call("record.get");
    EXPECT_FALSE(write->done || call->done);
    rig.session.disconnected("gone");
    EXPECT_FALSE(write->done || call->done);

    rig.takes = true;
    rig.pass(200ms);
    rig.welcome_plain();

    EXPECT_TRUE(write->done);
    EXPECT_EQ(write->code(), std::error_code());
    EXPECT_EQ(rig.sent.back(), R"({"t":"req","id":3,"method":"record.get","params":null})");
}

TEST(ClientBounds, RefuseCallsWhileTooMuchIsUnsent) {
    ClientOptions options;
    ClientRig rig(options);
    rig.begin();
    rig.welcome();
    rig.limit = std::size_t{64} << 20;
    rig.slow = true;
    const std::string much = '"' + std::string(std::size_t{17} << 20, 'x') + '"';
    const auto first = rig.write("a", much);
    const std::size_t sent = rig.sent.size();
    const auto call = rig.call("record.get");
    const auto write = rig.write("a", "1");

    EXPECT_EQ(call->code(), make_error_code(Errc::limit_exceeded));
    EXPECT_EQ(write->code(), make_error_code(Errc::limit_exceeded));
    EXPECT_NE(call->what().find("unsent"), std::string::npos);
    EXPECT_EQ(rig.sent.size(), sent);
    rig.unsent_bytes = 0;
    EXPECT_EQ(rig.write("a", "1")->code(), std::error_code());
    EXPECT_EQ(rig.sent.size(), sent + 1);
}

}  // namespace
}  // namespace aimdb::aimx::test
