// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <future>

#include <asio/bind_executor.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "aimx_protocol/client_server_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using aimdb::test::TempDir;

// Every test runs over each transport.
class ClientOverEachTransport : public ::testing::TestWithParam<const char*> {
protected:
    Database serve(const std::string& file = {}) {
        const std::string transport = GetParam();
        const std::string url = transport == "unix"  ? "unix://" + directory_.file("sock")
                                : transport == "tcp" ? "tcp://127.0.0.1:0"
                                                     : "ws://127.0.0.1:0/ws";
        return serve_plant(url.c_str(), file.empty() ? file : directory_.file(file));
    }

    TempDir directory_;
};
INSTANTIATE_TEST_SUITE_P(Aimx, ClientOverEachTransport, ::testing::Values("unix", "tcp", "ws"));

TEST_P(ClientOverEachTransport, ReadsAndWritesRecords) {
    Database db = serve();
    const Client client(url_of(db));
    const Gauge wanted{7, "a \"quoted\" place"};

    EXPECT_EQ(client.set("setpoint", wanted, blocking),
              R"({"number":7,"place":"a \"quoted\" place"})");
    EXPECT_EQ(client.get<Gauge>("setpoint", blocking), wanted);
    EXPECT_EQ(db.latest<Gauge>("setpoint")->value, wanted);
    const WriteOutcome outcome = client.write("setpoint", gauge(8), blocking);
    EXPECT_TRUE(outcome.confirmed);
    EXPECT_EQ(outcome.pos, 2u);
    EXPECT_EQ(client.get_raw("setpoint", blocking), R"({"number":8,"place":"north"})");
    EXPECT_TRUE(client.status().extensions);
    EXPECT_EQ(client.status().state, ClientState::connected);
}

TEST_P(ClientOverEachTransport, TellsRefusals) {
    Database db = serve();
    const Client client(url_of(db));

    EXPECT_EQ(code_of([&] { client.get_raw("nowhere", blocking); }), Errc::unknown_record);
    EXPECT_EQ(code_of([&] { client.set("plant.north", gauge(1), blocking); }), Errc::not_writable);
    EXPECT_EQ(code_of([&] { client.set_raw("setpoint", R"({"number":"x"})", blocking); }),
              Errc::decode_failed);
    EXPECT_EQ(code_of([&] { client.call("fly", "{}", blocking); }),
              std::errc::function_not_supported);
    EXPECT_EQ(code_of([&] { client.query_latest<Gauge>("#", 1, blocking); }), Errc::no_persistence);
}

