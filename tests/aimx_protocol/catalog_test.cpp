// SPDX-License-Identifier: Apache-2.0
//
// record.list and the graph: what clients of AimDB need to find in them.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using Json = nlohmann::json;

class Listed : public testing::Test {
protected:
    Listed() {
        rig.add<Value>("plant.in", spmc_ring(8)).tap([](const Item<Value>&) {});
        rig.add<Value>("plant.set", single_latest(), true);
        rig.add<Value>("plant.out", single_latest()).transform("plant.in", [](const Value& value) {
            return Value{value.n + 1};
        });
        rig.add<Value>("box", mailbox(), true);
        rig.builder.configure<Value>("hidden").buffer(single_latest());
        rig.start();
        peer = rig.connect();
    }
    Json call(std::string_view method, std::string_view params = "null") {
        return Json::parse(peer->ask(R"({"t":"req","id":7,"method":")" + std::string(method) +
                                     R"(","params":)" + std::string(params) + "}")
                               .at(0))
            .at("ok");
    }
    static std::vector<std::string> keys_of(const Json& rows) {
        std::vector<std::string> keys;
        for (const Json& row : rows) {
            keys.push_back(row.at("record_key"));
        }
        return keys;
    }

    using Keys = std::vector<std::string>;
    SessionRig rig;
    std::unique_ptr<TestPeer> peer;
};

TEST_F(Listed, PlainlyAsABareArrayInOrderOfDeclarationWithAllRequiredMembers) {
    const Json rows = call("record.list");

    EXPECT_EQ(keys_of(rows), (Keys{"plant.in", "plant.set", "plant.out", "box"}));
    for (const Json& row : rows) {
        EXPECT_TRUE(row.at("record_id").is_number_unsigned());
        EXPECT_EQ(row.at("name"), row.at("record_key"));
        EXPECT_EQ(row.at("type_id").get<std::string>().size(), 42u);
        EXPECT_TRUE(row.at("producer_count").is_number_unsigned());
        EXPECT_TRUE(row.at("consumer_count").is_number_unsigned());
        EXPECT_EQ(row.at("outbound_connector_count"), 0);
        EXPECT_EQ(row.at("occupancy").size(), 2u);
        EXPECT_FALSE(row.contains("persisted"));
    }
    EXPECT_EQ(rows[0].at("buffer_type"), "spmc_ring");
    EXPECT_EQ(rows[0].at("buffer_capacity"), 8);
    EXPECT_EQ(rows[0].at("origin"), "passive");
    EXPECT_EQ(rows[0].at("entity"), "in");
    EXPECT_EQ(rows[1].at("buffer_type"), "single_latest");
    EXPECT_TRUE(rows[1].at("buffer_capacity").is_null());
    EXPECT_EQ(rows[1].at("writable"), true);
    EXPECT_EQ(rows[2].at("origin"), Json::parse(R"({"transform":{"input":"plant.in"}})"));
    EXPECT_EQ(rows[2].at("writable"), false);
    EXPECT_EQ(rows[3].at("buffer_type"), "mailbox");
}

