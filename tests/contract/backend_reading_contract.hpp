// SPDX-License-Identifier: Apache-2.0
//
// What every Backend must answer when it is asked for history. Part of
// backend_contract.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/core/error.hpp"

#include "backend_driver.hpp"

namespace aimdb::contract {

/// Takes `room` rows and as many gaps, and refuses the next one.
struct CountingSink final : HistorySink {
    explicit CountingSink(std::size_t limit) : room(limit) {}
    [[nodiscard]] bool take(const HistoryRowView& row) override {
        if (rows.size() == room) {
            return false;
        }
        rows.push_back(
            {std::string(row.record), row.id, row.sequence, row.stored_at, std::string(row.value)});
        return true;
    }
    [[nodiscard]] bool take(const HistoryGap& gap) override {
        if (gaps.size() == room) {
            return false;
        }
        gaps.push_back(gap);
        return true;
    }

    std::size_t room;
    std::vector<HistoryRow> rows;
    std::vector<HistoryGap> gaps;
};

template <typename Store>
class BackendReading : public testing::Test {
protected:
    /// Opens the store anew; the driver before must be closed or gone.
    [[nodiscard]] BackendDriver open(std::vector<std::string> names, std::int64_t now_ms = 0) {
        return BackendDriver(store_.make(), std::move(names), now_ms);
    }

