// SPDX-License-Identifier: Apache-2.0
//
// What a client does when its connection takes little, or nothing any more, or is not there.
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

TEST(ClientBounds, RefuseMoreCallsThanAreToBeKept) {
    ClientOptions options;
    options.offline_queue_limit = 2;
    ClientRig rig(options);
    rig.begin();
    const auto first = rig.call("record.get");
    const auto second = rig.call("record.get");
    const auto third = rig.call("record.get");

    EXPECT_EQ(third->code(), make_error_code(Errc::limit_exceeded));
    EXPECT_FALSE(first->done || second->done);
}

TEST(ClientBounds, RefuseMoreBytesThanAreToWaitForAConnection) {
    ClientOptions options;
    options.unsent_limit_bytes = 1'000;
    ClientRig rig(options);
    rig.begin();
    const auto large = rig.call("record.set", "\"" + std::string(1'000, 'x') + "\"");
    const auto refused = rig.call("record.get");

    rig.welcome();
    const auto sent = rig.call("record.get");

    EXPECT_EQ(refused->code(), make_error_code(Errc::limit_exceeded));
    EXPECT_NE(refused->what().find("1002 bytes already wait for a connection"), std::string::npos);
    EXPECT_FALSE(large->done || sent->done);
}

TEST(ClientBounds, KeepCallsAgainOnceThoseThatWaitedTooLongAreGone) {
    ClientOptions options;
    options.unsent_limit_bytes = 1'000;
    ClientRig rig(options);
    rig.begin();
    const auto large = rig.call("record.set", "\"" + std::string(1'000, 'x') + "\"");
    rig.pass(31s);

    const auto kept = rig.call("record.get");

    EXPECT_EQ(large->code(), make_error_code(Errc::timed_out));
    EXPECT_FALSE(kept->done);
}

}  // namespace
}  // namespace aimdb::aimx::test
