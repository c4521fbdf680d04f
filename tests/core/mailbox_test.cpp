// SPDX-License-Identifier: Apache-2.0
//
// What only a mailbox does. What all buffers do is in buffer_contract_test.cpp.
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"
#include "support/deadline.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::BufferRig;
using test::produce_numbers;
using test::values_of;

TEST(Mailbox, GivesEachValueToOneReaderOnly) {
    BufferRig<int> rig(mailbox());
    auto first = rig.reader();
    auto second = rig.reader();

    rig.out().produce(1);

    EXPECT_EQ(values_of(first), std::vector{1});
    EXPECT_TRUE(values_of(second).empty());
    rig.out().produce(2);
    EXPECT_EQ(values_of(second), std::vector{2});
    EXPECT_TRUE(values_of(first).empty());
}

TEST(Mailbox, ShowsThePendingValueAsTheLatestUntilItIsTaken) {
    BufferRig<int> rig(mailbox());
    auto reader = rig.reader();
    rig.out().produce(1);

    EXPECT_EQ(rig.buffer->latest().value().value, 1);
    EXPECT_EQ(rig.buffer->latest().value().value, 1);
    EXPECT_EQ(rig.buffer->counters().occupancy, 1u);
    EXPECT_EQ(values_of(reader), std::vector{1});
    EXPECT_FALSE(rig.buffer->latest().has_value());
    EXPECT_EQ(rig.buffer->counters().occupancy, 0u);
}

TEST(Mailbox, OverwritesAndCountsWhatNobodyTook) {
    BufferRig<int> rig(mailbox());
    auto reader = rig.reader();

    produce_numbers(rig.out(), 1, 5);

    const auto item = reader.try_recv();
    EXPECT_EQ(item.value().value, 5);
    EXPECT_EQ(item.value().sequence, 5u);
    EXPECT_EQ(item.value().skipped, 0u);  // overwriting is nobody's lag
    EXPECT_EQ(rig.buffer->counters().overwritten, 4u);
    EXPECT_EQ(rig.buffer->counters().lagged, 0u);
    EXPECT_EQ(rig.buffer->counters().consumed, 1u);
}

TEST(Mailbox, TakenValuesAreNotOverwritten) {
    BufferRig<int> rig(mailbox());
    auto reader = rig.reader();

    for (int i = 1; i <= 5; ++i) {
        rig.out().produce(i);
        EXPECT_EQ(values_of(reader), std::vector{i});
    }

    EXPECT_EQ(rig.buffer->counters().overwritten, 0u);
}

// The readers of a mailbox share one cursor, so there is nothing to choose.
TEST(Mailbox, LateReaderTakesThePendingValueWhateverItChose) {
    for (const ReadFrom from :
         {ReadFrom::standard(), ReadFrom::next(), ReadFrom::oldest(), ReadFrom::newest(1),
          ReadFrom::newest(0), ReadFrom::after(0), ReadFrom::after(5), ReadFrom::after(9)}) {
        BufferRig<int> rig(mailbox());
        produce_numbers(rig.out(), 1, 5);

        auto reader = rig.reader({.from = from});

        EXPECT_EQ(values_of(reader), std::vector{5}) << static_cast<int>(from.kind());
        rig.buffer->close();
        EXPECT_TRUE(reader.closed()) << static_cast<int>(from.kind());
    }
}

TEST(Mailbox, ObserversSeeWhatOthersTakeAndWhatIsOverwritten) {
    BufferRig<int> rig(mailbox());
    auto observer = rig.observer();
    auto reader = rig.reader();
    rig.out().produce(1);
    EXPECT_EQ(values_of(reader), std::vector{1});

    produce_numbers(rig.out(), 2, 4);

    EXPECT_EQ(values_of(observer), test::numbers(1, 4));
    EXPECT_EQ(values_of(reader), std::vector{4});
    EXPECT_EQ(rig.buffer->counters().overwritten, 2u);
}

TEST(Mailbox, HasRoomForALosslessReaderOnlyWhileNothingIsPending) {
    BufferRig<int> rig(mailbox());
    auto reader = rig.reader({.lossless = true});
    EXPECT_TRUE(rig.out().has_room());

    rig.out().produce(1);

    EXPECT_FALSE(rig.out().has_room());
    EXPECT_EQ(values_of(reader), std::vector{1});
    EXPECT_TRUE(rig.out().has_room());
}

// Goal: under a real race each value is taken by one reader or counted as overwritten.
// Method: two threads compete for what one produces; what they took plus what was
// overwritten must be what was produced, and no number may appear twice.
TEST(Mailbox, AccountsForEveryValueWhileReadersCompete) {
    constexpr int produced = 20'000;
    BufferRig<int> rig(mailbox());
    std::array<std::vector<int>, 2> taken;

    test::run_with_deadline(60s, [&] {
        std::vector<std::thread> threads;
        for (auto& mine : taken) {
            threads.emplace_back([&rig, &mine] {
                auto reader = rig.reader();
                while (auto item = reader.recv(blocking)) {
                    mine.push_back(item->value);
                }
            });
        }
        produce_numbers(rig.out(), 1, produced);
        rig.buffer->close();
        for (std::thread& thread : threads) {
            thread.join();
        }
    });

    std::vector<int> all = taken[0];
    all.insert(all.end(), taken[1].begin(), taken[1].end());
    std::sort(all.begin(), all.end());
    EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
    const auto counters = rig.buffer->counters();
    EXPECT_EQ(all.size() + counters.overwritten + counters.occupancy, std::size_t{produced});
    EXPECT_EQ(counters.consumed, all.size());
}

}  // namespace
}  // namespace aimdb
