// SPDX-License-Identifier: Apache-2.0
#include "aimdb/aimx_protocol/link.hpp"

#include <gtest/gtest.h>

#include "aimx_protocol/client_server_rig.hpp"
#include "core/database_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using aimdb::test::run_with_deadline;
using aimdb::test::Seen;
using aimdb::test::TempDir;

LinkOptions eager_link() {
    LinkOptions options;
    options.reconnect = eager().reconnect;
    return options;
}

// "tcp://127.0.0.1:1/key", "unix:///sock#key", "ws://127.0.0.1:1/ws#key"
std::string record_url(const std::string& url, const std::string& key) {
    return url + (url.starts_with("tcp") ? "/" : "#") + key;
}

std::string findings_of(Builder& builder) {
    try {
        static_cast<void>(builder.build());
    } catch (const ConfigurationError& error) {
        return error.what();
    }
    return "";
}

class LinkOverEachTransport : public ::testing::TestWithParam<const char*> {
protected:
    std::string endpoint() const {
        const std::string transport = GetParam();
        return transport == "unix"  ? "unix://" + directory_.file("sock")
               : transport == "tcp" ? "tcp://127.0.0.1:0"
                                    : "ws://127.0.0.1:0/ws";
    }

    TempDir directory_;
};
INSTANTIATE_TEST_SUITE_P(Aimx, LinkOverEachTransport, ::testing::Values("unix", "tcp", "ws"));

