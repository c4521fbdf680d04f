// SPDX-License-Identifier: Apache-2.0
//
// From produce() to query_latest(), through a real SQLite file: the cases that
// comparable systems get wrong.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "history_fixture.hpp"

namespace {

using aimdb::blocking;
using aimdb::from_unix_ms;
using aimdb::test::Number;
using aimdb::test::Reading;
using namespace std::chrono_literals;

class History : public aimdb::test::HistoryFixture {};

TEST_F(History, AnswersWithWhatWasProduced) {
    aimdb::Builder declared = builder();
    declare(declared, {"temp.vienna"});
    aimdb::Database db = declared.build();
    db.start();

    for (int i = 1; i <= 3; ++i) {
        db.producer<Number>("temp.vienna").produce(Number{i});
        clock->advance(1s);
    }
    EXPECT_TRUE(db.flush(blocking).empty());

    const auto newest = db.query_latest<Number>("temp.vienna", 2, blocking);
    ASSERT_EQ(newest.size(), 2u);
    EXPECT_EQ(newest.rows[0].value.number, 3);
    EXPECT_EQ(newest.rows[0].sequence, 3u);
    EXPECT_EQ(newest.rows[0].stored_at, from_unix_ms(1'002'000));
    EXPECT_EQ(newest.rows[1].value.number, 2);
    const auto range = db.query_range<Number>("temp.vienna", from_unix_ms(1'000'000),
                                              from_unix_ms(1'001'000), {}, blocking);
    EXPECT_EQ(numbers_of(range), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(History, TakesAnExactKeyForNoPrefix) {
    aimdb::Builder declared = builder();
    declare(declared, {"accuracy.c1", "accuracy.c10"});
    aimdb::Database db = declared.build();
    db.start();

    db.producer<Number>("accuracy.c10").produce(Number{10});
    static_cast<void>(db.flush(blocking));

    EXPECT_TRUE(db.query_latest<Number>("accuracy.c1", 1, blocking).empty());
    EXPECT_EQ(db.query_latest<Number>("accuracy.c10", 1, blocking).size(), 1u);
}

TEST_F(History, IncludesTheBarePrefixInAHash) {
    aimdb::Builder declared = builder();
    declare(declared, {"boiler", "boiler.supply", "boilerroom"});
    aimdb::Database db = declared.build();
    db.start();

    for (const char* key : {"boiler", "boiler.supply", "boilerroom"}) {
        db.producer<Number>(key).produce(Number{1});
    }
    static_cast<void>(db.flush(blocking));

    EXPECT_EQ(keys_of(db.query_raw("boiler.#", {}, blocking).rows),
              (std::vector<std::string>{"boiler", "boiler.supply"}));
}

TEST_F(History, MatchesBothSeparatorsWithAWildcardAndKeepsKeysApart) {
    aimdb::Builder declared = builder();
    declare(declared, {"accuracy::vienna", "accuracy.vienna"});
    aimdb::Database db = declared.build();
    db.start();

    db.producer<Number>("accuracy::vienna").produce(Number{1});
    db.producer<Number>("accuracy.vienna").produce(Number{2});
    static_cast<void>(db.flush(blocking));

    EXPECT_EQ(db.query_raw("accuracy::*", {}, blocking).rows.size(), 2u);
    EXPECT_EQ(numbers_of(db.query_latest<Number>("accuracy::vienna", 5, blocking)),
              (std::vector<std::int64_t>{1}));
}

TEST_F(History, KeepsCommitOrderForEqualTimes) {
    aimdb::Builder declared = builder();
    declare(declared, {"a"});
    aimdb::Database db = declared.build();
    db.start();

    for (int i = 1; i <= 50; ++i) {
        db.producer<Number>("a").produce(Number{i});  // the clock stands still
    }
    static_cast<void>(db.flush(blocking));

    const auto all = numbers_of(
        db.query_range<Number>("a", from_unix_ms(0), from_unix_ms(2'000'000), {}, blocking));
    ASSERT_EQ(all.size(), 50u);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i], static_cast<std::int64_t>(i) + 1);
    }
}

TEST_F(History, StoresTheFirstValueASourceProduces) {
    aimdb::Builder declared = builder();
    declared.configure<Number>("a")
        .buffer(aimdb::spmc_ring(4))
        .source([](aimdb::Context ctx, aimdb::Producer<Number> out) -> aimdb::Task {
            out.produce(Number{42});
            ctx.request_stop();
            co_return;
        })
        .persist();
    aimdb::Database db = declared.build();

    EXPECT_TRUE(db.run().clean());

    aimdb::Database again = builder().build();
    EXPECT_EQ(numbers_of(again.query_latest<Number>("a", 5, blocking)),
              (std::vector<std::int64_t>{42}));
}

