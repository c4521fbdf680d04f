// SPDX-License-Identifier: Apache-2.0
//
// Starting: nothing is lost before or at it, and it happens once.
#include <csignal>
#include <thread>

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::Gate;
using test::run_with_deadline;
using test::Seen;

std::vector<int> one_to(int last) {
    std::vector<int> values;
    for (int i = 1; i <= last; ++i) {
        values.push_back(i);
    }
    return values;
}

TEST(DatabaseStart, LosesNothingThatWasProducedBefore) {
    Builder builder;
    Seen<int> seen;
    builder.configure<int>("in").buffer(spmc_ring(16));
    builder.configure<int>("out")
        .buffer(spmc_ring(16))
        .transform("in", [](const int& value) { return value; })
        .tap([&](const int& value) { seen.add(value); });
    Database db = builder.build();
    for (int i = 1; i <= 10; ++i) {
        db.producer<int>("in").produce(i);
    }

    run_with_deadline(60s, [&] {
        db.start();
        EXPECT_TRUE(db.stop().clean());
    });

    EXPECT_EQ(seen.values(), one_to(10));
}

// Goal: the first value of a source that produces at once reaches every stage.
// Method: on one to three threads the source produces 100 values before anything
// else can run; taps of the record and of one derived from it must see them all.
TEST(DatabaseStart, LosesNothingOfASourceThatProducesAtOnce) {
    for (std::size_t threads = 1; threads <= 3; ++threads) {
        Builder builder;
        Seen<int> direct;
        Seen<int> derived;
        builder.configure<int>("in")
            .buffer(spmc_ring(100))
            .source([](Context, Producer<int> out) -> Task {
                for (int i = 1; i <= 100; ++i) {
                    out.produce(i);
                }
                co_return;
            })
            .tap([&](const int& value) { direct.add(value); });
        builder.configure<int>("out")
            .buffer(spmc_ring(100))
            .transform("in", [](const int& value) { return value; })
            .tap([&](const int& value) { derived.add(value); });
        Database db = builder.build();

        run_with_deadline(60s, [&] {
            db.start(threads);
            EXPECT_TRUE(db.stop().clean());
        });

        EXPECT_EQ(direct.values(), one_to(100));
        EXPECT_EQ(derived.values(), one_to(100));
    }
}

TEST(DatabaseStart, HappensOnce) {
    Builder builder;
    builder.configure<int>("in").buffer(spmc_ring(1));
    Database db = builder.build();
    db.start();

    for (const auto& again :
         {std::function<void()>([&] { db.start(); }), std::function<void()>([&] { db.run(); }),
          std::function<void()>([&] { db.run({.handle_signals = true}); })}) {
        try {
            again();
            ADD_FAILURE() << "started twice";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::shutting_down);
            EXPECT_EQ(std::string(error.what()),
                      "start database: it runs once and was started before: the database is "
                      "stopping");
        }
    }
    EXPECT_TRUE(db.stop().clean());
    EXPECT_THROW(db.start(), Error);
}

TEST(DatabaseStart, RefusedASecondTimeChangesNothing) {
    Builder builder;
    Seen<int> seen;
    builder.configure<int>("in").buffer(spmc_ring(4)).tap([&](const int& v) { seen.add(v); });
    Database db = builder.build();
    asio::io_context unused;

    run_with_deadline(60s, [&] {
        db.start();
        EXPECT_THROW(db.start(unused.get_executor()), Error);
        EXPECT_NE(db.executor(), asio::any_io_executor(unused.get_executor()));
        auto reader = db.reader<int>("in");
        db.producer<int>("in").produce(1);
        EXPECT_EQ(reader.recv(asio::use_future).get().value().value, 1);
        seen.wait_for(1);
        EXPECT_TRUE(db.stop().clean());
    });
}

TEST(DatabaseRun, ReturnsAfterAStageAskedForTheStop) {
    Builder builder;
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .source([](Context context, Producer<int> out) -> Task {
            out.produce(1);
            context.request_stop();
            while (co_await context.sleep(1h)) {
            }
            out.produce(2);  // a source may still say its last word
        });
    Database db = builder.build();
    StopReport report;

    run_with_deadline(60s, [&] { report = db.run(); });

    EXPECT_TRUE(report.clean());
    EXPECT_EQ(db.record_info("in").counters.produced, 2u);
}

