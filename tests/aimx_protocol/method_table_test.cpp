// SPDX-License-Identifier: Apache-2.0
//
// Goal: every method has one known answer in every state a session can be in.
// Method: a table of literal answers. A state says only what differs from the plain one,
// so that a cell nobody thought of is compared as well.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using Answers = std::map<std::string, Frames>;

std::string req(const std::string& method, const std::string& params = "null") {
    return R"({"t":"req","id":7,"method":")" + method + R"(","params":)" + params + "}";
}
Frames ok(const std::string& json) { return {R"({"t":"reply","id":7,"ok":)" + json + "}"}; }
Frames refused(const std::string& err, const std::string& code, const std::string& msg) {
    return {R"({"t":"reply","id":7,"err":")" + err + R"(","code":")" + code + R"(","msg":")" + msg +
            "\"}"};
}

/// Every method, and the frames that are none.
const std::map<std::string, std::string> frames{
    {"hello", req("hello", R"({"version":"3.0"})")},
    {"hello of another version", req("hello", R"({"version":"2.0"})")},
    {"record.list", req("record.list")},
    {"record.get", req("record.get", R"({"name":"state"})")},
    {"record.get of nothing", req("record.get", R"({"name":"nothing"})")},
    {"record.get without a name", req("record.get")},
    {"record.set", req("record.set", R"({"name":"state","value":{"n":2}})")},
    {"record.set of a wrong type", req("record.set", R"({"name":"state","value":"two"})")},
    {"record.set of nothing", req("record.set", R"({"name":"nothing","value":1})")},
    {"record.set without a value", req("record.set", R"({"name":"state"})")},
    {"record.drain", req("record.drain", R"({"name":"state"})")},
    {"record.drain of nothing", req("record.drain", R"({"name":"nothing"})")},
    {"record.drain without a name", req("record.drain")},
    {"record.query", req("record.query", R"({"name":"state"})")},
    {"graph.nodes", req("graph.nodes")},
    {"graph.edges", req("graph.edges")},
    {"graph.topo_order", req("graph.topo_order")},
    {"profiling.reset", req("profiling.reset")},
    {"buffer_metrics.reset", req("buffer_metrics.reset")},
    {"health", req("health")},
    {"record.fly", req("record.fly")},
    {"sub", R"({"t":"sub","id":7,"topic":"state"})"},
    {"sub to nothing", R"({"t":"sub","id":7,"topic":"nothing"})"},
    {"unsub", R"({"t":"unsub","sub":"99"})"},
    {"write", R"({"t":"write","topic":"state","payload":{"value":{"n":2}}})"},
    {"write with an id", R"({"t":"write","id":7,"topic":"state","payload":{"value":{"n":2}}})"},
    {"ping", R"({"t":"ping"})"},
};

const Frames unknown =
    refused("not_found", "unknown_record", "no record 'nothing' is served here: see record.list");
const Frames read_only = refused("denied", "not_writable", "this endpoint is read-only");
const Frames full =
    refused("denied", "limit_exceeded", "this connection has its 1 subscriptions: unsub one first");
const Frames stopping =
    refused("internal", "shutting_down", "write 'state': the database is stopping");
const Frames malformed =
    refused("internal",
            "decode_failed",
            R"(decode Value at byte 0: expected an object, found '\"': the text does not decode )"
            "as the type");

std::string welcome(const std::string& permissions,
                    const std::string& writable,
                    const std::string& subscriptions) {
    return R"({"version":"3.0","server":"aimdb","permissions":[)" + permissions +
           R"(],"writable_records":[)" + writable + R"(],"max_subscriptions":)" + subscriptions +
           R"(,"authenticated":false})";
}

struct Row {
    std::string writable = "true";
    std::string consumers = "0";
    std::string produced = "1";
    std::string more{};
};
Frames list_of(const Row& row) {
    return ok(R"([{"record_id":0,"record_key":"state","name":"state","type_id":"?",)"
              R"("origin":"passive","buffer_type":"single_latest","buffer_capacity":null,)"
              R"("producer_count":0,"consumer_count":)" +
              row.consumers + R"(,"writable":)" + row.writable +
              R"(,"outbound_connector_count":0,"schema_type":"aimdb::aimx::test::Value",)"
              R"("entity":"state","produced_count":)" +
              row.produced + R"(,"consumed_count":0,"dropped_count":0,"occupancy":[)" +
              row.produced + ",1]" + row.more + "}]");
}

