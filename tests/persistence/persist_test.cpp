// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/persistence/persistence.hpp"

#include "fake_backend.hpp"
#include "persist_rig.hpp"

namespace aimdb::test {
namespace {

TEST(Persist, StoresWhatIsProducedAndFindsItAgain) {
    Program program;
    program.builder.configure<Reading>("a").buffer(spmc_ring(16)).persist();
    Database db = program.build();
    db.start();
    const auto out = db.producer<Reading>("a");

    for (int i = 1; i <= 3; ++i)
        out.produce({i}, from_unix_ms(i));
    EXPECT_TRUE(db.flush(blocking).empty());

    EXPECT_EQ(values(db.query_latest<Reading>("a", 2, blocking)), (std::vector<int>{3, 2}));
    const auto span = db.query_range<Reading>("#", from_unix_ms(2), from_unix_ms(3), {}, blocking);
    EXPECT_EQ(values(span), (std::vector<int>{2, 3}));
    EXPECT_EQ(span.front().sequence, 2u);
    EXPECT_EQ(span.front().stored_at, from_unix_ms(2));
    EXPECT_EQ(db.query_raw("a", {}, blocking).rows.at(0).value, "1");
}

TEST(Persist, StoresUnderItsNameAndKnowsItsKey) {
    Program program;
    program.builder.configure<Reading>("a").buffer(spmc_ring(16)).persist({.name = "other"});
    Database db = program.build();
    db.start();

    const Position position = db.producer<Reading>("a").produce({1});
    db.stored(position, blocking);

    EXPECT_EQ(values(db.query_latest<Reading>("other", 1, blocking)), (std::vector<int>{1}));
    EXPECT_TRUE(db.query_latest<Reading>("a", 1, blocking).empty());
    EXPECT_EQ(db.history()->stored_name("a"), "other");
    EXPECT_EQ(db.history()->position("a")->committed, 1u);
    EXPECT_FALSE(db.history()->position("b"));
}

TEST(Persist, SeesEveryValueOfASingleLatestAndAMailboxAndTakesNone) {
    Program program;
    program.builder.configure<Reading>("latest").buffer(single_latest()).persist();
    program.builder.configure<Reading>("box").buffer(mailbox()).persist();
    Database db = program.build();
    db.start();

    for (int i = 1; i <= 500; ++i) {
        db.producer<Reading>("latest").produce({i});
        db.producer<Reading>("box").produce({i});
    }
    db.flush(blocking);

    EXPECT_EQ(persistence(db).account("latest").committed, 500u);
    EXPECT_EQ(persistence(db).account("box").committed, 500u);
    EXPECT_EQ(db.latest<Reading>("box")->value.value, 500);
}

TEST(Persist, RestoresTheNewestValuesAndGoesOnWithTheSequence) {
    const auto store = memory_store();
    {
        Program program(store);
        program.builder.configure<Reading>("ring").buffer(spmc_ring(3)).persist();
        program.builder.configure<Reading>("box").buffer(mailbox()).persist();
        Database db = program.build();
        db.start();
        for (int i = 1; i <= 5; ++i) {
            const Position position = db.producer<Reading>("ring").produce({i}, from_unix_ms(i));
            db.stored(position, blocking);
        }
        const Position position = db.producer<Reading>("box").produce({1});
        db.stored(position, blocking);
        EXPECT_TRUE(db.stop().clean());
    }

    Program program(store);
    std::vector<int> tapped;
    program.builder.configure<Reading>("ring")
        .buffer(spmc_ring(3))
        .persist()
        .tap([&](const Reading& reading) { tapped.push_back(reading.value); });
    program.builder.configure<Reading>("box").buffer(mailbox()).persist();
    Database db = program.build();
    auto late = db.reader<Reading>("ring", {.from = ReadFrom::oldest()});
    EXPECT_EQ(late.try_recv()->value.value, 3);
    EXPECT_EQ(db.latest<Reading>("ring")->sequence, 5u);
    EXPECT_EQ(db.latest<Reading>("ring")->at, from_unix_ms(5));
    EXPECT_FALSE(db.latest<Reading>("box"));
    db.start();
    EXPECT_EQ(db.producer<Reading>("ring").produce({6}).sequence, 6u);
    EXPECT_EQ(db.producer<Reading>("box").produce({2}).sequence, 2u);

    EXPECT_TRUE(db.stop().clean());
    EXPECT_EQ(tapped, (std::vector<int>{6}));
    EXPECT_EQ(persistence(db).account("ring").produced, 1u);
    EXPECT_TRUE(persistence(db).account("ring").balanced());
}

TEST(Persist, RestoresAsManyValuesAsItIsAskedTo) {
    const auto store = memory_store();
    for (const std::size_t wanted : {std::size_t{0}, std::size_t{2}}) {
        Program program(store);
        program.builder.configure<Reading>("a")
            .buffer(spmc_ring(10))
            .persist({.restore_rows = wanted});
        Database db = program.build();
        auto reader = db.reader<Reading>("a", {.from = ReadFrom::oldest()});
        EXPECT_EQ(reader.backlog(), wanted);
        db.start();
        for (int i = 0; i < 5; ++i)
            db.producer<Reading>("a").produce({i});
        EXPECT_TRUE(db.stop().clean());
    }
}

TEST(Persist, LeavesOutOfARestoreWhatLiesAboveTheNextSequenceOrOutOfOrder) {
    auto backend = std::make_unique<FakeBackend>();
    backend->on_open = [](OpenReport& report) {
        report.records[0].next_sequence = 5;
        report.records[0].has_rows = true;
    };
    backend->on_read = [](const HistoryQuery&) {
        HistoryPage page;
        for (const std::uint64_t sequence : {900U, 4U, 5U, 2U, 3U, 1U}) {
            page.rows.push_back({"a", 0, sequence, UnixTime{}, std::to_string(sequence)});
        }
        return page;
    };
    std::vector<std::string> logged;
    Builder builder;
    builder.log_to([&](const LogEntry& entry) { logged.emplace_back(entry.message); });
    builder.with_persistence(std::move(backend));
    builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();

    Database db = builder.build();

    auto reader = db.reader<Reading>("a", {.from = ReadFrom::oldest()});
    std::vector<std::uint64_t> restored;
    while (const auto item = reader.try_recv())
        restored.push_back(item->sequence);
    EXPECT_EQ(restored, (std::vector<std::uint64_t>{1, 2, 4}));
    ASSERT_FALSE(logged.empty());
    EXPECT_NE(logged[0].find("3 of the newest stored values of 'a' are out of order"),
              std::string::npos);
    db.start();
    EXPECT_EQ(db.producer<Reading>("a").produce({5}).sequence, 5u);
}

TEST(Persist, SkipsCountsAndReportsRowsThatDoNotDecode) {
    Program program;
    program.builder.configure<Reading>("a").buffer(spmc_ring(16)).persist();
    Database db = program.build();
    db.start();
    for (int i = 6; i <= 8; ++i)
        db.producer<Reading>("a").produce({i});
    db.flush(blocking);

    const auto result = db.query_latest<Reading>("a", 3, blocking);

    EXPECT_EQ(values(result), (std::vector<int>{8, 6}));
    EXPECT_EQ(result.undecodable_rows, 1u);
}

TEST(Persist, SkipsRowsWhateverItsDecoderThrowsInQueriesAndAtStart) {
    const auto store = memory_store();
    for (int start = 1; start <= 2; ++start) {
        Program program(store);
        program.builder.configure<Reading>("a").buffer(spmc_ring(16)).persist();
        Database db = program.build();
        db.start();
        db.producer<Reading>("a").produce({13});
        db.flush(blocking);

        const auto result = db.query_latest<Reading>("a", 3, blocking);

        EXPECT_TRUE(result.empty());
        EXPECT_EQ(result.undecodable_rows, static_cast<std::uint64_t>(start));
    }
}

TEST(Persist, RejectsAValueThatCannotBeStoredAndKeepsTheRest) {
    Program program;
    program.builder.configure<Reading>("a").buffer(spmc_ring(16)).persist();
    Database db = program.build({.value_limit_bytes = 50});
    db.start();
    const auto out = db.producer<Reading>("a");
    out.produce({1});
    const Position broken = out.produce({-1});
    const Position large = out.produce({-2});
    out.produce({4});

    const std::vector<HistoryGap> gaps = db.flush(blocking);

    ASSERT_EQ(gaps.size(), 2u);
    EXPECT_EQ(gaps[0].cause, GapCause::rejected_encode);
    EXPECT_EQ(gaps[1].cause, GapCause::rejected_too_large);
    EXPECT_EQ(gaps[1].first, 3u);
    for (const Position& position : {broken, large}) {
        try {
            db.stored(position, blocking);
            ADD_FAILURE() << "reported as stored";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::value_rejected);
        }
    }
    EXPECT_EQ(values(db.query_latest<Reading>("a", 9, blocking)), (std::vector<int>{4, 1}));
    const HistoryAccount account = persistence(db).account("a");
    EXPECT_EQ(account.rejected(), 2u);
    EXPECT_TRUE(account.balanced());
}

TEST(Persist, RecordsWhatItsBufferOverwroteAsAGap) {
    Program program;
    program.builder.configure<Reading>("a").buffer(spmc_ring(4)).persist();
    Database db = program.build();
    const auto out = db.producer<Reading>("a");
    for (int i = 1; i <= 10; ++i)
        out.produce({i});  // before the stage runs
    const HistoryAccount before = persistence(db).account("a");
    EXPECT_EQ(before.pending, 4u);
    EXPECT_EQ(before.lost(), 6u);
    EXPECT_TRUE(before.balanced());

    db.start();
    const std::vector<HistoryGap> gaps = db.flush(blocking);

    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(gaps[0].first, 1u);
    EXPECT_EQ(gaps[0].last, 6u);
    EXPECT_EQ(gaps[0].cause, GapCause::lagged);
    EXPECT_EQ(db.query_raw("a", {.gaps = true}, blocking).gaps, gaps);
    EXPECT_EQ(persistence(db).health().state, HealthState::degraded);
    EXPECT_EQ(persistence(db).health().lost_values, 6u);
    EXPECT_TRUE(db.stop().clean());
    EXPECT_EQ(persistence(db).account("a").pending, 0u);
    EXPECT_TRUE(persistence(db).account("a").balanced());
}

TEST(Persist, TellsOfEachGapOnceWhoeverClosedItsGroup) {
    Program program;
    program.builder.configure<Reading>("a").buffer(spmc_ring(16)).persist();
    Database db = program.build();
    db.start();
    const auto out = db.producer<Reading>("a");
    out.produce({-1});
    db.stored(out.produce({2}), blocking);  // settles both before anybody flushes

    const std::vector<HistoryGap> first = db.flush(blocking);
    const std::vector<HistoryGap> none = db.flush(blocking);
    out.produce({-1});
    const std::vector<HistoryGap> second = db.flush(blocking);

    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].first, 1u);
    EXPECT_TRUE(none.empty());
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].first, 3u);
}

TEST(Persist, LosesNothingWhenTheProducerAwaitsRoom) {
    Program program;
    program.builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();
    Database db = program.build({.channel_rows = 16});
    db.start();
    const auto out = db.producer<Reading>("a");

    for (int i = 1; i <= 20'000; ++i) {
        ASSERT_TRUE(out.room(blocking));
        out.produce({i});
    }
    EXPECT_TRUE(db.flush(blocking).empty());

    EXPECT_EQ(persistence(db).account("a").committed, 20'000u);
}

}  // namespace
}  // namespace aimdb::test
