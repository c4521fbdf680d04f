// SPDX-License-Identifier: Apache-2.0
//
// Stages that throw: visible, counted, restarted or left, and nobody else's problem.
#include <stdexcept>

#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::LogCatcher;
using test::Seen;

void picky(int value) {
    if (value % 2 != 0) {
        throw std::runtime_error("odd value " + std::to_string(value));
    }
}

class FailingStage : public testing::Test {
protected:
    FailingStage() { builder.log_to(log.sink()); }

    // Produces 1 to 6 into "in", waits for `failures`, then stops.
    void run(Database& db, std::size_t failures) {
        test::run_with_deadline(60s, [&] {
            db.start();
            for (int i = 1; i <= 6; ++i) {
                db.producer<int>("in").produce(i);
            }
            log.lines->wait_for(failures);
            db.stop();
        });
    }

    Builder builder;
    LogCatcher log;
    Seen<int> seen;
};

TEST_F(FailingStage, IsLeftFailedVisibleAndLogged) {
    builder.configure<int>("in").buffer(spmc_ring(8)).tap([&](const int& value) {
        picky(value);
        seen.add(value);
    });
    Database db = builder.build();

    run(db, 1);

    const StageInfo stage = test::stage_of(db, "in", "tap[0]");
    EXPECT_EQ(stage.state, StageState::failed);
    EXPECT_EQ(stage.failures, 1u);
    EXPECT_EQ(stage.last_error, "odd value 1");
    EXPECT_TRUE(seen.values().empty());
    EXPECT_EQ(log.lines->values(),
              std::vector<std::string>{"error in tap[0]: stage failed: odd value 1; left failed"});
}

