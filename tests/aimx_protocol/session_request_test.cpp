// SPDX-License-Identifier: Apache-2.0
//
// Methods and writes of one session, in every state a record can be in.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

class SessionRequest : public testing::Test {
protected:
    SessionRequest() {
        rig.add<Value>("ring", spmc_ring(4));
        rig.add<Value>("state", single_latest(), true);
        rig.add<Value>("box", mailbox(), true);
        rig.add<nlohmann::json>("note", single_latest(), true);
        rig.add<Picky>("picky", single_latest(), true);
        rig.start();
        peer = rig.connect();
    }

    Frames call(std::string_view method, std::string_view params) {
        return peer->ask(R"({"t":"req","id":7,"method":")" + std::string(method) +
                         R"(","params":)" + std::string(params) + "}");
    }

    SessionRig rig;
    std::unique_ptr<TestPeer> peer;
};

TEST_F(SessionRequest, GetAnswersTheBareValueOfEveryBuffer) {
    rig.produce("ring", 1);
    rig.produce("ring", 2);
    rig.produce("state", 3);
    rig.produce("box", 4);

    EXPECT_EQ(call("record.get", R"({"name":"ring"})"),
              Frames{R"({"t":"reply","id":7,"ok":{"n":2}})"});
    EXPECT_EQ(call("record.get", R"({"name":"ring"})"),
              Frames{R"({"t":"reply","id":7,"ok":{"n":2}})"});
    EXPECT_EQ(call("record.get", R"({"name":"state"})"),
              Frames{R"({"t":"reply","id":7,"ok":{"n":3}})"});
    EXPECT_EQ(call("record.get", R"({"name":"box"})"),
              Frames{R"({"t":"reply","id":7,"ok":{"n":4}})"});
}

TEST_F(SessionRequest, GetWithMetaSaysWhichValueItIs) {
    rig.produce("state", 3);

    EXPECT_EQ(call("record.get", R"({"name":"state","meta":true})"),
              Frames{R"({"t":"reply","id":7,"ok":{"value":{"n":3},"pos":1,"epoch":"RUN",)"
                     R"("ts":1790000000000}})"});
}

TEST_F(SessionRequest, GetRefusesUnknownRecordsMissingNamesAndEmptyRecords) {
    const std::string unknown =
        R"({"t":"reply","id":7,"err":"not_found","code":"unknown_record","msg":"no record ')";
    const std::string tail = R"(' is served here: see record.list"})";

    EXPECT_EQ(call("record.get", R"({"name":"x"})"), Frames{unknown + "x" + tail});
    EXPECT_EQ(call("record.get", R"({"name":"*"})"), Frames{unknown + "*" + tail});
    EXPECT_EQ(call("record.get", R"({"name":7})"), Frames{unknown + tail});
    EXPECT_EQ(call("record.get", "null"), Frames{unknown + tail});
    EXPECT_EQ(call("record.get", R"({"name":"state"})"),
              Frames{R"({"t":"reply","id":7,"err":"not_found","code":"no_value",)"
                     R"("msg":"record 'state' has no value yet"})"});
}

TEST_F(SessionRequest, ANullValueIsNeverSentBare) {
    rig.produce_value("note", nlohmann::json());

    EXPECT_EQ(call("record.get", R"({"name":"note"})"),
              Frames{R"({"t":"reply","id":7,"err":"not_found","code":"no_value",)"
                     R"("msg":"record 'note' has no value yet"})"});
    EXPECT_EQ(call("record.get", R"({"name":"note","meta":true})"),
              Frames{R"({"t":"reply","id":7,"ok":{"value":null,"pos":1,"epoch":"RUN",)"
                     R"("ts":1790000000000}})"});
}

TEST_F(SessionRequest, AValueItsCodecRefusesIsAnErrorAndNotAnException) {
    rig.produce_value("picky", Picky{13});

    EXPECT_EQ(
        with(call("record.get", R"({"name":"picky"})"), R"("err":"internal","code":"internal")")
            .size(),
        1u);
    EXPECT_EQ(
        with(call("record.get", R"({"name":"picky","meta":true})"), R"("err":"internal")").size(),
        1u);
}

