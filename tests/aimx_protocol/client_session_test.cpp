// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "aimx_protocol/client_rig.hpp"
#include "client_backoff.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using Frames = std::vector<std::string>;
using Kind = ClientRequest::Kind;

TEST(ClientSession, GreetsFirstAndAsksForTheExtensions) {
    ClientOptions options;
    options.name = "gauge \"2\"";
    options.token = "secret";
    ClientRig rig(options);
    rig.begin();
    const auto answer = rig.call("record.get", R"({"name":"a"})");

    EXPECT_EQ(rig.dials, 1);
    rig.session.connected(rig, Transport::tcp);

    EXPECT_EQ(rig.take_sent(),
              Frames{R"({"t":"req","id":1,"method":"hello","params":{"client":"gauge \"2\"",)"
                     R"("version":"3.0","extensions":1,"max_frame":1048576,)"
                     R"("auth_token":"secret"}})"});
    EXPECT_FALSE(answer->done);
}

TEST(ClientSession, TellsWhatTheWelcomeSaid) {
    ClientRig rig;
    rig.begin();
    rig.session.connected(rig, Transport::tcp);
    rig.answer_hello(R"("ok":{"version":"3.7","server":"aimdb","permissions":["read","write"],)"
                     R"("writable_records":["a.b"],"max_subscriptions":7,"authenticated":true,)"
                     R"("extensions":1,"max_frame":200000,"epoch":"5f"})");

    const ClientStatus& status = rig.session.status();
    EXPECT_EQ(status.state, ClientState::connected);
    EXPECT_EQ(status.connections, 1u);
    EXPECT_EQ(status.epoch, "5f");
    EXPECT_EQ(status.permissions, (Frames{"read", "write"}));
    EXPECT_EQ(status.writable_records, Frames{"a.b"});
    EXPECT_EQ(status.max_subscriptions, 7u);
    EXPECT_TRUE(status.authenticated);
    EXPECT_TRUE(status.extensions);
    EXPECT_EQ(rig.limit, 200'000u);
}

TEST(ClientSession, KeepsTheFrameLimitOfAPlainServer) {
    ClientRig rig;
    rig.begin();
    rig.welcome_plain();

    EXPECT_FALSE(rig.session.status().extensions);
    EXPECT_EQ(rig.limit, tcp_frame_limit_bytes);
}

TEST(ClientSession, GoesOnWithoutExtensionsWhereHelloIsUnknown) {
    ClientRig rig;
    rig.begin();
    const auto answer = rig.call("record.list");
    rig.session.connected(rig, Transport::websocket);
    rig.answer_hello(R"("err":"not_found")");

    EXPECT_EQ(rig.state(), ClientState::connected);
    EXPECT_FALSE(rig.session.status().extensions);
    EXPECT_EQ(rig.sent.back(), R"({"t":"req","id":2,"method":"record.list","params":null})");
}

TEST(ClientSession, RefusesAnotherMajorVersion) {
    for (const char* const answer :
         {R"("ok":{"version":"4.0","server":"aimdb"})", R"("err":"version_mismatch")"}) {
        ClientRig rig;
        rig.begin();
        const auto waiting = rig.call("record.list");
        rig.session.connected(rig, Transport::tcp);
        rig.answer_hello(answer);

        EXPECT_EQ(waiting->code(), std::make_error_code(std::errc::protocol_not_supported));
        EXPECT_EQ(rig.state(), ClientState::connecting);
        EXPECT_EQ(rig.hung_up.size(), 1u);
        EXPECT_NE(rig.session.status().last_error.find("version_mismatch"), std::string::npos);
    }
}

TEST(ClientSession, FailsWhatWaitsWhenTheTokenIsWrong) {
    ClientRig rig;
    rig.begin();
    const auto waiting = rig.call("record.list");
    rig.session.connected(rig, Transport::tcp);
    rig.answer_hello(R"("err":"denied","code":"not_authenticated","msg":"wrong token")");

    EXPECT_EQ(waiting->code(), std::make_error_code(std::errc::permission_denied));
    EXPECT_NE(waiting->what().find("wrong token"), std::string::npos);
}

TEST(ClientSession, SendsWhatWaitedInOrder) {
    ClientRig rig;
    rig.begin();
    const auto first = rig.call("record.get", R"({"name":"a"})");
    const auto connected = rig.submit(Kind::connected);
    const auto second = rig.call("record.get", R"({"name":"b"})");
    EXPECT_FALSE(connected->done);

    rig.welcome();

    EXPECT_TRUE(connected->done);
    EXPECT_EQ(rig.sent[1], R"({"t":"req","id":2,"method":"record.get","params":{"name":"a"}})");
    EXPECT_EQ(rig.sent[2], R"({"t":"req","id":3,"method":"record.get","params":{"name":"b"}})");
}

TEST(ClientSession, MatchesAnswersByIdInAnyOrder) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto first = rig.call("record.get");
    const auto second = rig.call("record.get");

    rig.receive(R"({"t":"reply","id":3,"ok":{"celsius":2}})");
    rig.receive(R"({"t":"reply","id":99,"ok":1})");
    rig.receive(R"({"t":"reply","id":2,"ok":null})");

    EXPECT_EQ(second->json, R"({"celsius":2})");
    EXPECT_EQ(first->json, "null");
}

