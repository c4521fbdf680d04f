// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/reader.hpp"

#include <future>
#include <numeric>
#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"
#include "support/deadline.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::BufferRig;
using test::produce_numbers;

TEST(Reader, LoopsUntilTheRecordIsClosedAlsoUnderLag) {
    BufferRig<int> rig(spmc_ring(4));
    auto reader = rig.reader();
    std::vector<int> values;
    std::uint64_t skipped = 0;
    bool ended = false;
    const auto loop = [&]() -> Awaitable<void> {
        while (auto item = co_await reader.recv()) {
            values.push_back(item->value);
            skipped += item->skipped;
        }
        ended = true;
    };
    asio::co_spawn(rig.io, loop(), asio::detached);
    rig.poll();

    produce_numbers(rig.out(), 1, 10);
    rig.poll();
    rig.out().produce(11);
    rig.buffer->close();
    rig.poll();

    EXPECT_EQ(values, test::numbers(7, 11));
    EXPECT_EQ(skipped, 6u);
    EXPECT_TRUE(ended);
}

TEST(Reader, ReceivesIntoAFuture) {
    BufferRig<int> rig(spmc_ring(4));
    auto reader = rig.reader();

    std::future<std::optional<Item<int>>> future = reader.recv(asio::use_future);
    rig.poll();
    rig.out().produce(5);
    rig.poll();

    EXPECT_EQ(future.get().value().value, 5);
}

TEST(Reader, ReceivesIntoACallback) {
    BufferRig<int> rig(spmc_ring(4));
    auto reader = rig.reader();
    std::optional<Item<int>> got;

    reader.recv([&](std::exception_ptr, std::optional<Item<int>> item) { got = item; });
    rig.out().produce(5);
    EXPECT_FALSE(got.has_value());
    rig.poll();

    EXPECT_EQ(got.value().value, 5);
}

TEST(Reader, CompletesOnTheExecutorOfTheCoroutineThatAwaits) {
    BufferRig<int> rig(spmc_ring(4));
    auto reader = rig.reader();
    asio::io_context other;
    std::optional<Item<int>> got;
    const auto wait = [&]() -> Awaitable<void> { got = co_await reader.recv(); };
    asio::co_spawn(asio::make_strand(other), wait(), asio::detached);
    other.poll();

    rig.out().produce(5);
    rig.poll();
    EXPECT_FALSE(got.has_value());
    other.restart();
    other.poll();

    EXPECT_EQ(got.value().value, 5);
}

TEST(Reader, BlocksUntilAValueComesFromAnotherThread) {
    // Goal: the blocking form waits for a value and for the end.
    // Method: the receiving thread says before each receive that it is about to.
    BufferRig<int> rig(spmc_ring(4));
    auto reader = rig.reader();

    test::run_with_deadline(60s, [&] {
        std::promise<void> about_to_wait;
        std::vector<int> values;
        std::thread thread([&] {
            about_to_wait.set_value();
            while (auto item = reader.recv(blocking)) {
                values.push_back(item->value);
            }
        });
        about_to_wait.get_future().wait();
        rig.out().produce(1);
        rig.out().produce(2);
        rig.buffer->close();
        thread.join();
        EXPECT_EQ(values, (std::vector{1, 2}));
    });
}

TEST(Reader, RefusesToBlockOnAThreadThatRunsTheDatabase) {
    BufferRig<int> rig(spmc_ring(4));
    auto reader = rig.reader();
    std::error_code code;

    asio::post(rig.io, [&] {
        try {
            static_cast<void>(reader.recv(blocking));
        } catch (const Error& error) {
            code = error.code();
        }
    });
    rig.poll();

    EXPECT_EQ(code, Errc::would_deadlock);
}

template <typename Executor>
std::error_code blocking_receive_on(const Executor& executor) {
    auto context = std::make_shared<detail::BufferContext>();
    context->clock = std::make_shared<SystemClock>();
    context->executor = executor;
    const auto buffer = std::make_shared<detail::Buffer<int>>(spmc_ring(1), 0, context);
    Reader<int> reader(std::make_shared<detail::OpenCursor<int>>(buffer, ReaderOptions{}, false));
    std::promise<std::error_code> result;
    asio::post(executor, [&] {
        try {
            buffer->close();  // so that a receive that is let through does not hang
            static_cast<void>(reader.recv(blocking));
            result.set_value({});
        } catch (const Error& error) {
            result.set_value(error.code());
        }
    });
    return result.get_future().get();
}

TEST(Reader, RefusesToBlockOnThreadsOfOtherExecutorsToo) {
    asio::thread_pool pool(1);
    asio::io_context io;
    auto work = asio::make_work_guard(io);
    std::thread thread([&] { io.run(); });

    EXPECT_EQ(blocking_receive_on(pool.get_executor()), Errc::would_deadlock);
    EXPECT_EQ(blocking_receive_on(asio::make_strand(pool)), Errc::would_deadlock);
    EXPECT_EQ(blocking_receive_on(asio::make_strand(io)), Errc::would_deadlock);
    EXPECT_EQ(blocking_receive_on(asio::make_strand(asio::any_io_executor(io.get_executor()))),
              Errc::would_deadlock);

    work.reset();
    thread.join();
    pool.join();
}

