// SPDX-License-Identifier: Apache-2.0
//
// Producer::room(): how a producer that must lose nothing is held back.
#include <future>
#include <thread>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"
#include "support/deadline.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::BufferRig;
using test::produce_numbers;

class Room : public testing::Test {
protected:
    // A wait for room whose end can be looked at.
    std::shared_ptr<std::optional<bool>> wait_for_room() {
        auto result = std::make_shared<std::optional<bool>>();
        asio::co_spawn(rig.io, out.room(),
                       [result](std::exception_ptr, bool room) { *result = room; });
        rig.poll();
        return result;
    }
    void take(int count) {
        for (int i = 0; i < count; ++i) {
            ASSERT_TRUE(reader.try_recv().has_value());
        }
        rig.poll();
    }

    BufferRig<int> rig{spmc_ring(8)};
    Producer<int> out = rig.out();
    Reader<int> reader = rig.reader({.lossless = true});
};

TEST_F(Room, IsThereAtOnceUntilTheWindowOfALosslessReaderIsFull) {
    produce_numbers(out, 1, 7);
    EXPECT_EQ(*wait_for_room(), true);

    out.produce(8);

    EXPECT_FALSE(out.has_room());
    EXPECT_FALSE(wait_for_room()->has_value());
}

// A reader may take one value and then wait for what only the producer can bring.
TEST_F(Room, ComesBackWithTheFirstValueTaken) {
    produce_numbers(out, 1, 8);
    const auto room = wait_for_room();
    EXPECT_FALSE(room->has_value());

    take(1);

    EXPECT_EQ(*room, true);
}

TEST_F(Room, IsThatOfTheSlowestLosslessReader) {
    auto second = rig.reader({.lossless = true});
    produce_numbers(out, 1, 8);
    const auto room = wait_for_room();

    take(8);
    EXPECT_FALSE(room->has_value());
    static_cast<void>(test::take_all(second));
    rig.poll();

    EXPECT_EQ(*room, true);
}

TEST_F(Room, ComesBackWhenTheSlowestReaderGoes) {
    auto slow = std::make_unique<Reader<int>>(rig.reader({.lossless = true}));
    produce_numbers(out, 1, 8);
    take(8);
    const auto room = wait_for_room();
    EXPECT_FALSE(room->has_value());

    slow.reset();
    rig.poll();

    EXPECT_EQ(*room, true);
}

TEST_F(Room, IgnoresReadersThatMayLose) {
    auto lossy = rig.reader();
    produce_numbers(out, 1, 8);
    take(8);

    EXPECT_EQ(*wait_for_room(), true);
    EXPECT_EQ(lossy.backlog(), 8u);
}

TEST_F(Room, ComesBackByABatchToo) {
    produce_numbers(out, 1, 8);
    const auto room = wait_for_room();
    std::vector<detail::Taken<int>> batch;

    reader.take_many(batch, 64);
    rig.poll();

    EXPECT_EQ(*room, true);
}

TEST_F(Room, WakesEveryProducerThatWaits) {
    produce_numbers(out, 1, 8);
    std::vector<std::shared_ptr<std::optional<bool>>> rooms;
    for (int i = 0; i < 20; ++i) {
        rooms.push_back(wait_for_room());
    }

    take(8);

    for (const auto& room : rooms) {
        EXPECT_EQ(*room, true);
    }
}

TEST_F(Room, IsFalseOnceTheRecordIsClosed) {
    produce_numbers(out, 1, 8);
    const auto room = wait_for_room();

    rig.buffer->close();
    rig.poll();

    EXPECT_EQ(*room, false);
    EXPECT_EQ(*wait_for_room(), false);
    EXPECT_FALSE(out.room(blocking));
}

TEST_F(Room, IsToldAfterTheReaderWasLappedByOthersWhoDidNotAsk) {
    produce_numbers(out, 1, 100);
    const auto room = wait_for_room();
    EXPECT_FALSE(room->has_value());

    take(4);

    EXPECT_EQ(*room, true);
    EXPECT_EQ(rig.buffer->counters().lagged, 92u);
}