TEST_F(SessionRequest, SetEchoesTheRecordAndKeepsTheOrderOfItsChecks) {
    EXPECT_EQ(call("record.set", R"({"name":"state","value":{"n":5,"other":1}})"),
              Frames{R"({"t":"reply","id":7,"ok":{"status":"success","value":{"n":5}}})"});
    EXPECT_EQ(call("record.set", R"({"value":1})"),
              Frames{R"({"t":"reply","id":7,"err":"internal","code":"bad_params",)"
                     R"("msg":"record.set wants a string name"})"});
    EXPECT_EQ(call("record.set", R"({"name":"ring"})"),
              Frames{R"({"t":"reply","id":7,"err":"internal","code":"bad_params",)"
                     R"("msg":"record.set wants a member value"})"});
    EXPECT_EQ(with(call("record.set", R"({"name":"ring","value":1})"),
                   R"("err":"denied","code":"not_writable")")
                  .size(),
              1u);
    EXPECT_EQ(with(call("record.set", R"({"name":"x","value":1})"),
                   R"("err":"denied","code":"not_writable")")
                  .size(),
              1u);
    EXPECT_EQ(with(call("record.set", R"({"name":"state","value":"x"})"),
                   R"("err":"internal","code":"decode_failed")")
                  .size(),
              1u);
    EXPECT_EQ(rig.hub->counters.writes, 1u);
    EXPECT_EQ(rig.hub->counters.writes_refused, 2u);
}

TEST_F(SessionRequest, SetGoesOnWhenTheEchoCannotBeEncoded) {
    EXPECT_EQ(call("record.set", R"({"name":"note","value":null})"),
              Frames{R"({"t":"reply","id":7,"ok":{"status":"success","value":null}})"});
}

TEST_F(SessionRequest, WriteIsSilentUnlessItHasAnId) {
    EXPECT_EQ(peer->ask(R"({"t":"write","topic":"state","payload":{"value":{"n":1}}})"), Frames{});
    EXPECT_EQ(peer->ask(R"({"t":"write","topic":"ring","payload":{"n":1}})"), Frames{});
    EXPECT_EQ(peer->ask(R"({"t":"write","topic":"x","payload":1})"), Frames{});
    EXPECT_EQ(peer->ask(R"({"t":"write","id":3,"topic":"state","payload":{"n":2}})"),
              Frames{R"({"t":"reply","id":3,"ok":{"status":"success","pos":2,"epoch":"RUN"}})"});
    EXPECT_EQ(with(peer->ask(R"({"t":"write","id":4,"topic":"ring","payload":1})"),
                   R"("code":"not_writable")")
                  .size(),
              1u);
    EXPECT_EQ(with(peer->ask(R"({"t":"write","id":5,"topic":"state","payload":[]})"),
                   R"("code":"decode_failed")")
                  .size(),
              1u);
    EXPECT_EQ(
        with(peer->ask(R"({"t":"write","id":6,"topic":"state"})"), R"("code":"decode_failed")")
            .size(),
        1u);
    EXPECT_EQ(call("record.get", R"({"name":"state"})"),
              Frames{R"({"t":"reply","id":7,"ok":{"n":2}})"});
}

TEST_F(SessionRequest, WriteUnwrapsAMemberValueOnStreamsAndNeverOnWebSocket) {
    const auto browser = rig.connect({.transport = Transport::websocket});

    peer->ask(R"({"t":"write","topic":"note","payload":{"value":1,"more":2}})");
    EXPECT_EQ(call("record.get", R"({"name":"note"})"), Frames{R"({"t":"reply","id":7,"ok":1})"});
    browser->ask(R"({"t":"write","topic":"note","payload":{"value":1}})");
    EXPECT_EQ(call("record.get", R"({"name":"note"})"),
              Frames{R"({"t":"reply","id":7,"ok":{"value":1}})"});
}

TEST(SessionEcho, ASetThatCannotBeToldIsDoneAllTheSame) {
    SessionRig rig;
    rig.add<Picky>("picky", single_latest(), true);
    rig.start();
    const auto peer = rig.connect();

    EXPECT_EQ(
        peer->ask(
            R"({"t":"req","id":7,"method":"record.set","params":{"name":"picky","value":13}})"),
        Frames{R"({"t":"reply","id":7,"ok":{"status":"success"}})"});
    EXPECT_EQ(rig.database->latest<Picky>("picky")->value.n, 13);
}