/// Before hello, on a Unix socket or TCP that may write, with a value and no history.
const Answers plain_answers{
    {"hello", ok(welcome(R"("read","write")", R"("state")", "32"))},
    {"hello of another version",
     refused("version_mismatch",
             "version_mismatch",
             R"(this server speaks AimX 3.0: send \"version\":\"3.0\")")},
    {"record.list", list_of({})},
    {"record.get", ok(R"({"n":1})")},
    {"record.get of nothing", unknown},
    {"record.get without a name",
     refused("not_found", "unknown_record", "no record '' is served here: see record.list")},
    {"record.set", ok(R"({"status":"success","value":{"n":2}})")},
    {"record.set of a wrong type", malformed},
    {"record.set of nothing",
     refused("denied", "not_writable", "no writable record of that key is served here")},
    {"record.set without a value",
     refused("internal", "bad_params", "record.set wants a member value")},
    {"record.drain", ok(R"({"record_name":"state","values":[{"n":1}],"count":1})")},
    {"record.drain of nothing", unknown},
    {"record.drain without a name",
     refused("internal", "bad_params", "record.drain wants a string name")},
    {"record.query", refused("internal", "no_history", "this database keeps no history")},
    {"graph.nodes", ok(R"([{"key":"state","origin":"passive","buffer_type":"single_latest",)"
                       R"("buffer_capacity":null,"tap_count":0,"has_outbound_link":false}])")},
    {"graph.edges", ok("[]")},
    {"graph.topo_order", ok(R"(["state"])")},
    {"profiling.reset", ok(R"({"reset":true})")},
    {"buffer_metrics.reset", ok(R"({"reset":true})")},
    {"health", ok(R"({"clients":1,"status":"ok","uptime_secs":0,"records":1,"epoch":"RUN",)"
                  R"("server_version":"?"})")},
    {"record.fly", refused("not_found", "unknown_method", "no method 'record.fly'")},
    {"sub", {R"({"t":"event","seq":1,"sub":"7","data":{"n":1}})"}},
    {"sub to nothing", unknown},
    {"unsub", {}},
    {"write", {}},
    {"write with an id", ok(R"({"status":"success","pos":2,"epoch":"RUN"})")},
    {"ping", {R"({"t":"pong"})"}},
};

/// A stranger is told one thing, by the id of what it sent.
Answers denied_everywhere() {
    const Frames denied =
        refused("denied", "not_authenticated",
                "this endpoint wants a token: send hello with auth_token as the first frame");
    std::string without_id = denied.front();
    without_id.replace(without_id.find(":7,"), 3, ":0,");
    Answers answers;
    for (const auto& [name, frame] : frames) {
        const bool has_id = frame.find(R"("id":7)") != std::string::npos;
        answers[name] = has_id ? denied : Frames{without_id};
    }
    return answers;
}

/// WebSocket differs from the plain answers in this, in every state that says nothing else.
const Answers websocket_answers{
    {"record.query", refused("not_found", "no_history", "this database keeps no history")},
    {"sub",
     {R"({"t":"subscribed","sub":"7"})",
      R"({"t":"snap","seq":1,"last":true,"topic":"state","sub":"7","data":{"n":1}})"}},
    {"sub to nothing", {R"({"t":"subscribed","sub":"7"})"}},
};

struct State {
    std::string name;
    PeerOptions peer{};
    Answers differs{};
    Answers on_websocket{};  ///< What differs there beside that.
    bool token = false;
    bool value = true;
    bool history = false;
    bool extensions = false;
    bool stopped = false;
    std::size_t subscriptions = 0;
    bool only_what_differs = false;
};

const std::vector<State>& states() {
    static const std::vector<State> all{
        {.name = "before_hello"},
        {.name = "after_hello",
         .differs = {{"record.list",
                      list_of({.more = R"(,"persisted":false,"last_produced":1790000000000)"})},
                     {"record.set",
                      ok(R"({"status":"success","value":{"n":2},"pos":2,"epoch":"RUN"})")},
                     {"record.drain", ok(R"({"record_name":"state","values":[{"n":1}],"count":1,)"
                                         R"("lost":0,"more":false})")},
                     {"sub",
                      {R"({"t":"subscribed","sub":"7"})",
                       R"({"t":"event","seq":1,"topic":"state","sub":"7","data":{"n":1},"pos":1,)"
                       R"("epoch":"RUN","ts":1790000000000})"}}},
         .on_websocket = {{"sub",
                           {R"({"t":"subscribed","sub":"7"})",
                            R"({"t":"snap","seq":1,"last":true,"topic":"state","sub":"7",)"
                            R"("data":{"n":1},"pos":1,"epoch":"RUN","ts":1790000000000})"}},
                          {"sub to nothing",
                           {R"({"t":"subscribed","sub":"7"})",
                            R"({"t":"ended","sub":"7","reason":"no_match"})"}}},
         .extensions = true},
        {.name = "stranger",
         .peer = {.authenticated = false},
         .differs = denied_everywhere(),
         .on_websocket = denied_everywhere(),
         .token = true},
        {.name = "no_value_yet",
         .differs = {{"record.list", list_of({.produced = "0"})},
                     {"record.get",
                      refused("not_found", "no_value", "record 'state' has no value yet")},
                     {"record.drain", ok(R"({"record_name":"state","values":[],"count":0})")},
                     {"sub", {}},
                     {"write with an id", ok(R"({"status":"success","pos":1,"epoch":"RUN"})")}},
         .on_websocket = {{"sub", {R"({"t":"subscribed","sub":"7"})"}}},
         .value = false},
        {.name = "with_history",  // whose times are in record.list
         .differs = {{"record.query", ok(R"({"records":[{"topic":"state","payload":{"n":1},)"
                                         R"("ts":1790000000000}],"total":1})")},
                     {"write with an id", ok(R"({"status":"success","pos":2,"epoch":"STORE"})")}},
         .on_websocket = {{"record.query", ok(R"({"records":[{"topic":"state","payload":{"n":1},)"
                                              R"("ts":1790000000000}],"total":1})")}},
         .history = true,
         .only_what_differs = true},
        {.name = "read_only",
         .peer = {.may_write = false},
         .differs = {{"hello", ok(welcome(R"("read")", "", "32"))},
                     {"record.list", list_of({.writable = "false"})},
                     {"record.set", read_only},
                     {"record.set of a wrong type", read_only},
                     {"record.set of nothing", read_only},
                     {"profiling.reset", read_only},
                     {"buffer_metrics.reset", read_only},
                     {"write with an id", read_only}}},
        {.name = "subscription_cap",
         .peer = {.subscription_limit = 1},
         .differs = {{"hello", ok(welcome(R"("read","write")", R"("state")", "1"))},
                     {"record.list", list_of({.consumers = "1"})},
                     {"sub", full},
                     {"sub to nothing", full}},
         .on_websocket = {{"sub", full}, {"sub to nothing", full}},
         .subscriptions = 1},
        {.name = "stopping",
         .differs = {{"record.set", stopping}, {"write with an id", stopping}},
         .stopped = true},
    };
    return all;
}

