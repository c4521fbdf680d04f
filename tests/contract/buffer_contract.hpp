// SPDX-License-Identifier: Apache-2.0
//
// What every buffer does, whatever its kind and its values, as a typed suite. To
// instantiate it, give a kind with values:
//
//     struct RingOfText {
//         using Value = Text;  // equality comparable
//         static aimdb::BufferConfig config();
//         static Value value(int number);  // distinct for distinct numbers
//     };
//
// What only one kind does is in that kind's own test.
#pragma once

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"

namespace aimdb::contract {

template <typename Kind>
class BufferContract : public testing::Test {
public:
    using Value = typename Kind::Value;

    static Value value(int number) { return Kind::value(number); }

    test::BufferRig<Value> rig{Kind::config()};
    Producer<Value> out = rig.out();
};

TYPED_TEST_SUITE_P(BufferContract);

TYPED_TEST_P(BufferContract, IsEmptyAtFirst) {
    auto reader = this->rig.reader();

    EXPECT_FALSE(reader.try_recv().has_value());
    EXPECT_FALSE(this->rig.buffer->latest().has_value());
    EXPECT_EQ(reader.backlog(), 0u);
    EXPECT_FALSE(reader.closed());
}

TYPED_TEST_P(BufferContract, NumbersValuesFromOneWithoutHoles) {
    EXPECT_EQ(this->out.produce(this->value(1)), (Position{test::rig_record, 1}));
    EXPECT_EQ(this->out.produce(this->value(2)), (Position{test::rig_record, 2}));
    EXPECT_EQ(this->out.produce(this->value(3)), (Position{test::rig_record, 3}));
}

TYPED_TEST_P(BufferContract, GivesAReaderTheValueWithItsEnvelope) {
    auto reader = this->rig.reader();

    this->out.produce(this->value(5));
    const auto item = reader.try_recv();

    ASSERT_TRUE(item.has_value());
    EXPECT_EQ(item->value, this->value(5));
    EXPECT_EQ(item->sequence, 1u);
    EXPECT_EQ(item->skipped, 0u);
    EXPECT_EQ(item->at, UnixTime{});
    EXPECT_FALSE(reader.try_recv().has_value());
}

TYPED_TEST_P(BufferContract, ReceivesAtOnceWhatIsThere) {
    auto reader = this->rig.reader();
    this->out.produce(this->value(5));

    const auto receipt = this->rig.receive(reader);

    ASSERT_TRUE(receipt->done);
    EXPECT_EQ(receipt->item.value().value, this->value(5));
}

TYPED_TEST_P(BufferContract, WaitsForAValueThatIsNotThereYet) {
    auto reader = this->rig.reader();
    const auto receipt = this->rig.receive(reader);
    ASSERT_FALSE(receipt->done);

    this->out.produce(this->value(5));
    this->rig.poll();

    ASSERT_TRUE(receipt->done);
    EXPECT_EQ(receipt->item.value().value, this->value(5));
    EXPECT_EQ(receipt->item.value().skipped, 0u);
}

TYPED_TEST_P(BufferContract, ReceivesManyUpToTheRoomGiven) {
    auto reader = this->rig.observer();
    for (int i = 1; i <= 5; ++i) {
        this->out.produce(this->value(i));
    }
    std::array<Item<typename TypeParam::Value>, 3> items{};

    EXPECT_EQ(reader.recv_many(items), 3u);
    EXPECT_EQ(items[0].value, this->value(1));
    EXPECT_EQ(items[2].sequence, 3u);
    EXPECT_EQ(reader.recv_many(items), 2u);
    EXPECT_EQ(items[1].value, this->value(5));
    EXPECT_EQ(reader.recv_many(items), 0u);
}

TYPED_TEST_P(BufferContract, LatestIsTheNewestValueAndTakesNothing) {
    auto reader = this->rig.reader();
    this->out.produce(this->value(1));
    this->out.produce(this->value(2));

    EXPECT_EQ(this->rig.buffer->latest().value().value, this->value(2));
    EXPECT_EQ(this->rig.buffer->latest().value().sequence, 2u);
    EXPECT_EQ(this->rig.buffer->latest().value().skipped, 0u);
    EXPECT_TRUE(reader.try_recv().has_value());
}

TYPED_TEST_P(BufferContract, ShowsAnObserverEveryValueOnce) {
    auto observer = this->rig.observer();
    for (int i = 1; i <= 300; ++i) {
        this->out.produce(this->value(i));
    }

    const auto items = test::take_all(observer);

    ASSERT_EQ(items.size(), 300u);
    for (std::size_t i = 0; i < items.size(); ++i) {
        EXPECT_EQ(items[i].value, this->value(static_cast<int>(i) + 1));
        EXPECT_EQ(items[i].sequence, i + 1);
        EXPECT_EQ(items[i].skipped, 0u);
    }
}

TYPED_TEST_P(BufferContract, StartsALateObserverWithTheNextValue) {
    auto first = this->rig.observer();
    for (int i = 1; i <= 3; ++i) {
        this->out.produce(this->value(i));
    }

    auto second = this->rig.observer();
    this->out.produce(this->value(4));

    EXPECT_EQ(test::take_all(first).size(), 4u);
    const auto items = test::take_all(second);
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].value, this->value(4));
    EXPECT_EQ(items[0].skipped, 0u);
}