TEST_F(SessionRequest, AReadOnlyEndpointRefusesWritesAndResets) {
    peer = rig.connect({.may_write = false});
    const Frames refused{R"({"t":"reply","id":7,"err":"denied","code":"not_writable",)"
                         R"("msg":"this endpoint is read-only"})"};

    EXPECT_EQ(call("record.set", R"({"name":"state","value":{"n":1}})"), refused);
    EXPECT_EQ(call("profiling.reset", "null"), refused);
    EXPECT_EQ(call("buffer_metrics.reset", "null"), refused);
    EXPECT_EQ(peer->ask(R"({"t":"write","id":7,"topic":"state","payload":{"n":1}})"), refused);
    EXPECT_EQ(call("hello", R"({"version":"3.0"})"),
              Frames{R"({"t":"reply","id":7,"ok":{"version":"3.0","server":"aimdb",)"
                     R"("permissions":["read"],"writable_records":[],"max_subscriptions":32,)"
                     R"("authenticated":false}})"});
}

TEST_F(SessionRequest, ResetsAnswerTrue) {
    EXPECT_EQ(call("profiling.reset", "null"),
              Frames{R"({"t":"reply","id":7,"ok":{"reset":true}})"});
    EXPECT_EQ(call("buffer_metrics.reset", "{}"),
              Frames{R"({"t":"reply","id":7,"ok":{"reset":true}})"});
}

TEST_F(SessionRequest, UnknownMethodsAreNotFoundAndMalformedFramesAreSkipped) {
    EXPECT_EQ(call("Record.get", "null"),
              Frames{R"({"t":"reply","id":7,"err":"not_found","code":"unknown_method",)"
                     R"("msg":"no method 'Record.get'"})"});
    EXPECT_EQ(peer->ask("nonsense"), Frames{});
    EXPECT_EQ(peer->ask(R"({"t":"reply","id":1,"ok":1})"), Frames{});
    EXPECT_EQ(peer->ask(R"({"t":"ping"})"), Frames{R"({"t":"pong"})"});
    EXPECT_EQ(rig.hub->counters.frames_in, 4u);
    EXPECT_EQ(rig.hub->counters.frames_malformed, 1u);
    EXPECT_EQ(rig.hub->counters.requests, 1u);
    EXPECT_EQ(rig.hub->counters.requests_failed, 1u);
}

TEST_F(SessionRequest, ReplyThatDoesNotFitThePeersFrameIsRefusedWithAReason) {
    peer = rig.connect({.send_limit_bytes = 64});
    rig.produce_value("note", nlohmann::json(std::string(100, 'x')));

    EXPECT_EQ(
        call("record.get", R"({"name":"note"})"),
        Frames{
            R"({"t":"reply","id":7,"err":"internal","code":"too_large",)"
            R"("msg":"the answer has more than 64 bytes, as the peer takes: ask for less, or agree )"
            R"(on max_frame in hello"})"});
}

TEST_F(SessionRequest, HealthSaysMoreThanPlainAimX) {
    rig.now_ms += 93'000;

    EXPECT_EQ(call("health", "null"),
              Frames{R"({"t":"reply","id":7,"ok":{"clients":1,"status":"ok","uptime_secs":93,)"
                     R"("records":5,"epoch":"RUN","server_version":"0.1.0"}})"});
}

TEST_F(SessionRequest, QueryWithoutHistoryIsInternalOnStreamsAndNotFoundOnWebSocket) {
    const auto browser = rig.connect({.transport = Transport::websocket});
    const std::string query = R"({"t":"req","id":7,"method":"record.query"})";

    EXPECT_EQ(peer->ask(query),
              Frames{R"({"t":"reply","id":7,"err":"internal","code":"no_history",)"
                     R"("msg":"this database keeps no history"})"});
    EXPECT_EQ(browser->ask(query),
              Frames{R"({"t":"reply","id":7,"err":"not_found","code":"no_history",)"
                     R"("msg":"this database keeps no history"})"});
}

}  // namespace
}  // namespace aimdb::aimx::test
