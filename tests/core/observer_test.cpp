// SPDX-License-Identifier: Apache-2.0
//
// Observers, the reader kind that sees every value of any buffer: their backlog,
// and how a buffer makes room for it while it is in use.
#include <string>

#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"

namespace aimdb {
namespace {

using test::BufferRig;
using test::numbers;
using test::produce_numbers;
using test::values_of;

TEST(Observer, MayFallBehindByItsOwnBacklogOnEveryBuffer) {
    for (const BufferConfig config : {spmc_ring(3), single_latest(), mailbox()}) {
        BufferRig<int> rig(config);
        auto observer = rig.observer();

        produce_numbers(rig.out(), 1, 1024);

        EXPECT_EQ(observer.backlog(), 1024u);
        EXPECT_EQ(values_of(observer), numbers(1, 1024));
    }
}

TEST(Observer, IsToldWhatItMissedBeyondItsBacklog) {
    BufferRig<int> rig(single_latest());
    auto observer = rig.observer();

    produce_numbers(rig.out(), 1, 1030);

    const auto item = observer.try_recv();
    EXPECT_EQ(item.value().value, 7);
    EXPECT_EQ(item.value().skipped, 6u);
    EXPECT_EQ(rig.buffer->counters().lagged, 6u);
}

TEST(Observer, CountsForRoomWhenItIsLossless) {
    BufferRig<int> rig(single_latest());
    auto observer = rig.reader({.lossless = true, .observer = true});

    produce_numbers(rig.out(), 1, 1023);
    EXPECT_TRUE(rig.out().has_room());
    rig.out().produce(1024);

    EXPECT_FALSE(rig.out().has_room());
    EXPECT_EQ(values_of(observer).size(), 1024u);
}

TEST(Observer, ChangesNothingForOrdinaryReaders) {
    BufferRig<int> rig(spmc_ring(3));
    auto reader = rig.reader();
    auto observer = rig.observer();

    produce_numbers(rig.out(), 1, 10);

    EXPECT_EQ(reader.try_recv().value().skipped, 7u);
    EXPECT_EQ(values_of(reader), numbers(9, 10));
    auto late = rig.reader({.from = ReadFrom::oldest()});
    EXPECT_EQ(values_of(late), numbers(8, 10));
    EXPECT_EQ(rig.buffer->counters().occupancy, 3u);
}

TEST(Observer, OpenedLateFindsWhatIsRetainedAndNothingOlder) {
    BufferRig<std::string> rig(spmc_ring(4));
    for (int i = 1; i <= 100; ++i) {
        rig.out().produce(std::to_string(i));
    }

    auto observer = rig.observer(ReadFrom::oldest());

    EXPECT_EQ(values_of(observer), (std::vector<std::string>{"97", "98", "99", "100"}));
}

TEST(Observer, OpenedLateLeavesEverybodyWhereTheyAre) {
    BufferRig<std::string> rig(spmc_ring(4));
    auto reader = rig.reader();
    for (int i = 1; i <= 6; ++i) {
        rig.out().produce(std::to_string(i));
    }
    EXPECT_EQ(reader.try_recv().value().value, "3");

    auto observer = rig.observer();
    rig.out().produce("7");

    EXPECT_EQ(values_of(observer), std::vector<std::string>{"7"});
    EXPECT_EQ(values_of(reader), (std::vector<std::string>{"4", "5", "6", "7"}));
    EXPECT_EQ(rig.buffer->latest().value().value, "7");
}

TEST(Observer, OpenedLateOnAMailboxLeavesThePendingValue) {
    BufferRig<std::string> rig(mailbox());
    auto reader = rig.reader();
    rig.out().produce("a");
    rig.out().produce("b");

    auto observer = rig.observer(ReadFrom::newest());

    EXPECT_EQ(values_of(observer), std::vector<std::string>{"b"});
    EXPECT_EQ(values_of(reader), std::vector<std::string>{"b"});
}

TEST(Observer, WithASmallBacklogOfItsOwnIsToldWhatAnEarlierOneCouldNotKeep) {
    BufferRig<std::string> rig(single_latest());
    detail::Cursor small;  // registered by hand, so without a larger backlog
    rig.buffer->add_reader(small, {.observer = true});
    for (int i = 1; i <= 5; ++i) {
        rig.out().produce(std::to_string(i));
    }

    auto observer = rig.observer();
    rig.out().produce("6");

    const auto item = rig.buffer->try_take(small);
    EXPECT_EQ(item.value().value, "5");
    EXPECT_EQ(item.value().skipped, 4u);
    EXPECT_EQ(rig.buffer->try_take(small).value().value, "6");
    EXPECT_EQ(rig.buffer->counters().lagged, 4u);
    rig.buffer->remove_reader(small);
}

}  // namespace
}  // namespace aimdb
