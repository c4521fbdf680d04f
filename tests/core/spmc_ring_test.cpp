// SPDX-License-Identifier: Apache-2.0
//
// What only a ring does. What all buffers do is in buffer_contract_test.cpp.
#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"

namespace aimdb {
namespace {

using test::BufferRig;
using test::numbers;
using test::produce_numbers;
using test::values_of;

TEST(SpmcRing, RetainsExactlyItsCapacityAlsoWhenThatIsNoPowerOfTwo) {
    BufferRig<int> rig(spmc_ring(500));

    produce_numbers(rig.out(), 1, 512);

    auto reader = rig.reader({.from = ReadFrom::oldest()});
    EXPECT_EQ(values_of(reader), numbers(13, 512));
    EXPECT_EQ(rig.buffer->counters().occupancy, 500u);
    EXPECT_EQ(rig.buffer->counters().overwritten, 12u);
}

TEST(SpmcRing, OfCapacityOneRetainsTheNewestValue) {
    BufferRig<int> rig(spmc_ring(1));
    auto reader = rig.reader();

    produce_numbers(rig.out(), 1, 3);

    const auto item = reader.try_recv();
    EXPECT_EQ(item.value().value, 3);
    EXPECT_EQ(item.value().skipped, 2u);
    EXPECT_FALSE(reader.try_recv().has_value());
}

TEST(SpmcRing, ShowsEveryValueToEveryReader) {
    BufferRig<int> rig(spmc_ring(8));
    auto first = rig.reader();
    auto second = rig.reader();

    produce_numbers(rig.out(), 1, 8);

    EXPECT_EQ(values_of(first), numbers(1, 8));
    EXPECT_EQ(values_of(second), numbers(1, 8));
}

TEST(SpmcRing, TellsASlowReaderWhatItMissedAndGoesOnAtTheOldestRetained) {
    BufferRig<int> rig(spmc_ring(4));
    auto reader = rig.reader();
    produce_numbers(rig.out(), 1, 2);
    EXPECT_EQ(reader.try_recv().value().value, 1);

    produce_numbers(rig.out(), 3, 10);

    const auto item = reader.try_recv();
    EXPECT_EQ(item.value().value, 7);
    EXPECT_EQ(item.value().sequence, 7u);
    EXPECT_EQ(item.value().skipped, 5u);  // 2 to 6
    EXPECT_EQ(reader.try_recv().value().skipped, 0u);
    EXPECT_EQ(values_of(reader), numbers(9, 10));
    EXPECT_EQ(rig.buffer->counters().lagged, 5u);
}

TEST(SpmcRing, CountsEachLapOfASlowReader) {
    BufferRig<int> rig(spmc_ring(2));
    auto reader = rig.reader();

    produce_numbers(rig.out(), 1, 5);
    EXPECT_EQ(reader.try_recv().value().skipped, 3u);
    produce_numbers(rig.out(), 6, 9);
    EXPECT_EQ(reader.try_recv().value().skipped, 3u);

    EXPECT_EQ(rig.buffer->counters().lagged, 6u);
    EXPECT_EQ(rig.buffer->counters().consumed, 2u);
    EXPECT_EQ(reader.backlog(), 1u);
}

TEST(SpmcRing, ReaderAtTheEdgeOfItsWindowHasMissedNothing) {
    BufferRig<int> rig(spmc_ring(3));
    auto reader = rig.reader();

    produce_numbers(rig.out(), 1, 3);

    EXPECT_EQ(reader.backlog(), 3u);
    EXPECT_EQ(reader.try_recv().value().skipped, 0u);
    rig.out().produce(4);
    EXPECT_EQ(reader.try_recv().value().skipped, 0u);
}

TEST(SpmcRing, BacklogIsWhatCanStillBeTaken) {
    BufferRig<int> rig(spmc_ring(4));
    auto reader = rig.reader();

    produce_numbers(rig.out(), 1, 3);
    EXPECT_EQ(reader.backlog(), 3u);
    produce_numbers(rig.out(), 4, 20);
    EXPECT_EQ(reader.backlog(), 4u);

    EXPECT_EQ(values_of(reader).size(), 4u);
    EXPECT_EQ(reader.backlog(), 0u);
}

struct LateReader {
    ReadFrom from;
    std::vector<int> values;
    std::uint64_t skipped_first = 0;
};

class SpmcRingLateReader : public testing::TestWithParam<LateReader> {};

TEST_P(SpmcRingLateReader, StartsWhereItChose) {
    BufferRig<int> rig(spmc_ring(5));
    produce_numbers(rig.out(), 1, 10);  // 6 to 10 are retained

    auto reader = rig.reader({.from = GetParam().from});
    rig.out().produce(11);
    // 6 is overwritten now, so who began there has missed it since.
    const auto items = test::take_all(reader);

    std::vector<int> values;
    for (const auto& item : items) {
        values.push_back(item.value);
    }
    EXPECT_EQ(values, GetParam().values);
    ASSERT_FALSE(items.empty());
    EXPECT_EQ(items.front().skipped, GetParam().skipped_first);
}

INSTANTIATE_TEST_SUITE_P(Choices,
                         SpmcRingLateReader,
                         testing::Values(LateReader{ReadFrom::standard(), {11}},
                                         LateReader{ReadFrom::next(), {11}},
                                         LateReader{ReadFrom::oldest(), {7, 8, 9, 10, 11}, 1},
                                         LateReader{ReadFrom::newest(), {10, 11}},
                                         LateReader{ReadFrom::newest(0), {11}},
                                         LateReader{ReadFrom::newest(3), {8, 9, 10, 11}},
                                         LateReader{ReadFrom::newest(99), {7, 8, 9, 10, 11}, 1},
                                         LateReader{ReadFrom::after(8), {9, 10, 11}},
                                         LateReader{ReadFrom::after(6), {7, 8, 9, 10, 11}},
                                         LateReader{ReadFrom::after(3), {7, 8, 9, 10, 11}, 3},
                                         LateReader{ReadFrom::after(0), {7, 8, 9, 10, 11}, 6},
                                         LateReader{ReadFrom::after(10), {11}},
                                         LateReader{ReadFrom::after(10'000), {11}},
                                         LateReader{ReadFrom::after(~std::uint64_t{0} - 1), {11}},
                                         LateReader{ReadFrom::after(~std::uint64_t{0}), {11}}));

TEST(SpmcRing, LateReaderOfAnEmptyRingMissesNothingWhateverItChose) {
    for (const ReadFrom from : {ReadFrom::standard(), ReadFrom::next(), ReadFrom::oldest(),
                                ReadFrom::newest(3), ReadFrom::after(0)}) {
        BufferRig<int> rig(spmc_ring(4));
        auto reader = rig.reader({.from = from});

        rig.out().produce(1);

        const auto item = reader.try_recv();
        ASSERT_TRUE(item.has_value());
        EXPECT_EQ(item->value, 1);
        EXPECT_EQ(item->skipped, 0u);
    }
}

TEST(SpmcRing, ReaderAfterASequenceCountsWhatIsGoneAsSkippedButNotAsItsOwnLag) {
    BufferRig<int> rig(spmc_ring(2));
    produce_numbers(rig.out(), 1, 10);

    auto reader = rig.reader({.from = ReadFrom::after(4)});

    EXPECT_EQ(reader.try_recv().value().skipped, 4u);  // 5 to 8
    EXPECT_EQ(rig.buffer->counters().lagged, 0u);
}

}  // namespace
}  // namespace aimdb