TEST_F(Room, TakesAnyCompletionToken) {
    produce_numbers(out, 1, 8);
    std::optional<bool> told;
    std::future<bool> room = out.room(asio::use_future);
    out.room([&](std::exception_ptr, bool there) { told = there; });
    rig.poll();
    EXPECT_FALSE(told.has_value());

    take(8);

    EXPECT_EQ(told, true);
    EXPECT_TRUE(room.get());
    EXPECT_TRUE(out.room(blocking));
}

TEST_F(Room, WaitMayOutliveTheProducerItCameFrom) {
    produce_numbers(out, 1, 8);
    std::future<bool> room = rig.out().room(asio::use_future);
    rig.poll();

    take(8);

    EXPECT_TRUE(room.get());
}

TEST_F(Room, ForgetsAWaitThatWasCancelled) {
    produce_numbers(out, 1, 8);
    asio::cancellation_signal signal;
    bool failed = false;
    asio::co_spawn(rig.io, out.room(),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr e, bool) { failed = e != nullptr; }));
    rig.poll();

    signal.emit(asio::cancellation_type::terminal);
    rig.poll();
    EXPECT_TRUE(failed);
    take(8);

    EXPECT_EQ(*wait_for_room(), true);
}

TEST(RoomOfADyingContext, LeavesTheListOfWaiters) {
    std::shared_ptr<detail::Buffer<int>> buffer;
    std::unique_ptr<Reader<int>> reader;
    {
        BufferRig<int> rig(spmc_ring(2));
        buffer = rig.buffer;
        reader = std::make_unique<Reader<int>>(rig.reader({.lossless = true}));
        produce_numbers(rig.out(), 1, 2);
        asio::co_spawn(rig.io, rig.out().room(), asio::detached);
        rig.poll();
        static_cast<void>(reader->try_recv());  // wakes, but nobody runs it any more
    }

    EXPECT_EQ(reader->try_recv().value().value, 2);
    EXPECT_EQ(buffer->produce(3), 3u);
}

TEST_F(Room, RefusesToBlockOnAThreadThatRunsTheDatabase) {
    std::error_code code;
    asio::post(rig.io, [&] {
        try {
            static_cast<void>(out.room(blocking));
        } catch (const Error& error) {
            code = error.code();
        }
    });

    rig.poll();

    EXPECT_EQ(code, Errc::would_deadlock);
}

// Goal: a replay that asks for room loses nothing, whatever the threads do.
// Method: a blocking producer against a blocking lossless reader through a ring
// of 16; each of 10 000 values must arrive, in order.
TEST(RoomUnderThreads, LosesNothing) {
    constexpr int count = 10'000;
    BufferRig<int> rig(spmc_ring(16));
    auto reader = rig.reader({.lossless = true});
    int expected = 0;
    std::uint64_t skipped = 0;

    test::run_with_deadline(60s, [&] {
        std::thread consumer([&] {
            while (auto item = reader.recv(blocking)) {
                expected += item->value == expected ? 1 : 0;
                skipped += item->skipped;
            }
        });
        for (int i = 0; i < count; ++i) {
            ASSERT_TRUE(rig.out().room(blocking));
            rig.out().produce(i);
        }
        rig.buffer->close();
        consumer.join();
    });

    EXPECT_EQ(expected, count);
    EXPECT_EQ(skipped, 0u);
}

// Goal: a waiting producer is always woken by the reader, also with coroutines.
// Method: as above, with coroutines on two threads and a ring of one.
TEST(RoomUnderThreads, StandsStillNeverWithCoroutines) {
    constexpr int count = 10'000;
    BufferRig<int> rig(spmc_ring(1));
    auto reader = rig.reader({.lossless = true});
    int received = 0;
    const auto produce = [&]() -> Awaitable<void> {
        const Producer<int> out = rig.out();
        for (int i = 0; i < count && co_await out.room(); ++i) {
            out.produce(i);
        }
        rig.buffer->close();
    };
    const auto consume = [&]() -> Awaitable<void> {
        while (auto item = co_await reader.recv()) {
            received += item->value == received ? 1 : 0;
        }
    };
    asio::co_spawn(rig.io, produce(), asio::detached);
    asio::co_spawn(rig.io, consume(), asio::detached);

    test::run_with_deadline(60s, [&] {
        std::thread second([&] { rig.io.run(); });
        rig.io.run();
        second.join();
    });

    EXPECT_EQ(received, count);
}

}  // namespace
}  // namespace aimdb