struct Cell {
    State state;
    std::string name;
};
void PrintTo(const Cell& cell, std::ostream* out) { *out << cell.name; }

/// Each state on each transport; TCP answers as Unix sockets do.
std::vector<Cell> cells() {
    std::vector<Cell> all;
    for (const State& state : states()) {
        for (const auto& [transport, name] :
             {std::pair(Transport::unix_socket, "_on_unix"), std::pair(Transport::tcp, "_on_tcp"),
              std::pair(Transport::websocket, "_on_websocket")}) {
            Cell& cell = all.emplace_back(Cell{state, state.name + name});
            cell.state.peer.transport = transport;
            if (transport == Transport::websocket) {
                cell.state.differs = state.on_websocket;
                cell.state.differs.insert(websocket_answers.begin(), websocket_answers.end());
                cell.state.differs.insert(state.differs.begin(), state.differs.end());
            }
        }
    }
    return all;
}

class MethodTable : public testing::TestWithParam<Cell> {};
INSTANTIATE_TEST_SUITE_P(InEachState,
                         MethodTable,
                         testing::ValuesIn(cells()),
                         [](const auto& cell) { return cell.param.name; });

/// Replaces the text that follows, up to its quotation mark.
void hide(std::string& frame, std::string_view name) {
    if (const std::size_t at = frame.find(name); at != std::string::npos) {
        const std::size_t begin = at + name.size();
        frame.replace(begin, frame.find('"', begin) - begin, "?");
    }
}

Frames answer_in(const State& state, const std::string& frame, std::size_t expected) {
    SessionRig rig;
    if (state.token) {
        rig.options.endpoints[0].tokens = {"secret"};
    }
    if (state.history) {
        rig.remember(memory_store());
    }
    const auto record = rig.add<Value>("state", single_latest(), true);
    if (state.history) {
        record.persist();
    }
    rig.start();
    if (state.value) {
        rig.produce("state", 1);
    }
    if (state.history) {
        rig.database->flush(blocking);
    }
    const auto peer = rig.connect(state.peer);
    if (state.extensions) {
        peer->hello();
    }
    for (std::size_t i = 0; i < state.subscriptions; ++i) {
        peer->ask(R"({"t":"sub","id":1,"topic":"state"})");
    }
    if (state.stopped) {
        static_cast<void>(rig.database->stop());
    }
    static_cast<void>(peer->say(frame));
    rig.run_until([&] { return peer->outlet.frames.size() >= expected; });
    Frames answers = peer->heard();
    for (std::string& answer : answers) {
        hide(answer, R"("type_id":")");  // the compiler's
        hide(answer, R"("server_version":")");
    }
    return answers;
}

TEST_P(MethodTable, AnswersEveryMethod) {
    const State& state = GetParam().state;
    for (const auto& [name, frame] : frames) {
        const auto differs = state.differs.find(name);
        if (differs == state.differs.end() && state.only_what_differs) {
            continue;
        }
        const Frames& expected =
            differs != state.differs.end() ? differs->second : plain_answers.at(name);

        EXPECT_EQ(answer_in(state, frame, expected.size()), expected) << name;
    }
}

}  // namespace
}  // namespace aimdb::aimx::test