TEST(ClientSession, TellsWhatTheServerSaysOfAFailure) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto denied = rig.call("record.set");
    const auto plain = rig.call("record.get");

    rig.receive(R"({"t":"reply","id":2,"err":"denied","code":"not_writable","msg":"is \"ours\""})");
    rig.receive(R"({"t":"reply","id":3,"err":"not_found"})");

    EXPECT_EQ(denied->code(), make_error_code(Errc::not_writable));
    EXPECT_NE(denied->what().find(R"(is "ours")"), std::string::npos);
    EXPECT_NE(denied->what().find("record.set at 'tcp://hub:7433'"), std::string::npos);
    EXPECT_EQ(plain->code(), make_error_code(Errc::unknown_record));
    try {
        std::rethrow_exception(denied->error);
    } catch (const RemoteError& error) {
        EXPECT_EQ(error.wire_error(), "denied");
        EXPECT_EQ(error.wire_code(), "not_writable");
        EXPECT_EQ(error.wire_message(), R"(is "ours")");
    }
}

TEST(ClientSession, SkipsFramesItCannotRead) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto answer = rig.call("record.get");

    for (const char* const text : {"", "[]", "{", R"({"t":"news"})", R"({"t":"reply","id":"2"})",
                                   R"({"t":"event","seq":1})", R"({"t":"event","sub":7,"seq":1})",
                                   R"({"t":"subscribed","sub":"18446744073709551615"})"}) {
        EXPECT_TRUE(rig.session.on_frame(text));
    }
    EXPECT_FALSE(answer->done);
    rig.receive(R"({"t":"reply","id":2,"ok":1})");
    EXPECT_EQ(answer->json, "1");
}

TEST(ClientSession, FailsPendingCallsWhenTheConnectionIsLost) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto get = rig.call("record.get");
    const auto set = rig.submit(Kind::call, "record.set", "{}", true);
    const auto ping = rig.submit(Kind::ping);

    rig.session.disconnected("reset by peer");

    EXPECT_EQ(get->code(), std::make_error_code(std::errc::connection_reset));
    EXPECT_NE(get->what().find("reset by peer"), std::string::npos);
    EXPECT_EQ(set->code(), make_error_code(Errc::outcome_unknown));
    EXPECT_EQ(ping->code(), std::make_error_code(std::errc::connection_reset));
    EXPECT_EQ(rig.state(), ClientState::reconnecting);
}

TEST(ClientSession, EndsCallsThatTakeTooLong) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto early = rig.call("record.get");
    rig.pass(20s);
    rig.receive(R"({"t":"pong"})");
    const auto late = rig.call("record.get");
    rig.pass(10s);
    rig.receive(R"({"t":"pong"})");

    EXPECT_EQ(early->code(), make_error_code(Errc::timed_out));
    EXPECT_FALSE(late->done);
    rig.receive(R"({"t":"reply","id":2,"ok":1})");
    rig.receive(R"({"t":"reply","id":3,"ok":2})");
    EXPECT_EQ(late->json, "2");
}

TEST(ClientSession, EndsCallsThatWaitTooLongForAConnection) {
    ClientRig rig;
    rig.begin();
    const auto answer = rig.call("record.get");
    rig.session.disconnected("connection refused");
    rig.pass(29s);
    EXPECT_FALSE(answer->done);

    rig.pass(2s);

    EXPECT_EQ(answer->code(), make_error_code(Errc::timed_out));
    EXPECT_NE(answer->what().find("not connected"), std::string::npos);
}

TEST(ClientSession, RefusesFramesTheServerWouldNotTake) {
    ClientRig rig;
    rig.begin();
    rig.welcome_plain();
    const auto answer = rig.call("record.set", "\"" + std::string(70'000, 'x') + "\"");

    EXPECT_EQ(answer->code(), make_error_code(Errc::limit_exceeded));
    EXPECT_EQ(rig.sent.size(), 1u);
}

TEST(ClientSession, PingsAfterSilenceAndNoticesAMissingPong) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    rig.take_sent();
    rig.pass(29s);
    rig.receive(R"({"t":"pong"})");
    rig.pass(29s);
    EXPECT_TRUE(rig.sent.empty());
    rig.pass(1s);
    EXPECT_EQ(rig.take_sent(), Frames{R"({"t":"ping"})"});
    rig.receive(R"({"t":"pong"})");
    rig.pass(30s);
    EXPECT_EQ(rig.take_sent(), Frames{R"({"t":"ping"})"});
    EXPECT_EQ(rig.state(), ClientState::connected);

    rig.pass(10s);

    EXPECT_EQ(rig.state(), ClientState::reconnecting);
    EXPECT_EQ(rig.hung_up, Frames{"no pong came in time"});
}

TEST(ClientSession, MeasuresThePing) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto ping = rig.submit(Kind::ping);
    rig.pass(3ms);
    rig.receive(R"({"t":"pong"})");

    EXPECT_EQ(ping->json, "3000000");
}

