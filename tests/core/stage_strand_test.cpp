// SPDX-License-Identifier: Apache-2.0
//
// A stage that does several things at once does them on one strand.
#include <variant>

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using test::run_with_deadline;

Awaitable<void> until(asio::steady_timer& timer) { co_await timer.async_wait(asio::use_awaitable); }

// The executors that three kinds of coroutine stages find.
class StageStrand : public testing::Test {
protected:
    StageStrand() {
        builder.configure<int>("in")
            .buffer(spmc_ring(4))
            .source([this](Context context, Producer<int>) -> Task {
                found->add(context.executor());
                co_return;
            })
            .tap([this](Context context, Reader<int>) -> Task {
                EXPECT_EQ(context.executor(), co_await asio::this_coro::executor);
                found->add(context.executor());
            });
        builder.configure<int>("out")
            .buffer(spmc_ring(4))
            .transform("in", [this](Context context, Reader<int>, Producer<int>) -> Task {
                found->add(context.executor());
                co_return;
            });
    }

    using Executors = test::Seen<asio::any_io_executor>;

    static void expect_strands(const Executors& executors) {
        const auto values = executors.values();
        ASSERT_EQ(values.size(), 3u);
        for (std::size_t i = 0; i < values.size(); ++i) {
            EXPECT_TRUE(values[i].target_type() ==
                        typeid(asio::strand<asio::io_context::executor_type>));
            EXPECT_NE(values[i], values[(i + 1) % values.size()]);
        }
    }

    Builder builder;
    Executors* found = nullptr;
};

TEST_F(StageStrand, IsSparedWhereTheDatabaseHasOneThread) {
    Database db = builder.build();
    Executors executors;
    found = &executors;

    run_with_deadline(60s, [&] {
        db.start(1);
        db.stop();
    });

    ASSERT_EQ(executors.values().size(), 3u);
    for (const asio::any_io_executor& executor : executors.values()) {
        EXPECT_EQ(executor, db.executor());
    }
}

TEST_F(StageStrand, IsOneOfItsOwnForEachStageOnSeveralThreads) {
    Database db = builder.build();
    Executors executors;  // goes before the database, as strands must
    found = &executors;

    run_with_deadline(60s, [&] {
        db.start(2);
        db.stop();
    });

    expect_strands(executors);
}

TEST_F(StageStrand, IsOneOfItsOwnForEachStageOnAContextOfTheUser) {
    asio::io_context io;
    Database db = builder.build();
    Executors executors;
    found = &executors;

    run_with_deadline(60s, [&] {
        db.start(io.get_executor());
        io.run();
        db.stop();
    });

    expect_strands(executors);
}

// Goal: a stage that receives with a time limit loses nothing on several threads.
// Method: two threads run a stage whose limit passes all the time while a third
// produces; every value must have been received when the database has stopped. The
// thread sanitizer would see a wait that one thread begins and another cancels.
TEST(StageOnAStrand, ReceivesWithATimeLimitAndLosesNothing) {
    constexpr std::uint64_t produced = 1'000;
    std::uint64_t received = 0;
    Builder builder;
    builder.configure<std::uint64_t>("in")
        .buffer(spmc_ring(1024))
        .tap([&](Context context, Reader<std::uint64_t> in) -> Task {
            asio::steady_timer timer(context.executor());
            for (;;) {
                timer.expires_after(1us);
                const auto result = co_await (in.recv() || until(timer));
                if (result.index() == 1) {
                    continue;
                }
                if (!std::get<0>(result)) {
                    co_return;
                }
                ++received;
            }
        });
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start(2);
        const auto out = db.producer<std::uint64_t>("in");
        for (std::uint64_t i = 0; i < produced; ++i) {
            out.produce(i);
            if (i % 64 == 0) {
                std::this_thread::yield();
            }
        }
        EXPECT_TRUE(db.stop(60s).clean());
    });

    EXPECT_EQ(received, produced);
}

}  // namespace
}  // namespace aimdb
