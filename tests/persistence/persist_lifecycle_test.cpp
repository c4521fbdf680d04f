// SPDX-License-Identifier: Apache-2.0
//
// What is found at build, and how persistence starts, keeps house and stops.
#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <gtest/gtest.h>

#include "fake_backend.hpp"
#include "persist_rig.hpp"
#include "support/deadline.hpp"

namespace aimdb::test {

struct Slow {
    static inline std::function<void()> on_decode;
    int value = 0;
};

}  // namespace aimdb::test

template <>
struct aimdb::Codec<aimdb::test::Slow> {
    static void encode(const aimdb::test::Slow& slow, std::string& out) {
        out += std::to_string(slow.value);
    }
    static aimdb::test::Slow decode(std::string_view text) {
        if (aimdb::test::Slow::on_decode) aimdb::test::Slow::on_decode();
        return {std::stoi(std::string(text))};
    }
};

namespace aimdb::test {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> messages(Builder& builder) {
    std::vector<std::string> all;
    try {
        static_cast<void>(builder.build());
    } catch (const ConfigurationError& error) {
        for (const auto& finding : error.findings()) {
            all.push_back(finding.record + ": " + finding.message);
        }
    }
    return all;
}

bool mentions(const std::vector<std::string>& all, std::string_view text) {
    return std::any_of(all.begin(), all.end(), [&](const std::string& message) {
        return message.find(text) != std::string::npos;
    });
}

TEST(PersistLifecycle, GivesUpAtTheDeadlineOfTheStopAndSaysSo) {
    auto owned = std::make_unique<FakeBackend>();
    FakeBackend& backend = *owned;
    backend.fail_always(true);
    Builder builder;
    builder.log_to([](const LogEntry&) {});
    builder.with_persistence(std::move(owned), {.channel_rows = 4, .group_delay = 1ms});
    builder.configure<Reading>("a").buffer(spmc_ring(64)).persist();
    Database db = builder.build();
    db.start();
    for (int i = 1; i <= 64; ++i)
        db.producer<Reading>("a").produce({i});
    backend.wait_for_attempts(1);

    // The store's time is up at once, the stage has as long as it needs to drain.
    persistence(db).stopping(std::chrono::steady_clock::now());
    const StopReport report = db.stop(30s);

    ASSERT_EQ(report.gave_up.size(), 1u);
    EXPECT_NE(report.gave_up[0].find("64 values"), std::string::npos) << report.gave_up[0];
    const HistoryAccount account = persistence(db).account("a");
    EXPECT_EQ(account.missing[static_cast<std::size_t>(GapCause::shutdown)], 64u);
    EXPECT_EQ(account.pending, 0u);
    EXPECT_TRUE(account.balanced());
    EXPECT_FALSE(backend.closed_cleanly());
}

TEST(PersistLifecycle, ClosesCleanlyWhenAStageOfTheUserHasUsedUpTheTimeOfTheStop) {
    const auto store = memory_store();
    std::binary_semaphore inside{0};
    std::binary_semaphore leave{0};
    {
        Program program(store);
        program.builder.configure<Reading>("a")
            .buffer(spmc_ring(8))
            .tap([&](const Reading&) {
                inside.release();
                leave.acquire();
            })
            .persist();
        Database db = program.build();
        db.start(2);
        db.stored(db.producer<Reading>("a").produce({1}), blocking);
        inside.acquire();

        const StopReport report = db.stop(0ms);
        leave.release();

        EXPECT_FALSE(report.clean());
        EXPECT_FALSE(mentions(report.gave_up, "persistence"));
    }
    Program program(store);
    program.builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();
    Database db = program.build();

    EXPECT_EQ(db.query_raw("a", {.gaps = true}, blocking).gaps.size(), 0u);
}

TEST(PersistLifecycle, StoresWhatWasAcceptedWhenTheTimeOfTheStopIsUsedUp) {
    Program program;
    program.builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();
    Database db = program.build({.group_delay = 1h});
    db.start();
    db.producer<Reading>("a").produce({1});
    run_with_deadline(30s, [&] {
        while (persistence(db).stats().rows_in < 1)
            std::this_thread::yield();
    });
    StopReport report;

    persistence(db).stopping(std::chrono::steady_clock::now());
    persistence(db).stopped(std::chrono::steady_clock::now(), report);

    EXPECT_TRUE(report.clean());
    EXPECT_EQ(persistence(db).account("a").committed, 1u);
}

Task ask_slowly(Database& db) { static_cast<void>(co_await db.query_latest<Slow>("a", 1)); }

// Goal:   a decoder that does not return does not hold a stop up, keeps the store from
//         closing cleanly as little, and may return when everything is being destroyed.
// Method: a coroutine asks; its decoder waits until the stop is done and the
//         destructor runs.
TEST(PersistLifecycle, StopsInTimeWhileADecoderDoesNotReturn) {
    const auto store = memory_store();
    std::promise<void> leave;
    std::thread opener;
    {
        Program program(store);
        program.builder.configure<Slow>("a").buffer(spmc_ring(8)).persist();
        std::optional<Database> db(program.build());
        db->start();
        db->stored(db->producer<Slow>("a").produce({1}), blocking);
        std::promise<void> decoding;
        Slow::on_decode = [&] {
            decoding.set_value();
            leave.get_future().wait();
        };
        asio::co_spawn(db->executor(), ask_slowly(*db), asio::detached);
        decoding.get_future().wait();

        StopReport report;
        run_with_deadline(30s, [&] { report = db->stop(0ms); });

        EXPECT_TRUE(mentions(report.gave_up, "answer"));
        EXPECT_FALSE(persistence(*db).account("a").pending);
        opener = std::thread([&] { leave.set_value(); });
        db.reset();
    }
    opener.join();
    Slow::on_decode = nullptr;
    Program program(store);
    program.builder.configure<Slow>("a").buffer(spmc_ring(8)).persist();
    Database db = program.build();

    EXPECT_EQ(db.query_raw("a", {.gaps = true}, blocking).gaps.size(), 0u);
}

TEST(PersistLifecycle, DoesNotCloseCleanlyOverValuesThatWereNeverTaken) {
    const auto store = memory_store();
    {
        Program program(store);
        program.builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();
        Database db = program.build();
        db.producer<Reading>("a").produce({1});  // its stage never starts

        EXPECT_FALSE(db.stop().clean());
    }
    Program program(store);
    program.builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();
    Database db = program.build();

    EXPECT_GT(db.producer<Reading>("a").produce({2}).sequence, 1u);
}

TEST(PersistLifecycle, CountsACrashAsAGapOverWhatWasReserved) {
    const auto store = memory_store();
    {
        auto crashed = memory_history(store);
        const OpenReport report = crashed->open({.records = {"a"}, .now = {}, .log = Log()});
        const RecordMark mark{report.records[0].id, 1, 65};
        crashed->commit({{}, {}, std::span(&mark, 1)});
    }
    Program program(store);
    program.builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();
    Database db = program.build();
    db.start();

    EXPECT_EQ(db.producer<Reading>("a").produce({1}).sequence, 65u);
    db.flush(blocking);

    const auto gaps = db.query_raw("a", {.gaps = true}, blocking).gaps;
    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(gaps[0].cause, GapCause::crash);
    EXPECT_EQ(gaps[0].count, 64u);
}

TEST(PersistLifecycle, AppliesRetentionButKeepsTheNewestRow) {
    Program program;
    program.builder.configure<Reading>("short")
        .buffer(spmc_ring(8))
        .persist({.retention = RetentionPolicy{.age = 1s}});
    program.builder.configure<Reading>("long").buffer(spmc_ring(8)).persist();
    Database db = program.build({.sweep_interval = 1ms});
    db.start();
    for (const char* key : {"short", "long"}) {
        for (int i = 1; i <= 3; ++i)
            db.producer<Reading>(key).produce({i});
    }
    db.flush(blocking);
    program.clock->advance(2s);

    run_with_deadline(30s, [&] {
        while (db.query_latest<Reading>("short", 9, blocking).size() > 1) {
            std::this_thread::yield();
        }
    });

    EXPECT_EQ(values(db.query_latest<Reading>("short", 9, blocking)), (std::vector<int>{3}));
    EXPECT_EQ(db.query_latest<Reading>("long", 9, blocking).size(), 3u);
}

TEST(PersistLifecycle, RunsWithoutAStoreWhenToldToAndCountsEveryValueAsLost) {
    const auto store = memory_store();
    const auto holder = memory_history(store);
    static_cast<void>(holder->open({}));
    Program program(store);
    program.builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();
    Database db = program.build({.if_unreadable = IfUnreadable::run_without});
    db.start();

    const Position position = db.producer<Reading>("a").produce({1});

    EXPECT_THROW(db.stored(position, blocking), Error);
    EXPECT_EQ(persistence(db).health().state, HealthState::failed);
    EXPECT_THROW(static_cast<void>(db.query_latest<Reading>("a", 1, blocking)), Error);
    const HistoryAccount account = persistence(db).account("a");
    EXPECT_EQ(account.missing[static_cast<std::size_t>(GapCause::store_unavailable)], 1u);
    EXPECT_TRUE(account.balanced());
    EXPECT_TRUE(db.stop().clean());
}

TEST(PersistLifecycle, RefusesToStartOnAStoreItCannotHave) {
    const auto store = memory_store();
    const auto holder = memory_history(store);
    static_cast<void>(holder->open({}));
    Program program(store);
    program.builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();

    EXPECT_THROW(static_cast<void>(program.build({.if_unreadable = IfUnreadable::set_aside})),
                 Error);
}

TEST(PersistLifecycle, IsAFindingWithoutAStore) {
    Builder builder;
    builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();

    EXPECT_TRUE(mentions(messages(builder), "a: persist() without a store"));
}

TEST(PersistLifecycle, FindsNamesThatCollideAndOptionsOutOfRange) {
    Builder builder;
    builder.configure<Reading>("a").buffer(spmc_ring(8)).persist({.name = "same"});
    builder.configure<Reading>("b").buffer(spmc_ring(8)).persist({.name = "same"});
    builder.configure<Reading>("c").buffer(spmc_ring(8)).persist().persist();
    builder.configure<Reading>("d").buffer(spmc_ring(8)).persist({.name = "not good"});
    builder.with_persistence(memory_history(), {.channel_rows = 0});
    builder.with_persistence(memory_history(), {.channel_rows = 0});

    const auto found = messages(builder);

    EXPECT_TRUE(mentions(found, "b: persists under the name 'same' like record 'a'"));
    EXPECT_TRUE(mentions(found, "c: persist() was called more than once"));
    EXPECT_TRUE(mentions(found, "d: persist({.name})"));
    EXPECT_TRUE(mentions(found, "channel_rows"));
    EXPECT_TRUE(mentions(found, "more than once: a database has one store"));
}

TEST(PersistLifecycle, SaysThatADatabaseHasNoPersistence) {
    Builder builder;
    builder.configure<Reading>("a").buffer(spmc_ring(8));
    Database db = builder.build();

    EXPECT_THROW(static_cast<void>(db.flush(blocking)), Error);
    EXPECT_THROW(static_cast<void>(persistence(db)), Error);
    EXPECT_EQ(db.history(), nullptr);
}

TEST(PersistLifecycle, AnswersWaitersThatTheStopLeavesBehindOrThatComeLater) {
    Program program;
    program.builder.configure<Reading>("a").buffer(spmc_ring(8)).persist();
    Database db = program.build();
    db.start();
    std::vector<std::error_code> codes;
    const auto ask = [&](std::exception_ptr error) {
        try {
            std::rethrow_exception(std::move(error));
        } catch (const Error& failure) {
            codes.push_back(failure.code());
        }
    };
    db.history()->when_settled("a", 5, ask);

    EXPECT_TRUE(db.stop().clean());
    db.history()->when_settled("a", 6, ask);

    EXPECT_EQ(codes, (std::vector<std::error_code>(2, Errc::shutting_down)));
}

TEST(PersistLifecycle, CountsInItsStats) {
    Program program;
    program.builder.configure<Reading>("a").buffer(spmc_ring(64)).persist();
    Database db = program.build();
    db.start();
    for (int i = 10; i < 30; ++i)
        db.producer<Reading>("a").produce({i});
    db.flush(blocking);
    static_cast<void>(db.query_raw("a", {}, blocking));

    const PersistenceStats stats = persistence(db).stats();

    EXPECT_EQ(stats.rows_in, 20u);
    EXPECT_EQ(stats.bytes_in, 40u);
    EXPECT_EQ(stats.rows_committed, 20u);
    EXPECT_EQ(stats.queries, 1u);
    EXPECT_GE(stats.groups, 1u);
    EXPECT_EQ(stats.health.state, HealthState::ok);
}

}  // namespace
}  // namespace aimdb::test
