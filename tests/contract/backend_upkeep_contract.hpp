// SPDX-License-Identifier: Apache-2.0
//
// What every Backend must keep true while it is written to, cleaned up, closed
// and opened again. Part of backend_contract.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "backend_driver.hpp"

namespace aimdb::contract {

template <typename Store>
class BackendUpkeep : public testing::Test {
protected:
    /// Opens the store anew; the driver before must be closed or gone.
    [[nodiscard]] BackendDriver open(std::vector<std::string> names, std::int64_t now_ms = 0) {
        return BackendDriver(store_.make(), std::move(names), now_ms);
    }

    Store store_;
};

TYPED_TEST_SUITE_P(BackendUpkeep);

TYPED_TEST_P(BackendUpkeep, GivesEachNewNameAnIdAndTheFirstSequence) {
    auto driver = this->open({"a", "b"});

    ASSERT_EQ(driver.report().records.size(), 2u);
    EXPECT_NE(driver.id("a"), driver.id("b"));
    EXPECT_EQ(driver.report().records[0].next_sequence, 1u);
    EXPECT_FALSE(driver.report().records[0].has_rows);
    EXPECT_TRUE(driver.report().clean);
    EXPECT_TRUE(driver.report().crash_gaps.empty());
    EXPECT_EQ(driver.report().newest_row, UnixTime{});
}

TYPED_TEST_P(BackendUpkeep, MergesGapsOfOneCauseThatTouch) {
    auto driver = this->open({"a"});
    driver.lose("a", 2, GapCause::lagged, 5);
    driver.lose("a", 3, GapCause::lagged, 6);
    driver.commit();
    driver.lose("a", 1, GapCause::lagged, 7);
    driver.lose("a", 1, GapCause::shutdown, 8);
    driver.commit();

    const std::vector<HistoryGap> gaps = driver.read("a", {.gaps = true}).gaps;
    ASSERT_EQ(gaps.size(), 2u);
    EXPECT_EQ(gaps[0].first, 1u);
    EXPECT_EQ(gaps[0].last, 6u);
    EXPECT_EQ(gaps[0].count, 6u);
    EXPECT_EQ(gaps[1].cause, GapCause::shutdown);
}

TYPED_TEST_P(BackendUpkeep, SaysWhichSequenceComesNext) {
    auto driver = this->open({"a"});
    driver.put("a", 1, "1");
    driver.lose("a", 2, GapCause::lagged, 1);
    driver.commit();

    EXPECT_EQ(driver.backend().next_sequence(driver.id("a")), 4u);
}

TYPED_TEST_P(BackendUpkeep, RemovesOldRowsInSlicesButNeverTheNewest) {
    auto driver = this->open({"a"});
    for (int at = 1; at <= 5; ++at) {
        driver.put("a", at, std::to_string(at));
    }
    driver.commit();

    const PurgeReport first = driver.purge("a", 1'000, 3);
    const PurgeReport second = driver.purge("a", 1'000, 3);

    EXPECT_EQ(first.rows, 3u);
    EXPECT_TRUE(first.more);
    EXPECT_EQ(second.rows, 1u);
    EXPECT_FALSE(second.more);
    EXPECT_EQ(driver.values("a"), (std::vector<std::string>{"5"}));
}

TYPED_TEST_P(BackendUpkeep, KeepsTheNewestRowBySequenceEvenWhenItIsTheOldestByTime) {
    auto driver = this->open({"a"});
    driver.store("a", 1'000, "first");
    driver.store("a", 1, "second");

    EXPECT_EQ(driver.purge("a", 2'000).rows, 1u);
    EXPECT_EQ(driver.values("a"), (std::vector<std::string>{"second"}));
}

TYPED_TEST_P(BackendUpkeep, RemovesOldGaps) {
    auto driver = this->open({"a"});
    driver.lose("a", 1, GapCause::lagged, 5);
    driver.put("a", 6, "1");
    driver.lose("a", 1, GapCause::lagged, 7);
    driver.commit();

    EXPECT_EQ(driver.purge("a", 6).gaps, 1u);
    EXPECT_EQ(driver.read("a", {.gaps = true}).gaps.size(), 1u);
}

TYPED_TEST_P(BackendUpkeep, NeverGivesOutARowIdTwice) {
    auto driver = this->open({"a", "b"});
    driver.store("a", 1, "1");
    driver.store("b", 2, "2");
    const std::int64_t before = driver.read("b").rows.at(0).id;
    EXPECT_EQ(driver.purge("b", 100).rows, 0u);

    driver.store("a", 3, "3");

    EXPECT_GT(driver.read("a", {.order = Order::newest_first}).rows.at(0).id, before);
}

TYPED_TEST_P(BackendUpkeep, ComesBackAfterACleanStopWithEverythingInPlace) {
    if (!TypeParam::survives_closing) {
        GTEST_SKIP() << "this store ends with its backend";
    }
    {
        auto driver = this->open({"a", "forgotten"});
        driver.store("a", 1, "1");
        driver.store("forgotten", 2, "2");
        driver.close();
    }

    auto driver = this->open({"b", "a"});

    EXPECT_TRUE(driver.report().clean);
    EXPECT_TRUE(driver.report().crash_gaps.empty());
    EXPECT_EQ(driver.report().records[1].next_sequence, 2u);
    EXPECT_TRUE(driver.report().records[1].has_rows);
    EXPECT_EQ(driver.report().newest_row, from_unix_ms(2));
    EXPECT_EQ(driver.values("#"), (std::vector<std::string>{"1", "2"}));
}

TYPED_TEST_P(BackendUpkeep, GoesOnAboveTheReservedSequencesAfterACrash) {
    if (!TypeParam::survives_closing) {
        GTEST_SKIP() << "this store ends with its backend";
    }
    {
        auto driver = this->open({"a"});
        driver.store("a", 1, "1");
    }

    auto driver = this->open({"a"}, 99);

    const std::uint64_t reserved = 2 + reserved_ahead;
    EXPECT_FALSE(driver.report().clean);
    EXPECT_EQ(driver.report().records[0].next_sequence, reserved);
    ASSERT_EQ(driver.report().crash_gaps.size(), 1u);
    EXPECT_EQ(driver.report().crash_gaps[0], (HistoryGap{.record = "a",
                                                         .first = 2,
                                                         .last = reserved - 1,
                                                         .count = reserved_ahead,
                                                         .cause = GapCause::crash,
                                                         .at = from_unix_ms(99)}));
    EXPECT_EQ(driver.read("a", {.gaps = true}).gaps, driver.report().crash_gaps);
    EXPECT_EQ(driver.values("a"), (std::vector<std::string>{"1"}));
}

// A replayed clock stands at its beginning when the store is opened: such a gap
// once was as old as that, and retention removed it at once.
TYPED_TEST_P(BackendUpkeep, NoticesACrashNotBeforeTheNewestRow) {
    if (!TypeParam::survives_closing) {
        GTEST_SKIP() << "this store ends with its backend";
    }
    {
        auto driver = this->open({"a"});
        driver.store("a", 1'000, "1");
    }

    auto driver = this->open({"a"}, 99);

    ASSERT_EQ(driver.report().crash_gaps.size(), 1u);
    EXPECT_EQ(driver.report().crash_gaps[0].at, from_unix_ms(1'000));
}

TYPED_TEST_P(BackendUpkeep, KeepsItsEpochOverCleanStopsAndChangesItAfterACrash) {
    if (!TypeParam::survives_closing) {
        GTEST_SKIP() << "this store ends with its backend";
    }
    std::string first;
    {
        auto driver = this->open({"a"});
        first = driver.report().epoch;
        driver.close();
    }
    {
        auto driver = this->open({"a"});
        EXPECT_EQ(driver.report().epoch, first);
    }

    auto driver = this->open({"a"});

    ASSERT_EQ(first.size(), 10u);
    EXPECT_EQ(first.substr(8), ".0");
    EXPECT_EQ(driver.report().epoch, first.substr(0, 8) + ".1");
}

REGISTER_TYPED_TEST_SUITE_P(BackendUpkeep,
                            GivesEachNewNameAnIdAndTheFirstSequence,
                            MergesGapsOfOneCauseThatTouch,
                            SaysWhichSequenceComesNext,
                            RemovesOldRowsInSlicesButNeverTheNewest,
                            KeepsTheNewestRowBySequenceEvenWhenItIsTheOldestByTime,
                            RemovesOldGaps,
                            NeverGivesOutARowIdTwice,
                            ComesBackAfterACleanStopWithEverythingInPlace,
                            GoesOnAboveTheReservedSequencesAfterACrash,
                            NoticesACrashNotBeforeTheNewestRow,
                            KeepsItsEpochOverCleanStopsAndChangesItAfterACrash);

}  // namespace aimdb::contract
