// SPDX-License-Identifier: Apache-2.0
//
// gcc12-safe-file: every awaited call with every argument as a braced temporary, on
// purpose. GCC 12 destroys some of those twice; the client's arguments are such that
// it does no harm, which the address sanitizer confirms.
#include <string_view>
#include <type_traits>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "aimx_protocol/client_server_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using aimdb::test::run_with_deadline;
using aimdb::test::TempDir;

// What makes braces safe: nothing to destroy.
static_assert(std::is_trivially_destructible_v<SubscribeOptions>);
static_assert(std::is_trivially_destructible_v<RemotePosition>);
static_assert(std::is_trivially_destructible_v<HistoryOptions>);

// What is not safe does not compile in the awaited form, and does in the others.
template <typename Value, typename Token>
concept CanSet = requires(const Client& client, Token token) {
    client.set("a", Value{}, token);
};
static_assert(!CanSet<Gauge, asio::use_awaitable_t<>>);
static_assert(CanSet<Gauge, Blocking>);
static_assert(CanSet<Gauge, asio::use_future_t<>>);
static_assert(CanSet<std::int64_t, asio::use_awaitable_t<>>);

constexpr const char* long_key = "a.key.that.does.not.fit.into.the.string.itself.at.all";

Task call_everything(const Client& client, bool& done) {
    co_await client.connected({});
    co_await client.ping({});
    static_cast<void>(co_await client.call({"record.list"}, {"null"}));
    static_cast<void>(co_await client.list({std::string_view{"plant.*"}}));
    co_await client.set_raw({"setpoint"},
                            {R"({"number":1,"place":"long enough to be allocated"})"});
    co_await client.write_raw({"setpoint"},
                              {R"({"number":2,"place":"long enough to be allocated"})"});
    static_cast<void>(co_await client.get_raw(std::string{"setpoint"}));
    const Gauge value = co_await client.get<Gauge>(std::string_view{"setpoint"});
    co_await client.set({"setpoint"}, value);
    co_await client.write({"setpoint"}, value);
    static_cast<void>(co_await client.drain_raw({"plant.north"}, std::uint64_t{3}));
    static_cast<void>(co_await client.drain<Gauge>({"plant.north"}, std::uint64_t{3}));
    static_cast<void>(co_await client.query_latest<Gauge>({"plant.*"}, std::uint64_t{2}));
    static_cast<void>(co_await client.query_range<Gauge>(
        {"plant.north"}, UnixTime{}, UnixTime{1h},
        {.limit_per_record = 3, .order = Order::newest_first, .gaps = true}));
    static_cast<void>(co_await client.query_raw({"#"}, {.start = UnixTime{1ms}, .total_limit = 1}));
    static_cast<void>(co_await client.graph_nodes({}));
    static_cast<void>(co_await client.health({}));
    static_cast<void>(co_await client.profiling_reset({}));
    Subscription raw = client.subscribe({"setpoint"}, {.since = UnixTime{}, .every = {1ms}});
    static_cast<void>(co_await raw.recv());
    auto typed = client.subscribe<Gauge>({"setpoint"}, {.since = UnixTime{}, .queue_limit = 3});
    static_cast<void>(co_await typed.recv());
    try {
        static_cast<void>(co_await client.get_raw(std::string_view{long_key}));
    } catch (const RemoteError&) {
        done = true;
    }
}

TEST(ClientAwaited, TakesBracedTemporaries) {
    run_with_deadline(60s, [] {
        const TempDir directory;
        asio::io_context io;  // first: the client's thread posts to it
        Database db = serve_plant("tcp://127.0.0.1:0", directory.file("history.db"));
        const Client client(url_of(db));
        bool done = false;
        std::future<void> ended =
            asio::co_spawn(io, call_everything(client, done), asio::use_future);
        io.run();
        ended.get();
        EXPECT_TRUE(done);
    });
}

// Goal: cancelling a receive loses nothing.
TEST(ClientAwaited, ReceivesAreCancelled) {
    run_with_deadline(60s, [] {
        asio::io_context io;
        Database db = serve_plant("tcp://127.0.0.1:0");
        const Client client(url_of(db));
        Subscription updates = client.subscribe("plant.north");
        client.ping(blocking);
        asio::cancellation_signal signal;
        std::error_code result;
        asio::co_spawn(io, updates.recv(),
                       asio::bind_cancellation_slot(
                           signal.slot(), [&result](const std::exception_ptr& error, auto) {
                               try {
                                   std::rethrow_exception(error);
                               } catch (const std::system_error& failure) {
                                   result = failure.code();
                               }
                           }));
        io.poll();
        signal.emit(asio::cancellation_type::all);
        io.run();
        EXPECT_EQ(result, asio::error::operation_aborted);

        db.producer<Gauge>("plant.north").produce(gauge(1));
        EXPECT_EQ(updates.recv(blocking)->value, R"({"number":1,"place":"north"})");
    });
}

}  // namespace
}  // namespace aimdb::aimx::test