TEST(ClientSession, TriesAgainMoreAndMoreSlowly) {
    ClientRig rig;
    rig.begin();
    const int expected_ms[] = {200, 400, 800, 1'600, 3'200, 6'400, 8'000, 8'000};
    for (const int delay : expected_ms) {
        const int dials = rig.dials;
        rig.session.disconnected("connection refused");
        rig.pass(std::chrono::milliseconds(delay - 1));
        EXPECT_EQ(rig.dials, dials) << delay;
        rig.pass(1ms);
        EXPECT_EQ(rig.dials, dials + 1) << delay;
    }
    EXPECT_EQ(rig.session.status().attempts, 8u);
    rig.welcome();
    rig.session.disconnected("gone");
    const int dials = rig.dials;
    rig.pass(200ms);
    EXPECT_EQ(rig.dials, dials + 1) << "a connection begins the delays anew";
}

TEST(ClientSession, ShortensDelaysByChance) {
    ReconnectOptions options;
    options.jitter = 0.5;
    EXPECT_EQ(backoff_delay(options, 1, 0.0), 200ms);
    EXPECT_EQ(backoff_delay(options, 1, 0.5), 150ms);
    EXPECT_EQ(backoff_delay(options, 100, 0.0), 8s);
}

TEST(ClientSession, GivesUpOnAWelcomeThatDoesNotCome) {
    ClientRig rig;
    rig.begin();
    rig.session.connected(rig, Transport::tcp);
    rig.pass(5s);

    EXPECT_EQ(rig.hung_up, Frames{"no answer to hello in time"});
    EXPECT_EQ(rig.session.status().attempts, 1u);
}

TEST(ClientSession, ClosesAfterTheAttemptsItHas) {
    ClientOptions options;
    options.reconnect.attempts = 2;
    ClientRig rig(options);
    rig.begin();
    const auto answer = rig.call("record.get");
    const auto updates = rig.follow("a");
    rig.session.disconnected("connection refused");
    rig.pass(200ms);
    rig.session.disconnected("connection refused");

    EXPECT_EQ(rig.state(), ClientState::closed);
    EXPECT_EQ(answer->code(), make_error_code(Errc::shutting_down));
    EXPECT_NE(answer->what().find("connection refused (gave up after 2"), std::string::npos);
    EXPECT_EQ(take_all(*updates).size(), 1u);
    EXPECT_TRUE(updates->finished());
    EXPECT_EQ(rig.call("record.get")->code(), make_error_code(Errc::shutting_down));
}

TEST(ClientSession, WrapsWrittenValuesButNotOnWebSocket) {
    for (const Transport transport : {Transport::tcp, Transport::unix_socket}) {
        ClientRig rig;
        rig.begin();
        rig.welcome_plain(transport);
        EXPECT_TRUE(rig.write("a.b", R"({"v":1})")->done) << "sent is all there is to know";
        EXPECT_EQ(rig.sent.back(), R"({"t":"write","topic":"a.b","payload":{"value":{"v":1}}})");
    }
    ClientRig rig;
    rig.begin();
    rig.welcome_plain(Transport::websocket);
    rig.write("a.b", R"({"v":1})");
    EXPECT_EQ(rig.sent.back(), R"({"t":"write","topic":"a.b","payload":{"v":1}})");
}

TEST(ClientSession, WaitsForTheOutcomeOfAWriteWhereThereIsOne) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const auto good = rig.write("a", "1");
    const auto bad = rig.write("a", "2");
    EXPECT_EQ(rig.sent.back(), R"({"t":"write","id":3,"topic":"a","payload":{"value":2}})");
    EXPECT_FALSE(good->done);

    rig.receive(R"({"t":"reply","id":2,"ok":{"status":"success","pos":18,"epoch":"e1"}})");
    rig.receive(R"({"t":"reply","id":3,"err":"internal","code":"decode_failed"})");

    EXPECT_EQ(good->json, R"({"status":"success","pos":18,"epoch":"e1"})");
    EXPECT_EQ(bad->code(), make_error_code(Errc::decode_failed));
}

TEST(ClientSession, SendsABatchAtOnce) {
    ClientRig rig;
    rig.begin();
    rig.welcome();
    const int flushes = rig.flushes;
    for (int i = 0; i < 3; ++i) {
        ClientRequest request;
        request.name = "record.list";
        request.answer = [](const std::exception_ptr&, std::string_view) {};
        rig.session.submit(std::move(request));
    }
    rig.session.flush();

    EXPECT_EQ(rig.flushes, flushes + 1);
    EXPECT_EQ(rig.sent.size(), 4u);
}

}  // namespace
}  // namespace aimdb::aimx::test