TEST_P(LinkOverEachTransport, CarryEveryValueToTheOtherSide) {
    run_with_deadline(60s, [this] {
        Database hub = serve_plant(endpoint().c_str());
        auto inbox = hub.reader<Gauge>("inbox", {.from = ReadFrom::oldest()});
        Builder builder;
        builder.configure<Gauge>("local")
            .buffer(spmc_ring(2'000))
            .link_to(record_url(url_of(hub), "inbox"), eager_link());
        Database edge = builder.build();
        edge.start();
        for (int i = 1; i <= 1'000; ++i) {
            edge.producer<Gauge>("local").produce(gauge(i));
        }
        for (int i = 1; i <= 1'000; ++i) {
            ASSERT_EQ(inbox.recv(blocking)->value, gauge(i));
        }
        EXPECT_TRUE(edge.stop().clean());

        const LinkInfo info = links(edge).at(0);
        EXPECT_EQ(info.delivered, 1'000u);
        EXPECT_EQ(info.lost + info.unknown + info.pending, 0u);
        EXPECT_FALSE(inbox.try_recv());
    });
}

TEST_P(LinkOverEachTransport, BringValuesWithTheirTime) {
    run_with_deadline(60s, [this] {
        Database hub = serve_plant(endpoint().c_str());
        hub.producer<Gauge>("plant.north").produce(gauge(1), from_unix_ms(1'000));
        Builder builder;
        LinkOptions options = eager_link();
        options.since = from_unix_ms(0);
        builder.configure<Gauge>("mirror")
            .buffer(spmc_ring(100))
            .link_from(record_url(url_of(hub), "plant.north"), options);
        Database edge = builder.build();
        auto mirror = edge.reader<Gauge>("mirror", {.from = ReadFrom::oldest()});
        edge.start();

        const auto first = mirror.recv(blocking);
        hub.producer<Gauge>("plant.north").produce(gauge(2), from_unix_ms(2'000));
        const auto second = mirror.recv(blocking);

        EXPECT_EQ(first->value, gauge(1));
        EXPECT_EQ(first->at, from_unix_ms(1'000));
        EXPECT_EQ(second->value, gauge(2));
        EXPECT_EQ(second->at, from_unix_ms(2'000));
        EXPECT_TRUE(edge.stop().clean());
        EXPECT_EQ(links(edge).at(0).delivered, 2u);
    });
}

TEST(Link, SharesOneConnectionAndShowsItselfWithoutItsToken) {
    run_with_deadline(60s, [] {
        Database hub = serve_plant(AimxEndpoint("ws://127.0.0.1:0/ws").require_token("sesame"));
        auto inbox = hub.reader<Gauge>("inbox", {.from = ReadFrom::oldest()});
        LinkOptions options = eager_link();
        options.token = "sesame";
        const std::string url = url_of(hub) + "?token=sesame";
        Builder builder;
        builder.configure<Gauge>("a").buffer(spmc_ring(10)).link_to(url + "#inbox", options);
        builder.configure<Gauge>("b").buffer(single_latest()).link_to(url + "#inbox", options);
        Database edge = builder.build();
        edge.start();
        edge.producer<Gauge>("a").produce(gauge(1));
        EXPECT_EQ(inbox.recv(blocking)->value, gauge(1));
        edge.producer<Gauge>("b").produce(gauge(2));
        EXPECT_EQ(inbox.recv(blocking)->value, gauge(2));

        EXPECT_EQ(server(hub).stats().connections_accepted, 1u);
        const std::string shown = url_of(hub) + "#inbox";
        EXPECT_EQ(links(edge).at(0).url, shown);
        EXPECT_EQ(edge.record_info("a").stages.at(0).name, shown);
        EXPECT_EQ(edge.record_info("a").stages.at(0).kind, StageKind::link_out);
    });
}

TEST(Link, TakesAnotherConnectionWhereOneMayFollowNoMore) {
    run_with_deadline(60s, [] {
        Database hub = serve_plant("tcp://127.0.0.1:0");
        hub.producer<Gauge>("plant.north").produce(gauge(1));
        LinkOptions options = eager_link();
        options.since = from_unix_ms(0);
        Builder builder;
        for (int i = 1; i <= 33; ++i) {
            builder.configure<Gauge>("mirror." + std::to_string(i))
                .buffer(single_latest())
                .link_from(record_url(url_of(hub), "plant.north"), options);
        }
        builder.configure<Gauge>("out")
            .buffer(single_latest())
            .link_to(record_url(url_of(hub), "inbox"), options);
        Database edge = builder.build();
        edge.start();
        for (std::size_t i = 0; i < 33; ++i) {
            LinkInfo info = links(edge).at(i);
            while (info.delivered == 0 && info.last_error.empty()) {
                std::this_thread::yield();
                info = links(edge).at(i);
            }
            EXPECT_EQ(info.last_error, "") << info.record;
        }

        EXPECT_EQ(server(hub).stats().connections_accepted, 2u);
    });
}

TEST(Link, StopsSoonWhereNobodyListens) {
    run_with_deadline(60s, [] {
        const TempDir directory;
        const std::string url = "unix://" + directory.file("nobody") + "#inbox";
        Builder builder;
        builder.configure<Gauge>("out").buffer(spmc_ring(64)).link_to(url, eager_link());
        builder.configure<Gauge>("in").buffer(single_latest()).link_from(url, eager_link());
        Database edge = builder.build();
        edge.start();
        for (int i = 0; i < 100; ++i) {
            edge.producer<Gauge>("out").produce(gauge(i));
        }
        while (links(edge).at(0).last_error.empty()) {
            std::this_thread::yield();
        }
        EXPECT_TRUE(edge.stop().clean());

        const LinkInfo info = links(edge).at(0);
        EXPECT_EQ(info.lost, 100u) << "36 overwritten, 64 given up";
        EXPECT_EQ(info.delivered, 0u);
        EXPECT_FALSE(info.last_error.empty());
    });
}

TEST(Link, CountsWhatTheOtherSideRefuses) {
    run_with_deadline(60s, [] {
        Database hub = serve_plant("tcp://127.0.0.1:0");
        Builder builder;
        builder.configure<Gauge>("out")
            .buffer(spmc_ring(64))
            .link_to(record_url(url_of(hub), "plant.north"), eager_link());
        Database edge = builder.build();
        edge.start();
        edge.producer<Gauge>("out").produce(gauge(1));
        while (links(edge).at(0).lost == 0) {
            std::this_thread::yield();
        }
        EXPECT_NE(links(edge).at(0).last_error.find("not_writable"), std::string::npos);
    });
}

TEST(Link, IsAWriterOfItsRecord) {
    Builder builder;
    builder.configure<Gauge>("in")
        .buffer(single_latest())
        .source([](Context, Producer<Gauge>) -> Task { co_return; })
        .link_from("tcp://127.0.0.1:1/a");
    EXPECT_NE(findings_of(builder).find("2 writers (source, link_in)"), std::string::npos);

    Builder good;
    good.configure<Gauge>("in").buffer(single_latest()).link_from("tcp://127.0.0.1:1/a");
    Database db = good.build();
    EXPECT_THROW(static_cast<void>(db.producer<Gauge>("in")), Error);
}

TEST(Link, RefusesAddressesThatCannotBeRight) {
    for (const char* const url : {"tcp://hub:7433", "http://hub/a", "tcp://hub/a", "tcp://hub:1/a*",
                                  "unix:///run/hub.sock"}) {
        Builder builder;
        builder.configure<Gauge>("out").buffer(single_latest()).link_to(url);
        EXPECT_NE(findings_of(builder).find("has a link whose address is wrong"), std::string::npos)
            << url;
    }
    Builder builder;
    LinkOptions options;
    options.window = 0;
    builder.configure<Gauge>("out").buffer(single_latest()).link_to("tcp://hub:1/a", options);
    EXPECT_NE(findings_of(builder).find("window of 0"), std::string::npos);
}

}  // namespace
}  // namespace aimdb::aimx::test
