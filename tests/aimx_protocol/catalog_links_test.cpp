// SPDX-License-Identifier: Apache-2.0
//
// Links as clients see them: in record.list and the graph.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aimdb/aimx_protocol/link.hpp"

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using Json = nlohmann::json;

// Tokens stand in the query of an address or in the options; neither may be seen by others.
TEST(LinksInTheCatalog, AreShownWithoutTheirTokens) {
    SessionRig rig;
    LinkOptions options;
    options.token = "hidden";
    rig.add<Value>("mirror", single_latest())
        .link_from("ws://127.0.0.1:1/ws?token=secret#far.mirror", options);
    rig.add<Value>("out", spmc_ring(8))
        .link_to("tcp://127.0.0.1:1/far.out", options)
        .link_to("ws://127.0.0.1:1/ws?token=secret#far.out", options);
    rig.start();
    const auto peer = rig.connect();
    std::string all;
    const auto call = [&](const std::string& method) {
        all += peer->ask(R"({"t":"req","id":7,"method":")" + method + R"(","params":null})").at(0);
        return Json::parse(all.substr(all.rfind(R"({"t":"reply")"))).at("ok");
    };

    const Json nodes = call("graph.nodes");
    const Json edges = call("graph.edges");
    const Json rows = call("record.list");

    const Json origin =
        Json::parse(R"({"link":{"protocol":"ws","address":"ws://127.0.0.1:1/ws#far.mirror"}})");
    EXPECT_EQ(nodes[0].at("origin"), origin);
    EXPECT_EQ(nodes[0].at("has_outbound_link"), false);
    EXPECT_EQ(nodes[1].at("origin"), "passive");
    EXPECT_EQ(nodes[1].at("has_outbound_link"), true);
    EXPECT_EQ(edges,
              Json::parse(R"([{"from":null,"to":"mirror","edge_type":{"link":{"protocol":"ws"}}},)"
                          R"({"from":"out","to":null,"edge_type":{"link_out":)"
                          R"({"protocol":"unknown"}}}])"));
    EXPECT_EQ(rows[0].at("origin"), origin);
    EXPECT_EQ(rows[0].at("outbound_connector_count"), 0);
    EXPECT_EQ(rows[1].at("outbound_connector_count"), 2);
    EXPECT_EQ(all.find("secret"), std::string::npos) << all;
    EXPECT_EQ(all.find("hidden"), std::string::npos) << all;
}

}  // namespace
}  // namespace aimdb::aimx::test