TYPED_TEST_P(BufferContract, ObserversTakeNothingFromReaders) {
    auto reader = this->rig.reader();
    auto observer = this->rig.observer();
    this->out.produce(this->value(1));

    EXPECT_EQ(observer.try_recv().value().value, this->value(1));
    EXPECT_EQ(this->rig.buffer->latest().value().value, this->value(1));
    EXPECT_EQ(reader.try_recv().value().value, this->value(1));
}

TYPED_TEST_P(BufferContract, CountsWhatIsProducedAndConsumed) {
    auto reader = this->rig.reader();
    this->out.produce(this->value(1));
    EXPECT_TRUE(reader.try_recv().has_value());
    this->out.produce(this->value(2));
    EXPECT_TRUE(reader.try_recv().has_value());

    const auto counters = this->rig.buffer->counters();
    EXPECT_EQ(counters.produced, 2u);
    EXPECT_EQ(counters.consumed, 2u);
    EXPECT_EQ(counters.lagged, 0u);
    EXPECT_EQ(counters.refused, 0u);
    EXPECT_EQ(counters.newest_sequence, 2u);
    EXPECT_EQ(counters.next_sequence, 3u);
    EXPECT_EQ(counters.readers, 1u);
}

TYPED_TEST_P(BufferContract, RemembersWhatReadersThatAreGoneHaveConsumed) {
    {
        auto reader = this->rig.reader();
        this->out.produce(this->value(1));
        EXPECT_TRUE(reader.try_recv().has_value());
    }

    EXPECT_EQ(this->rig.buffer->counters().consumed, 1u);
    EXPECT_EQ(this->rig.buffer->counters().readers, 0u);
}

TYPED_TEST_P(BufferContract, GivesReadersWhatIsLeftAfterClosing) {
    auto reader = this->rig.reader();
    this->out.produce(this->value(1));

    this->rig.buffer->close();

    EXPECT_FALSE(reader.closed());
    EXPECT_EQ(reader.try_recv().value().value, this->value(1));
    EXPECT_TRUE(reader.closed());
    const auto receipt = this->rig.receive(reader);
    ASSERT_TRUE(receipt->done);
    EXPECT_FALSE(receipt->item.has_value());
    EXPECT_EQ(receipt->failure, nullptr);
}

TYPED_TEST_P(BufferContract, EndsWaitsByClosing) {
    auto reader = this->rig.reader();
    auto observer = this->rig.observer();
    const auto receipt = this->rig.receive(reader);
    const auto observed = this->rig.receive(observer);

    this->rig.buffer->close();
    this->rig.poll();

    EXPECT_TRUE(receipt->done);
    EXPECT_FALSE(receipt->item.has_value());
    EXPECT_TRUE(observed->done);
    EXPECT_FALSE(observed->item.has_value());
}