TEST(Reader, ReceivesManyWithoutWaiting) {
    BufferRig<int> rig(spmc_ring(8));
    auto reader = rig.reader();
    std::array<Item<int>, 4> items{};
    EXPECT_EQ(reader.recv_many(items), 0u);

    produce_numbers(rig.out(), 1, 10);

    EXPECT_EQ(reader.recv_many(items), 4u);
    EXPECT_EQ(items[0].value, 3);
    EXPECT_EQ(items[0].skipped, 2u);
    EXPECT_EQ(reader.recv_many(std::span<Item<int>>()), 0u);
    EXPECT_EQ(reader.backlog(), 4u);
}

TEST(Reader, MayBeMoved) {
    BufferRig<int> rig(spmc_ring(4));
    auto reader = rig.reader();
    rig.out().produce(1);

    Reader<int> moved = std::move(reader);

    EXPECT_EQ(moved.try_recv().value().value, 1);
    EXPECT_EQ(rig.buffer->counters().readers, 1u);
}

TEST(Reader, MayBeDestroyedWhileItsWaitIsForgotten) {
    const auto token = std::make_shared<int>(1);
    BufferRig<int> rig(spmc_ring(4));
    {
        auto reader = rig.reader();
        reader.recv([token](std::exception_ptr, std::optional<Item<int>>) {});
        rig.poll();
    }
    rig.poll();  // Asio unwinds coroutines on their executor

    EXPECT_EQ(token.use_count(), 1);
    EXPECT_EQ(rig.out().produce(1).sequence, 1u);
    EXPECT_EQ(rig.buffer->counters().readers, 0u);
}

// Goal: a context may die while coroutines on it, which own their readers, have
// been woken but could not run any more; nothing leaks (seen by the leak checker).
TEST(Reader, OwnedByAWaitingCoroutineDiesWithTheContext) {
    const auto token = std::make_shared<int>(1);
    std::shared_ptr<detail::Buffer<int>> buffer;
    {
        BufferRig<int> rig(spmc_ring(4));
        buffer = rig.buffer;
        const auto loop = [](Reader<int> mine, std::shared_ptr<int> held) -> Awaitable<void> {
            while (co_await mine.recv()) {
            }
            held.reset();
        };
        asio::co_spawn(rig.io, loop(rig.reader(), token), asio::detached);
        rig.poll();
        buffer->close();
    }

    EXPECT_EQ(token.use_count(), 1);
    EXPECT_EQ(buffer->counters().readers, 0u);
}

// Goal: no wake-up is lost between a reader that goes to sleep and a produce on
// another thread.
// Method: ping-pong, so that both sides wait before each value: one lost wake-up
// and it stands still.
TEST(Reader, IsWokenFromAForeignThreadEveryTime) {
    constexpr int rounds = 20'000;
    BufferRig<int> ping(spmc_ring(2));
    BufferRig<int> pong(spmc_ring(2));
    auto pings = ping.reader();
    auto pongs = pong.reader();
    const auto echo = [&]() -> Awaitable<void> {
        while (auto item = co_await pings.recv()) {
            pong.out().produce(item->value);
        }
    };
    asio::co_spawn(ping.io, echo(), asio::detached);

    test::run_with_deadline(60s, [&] {
        std::thread runtime([&] { ping.io.run(); });
        for (int i = 0; i < rounds; ++i) {
            ping.out().produce(i);
            ASSERT_EQ(pongs.recv(blocking).value().value, i);
        }
        ping.buffer->close();
        runtime.join();
    });
}

// Goal: many readers on several threads all get every value they do not skip.
// Method: 40 readers on two threads; at the end each must have received or
// skipped exactly what was produced.
TEST(Reader, ManyWaitingReadersAreAllWoken) {
    constexpr std::uint64_t produced = 2'000;
    BufferRig<std::uint64_t> rig(spmc_ring(64));
    std::vector<Reader<std::uint64_t>> readers;
    std::vector<std::uint64_t> seen(40);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        readers.push_back(rig.reader());
    }
    const auto follow = [&](std::size_t i) -> Awaitable<void> {
        while (auto item = co_await readers[i].recv()) {
            seen[i] += 1 + item->skipped;
        }
    };
    for (std::size_t i = 0; i < seen.size(); ++i) {
        asio::co_spawn(rig.io, follow(i), asio::detached);
    }

    test::run_with_deadline(60s, [&] {
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&] { rig.io.run(); });
        }
        auto paced = rig.reader();
        for (std::uint64_t i = 1; i <= produced; ++i) {
            rig.out().produce(i);
            static_cast<void>(paced.recv(blocking));
        }
        rig.buffer->close();
        for (std::thread& thread : threads) {
            thread.join();
        }
    });

    for (const std::uint64_t count : seen) {
        EXPECT_EQ(count, produced);
    }
}

}  // namespace
}  // namespace aimdb