TEST_P(ClientOverEachTransport, ListsRecordsByPattern) {
    Database db = serve();
    const Client client(url_of(db));
    db.producer<Gauge>("plant.north").produce(gauge(1));

    const std::vector<RemoteRecord> all = client.list("#", blocking);
    const std::vector<RemoteRecord> some = client.list("plant.*", blocking);

    EXPECT_EQ(all.size(), 4u);
    ASSERT_EQ(some.size(), 2u);
    EXPECT_EQ(some[0].key, "plant.north");
    EXPECT_EQ(some[0].buffer_type, "spmc_ring");
    EXPECT_EQ(some[0].capacity, 4'096u);
    EXPECT_EQ(some[0].produced, 1u);
    EXPECT_FALSE(some[0].writable);
    EXPECT_TRUE(some[0].last_produced.has_value());
}

TEST_P(ClientOverEachTransport, DrainsAndTellsWhatIsInside) {
    Database db = serve();
    const Client client(url_of(db));
    EXPECT_TRUE(client.drain_raw("plant.north", {}, blocking).values.empty());
    for (int i = 1; i <= 3; ++i) {
        db.producer<Gauge>("plant.north").produce({i, ""});
    }
    const DrainResult drained = client.drain_raw("plant.north", 2, blocking);

    EXPECT_EQ(drained.values, (std::vector<std::string>{R"({"number":1,"place":""})",
                                                        R"({"number":2,"place":""})"}));
    EXPECT_EQ(drained.lost, 0u);
    const std::vector<Gauge> rest = client.drain<Gauge>("plant.north", {}, blocking).values;
    EXPECT_EQ(rest, (std::vector<Gauge>{{3, ""}}));
    EXPECT_GT(client.ping(blocking), 0ns);
    EXPECT_NE(client.graph_nodes(blocking).find("plant.north"), std::string::npos);
    EXPECT_TRUE(client.graph_edges(blocking).starts_with('['));
    EXPECT_TRUE(client.graph_order(blocking).starts_with('['));
    EXPECT_NE(client.health(blocking).find(R"("status":"ok")"), std::string::npos);
    EXPECT_EQ(client.profiling_reset(blocking), R"({"reset":true})");
    EXPECT_EQ(client.buffer_metrics_reset(blocking), R"({"reset":true})");
}

// Goal: asking from far gives the same as asking here, however many pages it takes.
TEST_P(ClientOverEachTransport, QueriesHistoryLikeTheDatabaseItself) {
    Database db = serve("history.db");
    const Client client(url_of(db));
    for (int i = 1; i <= 12'000; ++i) {
        ASSERT_TRUE(db.producer<Gauge>("plant.north").room(blocking));
        db.producer<Gauge>("plant.north").produce({i, "n"}, from_unix_ms(1'000 + i));
    }
    db.producer<Gauge>("plant.south").produce({1, "s"}, from_unix_ms(2'000));
    db.flush(blocking);
    const auto expect_equal = [](const auto& far, const auto& near) {
        ASSERT_EQ(far.size(), near.size());
        for (std::size_t i = 0; i < near.size(); ++i) {
            EXPECT_EQ(far.rows[i].record, near.rows[i].record);
            EXPECT_EQ(far.rows[i].sequence, near.rows[i].sequence);
            EXPECT_EQ(far.rows[i].stored_at, near.rows[i].stored_at);
            EXPECT_EQ(far.rows[i].id, near.rows[i].id);
            EXPECT_EQ(far.rows[i].value, near.rows[i].value);
        }
        EXPECT_EQ(static_cast<bool>(far.next), static_cast<bool>(near.next));
    };

    expect_equal(client.query_latest<Gauge>("plant.*", 3, blocking),
                 db.query_latest<Gauge>("plant.*", 3, blocking));
    const UnixTime begin = from_unix_ms(1'500);
    const UnixTime end = from_unix_ms(12'500);
    HistoryOptions options;
    options.total_limit = 10'500;
    expect_equal(client.query_range<Gauge>("plant.#", begin, end, options, blocking),
                 db.query_range<Gauge>("plant.#", begin, end, options, blocking));
    options.order = Order::newest_first;
    options.total_limit = 5;
    const auto first = client.query_range<Gauge>("plant.north", begin, end, options, blocking);
    options.after = first.next;
    const auto second = client.query_range<Gauge>("plant.north", begin, end, options, blocking);
    EXPECT_EQ(first.front().sequence, 11'500u);
    EXPECT_EQ(second.front().sequence, 11'495u);
}

TEST_P(ClientOverEachTransport, FollowsRecords) {
    Database db = serve();
    const Client client(url_of(db));
    TypedSubscription<Gauge> updates = client.subscribe<Gauge>("plant.*");
    client.connected(blocking);
    client.ping(blocking);  // the subscription was asked for before
    db.producer<Gauge>("plant.north").produce(gauge(1));
    db.producer<Gauge>("plant.north").produce(gauge(2));

    const auto first = updates.recv(blocking);
    const auto second = updates.recv(blocking);

    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->topic, "plant.north");
    EXPECT_EQ(first->decoded, gauge(1));
    EXPECT_EQ(first->pos, 1u);
    EXPECT_TRUE(first->at.has_value());
    EXPECT_EQ(second->decoded, gauge(2));
    EXPECT_EQ(second->skipped, 0u);
    EXPECT_FALSE(updates.try_recv());
}

TEST_P(ClientOverEachTransport, TellsHistoryAndThenWhatIsNew) {
    Database db = serve("history.db");
    const Client client(url_of(db));
    const auto out = db.producer<Gauge>("plant.north");
    for (int i = 1; i <= 100; ++i) {
        out.produce({i, ""}, from_unix_ms(i));
    }
    auto updates = client.subscribe<Gauge>("plant.north", {.since = from_unix_ms(51)});
    for (int i = 51; i <= 100; ++i) {
        const auto update = updates.recv(blocking);
        ASSERT_TRUE(update && update->decoded);
        EXPECT_EQ(update->decoded->number, i);
        EXPECT_TRUE(update->from_history);
    }
    EXPECT_EQ(updates.recv(blocking)->kind, UpdateKind::live);
    out.produce({101, ""});
    EXPECT_EQ(updates.recv(blocking)->decoded->number, 101);
}

TEST_P(ClientOverEachTransport, SaysWhyASubscriptionEnded) {
    Database db = serve();
    const Client client(url_of(db));
    Subscription malformed = client.subscribe("plant*");

    const std::optional<Update> update = malformed.recv(blocking);
    ASSERT_TRUE(update);
    EXPECT_EQ(update->kind, UpdateKind::ended);
    EXPECT_FALSE(update->reason.empty());
    EXPECT_FALSE(malformed.recv(blocking));
    EXPECT_THROW(static_cast<void>(client.subscribe("a\"b")), Error);
}

TEST_P(ClientOverEachTransport, TakesEveryKindOfToken) {
    asio::io_context io;  // first: the client's thread posts to it
    Database db = serve();
    const Client client(url_of(db));
    client.set("setpoint", gauge(5), asio::use_future).get();

    std::promise<std::int64_t> promise;
    client.get<Gauge>("setpoint", [&promise](const std::exception_ptr& error, const Gauge& value) {
        EXPECT_FALSE(error);
        promise.set_value(value.number);
    });
    EXPECT_EQ(promise.get_future().get(), 5);

    std::optional<Gauge> got;
    asio::co_spawn(
        io,
        [&]() -> Task {
            const Gauge value = gauge(6);
            co_await client.set("setpoint", value);
            got = co_await client.get<Gauge>("setpoint");
        },
        asio::use_future);
    io.run();
    EXPECT_EQ(got, gauge(6));
}

TEST_P(ClientOverEachTransport, CarriesCallsOfManyThreads) {
    Database db = serve();
    const Client client(url_of(db));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&client, t] {
            for (int i = 0; i < 100; ++i) {
                client.write("inbox", gauge(t * 100 + i), blocking);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(db.record_info("inbox").counters.produced, 400u);
}

TEST_P(ClientOverEachTransport, RefusesToWaitOnItsOwnThread) {
    Database db = serve();
    const Client client(url_of(db));
    std::promise<std::error_code> promise;
    client.connected([&](const std::exception_ptr&) {
        promise.set_value(code_of([&] { client.ping(blocking); }));
    });
    EXPECT_EQ(promise.get_future().get(), Errc::would_deadlock);
}

TEST_P(ClientOverEachTransport, FailsWhatIsPendingWhenItIsClosed) {
    ClientOptions options = eager();
    Client client("unix://" + directory_.file("nobody"), options);
    std::promise<std::error_code> pending;
    client.get_raw("setpoint", [&pending](std::exception_ptr error, const std::string&) {
        pending.set_value(code_of([&error] { std::rethrow_exception(std::move(error)); }));
    });
    Subscription updates = client.subscribe("a");
    client.close();

    EXPECT_EQ(pending.get_future().get(), Errc::shutting_down);
    EXPECT_EQ(updates.recv(blocking)->kind, UpdateKind::ended);
    EXPECT_EQ(code_of([&] { client.ping(blocking); }), Errc::shutting_down);
    EXPECT_EQ(client.status().state, ClientState::closed);
}

TEST_P(ClientOverEachTransport, LeavesNoSubscriptionBehind) {
    Database db = serve();
    const Client client(url_of(db));
    {
        Subscription updates = client.subscribe("plant.*");
        client.ping(blocking);
        EXPECT_EQ(server(db).stats().subscriptions_open, 1u);
    }
    client.ping(blocking);
    EXPECT_EQ(server(db).stats().subscriptions_open, 0u);
}

TEST(ClientTimes, MayBeAsLongAsTheyLike) {
    Database db = serve_plant("tcp://127.0.0.1:0");
    ClientOptions options;
    constexpr auto for_ever = std::chrono::milliseconds::max();
    options.call_timeout = options.dial_timeout = for_ever;
    options.ping_after = options.pong_timeout = for_ever;
    options.reconnect.initial = options.reconnect.cap = for_ever;
    const Client client(url_of(db), options);

    EXPECT_GT(client.ping(blocking), 0ns);
    EXPECT_EQ(client.set("setpoint", gauge(1), blocking), R"({"number":1,"place":"north"})");
    EXPECT_EQ(client.status().connections, 1u);
}

TEST(ClientDrain, CountsWhatDoesNotDecode) {
    Database db = serve_plant("tcp://127.0.0.1:0");
    const Client client(url_of(db));
    client.drain<Gauge>("plant.north", {}, blocking);
    db.producer<Gauge>("plant.north").produce(gauge(1));
    db.producer<Gauge>("plant.north").produce(gauge(2));

    const TypedDrain<std::string> strange = client.drain<std::string>("plant.north", 1, blocking);
    const TypedDrain<Gauge> known = client.drain<Gauge>("plant.north", {}, blocking);

    EXPECT_TRUE(strange.values.empty());
    EXPECT_EQ(strange.undecodable, 1u);
    EXPECT_EQ(known.values, std::vector{gauge(2)});
    EXPECT_EQ(known.undecodable, 0u);
}

// Goal: what a callback throws ends neither the program nor the client.
// Method: it throws in completions and at each change of state; calls go on, and the log,
// which is complete when the client is gone, has all of it.
TEST(ClientCallback, MayThrow) {
    Database db = serve_plant("tcp://127.0.0.1:0");
    std::vector<std::string> logged;
    ClientOptions options = eager();
    options.on_state = [](const ClientStatus&) { throw std::runtime_error("bad state"); };
    options.log = Log([&logged](const LogEntry& entry) { logged.emplace_back(entry.message); });
    {
        const Client client(url_of(db), options);
        client.get_raw("plant.north", [](const std::exception_ptr&, const std::string&) {
            throw std::runtime_error("bad answer");
        });
        client.ping([](const std::exception_ptr&, std::chrono::nanoseconds) { throw 7; });

        EXPECT_GT(client.ping(blocking), 0ns);
        EXPECT_EQ(client.status().state, ClientState::connected);
    }
    const auto count = [&logged](const std::string& what) {
        return std::count(logged.begin(), logged.end(), "a callback threw" + what);
    };
    EXPECT_EQ(count(": bad state"), 3);  // connecting, connected, closed
    EXPECT_EQ(count(": bad answer"), 1);
    EXPECT_EQ(count(": an exception that is no std::exception"), 1);
}

// Goal: a thread that is held up does not let calls pile up without bound.
// Method: on_state holds it while calls are made.
TEST(ClientThread, RefusesCallsWhileTooManyWaitForIt) {
    Database db = serve_plant("tcp://127.0.0.1:0");
    std::promise<void> let_go;
    ClientOptions options = eager();
    options.sent_limit = 2;
    options.on_state = [held = let_go.get_future().share()](const ClientStatus&) { held.wait(); };
    const Client client(url_of(db), options);
    CodeOfCall answers[2];
    for (CodeOfCall& answer : answers) {
        client.get_raw("setpoint", answer.handler());
    }

    EXPECT_EQ(code_of([&] { client.ping(blocking); }), Errc::limit_exceeded);
    let_go.set_value();

    for (CodeOfCall& answer : answers) {
        EXPECT_EQ(answer.get(), Errc::unknown_record);  // no value yet
    }
}

TEST_P(ClientOverEachTransport, SaysThatTheServerIsGone) {
    std::promise<std::string> gone;
    ClientOptions options;
    options.on_state = [&gone, said = false](const ClientStatus& status) mutable {
        if (status.state == ClientState::reconnecting && !std::exchange(said, true)) {
            gone.set_value(status.last_error);
        }
    };
    Database db = serve();
    const Client client(url_of(db), options);
    client.connected(blocking);

    db.stop();

    EXPECT_EQ(gone.get_future().get(), "the server closed the connection");
}

TEST(ClientUrl, IsChecked) {
    EXPECT_EQ(code_of([] { Client client("http://hub"); }), Errc::invalid_configuration);
}

TEST(ClientToken, OpensAnEndpointThatWantsOne) {
    Database db = serve_plant(AimxEndpoint("tcp://127.0.0.1:0").require_token("sesame"));
    ClientOptions options = eager();
    options.token = "sesame";
    const Client good(url_of(db), options);
    good.ping(blocking);
    EXPECT_TRUE(good.status().authenticated);

    options.token = "guess";
    const Client bad(url_of(db), options);
    EXPECT_EQ(code_of([&] { bad.ping(blocking); }), std::errc::permission_denied);
}

}  // namespace
}  // namespace aimdb::aimx::test