TEST_F(History, RecordsLagOfThePersistStageAsAGap) {
    aimdb::Builder declared = builder();
    declared.configure<Number>("a").buffer(aimdb::spmc_ring(4)).persist();
    aimdb::Database db = declared.build();
    for (int i = 1; i <= 10; ++i) {
        db.producer<Number>("a").produce(Number{i});  // nothing runs yet: the ring laps
    }

    db.start();
    const auto gaps = db.flush(blocking);

    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(gaps[0].record, "a");
    EXPECT_EQ(gaps[0].first, 1u);
    EXPECT_EQ(gaps[0].last, 6u);
    EXPECT_EQ(gaps[0].count, 6u);
    EXPECT_EQ(gaps[0].cause, aimdb::GapCause::lagged);
    const auto page = db.query_raw("a", {.gaps = true}, blocking);
    EXPECT_EQ(page.gaps.size(), 1u);
    EXPECT_EQ(page.rows.size(), 4u);
    const auto account = aimdb::persistence(db).account("a");
    EXPECT_EQ(account.produced, 10u);
    EXPECT_EQ(account.committed, 4u);
    EXPECT_EQ(account.lost(), 6u);
    EXPECT_TRUE(account.balanced());
}

TEST_F(History, BringsNaNBackAndCountsIt) {
    aimdb::Builder declared = builder();
    declared.configure<Reading>("a").buffer(aimdb::single_latest()).persist();
    aimdb::Database db = declared.build();
    db.start();

    db.producer<Reading>("a").produce(Reading{std::numeric_limits<double>::quiet_NaN(), "x"});
    static_cast<void>(db.flush(blocking));

    const auto stored = db.query_latest<Reading>("a", 1, blocking);
    ASSERT_EQ(stored.size(), 1u);
    EXPECT_TRUE(std::isnan(stored.front().value.value));
    EXPECT_EQ(db.query_raw("a", {}, blocking).rows.front().value, R"({"value":null,"note":"x"})");
    EXPECT_EQ(aimdb::persistence(db).account("a").non_finite, 1u);
    EXPECT_TRUE(aimdb::persistence(db).account("a").balanced());

    db.producer<Reading>("a").produce(Reading{1.0, "finite"});
    db.producer<Reading>("a").produce(Reading{-std::numeric_limits<double>::infinity(), ""});
    static_cast<void>(db.flush(blocking));
    EXPECT_EQ(aimdb::persistence(db).account("a").non_finite, 2u);
}

TEST_F(History, SkipsCountsAndReportsRowsThatDoNotDecode) {
    aimdb::Builder declared = builder();
    declared.configure<Reading>("mixed").buffer(aimdb::spmc_ring(8)).persist();
    aimdb::Database db = declared.build();
    db.start();
    db.producer<Reading>("mixed").produce(Reading{1.0, "one"});
    static_cast<void>(db.flush(blocking));

    // An object, asked for as a number.
    const auto wrong = db.query_latest<std::int64_t>("mixed", 1, blocking);

    EXPECT_TRUE(wrong.empty());
    EXPECT_EQ(wrong.undecodable_rows, 1u);
}

TEST_F(History, TakesTheHighestSequenceAsNewestWhenTheClockStepsBack) {
    aimdb::Builder declared = builder();
    declare(declared, {"a"});
    aimdb::Database db = declared.build();
    db.start();
    const auto out = db.producer<Number>("a");

    out.produce(Number{1});
    clock->set_wall(from_unix_ms(500));
    out.produce(Number{2});
    static_cast<void>(db.flush(blocking));

    const auto newest = db.query_latest<Number>("a", 2, blocking);
    EXPECT_EQ(numbers_of(newest), (std::vector<std::int64_t>{2, 1}));
    EXPECT_EQ(newest.front().stored_at, from_unix_ms(500));
}

TEST_F(History, GoesOnWhereAPageOfTheNewestEnded) {
    aimdb::Builder declared = builder();
    declare(declared, {"a", "b"});
    aimdb::Database db = declared.build();
    db.start();
    for (int i = 1; i <= 3; ++i) {
        db.producer<Number>("a").produce(Number{i});
        db.producer<Number>("b").produce(Number{10 * i});
    }
    static_cast<void>(db.flush(blocking));

    const auto first = db.query_latest<Number>("#", 2, {.total_limit = 3}, blocking);
    const auto rest = db.query_latest<Number>("#", 2, {.after = first.next}, blocking);

    EXPECT_EQ(numbers_of(first), (std::vector<std::int64_t>{3, 2, 30}));
    EXPECT_EQ(numbers_of(rest), (std::vector<std::int64_t>{20}));
    EXPECT_FALSE(rest.next);
}

TEST_F(History, ShowsObserversOfAMailboxEveryValueAndTakesNone) {
    aimdb::Builder declared = builder();
    declared.configure<Number>("command").buffer(aimdb::mailbox()).persist();
    aimdb::Database db = declared.build();
    db.start();

    for (int i = 1; i <= 20; ++i) {
        db.producer<Number>("command").produce(Number{i});
    }
    static_cast<void>(db.flush(blocking));

    EXPECT_EQ(db.query_latest<Number>("command", 100, blocking).size(), 20u);
    EXPECT_EQ(db.reader<Number>("command").try_recv()->value.number, 20);
}

}  // namespace