TEST(DatabaseRun, ReturnsAtOnceWhenTheStopWasAskedForBefore) {
    Builder builder;
    Seen<int> seen;
    builder.configure<int>("in").buffer(spmc_ring(4)).tap([&](const int& v) { seen.add(v); });
    Database db = builder.build();
    db.producer<int>("in").produce(1);
    db.request_stop();

    run_with_deadline(60s, [&] { EXPECT_TRUE(db.run(2).clean()); });

    EXPECT_EQ(seen.values(), std::vector{1});
}

// Goal: a stop that meets a start half-way neither hangs nor leaves threads.
// Method: many databases, each run by one thread and stopped by another at once.
TEST(DatabaseRun, MayBeStoppedWhileItStarts) {
    for (int round = 0; round < 100; ++round) {
        Builder builder;
        for (int i = 0; i < 20; ++i) {
            builder.configure<int>("r" + std::to_string(i)).buffer(spmc_ring(4)).tap([](int) {});
        }
        Database db = builder.build();

        run_with_deadline(60s, [&] {
            std::thread runner([&] {
                try {
                    EXPECT_TRUE(db.run().clean());
                } catch (const Error& error) {
                    EXPECT_EQ(error.code(), Errc::shutting_down);  // the stop was first
                }
            });
            EXPECT_TRUE(db.stop().clean());
            runner.join();
        });
    }
}

TEST(DatabaseRun, StopsOnASignalIfAskedTo) {
    Builder builder;
    Gate running;
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .source([&](Context context, Producer<int>) -> Task {
            running.open();
            while (co_await context.sleep(1h)) {
            }
        });
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        std::thread runner([&] { EXPECT_TRUE(db.run({.handle_signals = true}).clean()); });
        running.pass();
        std::raise(SIGTERM);
        runner.join();
    });
}

TEST(DatabaseRun, StopsOnASignalAlsoWhileAStageBlocksItsOnlyThread) {
    Builder builder;
    Gate blocked;
    Gate gate;
    builder.configure<int>("in").buffer(spmc_ring(4)).tap([&](const int&) {
        blocked.open();
        gate.pass();
    });
    builder.configure<int>("other").buffer(spmc_ring(4));
    Database db = builder.build();
    auto other = db.reader<int>("other");
    db.producer<int>("in").produce(1);

    run_with_deadline(60s, [&] {
        std::thread runner([&] { EXPECT_TRUE(db.run({.handle_signals = true}).clean()); });
        blocked.pass();
        std::raise(SIGTERM);
        EXPECT_FALSE(other.recv(blocking).has_value());  // closed by the stop
        for (const int signal : {SIGINT, SIGTERM}) {
            struct sigaction next {};
            EXPECT_EQ(sigaction(signal, nullptr, &next), 0);
            EXPECT_EQ(next.sa_handler, SIG_DFL) << "a second signal would be swallowed";
        }
        gate.open();
        runner.join();
    });
}

TEST(DatabaseRun, LeavesSignalsAloneUnlessAsked) {
    struct sigaction before {};
    ASSERT_EQ(sigaction(SIGTERM, nullptr, &before), 0);
    Builder builder;
    builder.configure<int>("in").buffer(spmc_ring(4));
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start();
        struct sigaction during {};
        ASSERT_EQ(sigaction(SIGTERM, nullptr, &during), 0);
        EXPECT_EQ(during.sa_handler, before.sa_handler);
        db.stop();
    });
}

// Goal: a stage that blocks its thread does not hold up the others on n threads.
// Method: two taps block until a third, on the only thread left, has seen a value.
TEST(DatabaseThreads, OneLessBlockedStagesDoNotHoldUpTheOthers) {
    Builder builder;
    Gate gate;
    Seen<int> seen;
    builder.configure<int>("slow")
        .buffer(spmc_ring(4))
        .tap([&](const int&) { gate.pass(); })
        .tap([&](const int&) { gate.pass(); });
    builder.configure<int>("fast").buffer(spmc_ring(4)).tap([&](const int& v) { seen.add(v); });
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start(3);
        db.producer<int>("slow").produce(1);
        for (int i = 0; i < 100; ++i) {
            db.producer<int>("fast").produce(i);
            seen.wait_for(static_cast<std::size_t>(i) + 1);
        }
        gate.open();
        EXPECT_TRUE(db.stop().clean());
    });
}

}  // namespace
}  // namespace aimdb
