// SPDX-License-Identifier: Apache-2.0
//
// Calls that are sent: how many, how they end, and what keeps the connection.
#include <gtest/gtest.h>

#include "aimx_protocol/client_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using Frames = std::vector<std::string>;
using Kind = ClientRequest::Kind;

bool is_unsent(const ClientRig::Outcome& outcome) {
    try {
        if (outcome.error) {
            std::rethrow_exception(outcome.error);
        }
    } catch (const UnsentError&) {
        return true;
    } catch (const std::exception&) {
        return false;
    }
    return false;
}

TEST(ClientCalls, AreRefusedWhenTooManyWaitForTheirAnswers) {
    ClientOptions options;
    options.sent_limit = 2;
    ClientRig rig(options);
    rig.begin();
    rig.welcome();
    const auto first = rig.call("record.get");
    const auto second = rig.write("a", "1");
    const auto third = rig.call("record.get");
    EXPECT_EQ(third->code(), make_error_code(Errc::limit_exceeded));
    EXPECT_NE(third->what().find("raise sent_limit"), std::string::npos);

    rig.receive(R"({"t":"reply","id":2,"ok":1})");

    EXPECT_TRUE(first->done);
    EXPECT_FALSE(rig.call("record.get")->done || second->done);
}

TEST(ClientCalls, FailAfterTheStatusSaysWhy) {
    for (const std::uint32_t attempts : {0u, 1u}) {
        ClientOptions options;
        options.reconnect.attempts = attempts;
        ClientRig rig(options);
        rig.begin();
        rig.welcome();
        ClientState seen = ClientState::connected;
        ClientRequest request;
        request.name = "record.get";
        request.answer = [&](const std::exception_ptr&, std::string_view) { seen = rig.state(); };
        rig.session.submit(std::move(request));

        rig.session.disconnected("gone");

        EXPECT_EQ(seen, ClientState::reconnecting);
    }
}

TEST(ClientCalls, TellWhetherTheyWereEverSent) {
    ClientRig rig;
    rig.begin();
    const auto waits = rig.write("a", "1");
    rig.pass(31s);
    const auto queued = rig.write("a", "2");
    rig.session.close("enough");
    EXPECT_EQ(waits->code(), make_error_code(Errc::timed_out));
    EXPECT_EQ(queued->code(), make_error_code(Errc::shutting_down));
    EXPECT_TRUE(is_unsent(*waits) && is_unsent(*queued));

    ClientRig open;
    open.begin();
    open.welcome();
    const auto sent = open.write("a", "1");
    open.session.close("enough");
    EXPECT_EQ(sent->code(), make_error_code(Errc::shutting_down));
    EXPECT_FALSE(is_unsent(*sent));
}

TEST(ClientCalls, DoNotTakeTheLatePongOfAnotherPing) {
    ClientOptions options;
    options.call_timeout = 5s;
    ClientRig rig(options);
    rig.begin();
    rig.welcome();
    const auto early = rig.submit(Kind::ping);
    rig.pass(5s);
    EXPECT_EQ(early->code(), make_error_code(Errc::timed_out));
    const auto late = rig.submit(Kind::ping);
    rig.pass(2ms);
    rig.receive(R"({"t":"pong"})");
    EXPECT_FALSE(late->done);
    rig.pass(1ms);
    rig.receive(R"({"t":"pong"})");

    EXPECT_EQ(late->json, "3000000");
}

TEST(ClientKeepalive, LeavesAFrameTheTimeItNeeds) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    rig.take_sent();
    for (int i = 0; i < 20; ++i) {
        rig.pass(9s);
        rig.received = rig.time;  // a part of a frame
    }
    EXPECT_EQ(rig.state(), ClientState::connected);
    EXPECT_TRUE(rig.sent.empty());

    rig.pass(30s);
    EXPECT_EQ(rig.take_sent(), Frames{R"({"t":"ping"})"});
    rig.pass(9s);
    rig.received = rig.time;  // the pong may be behind it
    rig.pass(29s);
    EXPECT_EQ(rig.state(), ClientState::connected);
    rig.pass(11s);
    EXPECT_EQ(rig.hung_up, Frames{"no pong came in time"});
}

}  // namespace
}  // namespace aimdb::aimx::test
