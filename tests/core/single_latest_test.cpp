// SPDX-License-Identifier: Apache-2.0
//
// What only a single-latest does. What all buffers do is in buffer_contract_test.cpp.
#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"

namespace aimdb {
namespace {

using test::BufferRig;
using test::produce_numbers;
using test::values_of;

TEST(SingleLatest, ShowsALateReaderTheCurrentValueFirst) {
    BufferRig<int> rig(single_latest());
    produce_numbers(rig.out(), 1, 3);

    auto reader = rig.reader();

    const auto item = reader.try_recv();
    EXPECT_EQ(item.value().value, 3);
    EXPECT_EQ(item.value().sequence, 3u);
    EXPECT_EQ(item.value().skipped, 0u);
}

TEST(SingleLatest, ShowsEachReaderTheNewestOncePerChange) {
    BufferRig<int> rig(single_latest());
    auto first = rig.reader();
    auto second = rig.reader();
    rig.out().produce(1);

    EXPECT_EQ(values_of(first), std::vector{1});
    EXPECT_TRUE(values_of(first).empty());
    rig.out().produce(2);
    EXPECT_EQ(values_of(first), std::vector{2});
    EXPECT_EQ(values_of(second), std::vector{2});
}

TEST(SingleLatest, CountsEqualValuesAsChanges) {
    BufferRig<int> rig(single_latest());
    auto reader = rig.reader();

    rig.out().produce(5);
    EXPECT_EQ(values_of(reader), std::vector{5});
    rig.out().produce(5);

    EXPECT_EQ(values_of(reader), std::vector{5});
}

TEST(SingleLatest, TellsHowManyIntermediateValuesWereMissed) {
    BufferRig<int> rig(single_latest());
    auto reader = rig.reader();

    produce_numbers(rig.out(), 1, 5);

    const auto item = reader.try_recv();
    EXPECT_EQ(item.value().value, 5);
    EXPECT_EQ(item.value().skipped, 4u);
    EXPECT_EQ(rig.buffer->counters().lagged, 4u);
    EXPECT_EQ(rig.buffer->counters().overwritten, 4u);
    EXPECT_EQ(rig.buffer->counters().occupancy, 1u);
}

TEST(SingleLatest, ReaderMayAskForTheNextValueOnly) {
    BufferRig<int> rig(single_latest());
    rig.out().produce(1);

    auto reader = rig.reader({.from = ReadFrom::next()});

    EXPECT_FALSE(reader.try_recv().has_value());
    rig.out().produce(2);
    EXPECT_EQ(values_of(reader), std::vector{2});
}

TEST(SingleLatest, ReaderAfterASequenceLearnsWhatItMissed) {
    BufferRig<int> rig(single_latest());
    produce_numbers(rig.out(), 1, 9);

    auto reader = rig.reader({.from = ReadFrom::after(4)});

    const auto item = reader.try_recv();
    EXPECT_EQ(item.value().value, 9);
    EXPECT_EQ(item.value().skipped, 4u);  // 5 to 8
}

TEST(SingleLatest, ValueStaysAfterItWasRead) {
    BufferRig<int> rig(single_latest());
    auto reader = rig.reader();
    rig.out().produce(1);
    EXPECT_EQ(values_of(reader), std::vector{1});

    EXPECT_EQ(rig.buffer->latest().value().value, 1);
    auto late = rig.reader();
    EXPECT_EQ(values_of(late), std::vector{1});
}

}  // namespace
}  // namespace aimdb