TEST_F(FailingStage, LeavesTheOthersRunning) {
    builder.configure<int>("in")
        .buffer(spmc_ring(8))
        .tap([](const int& value) { picky(value); })
        .tap([&](const int& value) { seen.add(value); });
    Database db = builder.build();

    run(db, 1);

    EXPECT_EQ(seen.values(), (std::vector{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(test::stage_of(db, "in", "tap[1]").state, StageState::ended);
}

TEST_F(FailingStage, GoesOnWithTheNextValueAfterARestart) {
    builder.configure<int>("in")
        .buffer(spmc_ring(8))
        .tap([&](const int& value) {
            picky(value);
            seen.add(value);
        })
        .on_failure(restart(5, 0ms));
    Database db = builder.build();

    run(db, 3);

    EXPECT_EQ(seen.values(), (std::vector{2, 4, 6}));
    const StageInfo stage = test::stage_of(db, "in", "tap[0]");
    EXPECT_EQ(stage.state, StageState::ended);
    EXPECT_EQ(stage.failures, 3u);
    EXPECT_EQ(log.lines->values().at(1), "error in tap[0]: stage failed: odd value 3; restarting");
}

TEST_F(FailingStage, IsLeftFailedWhenItsRestartsAreUsedUp) {
    builder.configure<int>("in")
        .buffer(spmc_ring(8))
        .tap([&](const int& value) {
            picky(value);
            seen.add(value);
        })
        .on_failure(restart(1, 0ms));
    Database db = builder.build();

    run(db, 2);

    EXPECT_EQ(seen.values(), std::vector{2});
    EXPECT_EQ(test::stage_of(db, "in", "tap[0]").state, StageState::failed);
    EXPECT_EQ(log.lines->values().back(),
              "error in tap[0]: stage failed: odd value 3; left failed");
}

TEST_F(FailingStage, KeepsItsStateOverARestart) {
    builder.configure<int>("in").buffer(spmc_ring(8));
    builder.configure<int>("sum")
        .buffer(spmc_ring(8))
        .transform("in", 0,
                   [](int& sum, const int& value) {
                       sum += value;
                       picky(value);
                       return sum;
                   })
        .tap([&](const int& value) { seen.add(value); })
        .on_failure(restart(5, 0ms));
    Database db = builder.build();

    run(db, 3);

    EXPECT_EQ(seen.values(), (std::vector{3, 10, 21}));
}

TEST_F(FailingStage, PublishesNothingOfACallThatThrew) {
    builder.configure<int>("in").buffer(spmc_ring(8));
    builder.configure<int>("twice")
        .buffer(spmc_ring(32))
        .transform("in",
                   [](const int& value, Emitter<int>& emit) {
                       emit.produce(value);
                       picky(value);
                       emit.produce(value * 10);
                   })
        .tap([&](const int& value) { seen.add(value); })
        .on_failure(restart(5, 0ms));
    Database db = builder.build();

    run(db, 3);

    EXPECT_EQ(seen.values(), (std::vector{2, 20, 4, 40, 6, 60}));
}

TEST_F(FailingStage, OfALosslessRecordKeepsItsPlaceToo) {
    builder.configure<int>("in").buffer(spmc_ring(8)).lossless();
    builder.configure<int>("out")
        .buffer(spmc_ring(1))
        .lossless()
        .transform("in",
                   [](const int& value) {
                       picky(value);
                       return value;
                   })
        .tap([&](const int& value) { seen.add(value); })
        .on_failure(restart(5, 0ms));
    Database db = builder.build();

    run(db, 3);

    EXPECT_EQ(seen.values(), (std::vector{2, 4, 6}));
}

TEST_F(FailingStage, CoroutineGoesOnAtItsReadersPlace) {
    builder.configure<int>("in")
        .buffer(spmc_ring(8))
        .tap([&](Context, Reader<int> in) -> Task {
            while (auto item = co_await in.recv()) {
                picky(item->value);
                seen.add(item->value);
            }
        })
        .on_failure(restart(5, 0ms));
    Database db = builder.build();

    run(db, 3);

    EXPECT_EQ(seen.values(), (std::vector{2, 4, 6}));
}

TEST_F(FailingStage, SourceIsCalledAgain) {
    builder.configure<int>("in")
        .buffer(spmc_ring(8))
        .source([calls = 0](Context, Producer<int> out) mutable -> Task {
            out.produce(++calls);
            if (calls < 3) {
                throw std::runtime_error("not yet");
            }
            co_return;
        })
        .tap([&](const int& value) { seen.add(value); })
        .on_failure(restart(5, 0ms));
    Database db = builder.build();

    test::run_with_deadline(60s, [&] {
        db.start();
        seen.wait_for(3);
        db.stop();
    });

    EXPECT_EQ(seen.values(), (std::vector{1, 2, 3}));
    EXPECT_EQ(test::stage_of(db, "in", "source[0]").state, StageState::ended);
}

TEST_F(FailingStage, MayThrowAnything) {
    builder.configure<int>("in").buffer(spmc_ring(8)).tap([](const int&) { throw 42; });
    Database db = builder.build();

    run(db, 1);

    EXPECT_EQ(test::stage_of(db, "in", "tap[0]").last_error,
              "an exception that is no std::exception");
}

TEST_F(FailingStage, MayThrowBeforeItsCoroutineBegins) {
    builder.configure<int>("in").buffer(spmc_ring(8)).tap([](Context, Reader<int>) -> Task {
        throw std::runtime_error("no coroutine at all");
    });
    Database db = builder.build();

    run(db, 1);

    EXPECT_EQ(test::stage_of(db, "in", "tap[0]").last_error, "no coroutine at all");
}

TEST_F(FailingStage, HoldsBackNobodyWhoWaitsForRoom) {
    builder.configure<int>("in").buffer(spmc_ring(2)).lossless().tap([](const int& value) {
        picky(value);
    });
    Database db = builder.build();

    test::run_with_deadline(60s, [&] {
        db.start();
        for (int i = 1; i <= 100; ++i) {
            EXPECT_TRUE(db.producer<int>("in").room(blocking));
            db.producer<int>("in").produce(i);
        }
        db.stop();
    });

    EXPECT_EQ(test::stage_of(db, "in", "tap[0]").state, StageState::failed);
}

TEST_F(FailingStage, WaitsLongerBeforeEachRestart) {
    const auto clock = std::make_shared<ManualClock>();
    builder.clock(clock);
    builder.configure<int>("in")
        .buffer(spmc_ring(8))
        .tap([&](const int& value) { picky(value); })
        .on_failure(restart(2, 100ms));
    Database db = builder.build();

    test::run_with_deadline(60s, [&] {
        db.start();
        for (const int value : {1, 3, 5}) {
            db.producer<int>("in").produce(value);
        }
        log.lines->wait_for(1);
        EXPECT_EQ(test::stage_of(db, "in", "tap[0]").state, StageState::restarting);
        while (log.lines->values().size() < 2) {
            clock->advance(50ms);
            std::this_thread::yield();
        }
        EXPECT_GE(clock->steady(), 100ms);
        const auto second = clock->steady();
        while (log.lines->values().size() < 3) {
            clock->advance(50ms);
            std::this_thread::yield();
        }
        EXPECT_GE(clock->steady(), second + 150ms);  // 200, less one step begun before
        db.stop();
    });
}

}  // namespace
}  // namespace aimdb
