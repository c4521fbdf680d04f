// SPDX-License-Identifier: Apache-2.0
//
// From produce() to the file and back after a restart: waiting, restoring,
// rejecting, retaining.
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "history_fixture.hpp"

namespace {

using aimdb::blocking;
using aimdb::from_unix_ms;
using aimdb::test::Number;
using aimdb::test::Reading;
using namespace std::chrono_literals;

class Durability : public aimdb::test::HistoryFixture {};

TEST_F(Durability, WaitsForOneValueAndStoresItBeforeItSaysSo) {
    aimdb::Builder declared = builder();
    declare(declared, {"a"});
    aimdb::Database db = declared.build();
    db.start();

    const aimdb::Position position = db.producer<Number>("a").produce(Number{7});
    db.stored(position, blocking);

    EXPECT_EQ(numbers_of(db.query_latest<Number>("a", 1, blocking)),
              (std::vector<std::int64_t>{7}));
}

TEST_F(Durability, GoesOnWithTheSequenceAfterACleanStop) {
    {
        aimdb::Builder declared = builder();
        declare(declared, {"a"});
        aimdb::Database db = declared.build();
        db.start();
        db.producer<Number>("a").produce(Number{1});
        db.producer<Number>("a").produce(Number{2});
        EXPECT_TRUE(db.stop().clean());
        EXPECT_EQ(aimdb::persistence(db).account("a").pending, 0u);
        EXPECT_EQ(aimdb::persistence(db).account("a").committed, 2u);
    }
    aimdb::Builder declared = builder();
    declare(declared, {"a"});
    aimdb::Database db = declared.build();
    db.start();

    const aimdb::Position position = db.producer<Number>("a").produce(Number{3});
    db.stored(position, blocking);

    EXPECT_EQ(position.sequence, 3u);
    EXPECT_TRUE(db.query_raw("a", {.gaps = true}, blocking).gaps.empty());
}

TEST_F(Durability, RestoresBuffersWithoutDeliveringToStagesTwice) {
    {
        aimdb::Builder declared = builder();
        declared.configure<Number>("ring").buffer(aimdb::spmc_ring(3)).persist();
        declared.configure<Number>("latest").buffer(aimdb::single_latest()).persist();
        declared.configure<Number>("box").buffer(aimdb::mailbox()).persist();
        aimdb::Database db = declared.build();
        db.start();
        for (const char* key : {"ring", "latest", "box"}) {
            for (int i = 1; i <= 5; ++i) {
                db.stored(db.producer<Number>(key).produce(Number{i}), blocking);
            }
        }
    }
    int delivered = 0;
    aimdb::Builder declared = builder();
    declared.configure<Number>("ring")
        .buffer(aimdb::spmc_ring(3))
        .tap([&delivered](const Number&) { ++delivered; })
        .persist();
    declared.configure<Number>("latest").buffer(aimdb::single_latest()).persist();
    declared.configure<Number>("box").buffer(aimdb::mailbox()).persist();
    aimdb::Database db = declared.build();

    EXPECT_EQ(db.latest<Number>("ring")->value.number, 5);
    EXPECT_EQ(db.latest<Number>("latest")->value.number, 5);
    EXPECT_FALSE(db.latest<Number>("box").has_value());
    auto reader = db.reader<Number>("ring", {.from = aimdb::ReadFrom::oldest()});
    EXPECT_EQ(reader.try_recv()->value.number, 3);
    db.start();
    EXPECT_TRUE(db.stop().clean());
    EXPECT_EQ(delivered, 0);
    EXPECT_EQ(aimdb::persistence(db).account("ring").produced, 0u);
}

TEST_F(Durability, RejectsOneBadValueAndKeepsItsNeighbours) {
    aimdb::Builder declared;
    declared.clock(clock).with_persistence(aimdb::sqlite_history(file()),
                                           {.value_limit_bytes = 64});
    declared.log_to([](const aimdb::LogEntry&) {});
    declared.configure<Reading>("a").buffer(aimdb::spmc_ring(8)).persist();
    aimdb::Database db = declared.build();
    db.start();
    const auto out = db.producer<Reading>("a");

    out.produce(Reading{1.0, "fine"});
    const aimdb::Position large = out.produce(Reading{2.0, std::string(100, 'x')});
    const aimdb::Position broken = out.produce(Reading{3.0, "\xff"});
    out.produce(Reading{4.0, "fine"});
    const auto gaps = db.flush(blocking);

    EXPECT_EQ(db.query_latest<Reading>("a", 10, blocking).size(), 2u);
    ASSERT_EQ(gaps.size(), 2u);
    EXPECT_EQ(gaps[0].cause, aimdb::GapCause::rejected_too_large);
    EXPECT_EQ(gaps[1].cause, aimdb::GapCause::rejected_encode);
    EXPECT_THROW(db.stored(large, blocking), aimdb::Error);
    EXPECT_THROW(db.stored(broken, blocking), aimdb::Error);
    EXPECT_EQ(aimdb::persistence(db).account("a").rejected(), 2u);
}

TEST_F(Durability, KeepsTheNewestRowWhateverItsAge) {
    aimdb::Builder declared;
    declared.clock(clock).with_persistence(aimdb::sqlite_history(file()));
    declared.configure<Number>("a")
        .buffer(aimdb::spmc_ring(8))
        .persist({.retention = aimdb::RetentionPolicy{.age = 1h}});
    {
        aimdb::Database db = declared.build();
        db.start();
        for (int i = 1; i <= 3; ++i) {
            db.producer<Number>("a").produce(Number{i});
        }
    }
    clock->advance(48h);
    aimdb::Builder next;
    next.clock(clock).with_persistence(aimdb::sqlite_history(file()));
    next.configure<Number>("a")
        .buffer(aimdb::spmc_ring(8))
        .persist({.retention = aimdb::RetentionPolicy{.age = 1h}});

    aimdb::Database db = next.build();
    db.start();
    while (aimdb::persistence(db).stats().rows_purged < 2) {
        std::this_thread::yield();  // bounded by the test's timeout
    }

    EXPECT_EQ(numbers_of(db.query_latest<Number>("a", 10, blocking)),
              (std::vector<std::int64_t>{3}));
}

TEST_F(Durability, ReportsPersistWithoutAStoreAndNamesUsedTwice) {
    aimdb::Builder without;
    without.configure<Number>("a").buffer(aimdb::spmc_ring(8)).persist();
    try {
        static_cast<void>(without.build());
        FAIL() << "no finding";
    } catch (const aimdb::ConfigurationError& error) {
        ASSERT_EQ(error.findings().size(), 1u);
        EXPECT_EQ(error.findings()[0].record, "a");
        EXPECT_NE(error.findings()[0].message.find("with_persistence"), std::string::npos);
    }

    aimdb::Builder twice = builder();
    twice.configure<Number>("a").buffer(aimdb::spmc_ring(8)).persist({.name = "same"});
    twice.configure<Number>("b").buffer(aimdb::spmc_ring(8)).persist({.name = "same"});
    EXPECT_THROW(static_cast<void>(twice.build()), aimdb::ConfigurationError);
}

}  // namespace
