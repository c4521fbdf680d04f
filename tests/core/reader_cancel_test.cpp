// SPDX-License-Identifier: Apache-2.0
//
// Receiving together with something else: whoever loses the race loses no value.
#include <thread>
#include <variant>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"
#include "support/deadline.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using test::BufferRig;

Awaitable<void> until(asio::steady_timer& timer) { co_await timer.async_wait(asio::use_awaitable); }

class CancelledReceive : public testing::Test {
protected:
    BufferRig<int> rig{spmc_ring(8)};
    Reader<int> reader = rig.reader();
};

TEST_F(CancelledReceive, ByATimerTakesNoValue) {
    asio::steady_timer timer(rig.io, asio::steady_timer::time_point::min());
    std::size_t first = 99;
    const auto race = [&]() -> Awaitable<void> {
        const auto result = co_await (reader.recv() || until(timer));
        first = result.index();
    };
    asio::co_spawn(rig.io, race(), asio::detached);
    rig.io.run();
    rig.out().produce(5);

    EXPECT_EQ(first, 1u);
    EXPECT_EQ(reader.try_recv().value().value, 5);
    EXPECT_EQ(rig.buffer->counters().consumed, 1u);
}

TEST_F(CancelledReceive, CanBeStartedAgain) {
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    asio::co_spawn(rig.io, reader.recv(),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr error, std::optional<Item<int>>) {
                           failure = std::move(error);
                       }));
    rig.poll();
    signal.emit(asio::cancellation_type::terminal);
    rig.poll();
    EXPECT_NE(failure, nullptr);

    const auto receipt = rig.receive(reader);
    EXPECT_FALSE(receipt->done);
    rig.out().produce(5);
    rig.poll();

    EXPECT_EQ(receipt->item.value().value, 5);
}

TEST_F(CancelledReceive, OfTwoRecordsLeavesTheOtherValueInPlace) {
    BufferRig<int> other(spmc_ring(8));
    Reader<int> second = other.reader();
    int taken = 0;
    const auto race = [&]() -> Awaitable<void> {
        const auto result = co_await (reader.recv() || second.recv());
        taken += result.index() == 0 ? std::get<0>(result)->value : std::get<1>(result)->value;
    };
    for (const bool value_waits : {true, false}) {
        taken = 0;
        if (value_waits) {
            rig.out().produce(1);
            other.out().produce(10);
        }
        asio::co_spawn(rig.io, race(), asio::detached);
        rig.poll();
        EXPECT_EQ(taken != 0, value_waits);
        if (!value_waits) {
            // Both wake-ups are on their way before either receiver runs.
            other.out().produce(10);
            rig.out().produce(1);
        }
        rig.poll();

        int left = 0;
        for (Reader<int>* each : {&reader, &second}) {
            while (auto item = each->try_recv()) {
                left += item->value;
            }
        }
        EXPECT_NE(taken, 0) << value_waits;
        EXPECT_EQ(taken + left, 11) << value_waits;
    }
}

TEST_F(CancelledReceive, AfterItsWakeUpWasSentTakesNoValue) {
    asio::cancellation_signal signal;
    bool got = false;
    bool aborted = false;
    asio::co_spawn(rig.io, reader.recv(),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr error, std::optional<Item<int>> item) {
                           got = item.has_value();
                           aborted = error != nullptr;
                       }));
    rig.poll();

    rig.out().produce(5);
    signal.emit(asio::cancellation_type::terminal);
    rig.poll();

    EXPECT_TRUE(aborted);
    EXPECT_FALSE(got);
    EXPECT_EQ(reader.try_recv().value().value, 5);
}

TEST_F(CancelledReceive, LeavesAMailboxToTheOthers) {
    BufferRig<int> mail(mailbox());
    auto cancelled = mail.reader();
    auto other = mail.reader();
    asio::cancellation_signal signal;
    asio::co_spawn(mail.io, cancelled.recv(),
                   asio::bind_cancellation_slot(
                       signal.slot(), [](std::exception_ptr, std::optional<Item<int>>) {}));
    const auto receipt = mail.receive(other);

    mail.out().produce(5);
    signal.emit(asio::cancellation_type::terminal);
    mail.poll();

    EXPECT_EQ(receipt->item.value().value, 5);
}

// Goal: under a real race between values and a clock no value is lost.
// Method: a receiver with a time limit runs on a strand of two threads while
// another thread produces; every value must have been received or still be there.
TEST_F(CancelledReceive, LosesNothingUnderARealRace) {
    constexpr std::uint64_t produced = 1'000;
    BufferRig<std::uint64_t> race(spmc_ring(8192));
    auto mine = race.reader();
    std::uint64_t received = 0;
    std::uint64_t timeouts = 0;
    const auto loop = [&]() -> Awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (;;) {
            timer.expires_after(std::chrono::microseconds(1));
            const auto result = co_await (mine.recv() || until(timer));
            if (result.index() == 1) {
                ++timeouts;
            } else if (std::get<0>(result)) {
                ++received;
            } else {
                co_return;
            }
        }
    };
    asio::co_spawn(asio::make_strand(race.io), loop(), asio::detached);

    test::run_with_deadline(60s, [&] {
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&] { race.io.run(); });
        }
        for (std::uint64_t i = 0; i < produced; ++i) {
            race.out().produce(i);
            if (i % 64 == 0) {
                std::this_thread::yield();
            }
        }
        race.buffer->close();
        for (std::thread& thread : threads) {
            thread.join();
        }
    });

    EXPECT_EQ(received, produced) << timeouts << " time limits passed";
}

}  // namespace
}  // namespace aimdb
