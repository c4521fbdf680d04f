// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "aimx_protocol/client_relay.hpp"
#include "aimx_protocol/client_server_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using aimdb::test::run_with_deadline;
using aimdb::test::TempDir;

std::string refused_as(std::exception_ptr error) {
    try {
        std::rethrow_exception(std::move(error));
    } catch (const RemoteError& refusal) {
        return refusal.wire_code();
    } catch (const std::exception& failure) {
        return failure.what();
    }
}

// Goal: a subscription goes on over restarts of the server without a value missing
// or told twice.
// Method: three runs of a server on one file, each producing numbers that go on; the
// client, which is never told, has to receive all of them in order.
TEST(ClientReconnect, GoesOnWhereItWasAfterTheServerRestarts) {
    run_with_deadline(60s, [] {
        constexpr int per_run = 500;
        const TempDir directory;
        const std::string url = "unix://" + directory.file("sock");
        const Client client(url, eager());
        auto updates = client.subscribe<Gauge>("plant.north",
                                               {.since = from_unix_ms(0), .queue_limit = 10'000});
        std::int64_t expected = 1;
        for (int run = 0; run < 3; ++run) {
            Database db = serve_plant(url, directory.file("history.db"));
            const auto out = db.producer<Gauge>("plant.north");
            for (int i = 1; i <= per_run; ++i) {
                out.produce(gauge(run * per_run + i));
            }
            const std::int64_t last = std::int64_t{per_run} * (run + 1);
            while (expected <= last) {
                const auto update = updates.recv(blocking);
                ASSERT_TRUE(update);
                EXPECT_EQ(update->skipped, 0u);
                ASSERT_NE(update->kind, UpdateKind::interrupted);
                if (update->decoded) {
                    ASSERT_EQ(update->decoded->number, expected);
                    ++expected;
                }
            }
        }
        EXPECT_EQ(client.status().connections, 3u);
    });
}

// Goal: what is left of a client after its end may be used on any threads at once.
TEST(ClientReconnect, SubscriptionsMayGoOnSeveralThreadsAfterTheirClient) {
    const TempDir directory;
    std::vector<std::vector<Subscription>> shares(4);
    {
        const Client client("unix://" + directory.file("nobody"), eager());
        for (int i = 0; i < 400; ++i) {
            shares[static_cast<std::size_t>(i) % shares.size()].push_back(
                client.subscribe("plant.#"));
        }
    }
    std::vector<std::thread> threads;
    for (std::vector<Subscription>& share : shares) {
        threads.emplace_back([&share] {
            for (Subscription& subscription : share) {
                const auto last = subscription.recv(blocking);
                EXPECT_TRUE(last && last->kind == UpdateKind::ended);
                EXPECT_FALSE(subscription.recv(blocking));
            }
            share.clear();
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

// Goal: cut connections cost no value as long as the record still has it.
// Method: somebody in the middle cuts at arbitrary bytes while values flow.
TEST(ClientReconnect, LosesAndRepeatsNothingWhenConnectionsAreCut) {
    run_with_deadline(60s, [] {
        constexpr std::int64_t last = 4'000;  // fits the ring
        Database db = serve_plant("tcp://127.0.0.1:0");
        Relay relay(port_in(url_of(db)));
        const Client client(relay.url(), eager());
        auto updates =
            client.subscribe<Gauge>("plant.*", {.since = from_unix_ms(0), .queue_limit = 10'000});
        const auto out = db.producer<Gauge>("plant.north");
        std::int64_t expected = 1;
        std::int64_t produced = 0;
        while (expected <= last) {
            // Never far ahead, so that cuts fall between values.
            for (int i = 0; i < 40 && produced < std::min(last, expected + 200); ++i) {
                out.produce(gauge(++produced));
                if (produced % 400 == 0) {
                    relay.cut();
                }
            }
            const auto update = updates.recv(blocking);
            ASSERT_TRUE(update);
            EXPECT_EQ(update->skipped, 0u);
            if (update->decoded) {
                ASSERT_EQ(update->decoded->number, expected);
                ++expected;
            }
        }
        EXPECT_GT(client.status().connections, 1u);
    });
}

// Goal: a pattern without history misses no value of a record that had said nothing
// before the connection was lost.
TEST(ClientReconnect, HearsOfRecordsThatSpokeMeanwhile) {
    run_with_deadline(60s, [] {
        Database db = serve_plant("tcp://127.0.0.1:0");
        Relay relay(port_in(url_of(db)));
        const auto south = db.producer<Gauge>("plant.south");
        ClientOptions options = eager();
        options.on_state = [&south](const ClientStatus& status) {
            if (status.state == ClientState::reconnecting && status.attempts == 1) {
                south.produce(gauge(2));
            }
        };
        const Client client(relay.url(), options);
        auto updates = client.subscribe<Gauge>("plant.*");
        client.connected(blocking);
        client.ping(blocking);  // the subscription was asked for before
        db.producer<Gauge>("plant.north").produce(gauge(1));
        EXPECT_EQ(updates.recv(blocking)->topic, "plant.north");
        relay.cut();

        const auto update = updates.recv(blocking);
        ASSERT_TRUE(update && update->decoded);
        EXPECT_EQ(update->topic, "plant.south");
        EXPECT_EQ(update->decoded, gauge(2));
    });
}

TEST(ClientReconnect, CallsFailAndThenWorkAgain) {
    run_with_deadline(60s, [] {
        const TempDir directory;
        const std::string url = "unix://" + directory.file("sock");
        ClientOptions options = eager();
        std::atomic<int> changes{0};
        options.on_state = [&changes](const ClientStatus&) { ++changes; };
        const Client client(url, options);
        std::promise<bool> early;
        client.get_raw("setpoint", [&early](std::exception_ptr error, const std::string&) {
            early.set_value(!error || refused_as(std::move(error)) == "no_value");
        });
        {
            Database db = serve_plant(url);
            db.producer<Gauge>("setpoint").produce(gauge(1));
            // Depending on who is first the value is there, or not yet.
            EXPECT_TRUE(early.get_future().get());
        }
        Database db = serve_plant(url);
        db.producer<Gauge>("setpoint").produce(gauge(2));
        std::optional<Gauge> got;
        while (!got) {
            try {
                got = client.get<Gauge>("setpoint", blocking);
            } catch (const Error& error) {  // the end of the first server
                EXPECT_TRUE(error.code() == std::errc::connection_reset ||
                            error.code() == Errc::shutting_down)
                    << error.what();
            }
        }
        EXPECT_EQ(got, gauge(2));
        EXPECT_GE(changes.load(), 3);
    });
}

}  // namespace
}  // namespace aimdb::aimx::test
