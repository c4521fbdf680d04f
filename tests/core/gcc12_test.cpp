// SPDX-License-Identifier: Apache-2.0
//
// gcc12-safe-file: every awaited call with every argument as a braced temporary, on
// purpose. GCC 12 destroys some of those twice; core's arguments are such that it
// does no harm, which the address sanitizer confirms.
#include <type_traits>

#include <asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;

// What makes braces safe: nothing to destroy.
static_assert(std::is_trivially_destructible_v<ReaderOptions>);
static_assert(std::is_trivially_destructible_v<ReadFrom>);
static_assert(std::is_trivially_destructible_v<RunOptions>);
static_assert(std::is_trivially_destructible_v<OnFailure>);
static_assert(std::is_trivially_destructible_v<BufferConfig>);
static_assert(std::is_trivially_destructible_v<Position>);
static_assert(std::is_trivially_destructible_v<HistoryOptions>);
static_assert(std::is_trivially_destructible_v<Blocking>);

struct Names {
    std::string first = "a name that does not fit into the string itself, number one";
    std::string second = "a name that does not fit into the string itself, number two";
};

TEST(AwaitedCalls, TakeBracedTemporaries) {
    Builder builder;
    std::vector<std::string> seen;
    bool slept = false;
    bool room = false;
    builder.configure<Names>("in")
        .buffer(spmc_ring(8))
        .source([&](Context context, Producer<Names> out) -> Task {
            for (int i = 0; i < 3; ++i) {
                room = co_await Producer<Names>{out}.room();
                out.produce({.first = "the first name of a braced value, quite long"});
                slept = co_await context.sleep({std::chrono::nanoseconds{1}}) || slept;
                slept = co_await Context{context}.sleep(std::chrono::milliseconds{1}) || slept;
            }
            while (co_await context.sleep(std::chrono::hours{1})) {
            }
        });
    builder.configure<Names>("out").buffer(mailbox());
    asio::io_context io;  // first: the database completes its stop on it
    Database db = builder.build();
    const auto main = [&]() -> Awaitable<void> {
        auto reader = db.reader<Names>({"in"}, {.from = {ReadFrom::oldest()}, .observer = true});
        for (int i = 0; i < 3; ++i) {
            seen.push_back((co_await reader.recv())->value.first);
        }
        co_await Reader<Names>{db.reader<Names>("in", {.from = ReadFrom::newest(2)})}.wait();
        seen.push_back(
            (co_await db.reader<Names>("in", {.from = ReadFrom::newest(1)}).recv())->value.second);
        db.producer<Names>("out").produce({.first = {"x"}, .second = {"y"}});
        seen.push_back((co_await db.reader<Names>("out", {}).recv())->value.second);
        const StopReport report = co_await db.async_stop({std::chrono::milliseconds{5'000}}, {});
        EXPECT_TRUE(report.clean());
    };

    test::run_with_deadline(60s, [&] {
        db.start(2);
        asio::co_spawn(io, main(), [](std::exception_ptr failure) {
            if (failure) {
                std::rethrow_exception(failure);
            }
        });
        io.run();
    });

    EXPECT_TRUE(room);
    EXPECT_TRUE(slept);
    ASSERT_EQ(seen.size(), 5u);
    EXPECT_EQ(seen[2], "the first name of a braced value, quite long");
    EXPECT_EQ(seen[3], Names().second);
    EXPECT_EQ(seen[4], "y");
}

}  // namespace
}  // namespace aimdb