    Store store_;
};

TYPED_TEST_SUITE_P(BackendReading);

TYPED_TEST_P(BackendReading, ReturnsRowsAsTheyWereCommitted) {
    auto driver = this->open({"a"});

    driver.store("a", 1'000, R"({"x":1})");

    const HistoryPage page = driver.read("a");
    ASSERT_EQ(page.rows.size(), 1u);
    EXPECT_EQ(page.rows[0].record, "a");
    EXPECT_EQ(page.rows[0].sequence, 1u);
    EXPECT_EQ(page.rows[0].stored_at, from_unix_ms(1'000));
    EXPECT_EQ(page.rows[0].value, R"({"x":1})");
    EXPECT_GT(page.rows[0].id, 0);
    EXPECT_FALSE(page.next);
}

TYPED_TEST_P(BackendReading, ShowsNothingBeforeTheCommit) {
    auto driver = this->open({"a"});

    driver.put("a", 1, "1");

    EXPECT_TRUE(driver.read("a").rows.empty());
}

TYPED_TEST_P(BackendReading, KeepsBytesOfAnyKindInNamesAndValues) {
    const std::string value("\"\xC3\xBC\xF0\x9F\x98\x80\\u0000\"");
    auto driver =
        this->open({"gr\xC3\xBC\xC3\x9F"
                    "e.an"});

    driver.store(
        "gr\xC3\xBC\xC3\x9F"
        "e.an",
        -5, value);

    const HistoryPage page = driver.read("#");
    ASSERT_EQ(page.rows.size(), 1u);
    EXPECT_EQ(page.rows[0].value, value);
    EXPECT_EQ(page.rows[0].stored_at, from_unix_ms(-5));
}

TYPED_TEST_P(BackendReading, TreatsAnExactKeyNeverAsAPrefix) {
    auto driver = this->open({"accuracy.c1", "accuracy.c10"});
    driver.put("accuracy.c1", 1, "1");
    driver.put("accuracy.c10", 1, "10");
    driver.commit();

    EXPECT_EQ(driver.values("accuracy.c1"), (std::vector<std::string>{"1"}));
    EXPECT_EQ(driver.values("accuracy.*"), (std::vector<std::string>{"1", "10"}));
    EXPECT_EQ(driver.values("accuracy::*"), (std::vector<std::string>{"1", "10"}));
}

TYPED_TEST_P(BackendReading, IncludesTheBarePrefixInAHash) {
    auto driver = this->open({"boiler", "boiler.temp", "boilers"});
    driver.put("boiler", 1, "1");
    driver.put("boiler.temp", 1, "2");
    driver.put("boilers", 1, "3");
    driver.commit();

    EXPECT_EQ(driver.values("boiler.#"), (std::vector<std::string>{"1", "2"}));
}

TYPED_TEST_P(BackendReading, RefusesAMalformedPattern) {
    auto driver = this->open({"a"});

    EXPECT_EQ(code_of([&] { static_cast<void>(driver.read("a..b")); }), Errc::invalid_pattern);
}

TYPED_TEST_P(BackendReading, OrdersRecordsByNameAndRowsBySequence) {
    auto driver = this->open({"b", "a"});
    for (int value = 1; value <= 3; ++value) {
        driver.put("b", value, "b" + std::to_string(value));
        driver.put("a", value, "a" + std::to_string(value));
    }
    driver.commit();

    EXPECT_EQ(driver.values("#"), (std::vector<std::string>{"a1", "a2", "a3", "b1", "b2", "b3"}));
    EXPECT_EQ(driver.values("#", {.order = Order::newest_first}),
              (std::vector<std::string>{"a3", "a2", "a1", "b3", "b2", "b1"}));
}

TYPED_TEST_P(BackendReading, KeepsTheOrderOfCommitsAmongEqualTimes) {
    auto driver = this->open({"a"});
    driver.put("a", 7, "1");
    driver.put("a", 7, "2");
    driver.commit();
    driver.store("a", 7, "3");

    EXPECT_EQ(driver.values("a"), (std::vector<std::string>{"1", "2", "3"}));
}

TYPED_TEST_P(BackendReading, FindsTheNewestBySequenceWhenTheClockSteppedBack) {
    auto driver = this->open({"a"});
    driver.store("a", 1'000, "old");
    driver.store("a", 10, "new");

    const HistoryOptions newest{.limit_per_record = 1, .order = Order::newest_first};
    EXPECT_EQ(driver.values("a", newest), (std::vector<std::string>{"new"}));
    EXPECT_EQ(driver.values("a"), (std::vector<std::string>{"old", "new"}));
}

TYPED_TEST_P(BackendReading, IncludesBothEndsOfASpanOfTime) {
    auto driver = this->open({"a"});
    for (int at = 1; at <= 5; ++at) {
        driver.put("a", at, std::to_string(at));
    }
    driver.commit();

    const HistoryOptions span{.start = from_unix_ms(2), .end = from_unix_ms(4)};
    EXPECT_EQ(driver.values("a", span), (std::vector<std::string>{"2", "3", "4"}));
}

TYPED_TEST_P(BackendReading, FindsTheNewestRowWithinASpanOfTime) {
    auto driver = this->open({"a"});
    driver.put("a", 1, "1");
    driver.put("a", 2, "2");
    driver.put("a", 3, "3");
    driver.commit();

    HistoryOptions options{.limit_per_record = 1, .order = Order::newest_first};
    options.end = from_unix_ms(2);
    EXPECT_EQ(driver.values("a", options), (std::vector<std::string>{"2"}));
}

TYPED_TEST_P(BackendReading, LimitsRowsPerRecordInTheOrderAskedFor) {
    auto driver = this->open({"a", "b"});
    for (int value = 1; value <= 3; ++value) {
        driver.put("a", value, "a" + std::to_string(value));
        driver.put("b", value, "b" + std::to_string(value));
    }
    driver.commit();

    EXPECT_EQ(driver.values("#", {.limit_per_record = 2}),
              (std::vector<std::string>{"a1", "a2", "b1", "b2"}));
    EXPECT_EQ(driver.values("#", {.limit_per_record = 2, .order = Order::newest_first}),
              (std::vector<std::string>{"a3", "a2", "b3", "b2"}));
    EXPECT_TRUE(driver.values("#", {.limit_per_record = 0}).empty());
}

TYPED_TEST_P(BackendReading, GoesOnExactlyWhereAPageEnded) {
    auto driver = this->open({"a", "b", "c"});
    for (int value = 1; value <= 4; ++value) {
        for (const char* name : {"a", "b", "c"}) {
            driver.put(name, value / 2, name + std::to_string(value));
        }
    }
    driver.commit();

    HistoryOptions options{.limit_per_record = 3, .total_limit = 2};
    std::vector<std::string> all;
    int pages = 0;
    do {
        const HistoryPage page = driver.read("#", options);
        for (const HistoryRow& row : page.rows) {
            all.push_back(row.value);
        }
        options.after = page.next;
        ++pages;
    } while (options.after);

    EXPECT_EQ(all,
              (std::vector<std::string>{"a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"}));
    EXPECT_EQ(pages, 5);
}

TYPED_TEST_P(BackendReading, SaysThatAFullPageWasTheLastOne) {
    auto driver = this->open({"a"});
    driver.put("a", 1, "1");
    driver.put("a", 2, "2");
    driver.commit();

    EXPECT_FALSE(driver.read("a", {.total_limit = 2}).next);
    EXPECT_TRUE(driver.read("a", {.total_limit = 1}).next);
}

TYPED_TEST_P(BackendReading, ReturnsGapsOnlyWhenAskedAndOnlyOfMatchingRecords) {
    auto driver = this->open({"a", "b"});
    driver.put("a", 1, "1");
    driver.lose("a", 3, GapCause::lagged, 5);
    driver.lose("b", 2, GapCause::rejected_encode, 6);
    driver.commit();

    EXPECT_TRUE(driver.read("#").gaps.empty());
    const std::vector<HistoryGap> gaps = driver.read("a", {.gaps = true}).gaps;
    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(gaps[0], (HistoryGap{.record = "a",
                                   .first = 2,
                                   .last = 4,
                                   .count = 3,
                                   .cause = GapCause::lagged,
                                   .at = from_unix_ms(5)}));
    EXPECT_EQ(driver.read("#", {.gaps = true}).gaps.size(), 2u);
}

TYPED_TEST_P(BackendReading, ReturnsGapsNoticedWithinTheSpanOfTime) {
    auto driver = this->open({"a"});
    driver.lose("a", 1, GapCause::lagged, 5);
    driver.put("a", 6, "1");
    driver.lose("a", 1, GapCause::lagged, 7);
    driver.commit();

    HistoryOptions options{.start = from_unix_ms(6)};
    options.gaps = true;
    const std::vector<HistoryGap> gaps = driver.read("a", options).gaps;
    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(gaps[0].first, 3u);
}

TYPED_TEST_P(BackendReading, EndsAQueryAtItsTimeLimit) {
    auto driver = this->open({"a"});
    driver.store("a", 1, "1");

    const HistoryOptions options{.time_limit = std::chrono::milliseconds(0)};
    EXPECT_EQ(code_of([&] { static_cast<void>(driver.read("a", options)); }), Errc::timed_out);
}

TYPED_TEST_P(BackendReading, ReadsAgainAfterAnInterruption) {
    auto driver = this->open({"a"});
    driver.store("a", 1, "1");

    driver.backend().interrupt_readers();

    EXPECT_EQ(driver.values("a"), (std::vector<std::string>{"1"}));
}

TYPED_TEST_P(BackendReading, ReadsOnlyTheNamedRecordsWhereNamesAreGiven) {
    auto driver = this->open({"a", "a.b", "a.c"});
    driver.put("a", 1, "1");
    driver.put("a.b", 2, "2");
    driver.put("a.c", 3, "3");
    driver.commit();

    EXPECT_EQ(driver.values_of({"a.c", "a", "nobody"}, "a.#"),
              (std::vector<std::string>{"1", "3"}));
    EXPECT_EQ(driver.values_of({"a.c", "a"}, "a.*"), (std::vector<std::string>{"3"}));
}

TYPED_TEST_P(BackendReading, HandsASinkWhatAPageWouldHold) {
    auto driver = this->open({"a", "b", "c"});
    for (int n = 1; n <= 5; ++n) {
        driver.put("a", n, std::to_string(n));
        driver.put("c", n, std::to_string(10 * n));
    }
    driver.lose("b", 2, GapCause::lagged, 4);
    driver.commit();

    for (const std::uint64_t limit : {1u, 3u, 9u}) {
        HistoryOptions options{.limit_per_record = limit, .order = Order::newest_first};
        options.gaps = true;
        const HistoryPage expected = driver.read("#", options);
        const auto sink = std::make_shared<CountingSink>(100);
        const HistoryPage page =
            driver.read({.pattern = "#", .options = options, .names = {}, .sink = sink});
        EXPECT_EQ(sink->rows, expected.rows);
        EXPECT_EQ(sink->gaps, expected.gaps);
        EXPECT_TRUE(page.rows.empty() && page.gaps.empty());
        EXPECT_FALSE(page.next || page.gaps_cut);
    }
}

// Goal: a sink may refuse any row, the first one too, and the next page begins with
// it. Method: pages of every length a sink can cut, put together again.
TYPED_TEST_P(BackendReading, EndsAPageBeforeTheRowThatASinkRefuses) {
    auto driver = this->open({"a", "b", "c"});
    for (int n = 1; n <= 5; ++n) {
        driver.put("a", n, std::to_string(n));
        driver.put("c", n, std::to_string(10 * n));
    }
    driver.commit();

    for (const Order order : {Order::oldest_first, Order::newest_first}) {
        for (const std::uint64_t limit : {1u, 4u, 9u}) {
            const HistoryOptions options{.limit_per_record = limit, .order = order};
            const HistoryPage expected = driver.read("#", options);
            for (std::size_t room = 1; room <= 11; ++room) {
                std::vector<HistoryRow> rows;
                HistoryQuery query{.pattern = "#", .options = options, .names = {}, .sink = {}};
                do {
                    query.sink = std::make_shared<CountingSink>(0);
                    const Cursor refused = driver.read(query).next;
                    ASSERT_TRUE(refused);
                    query.options.after = refused;
                    const auto sink = std::make_shared<CountingSink>(room);
                    query.sink = sink;
                    query.options.after = driver.read(query).next;
                    rows.insert(rows.end(), sink->rows.begin(), sink->rows.end());
                } while (query.options.after);
                EXPECT_EQ(rows, expected.rows) << "in pages of " << room;
            }
        }
    }
}

TYPED_TEST_P(BackendReading, EndsTheGapsWithTheOneThatASinkRefuses) {
    auto driver = this->open({"a", "b"});
    driver.lose("a", 1, GapCause::lagged, 4);
    driver.lose("b", 1, GapCause::lagged, 5);
    driver.put("b", 6, "1");
    driver.commit();

    HistoryOptions options;
    options.gaps = true;
    const auto sink = std::make_shared<CountingSink>(1);
    const HistoryPage page =
        driver.read({.pattern = "#", .options = options, .names = {}, .sink = sink});

    EXPECT_TRUE(page.gaps_cut);
    ASSERT_EQ(sink->gaps.size(), 1u);
    EXPECT_EQ(sink->gaps[0].record, "a");
    EXPECT_EQ(sink->rows.size(), 1u);
}

REGISTER_TYPED_TEST_SUITE_P(BackendReading,
                            ReturnsRowsAsTheyWereCommitted,
                            ShowsNothingBeforeTheCommit,
                            KeepsBytesOfAnyKindInNamesAndValues,
                            TreatsAnExactKeyNeverAsAPrefix,
                            IncludesTheBarePrefixInAHash,
                            RefusesAMalformedPattern,
                            OrdersRecordsByNameAndRowsBySequence,
                            KeepsTheOrderOfCommitsAmongEqualTimes,
                            FindsTheNewestBySequenceWhenTheClockSteppedBack,
                            IncludesBothEndsOfASpanOfTime,
                            FindsTheNewestRowWithinASpanOfTime,
                            LimitsRowsPerRecordInTheOrderAskedFor,
                            GoesOnExactlyWhereAPageEnded,
                            SaysThatAFullPageWasTheLastOne,
                            ReturnsGapsOnlyWhenAskedAndOnlyOfMatchingRecords,
                            ReturnsGapsNoticedWithinTheSpanOfTime,
                            EndsAQueryAtItsTimeLimit,
                            ReadsAgainAfterAnInterruption,
                            ReadsOnlyTheNamedRecordsWhereNamesAreGiven,
                            HandsASinkWhatAPageWouldHold,
                            EndsAPageBeforeTheRowThatASinkRefuses,
                            EndsTheGapsWithTheOneThatASinkRefuses);

}  // namespace aimdb::contract