TYPED_TEST_P(BufferContract, RefusesAndCountsWhatComesAfterClosing) {
    auto reader = this->rig.reader();
    this->out.produce(this->value(1));
    this->rig.buffer->close();

    const Position position = this->out.produce(this->value(2));

    EXPECT_FALSE(position);
    EXPECT_FALSE(this->out.produce(this->value(3), from_unix_ms(5)));
    EXPECT_EQ(this->rig.buffer->counters().refused, 2u);
    EXPECT_EQ(this->rig.buffer->counters().produced, 1u);
    EXPECT_EQ(reader.try_recv().value().value, this->value(1));
    EXPECT_FALSE(reader.try_recv().has_value());
}

TYPED_TEST_P(BufferContract, AlwaysHasRoomWithoutLosslessReaders) {
    auto reader = this->rig.reader();
    for (int i = 1; i <= 2000; ++i) {
        EXPECT_TRUE(this->out.has_room());
        this->out.produce(this->value(i));
    }
}

TYPED_TEST_P(BufferContract, HasNoRoomWhileALosslessReaderWouldLose) {
    auto reader = this->rig.reader({.lossless = true});
    int produced = 0;
    while (this->out.has_room()) {
        this->out.produce(this->value(++produced));
        ASSERT_LE(produced, 2000);
    }

    const auto items = test::take_all(reader);

    ASSERT_EQ(items.size(), static_cast<std::size_t>(produced));
    EXPECT_EQ(items.front().skipped, 0u);
    EXPECT_TRUE(this->out.has_room());
}

TYPED_TEST_P(BufferContract, ReadersKeepItAlive) {
    auto reader = this->rig.reader();
    this->out.produce(this->value(1));
    this->out = test::BufferRig<typename TypeParam::Value>(TypeParam::config()).out();
    this->rig.buffer.reset();

    EXPECT_EQ(reader.try_recv().value().value, this->value(1));
}

// Goal: producing is safe from any thread, and every value gets a number of its own.
// Method: four threads produce 5 000 values each and keep the numbers they were
// told; together they must be exactly 1 to 20 000, ascending for each thread.
TYPED_TEST_P(BufferContract, NumbersWithoutHolesUnderFourProducingThreads) {
    constexpr int per_thread = 5'000;
    std::array<std::vector<std::uint64_t>, 4> told;
    std::vector<std::thread> threads;

    for (auto& mine : told) {
        threads.emplace_back([this, &mine] {
            for (int i = 0; i < per_thread; ++i) {
                mine.push_back(this->out.produce(this->value(i)).sequence);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }

    std::vector<std::uint64_t> all;
    for (const auto& mine : told) {
        EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
        all.insert(all.end(), mine.begin(), mine.end());
    }
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all, test::numbers<std::uint64_t>(1, 20'000));
    EXPECT_EQ(this->rig.buffer->counters().produced, 20'000u);
}

REGISTER_TYPED_TEST_SUITE_P(BufferContract,
                            IsEmptyAtFirst,
                            NumbersValuesFromOneWithoutHoles,
                            GivesAReaderTheValueWithItsEnvelope,
                            ReceivesAtOnceWhatIsThere,
                            WaitsForAValueThatIsNotThereYet,
                            ReceivesManyUpToTheRoomGiven,
                            LatestIsTheNewestValueAndTakesNothing,
                            ShowsAnObserverEveryValueOnce,
                            StartsALateObserverWithTheNextValue,
                            ObserversTakeNothingFromReaders,
                            CountsWhatIsProducedAndConsumed,
                            RemembersWhatReadersThatAreGoneHaveConsumed,
                            GivesReadersWhatIsLeftAfterClosing,
                            EndsWaitsByClosing,
                            RefusesAndCountsWhatComesAfterClosing,
                            AlwaysHasRoomWithoutLosslessReaders,
                            HasNoRoomWhileALosslessReaderWouldLose,
                            ReadersKeepItAlive,
                            NumbersWithoutHolesUnderFourProducingThreads);

}  // namespace aimdb::contract
