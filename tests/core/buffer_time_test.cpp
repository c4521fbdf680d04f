// SPDX-License-Identifier: Apache-2.0
//
// The times in the envelope: kept only where somebody needs them, smoothed
// against races, true to the clock otherwise.
#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::BufferRig;
using test::take_all;

class BufferTime : public testing::Test {
protected:
    BufferTime() { rig.buffer->keep_times(); }

    [[nodiscard]] std::int64_t next_time() { return to_unix_ms(reader.try_recv().value().at); }

    BufferRig<int> rig{spmc_ring(8)};
    Reader<int> reader = rig.reader();
};

TEST_F(BufferTime, IsTheClocksTimeOfTheProduce) {
    rig.out().produce(1);
    rig.clock->advance(250ms);
    rig.out().produce(2);
    rig.clock->advance(1h);

    EXPECT_EQ(next_time(), 1'000'000);
    EXPECT_EQ(next_time(), 1'000'250);
    EXPECT_EQ(to_unix_ms(rig.buffer->latest().value().at), 1'000'250);
    EXPECT_EQ(to_unix_ms(rig.buffer->counters().last_produced), 1'000'250);
}

TEST_F(BufferTime, MayBeBroughtByTheValue) {
    rig.out().produce(1, from_unix_ms(42));
    rig.out().produce(2, from_unix_ms(41));

    EXPECT_EQ(next_time(), 42);
    EXPECT_EQ(next_time(), 41);
}

TEST_F(BufferTime, SmoothsTheSmallStepsBackOfThreadsThatRace) {
    rig.out().produce(1);
    rig.clock->set_wall(from_unix_ms(1'000'000 - 5));
    rig.out().produce(2);

    EXPECT_EQ(next_time(), 1'000'000);
    EXPECT_EQ(next_time(), 1'000'000);
}

TEST_F(BufferTime, KeepsARealStepBackOfTheClock) {
    rig.out().produce(1);
    rig.clock->set_wall(from_unix_ms(1'000'000 - 6));
    rig.out().produce(2);
    rig.clock->set_wall(from_unix_ms(500'000));
    rig.out().produce(3);

    EXPECT_EQ(next_time(), 1'000'000);
    EXPECT_EQ(next_time(), 999'994);
    EXPECT_EQ(next_time(), 500'000);
}

TEST(BufferWithoutTimes, DoesNotReadTheClock) {
    class CountingClock final : public Clock {
    public:
        [[nodiscard]] UnixTime now() const noexcept override {
            ++reads;
            return from_unix_ms(5);
        }
        [[nodiscard]] std::chrono::nanoseconds steady() const noexcept override { return {}; }
        mutable int reads = 0;
    };
    const auto clock = std::make_shared<CountingClock>();
    auto context = std::make_shared<detail::BufferContext>();
    context->clock = clock;
    detail::Buffer<int> buffer(spmc_ring(4), 0, context);

    buffer.produce(1);
    buffer.produce(2, from_unix_ms(99));

    EXPECT_EQ(clock->reads, 0);
    EXPECT_EQ(buffer.latest().value().at, UnixTime{});
    EXPECT_EQ(buffer.counters().last_produced, UnixTime{});
}

TEST(BufferRestore, ContinuesTheSequencesOfTheRunBefore) {
    BufferRig<int> rig(spmc_ring(4));

    rig.buffer->restore({{10, 10, 0, from_unix_ms(1)}, {11, 11, 0, from_unix_ms(2)}}, 12);

    EXPECT_EQ(rig.buffer->latest().value().sequence, 11u);
    EXPECT_EQ(rig.out().produce(12).sequence, 12u);
    auto reader = rig.reader({.from = ReadFrom::oldest()});
    EXPECT_EQ(test::values_of(reader), test::numbers(10, 12));
    EXPECT_EQ(rig.buffer->counters().produced, 1u);
    EXPECT_EQ(rig.buffer->counters().newest_sequence, 12u);
}

TEST(BufferRestore, SkipsTheNumbersThatACrashHasReserved) {
    BufferRig<int> rig(spmc_ring(4));

    rig.buffer->restore({{7, 7, 0, {}}}, 72);

    EXPECT_EQ(rig.buffer->newest_sequence(), 71u);
    EXPECT_EQ(rig.out().produce(1).sequence, 72u);
    EXPECT_EQ(rig.buffer->counters().next_sequence, 73u);
    auto reader = rig.reader({.from = ReadFrom::oldest()});
    const auto items = take_all(reader);
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].sequence, 7u);
    EXPECT_EQ(items[1].sequence, 72u);
}

TEST(BufferRestore, WithoutAnyValueOnlyMovesTheSequence) {
    BufferRig<int> rig(spmc_ring(4));
    auto before = rig.buffer->latest();

    rig.buffer->restore({}, 1000);

    EXPECT_FALSE(before.has_value());
    EXPECT_FALSE(rig.buffer->latest().has_value());
    EXPECT_EQ(rig.out().produce(1).sequence, 1000u);
}

TEST(BufferRestore, LateReaderAfterASequenceFindsItsPlaceAcrossTheHoles) {
    struct Case {
        std::uint64_t after;
        std::uint64_t first;
        std::uint64_t skipped;
    };
    for (const Case& expected :
         {Case{0, 3, 2}, Case{2, 3, 0}, Case{3, 5, 1}, Case{4, 5, 0}, Case{5, 9, 3}, Case{8, 9, 0},
          Case{9, 20, 10}, Case{15, 20, 4}, Case{19, 20, 0}, Case{20, 21, 0}}) {
        BufferRig<int> rig(spmc_ring(8));
        rig.buffer->restore({{0, 3, 0, {}}, {0, 5, 0, {}}, {0, 9, 0, {}}}, 20);
        rig.out().produce(1);  // 20
        rig.out().produce(2);  // 21

        auto reader = rig.reader({.from = ReadFrom::after(expected.after)});

        const auto item = reader.try_recv();
        EXPECT_EQ(item.value().sequence, expected.first) << "after " << expected.after;
        EXPECT_EQ(item.value().skipped, expected.skipped) << "after " << expected.after;
    }
}

TEST(BufferRestore, StageReaderBeginsAfterWhatWasRestored) {
    BufferRig<int> rig(spmc_ring(4));
    rig.buffer->restore({{1, 1, 0, {}}, {2, 2, 0, {}}}, 3);
    rig.out().produce(3);

    detail::OpenCursor<int> stage(rig.buffer, {}, true);

    EXPECT_EQ(rig.buffer->try_take(stage.cursor()).value().value, 3);
    EXPECT_FALSE(rig.buffer->try_take(stage.cursor()).has_value());
}

TEST(BufferRestore, SingleLatestShowsTheRestoredValueToALateReader) {
    BufferRig<int> rig(single_latest());
    rig.buffer->restore({{5, 41, 0, from_unix_ms(9)}}, 42);

    auto reader = rig.reader();

    const auto item = reader.try_recv();
    EXPECT_EQ(item.value().value, 5);
    EXPECT_EQ(item.value().sequence, 41u);
    EXPECT_EQ(to_unix_ms(item.value().at), 9);
}

}  // namespace
}  // namespace aimdb
