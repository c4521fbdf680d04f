// SPDX-License-Identifier: Apache-2.0
//
// Waking: one waiter by itself, and the list of waiters of a buffer.
#include "aimdb/core/detail/wakeup.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"
#include "support/deadline.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using detail::Wakeup;

class WakeupTest : public testing::Test {
protected:
    void arm() {
        wakeup->arm([this](std::error_code result) { results.push_back(result); },
                    io.get_executor());
    }
    void poll() {
        io.restart();
        io.poll();
    }

    asio::io_context io;
    std::shared_ptr<Wakeup> wakeup = std::make_shared<Wakeup>();
    std::vector<std::error_code> results;
};

TEST_F(WakeupTest, CompletesOnTheExecutorNeverInsideFire) {
    arm();

    EXPECT_TRUE(wakeup->fire());

    EXPECT_TRUE(results.empty());
    EXPECT_FALSE(wakeup->armed());
    poll();
    EXPECT_EQ(results, std::vector{std::error_code{}});
}

TEST_F(WakeupTest, FiresOncePerWait) {
    EXPECT_FALSE(wakeup->fire());
    arm();
    EXPECT_TRUE(wakeup->fire());
    EXPECT_FALSE(wakeup->fire());
    poll();
    EXPECT_EQ(results.size(), 1u);

    arm();
    EXPECT_TRUE(wakeup->fire());
    poll();
    EXPECT_EQ(results.size(), 2u);
}

TEST_F(WakeupTest, MayBeArmedAgainByTheHandler) {
    int rounds = 0;
    std::function<void(std::error_code)> again = [&](std::error_code) {
        if (++rounds < 5) {
            wakeup->arm([&](std::error_code result) { again(result); }, io.get_executor());
            wakeup->fire();
        }
    };
    wakeup->arm([&](std::error_code result) { again(result); }, io.get_executor());

    wakeup->fire();
    poll();

    EXPECT_EQ(rounds, 5);
}

TEST_F(WakeupTest, RunsAnInlineHandlerInsideFire) {
    wakeup->arm_inline([this](std::error_code result) { results.push_back(result); });

    wakeup->fire(asio::error::timed_out);

    EXPECT_EQ(results, std::vector{make_error_code(asio::error::timed_out)});
}

TEST_F(WakeupTest, UsesTheExecutorOfTheHandler) {
    asio::io_context other;
    wakeup->arm(asio::bind_executor(asio::make_strand(other),
                                    [this](std::error_code result) { results.push_back(result); }),
                io.get_executor());

    wakeup->fire();
    poll();
    EXPECT_TRUE(results.empty());
    other.run();

    EXPECT_EQ(results.size(), 1u);
}

TEST_F(WakeupTest, IsCancelledThroughTheSlotOfTheHandler) {
    asio::cancellation_signal signal;
    wakeup->arm(asio::bind_cancellation_slot(
                    signal.slot(), [this](std::error_code result) { results.push_back(result); }),
                io.get_executor());

    signal.emit(asio::cancellation_type::terminal);
    EXPECT_FALSE(wakeup->fire());
    poll();

    EXPECT_EQ(results, std::vector{make_error_code(asio::error::operation_aborted)});
}

TEST_F(WakeupTest, LateCancellationDoesNotHitTheNextWait) {
    asio::cancellation_signal signal;
    wakeup->arm(asio::bind_cancellation_slot(
                    signal.slot(), [this](std::error_code result) { results.push_back(result); }),
                io.get_executor());
    wakeup->fire();
    poll();
    arm();

    signal.emit(asio::cancellation_type::terminal);
    poll();

    EXPECT_TRUE(wakeup->armed());
    wakeup->fire();
    poll();
    EXPECT_EQ(results, (std::vector<std::error_code>{{}, {}}));
}

TEST_F(WakeupTest, CancellationAfterItIsGoneDoesNothing) {
    asio::cancellation_signal signal;
    wakeup->arm(asio::bind_cancellation_slot(
                    signal.slot(), [this](std::error_code result) { results.push_back(result); }),
                io.get_executor());

    wakeup.reset();
    signal.emit(asio::cancellation_type::terminal);
    poll();

    EXPECT_TRUE(results.empty());
}

TEST_F(WakeupTest, ParksHandlersThatAreTooLargeOrMayThrowWhenMoved) {
    std::array<std::uint64_t, 40> large{};
    large[39] = 7;
    wakeup->arm(
        [this, large](std::error_code) {
            results.emplace_back(static_cast<int>(large[39]), std::generic_category());
        },
        io.get_executor());

    wakeup->fire();
    poll();

    EXPECT_EQ(results.at(0).value(), 7);
}

TEST_F(WakeupTest, ReleasesAHandlerWhoseExecutorDiesBeforeItRan) {
    const auto token = std::make_shared<int>(1);
    {
        asio::io_context short_lived;
        wakeup->arm([token](std::error_code) {}, short_lived.get_executor());
        wakeup->fire();
    }

    EXPECT_EQ(token.use_count(), 1);
    arm();
    EXPECT_TRUE(wakeup->fire());
    poll();
    EXPECT_EQ(results.size(), 1u);
}

// A reader that takes what is there whenever it is woken and waits again at once,
// on the thread that woke it.
struct EagerReader {
    explicit EagerReader(detail::Buffer<int>& target) : buffer(target) {
        buffer.add_reader(cursor, {});
        wait();
    }
    ~EagerReader() { buffer.remove_reader(cursor); }
    EagerReader(const EagerReader&) = delete;
    EagerReader& operator=(const EagerReader&) = delete;
    void wait() {
        cursor.waiter.wakeup->arm_inline([this](std::error_code) {
            while (auto item = buffer.try_take(cursor)) {
                taken.push_back(item->value);
            }
            wait();
        });
        if (!buffer.wait_for_value(cursor)) {
            cursor.waiter.wakeup->fire();
        }
    }
    detail::Buffer<int>& buffer;
    detail::Cursor cursor;
    std::vector<int> taken;
};

TEST(WaitingReaders, AreAllWokenAlsoWhenManyWaitAndWaitAgainMeanwhile) {
    test::BufferRig<int> rig(spmc_ring(4));
    std::vector<std::unique_ptr<EagerReader>> readers;
    for (int i = 0; i < 50; ++i) {
        readers.push_back(std::make_unique<EagerReader>(*rig.buffer));
    }

    rig.out().produce(1);

    for (const auto& reader : readers) {
        EXPECT_EQ(reader->taken, std::vector{1});
    }
}

TEST(WaitingReaders, MayLeaveInAnyOrder) {
    for (const std::vector<std::size_t>& leaving :
         {std::vector<std::size_t>{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}, {0, 2, 1}}) {
        test::BufferRig<int> rig(spmc_ring(4));
        std::vector<std::unique_ptr<EagerReader>> readers;
        for (int i = 0; i < 3; ++i) {
            readers.push_back(std::make_unique<EagerReader>(*rig.buffer));
        }

        int value = 0;
        for (const std::size_t index : leaving) {
            rig.out().produce(++value);
            for (const auto& reader : readers) {
                if (reader) {
                    EXPECT_EQ(reader->taken.back(), value);
                }
            }
            readers[index].reset();
        }
        EXPECT_NE(rig.out().produce(9).sequence, 0u);
    }
}

}  // namespace
}  // namespace aimdb
