// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "aimdb/aimx_protocol/link.hpp"

#include "aimx_protocol/client_relay.hpp"
#include "aimx_protocol/client_server_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using aimdb::test::run_with_deadline;
using aimdb::test::TempDir;

LinkOptions eager_link() {
    LinkOptions options;
    options.reconnect = eager().reconnect;
    return options;
}

std::vector<std::int64_t> numbers_of(Reader<Gauge>& reader) {
    std::vector<std::int64_t> numbers;
    while (const auto item = reader.try_recv()) {
        numbers.push_back(item->value.number);
    }
    return numbers;
}

// Goal: an outgoing link accounts for every value, delivers in order and none twice,
// whatever happens to its connection.
// Method: somebody in the middle cuts at arbitrary bytes while values flow. In the end
// what arrived lies between what is known to be delivered and that plus what is unknown.
TEST(LinkRestart, AccountsForEveryValueWhenConnectionsAreCut) {
    run_with_deadline(60s, [] {
        constexpr std::uint64_t last = 5'000;
        Database hub = serve_plant("tcp://127.0.0.1:0");
        auto inbox = hub.reader<Gauge>("inbox", {.from = ReadFrom::oldest()});
        Relay relay(port_in(url_of(hub)));
        Builder builder;
        builder.configure<Gauge>("out")
            .buffer(spmc_ring(1'000))
            .link_to(relay.url() + "/inbox", eager_link());
        Database edge = builder.build();
        edge.start();
        const auto out = edge.producer<Gauge>("out");
        while (links(edge).at(0).state != ClientState::connected) {
            std::this_thread::yield();
        }
        for (std::uint64_t i = 1; i <= last; ++i) {
            out.produce(gauge(static_cast<std::int64_t>(i)));
            if (i % 500 == 0) {
                relay.cut();
                while (links(edge).at(0).reconnects < i / 500) {
                    std::this_thread::yield();
                }
            }
        }
        EXPECT_TRUE(edge.stop().clean());

        const LinkInfo info = links(edge).at(0);
        const std::vector<std::int64_t> arrived = numbers_of(inbox);
        EXPECT_EQ(info.delivered + info.lost + info.unknown, last);
        EXPECT_EQ(info.pending, 0u);
        EXPECT_GE(arrived.size(), info.delivered);
        EXPECT_LE(arrived.size(), info.delivered + info.unknown);
        EXPECT_EQ(std::adjacent_find(arrived.begin(), arrived.end(), std::greater_equal<>()),
                  arrived.end())
            << "in order, and none twice";
    });
}

TEST(LinkRestart, SendsAfterTheHubIsBack) {
    run_with_deadline(60s, [] {
        const TempDir directory;
        const std::string url = "unix://" + directory.file("sock");
        Builder builder;
        builder.configure<Gauge>("out")
            .buffer(spmc_ring(1'000))
            .link_to(url + "#inbox", eager_link());
        Database edge = builder.build();
        edge.start();
        const auto out = edge.producer<Gauge>("out");
        std::int64_t number = 0;
        for (int run = 0; run < 3; ++run) {
            while (links(edge).at(0).state == ClientState::connected) {
                std::this_thread::yield();  // what is sent to a hub that is gone may be lost
            }
            for (int i = 0; i < 300; ++i) {
                out.produce(gauge(++number));  // nobody listens now
            }
            Database hub = serve_plant(url);
            auto inbox = hub.reader<Gauge>("inbox", {.from = ReadFrom::oldest()});
            for (int i = 299; i >= 0; --i) {
                ASSERT_EQ(inbox.recv(blocking)->value.number, number - i);
            }
            while (links(edge).at(0).delivered != static_cast<std::uint64_t>(number)) {
                std::this_thread::yield();  // so that no answer is lost with the hub
            }
        }
        EXPECT_EQ(links(edge).at(0).lost, 0u);
        EXPECT_EQ(links(edge).at(0).reconnects, 2u);
    });
}

// Goal: a mirror is complete over restarts of the database it mirrors.
TEST(LinkRestart, MirrorsOnAfterTheOtherSideRestarts) {
    run_with_deadline(60s, [] {
        const TempDir directory;
        const std::string url = "unix://" + directory.file("sock");
        Builder builder;
        LinkOptions options = eager_link();
        options.since = from_unix_ms(0);
        builder.configure<Gauge>("mirror")
            .buffer(spmc_ring(10'000))
            .link_from(url + "#plant.north", options);
        Database edge = builder.build();
        auto mirror = edge.reader<Gauge>("mirror", {.from = ReadFrom::oldest()});
        edge.start();
        std::int64_t number = 0;
        std::int64_t expected = 0;
        for (int run = 0; run < 3; ++run) {
            Database hub = serve_plant(url, directory.file("history.db"));
            for (int i = 0; i < 500; ++i) {
                hub.producer<Gauge>("plant.north").produce(gauge(++number));
            }
            if (run == 1) {
                hub.stop();  // what the mirror has not yet comes after the restart
                continue;
            }
            while (expected < number) {
                ASSERT_EQ(mirror.recv(blocking)->value.number, ++expected);
            }
        }
        const LinkInfo info = links(edge).at(0);
        EXPECT_EQ(info.delivered, 1'500u);
        EXPECT_EQ(info.lost + info.interruptions, 0u);
    });
}

// Goal: a mirror that is persisted is complete over its own restarts too.
// Method: values of one millisecond lie on both sides of each restart.
TEST(LinkRestart, CatchesUpAfterItsOwnRestart) {
    run_with_deadline(60s, [] {
        const TempDir directory;
        const std::string url = "unix://" + directory.file("sock");
        Database hub = serve_plant(url, directory.file("hub.db"));
        const auto out = hub.producer<Gauge>("plant.north");
        std::int64_t number = 0;
        const auto produce = [&](int count) {
            for (int i = 0; i < count; ++i) {
                ++number;
                out.produce(gauge(number), from_unix_ms(1'000 + number / 7));
            }
        };
        produce(1);
        LinkOptions options = eager_link();
        options.since = from_unix_ms(0);
        for (int run = 0; run < 4; ++run) {
            Builder builder;
            builder.with_persistence(sqlite_history(directory.file("edge.db")));
            builder.configure<Gauge>("mirror")
                .buffer(spmc_ring(1'000))
                .persist()
                .link_from(url + "#plant.north", options);
            Database edge = builder.build();
            edge.start();
            produce(100);
            while (links(edge).at(0).delivered == 0 || !edge.latest<Gauge>("mirror") ||
                   edge.latest<Gauge>("mirror")->value.number != number) {
                std::this_thread::yield();
            }
            EXPECT_TRUE(edge.stop().clean());
            produce(100);
        }
        Builder builder;
        builder.with_persistence(sqlite_history(directory.file("edge.db")));
        builder.configure<Gauge>("mirror").buffer(spmc_ring(1'000)).persist();
        Database edge = builder.build();
        edge.start();
        const auto stored = edge.query_range<Gauge>("mirror", from_unix_ms(0),
                                                    from_unix_ms(1'000'000), {}, blocking);
        ASSERT_EQ(stored.size(), 701u);
        for (std::size_t i = 0; i < stored.size(); ++i) {
            ASSERT_EQ(stored.rows[i].value.number, static_cast<std::int64_t>(i) + 1);
        }
    });
}

// Goal: a long history is mirrored whole although the mirror takes it more slowly than
// it comes and keeps little of it in memory.
TEST(LinkRestart, MirrorsALongHistoryWithoutLoss) {
    run_with_deadline(60s, [] {
        constexpr std::int64_t last = 20'000;
        const TempDir directory;
        Database hub = serve_plant("tcp://127.0.0.1:0", directory.file("hub.db"));
        for (std::int64_t i = 1; i <= last; ++i) {
            ASSERT_TRUE(hub.producer<Gauge>("plant.north").room(blocking));
            hub.producer<Gauge>("plant.north").produce(gauge(i));
        }
        Builder builder;
        LinkOptions options = eager_link();
        options.since = from_unix_ms(0);
        std::atomic<std::int64_t> seen{0};
        std::atomic<std::uint64_t> wrong{0};
        builder.configure<Gauge>("mirror")
            .buffer(spmc_ring(64))
            .lossless()
            .link_from(url_of(hub) + "/plant.north", options)
            .tap([&](const Gauge& value) { wrong += value.number == ++seen ? 0 : 1; });
        Database edge = builder.build();
        edge.start();
        while (seen.load() < last) {
            std::this_thread::yield();
        }
        EXPECT_TRUE(edge.stop().clean());
        EXPECT_EQ(wrong.load(), 0u);
        EXPECT_EQ(links(edge).at(0).lost, 0u);
    });
}

}  // namespace
}  // namespace aimdb::aimx::test