TEST_F(Listed, ByPatternAndInPages) {
    const Json first = call("record.list", R"({"pattern":"plant.*","limit":2})");
    EXPECT_EQ(keys_of(first.at("records")), (Keys{"plant.in", "plant.set"}));
    EXPECT_EQ(first.at("next"), "plant.set");
    EXPECT_EQ(first.at("records")[0].at("persisted"), false);

    const Json second =
        call("record.list", R"({"pattern":"plant.*","limit":2,"after":"plant.set"})");
    EXPECT_EQ(keys_of(second.at("records")), Keys{"plant.out"});
    EXPECT_FALSE(second.contains("next"));

    EXPECT_EQ(call("record.list", R"({"after":"box"})"), Json::parse(R"({"records":[]})"));
    EXPECT_EQ(call("record.list", R"({"after":"unknown"})"), Json::parse(R"({"records":[]})"));
    EXPECT_EQ(call("record.list", R"({"pattern":"x.#"})"), Json::parse(R"({"records":[]})"));
    EXPECT_TRUE(call("record.list", R"({"pattern":"a**"})").contains("msg"));
}

TEST_F(Listed, WithLimitZeroNothing) {
    EXPECT_EQ(call("record.list", R"({"limit":0})").at("records"), Json::array());
    EXPECT_EQ(call("record.list", R"({"limit":0,"after":"plant.in"})").at("records"),
              Json::array());
}

TEST_F(Listed, PagesStayWithinTheFrame) {
    constexpr std::size_t limit = 1'700;
    peer = rig.connect({.send_limit_bytes = limit});

    const std::string frame =
        peer->ask(R"({"t":"req","id":7,"method":"record.list","params":{"pattern":"#"}})").at(0);

    EXPECT_LE(frame.size(), limit);
    const Json page = Json::parse(frame).at("ok");

    EXPECT_GE(page.at("records").size(), 1u);
    EXPECT_LT(page.at("records").size(), 4u);
    EXPECT_EQ(page.at("next"), page.at("records").back().at("record_key"));
}

TEST_F(Listed, WhatNoFrameCarriesIsRefusedBeforeAllOfItIsMade) {
    peer = rig.connect({.send_limit_bytes = 600});
    for (const char* const method : {"record.list", "graph.nodes", "graph.edges"}) {
        peer->outlet.limit_bytes = method == std::string("record.list") ? 600 : 80;
        const Frames heard =
            peer->ask(R"({"t":"req","id":7,"method":")" + std::string(method) + R"("})");

        EXPECT_EQ(with(heard, R"("code":"too_large","msg":"the answer has more than )" +
                                  std::to_string(peer->outlet.limit_bytes) + " bytes")
                      .size(),
                  1u)
            << method << heard.at(0);
    }
    const auto everything = [](const ServedRecord&) { return true; };
    std::string whole;
    rig.hub->catalog().append_nodes(whole, frame_limit_bytes, everything);
    std::string begun;
    rig.hub->catalog().append_nodes(begun, 10, everything);
    EXPECT_LT(begun.size(), whole.size());
}

TEST_F(Listed, GraphsLeaveOutWhatIsNotToBeShown) {
    const Catalog& catalog = rig.hub->catalog();
    const auto only_box = [](const ServedRecord& record) { return record.key() == "box"; };
    const auto nothing = [](const ServedRecord&) { return false; };
    std::string nodes;
    catalog.append_nodes(nodes, frame_limit_bytes, only_box);
    std::string order;
    catalog.append_order(order, frame_limit_bytes, only_box);
    std::string empty;
    catalog.append_nodes(empty, frame_limit_bytes, nothing);
    catalog.append_edges(empty, frame_limit_bytes, nothing);
    catalog.append_order(empty, frame_limit_bytes, nothing);

    ASSERT_EQ(Json::parse(nodes).size(), 1u);
    EXPECT_EQ(Json::parse(nodes).at(0).at("key"), "box");
    EXPECT_EQ(order, R"(["box"])");
    EXPECT_EQ(empty, "[][][]");
}

TEST_F(Listed, GivesWayToOtherConnectionsAfterEveryOne) {
    for (const char* const method :
         {"record.list", "graph.nodes", "graph.edges", "graph.topo_order", "hello"}) {
        EXPECT_FALSE(peer->say(R"({"t":"req","id":7,"method":")" + std::string(method) + R"("})"))
            << method;
    }
    EXPECT_TRUE(peer->say(R"({"t":"req","id":7,"method":"record.get","params":{"name":"box"}})"));
}

TEST_F(Listed, CountersBeginAnewAfterAReset) {
    const auto drain = [&] { call("record.drain", R"({"name":"plant.set"})"); };
    drain();
    rig.produce("plant.set", 1);
    rig.produce("plant.set", 2);
    drain();
    EXPECT_EQ(call("record.list")[1].at("produced_count"), 2);

    EXPECT_EQ(call("buffer_metrics.reset"), Json::parse(R"({"reset":true})"));
    EXPECT_EQ(call("record.list")[1].at("produced_count"), 0);
    EXPECT_EQ(call("record.list")[1].at("consumed_count"), 0);
    peer = rig.connect();  // the reader that had counted is gone

    EXPECT_EQ(call("record.list")[1].at("consumed_count"), 0);
    EXPECT_EQ(call("record.list")[1].at("dropped_count"), 0);
}

TEST_F(Listed, GraphHasNodesEdgesAndAnOrder) {
    EXPECT_EQ(call("graph.nodes")[0],
              Json::parse(R"({"key":"plant.in","origin":"passive","buffer_type":"spmc_ring",)"
                          R"("buffer_capacity":8,"tap_count":1,"has_outbound_link":false})"));
    EXPECT_EQ(call("graph.edges"),
              Json::parse(R"([{"from":"plant.in","to":null,"edge_type":{"tap":{"index":0}}},)"
                          R"({"from":"plant.in","to":"plant.out","edge_type":"transform"}])"));
    const Json order = call("graph.topo_order");
    EXPECT_EQ(order.size(), 4u);
    EXPECT_LT(std::find(order.begin(), order.end(), "plant.in"),
              std::find(order.begin(), order.end(), "plant.out"));
}

}  // namespace
}  // namespace aimdb::aimx::test
