// SPDX-License-Identifier: Apache-2.0
//
// Stopping: in order, so that everything produced goes through, and bounded.
#include <future>
#include <thread>

#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::Gate;
using test::run_with_deadline;
using test::Seen;

// Goal: what a source has produced when the stop begins reaches the last tap.
// Method: a source as fast as its lossless readers, through two transforms and a
// join, on one to three threads; at the end every sum must be the source's.
TEST(DatabaseStop, DrainsEverythingInOrder) {
    for (std::size_t threads = 1; threads <= 3; ++threads) {
        Builder builder;
        std::atomic<std::uint64_t> produced{0};
        std::atomic<std::uint64_t> joined{0};
        Gate flowing;
        builder.configure<std::uint64_t>("in")
            .buffer(spmc_ring(8))
            .lossless()
            .source([&](Context context, Producer<std::uint64_t> out) -> Task {
                for (std::uint64_t i = 1; !context.stopping() && co_await out.room(); ++i) {
                    out.produce(i);
                    produced += i;
                }
            });
        const auto same = [](const std::uint64_t& value) { return value; };
        builder.configure<std::uint64_t>("a").buffer(spmc_ring(4)).lossless().transform("in", same);
        builder.configure<std::uint64_t>("b").buffer(spmc_ring(2)).lossless().transform("in", same);
        const auto add = [](int&, const std::uint64_t& value) { return value; };
        builder.configure<std::uint64_t>("sum")
            .buffer(spmc_ring(1))
            .lossless()
            .transform_join(0, join_input("a", add), join_input("b", add))
            .tap([&](const Item<std::uint64_t>& item) {
                joined += item.value;
                if (item.sequence == 1'000) {
                    flowing.open();
                }
            });
        Database db = builder.build();

        run_with_deadline(60s, [&] {
            db.start(threads);
            flowing.pass();
            EXPECT_TRUE(db.stop().clean());
        });

        EXPECT_EQ(joined.load(), 2 * produced.load());
    }
}

TEST(DatabaseStop, EndsASourceThatOnlyWaitsForRoom) {
    Builder builder;
    std::atomic<int> received{0};
    int sent = 0;
    Gate flowing;
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .lossless()
        .source([&](Context, Producer<int> out) -> Task {
            while (co_await out.room()) {
                out.produce(++sent);
            }
        })
        .tap([&](const int& value) {
            ++received;
            if (value == 100) {
                flowing.open();
            }
        });
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start();
        flowing.pass();
        EXPECT_TRUE(db.stop().clean());
    });

    EXPECT_EQ(received.load(), sent);
}

TEST(DatabaseStop, EndsASourceHeldBackByAReaderThatDoesNotRead) {
    Builder builder;
    Gate full;
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .source([&](Context, Producer<int> out) -> Task {
            while (co_await out.room()) {
                if (out.produce(1).sequence == 4) {
                    full.open();
                }
            }
        });
    Database db = builder.build();
    auto idle = db.reader<int>("in", {.lossless = true});

    run_with_deadline(60s, [&] {
        db.start();
        full.pass();
        EXPECT_TRUE(db.stop().clean());
    });

    EXPECT_EQ(idle.backlog(), 4u);
}

TEST(DatabaseStop, GivesUpAtTheDeadlineAndNamesTheStage) {
    Builder builder;
    Gate blocked;
    Gate gate;
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .tap(
            [&](const int&) {
                blocked.open();
                gate.pass();
            },
            "stubborn");
    StopReport report;

    run_with_deadline(60s, [&] {
        Database db = builder.build();
        db.start();
        db.producer<int>("in").produce(1);
        blocked.pass();
        report = db.stop(1ms);
        EXPECT_EQ(db.stop(1ms).gave_up, report.gave_up);
        gate.open();  // the destructor joins
    });

    EXPECT_FALSE(report.clean());
    EXPECT_EQ(report.gave_up, std::vector<std::string>{
                                  "stage stubborn of record 'in' did not end before the deadline"});
}

TEST(DatabaseStop, LeavesCoroutinesItGaveUpOnToDieWithIt) {
    const auto token = std::make_shared<int>(1);
    Builder builder;
    Gate blocked;
    Gate gate;
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .tap([&](const int&) {
            blocked.open();
            gate.pass();
        })
        .tap([held = token](Context context, Reader<int> in) -> Task {
            while (auto item = co_await in.recv()) {
                static_cast<void>(co_await context.sleep(1h));
            }
            EXPECT_EQ(*held, 1);
        });

    run_with_deadline(60s, [&] {
        Database db = builder.build();
        db.start();
        db.producer<int>("in").produce(1);
        blocked.pass();
        EXPECT_EQ(db.stop(1ms).gave_up.size(), 2u);
        gate.open();
    });

    EXPECT_EQ(token.use_count(), 1);
}

TEST(DatabaseStop, IsBoundedAlsoWhenSomebodyElseUsesItsThreads) {
    Builder builder;
    Gate waiting;
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .source([&](Context context, Producer<int>) -> Task {
            const auto linger = [](asio::any_io_executor executor) -> Awaitable<void> {
                asio::steady_timer timer(executor, 1h);
                co_await timer.async_wait(asio::use_awaitable);
            };
            asio::co_spawn(context.executor(), linger(context.executor()), asio::detached);
            waiting.open();
            co_return;
        });
    StopReport report;

    run_with_deadline(60s, [&] {
        Database db = builder.build();
        db.start();
        waiting.pass();
        while (test::stage_of(db, "in", "source[0]").state != StageState::ended) {
            std::this_thread::yield();
        }
        report = db.stop(1s);  // as long as it takes: the lingering timer does not end
    });

    EXPECT_EQ(report.gave_up,
              std::vector<std::string>{
                  "something other than a stage still ran on the database's threads"});
}

TEST(DatabaseStop, RefusesWhatIsProducedAfterwards) {
    Builder builder;
    builder.configure<int>("in").buffer(spmc_ring(4));
    Database db = builder.build();
    const auto out = db.producer<int>("in");
    auto reader = db.reader<int>("in");
    db.start();
    out.produce(1);
    db.stop();

    EXPECT_FALSE(out.produce(2));

    EXPECT_EQ(db.record_info("in").counters.refused, 1u);
    EXPECT_EQ(reader.try_recv().value().value, 1);
    EXPECT_TRUE(reader.closed());
    EXPECT_EQ(db.latest<int>("in").value().value, 1);
}

TEST(DatabaseStop, EndsWaitsOfReadersAndProducersOutside) {
    Builder builder;
    builder.configure<int>("in").buffer(spmc_ring(1));
    Database db = builder.build();
    auto full = db.reader<int>("in", {.lossless = true});
    auto reader = db.reader<int>("in");

    run_with_deadline(60s, [&] {
        db.start();
        const auto out = db.producer<int>("in");
        out.produce(1);
        EXPECT_TRUE(reader.try_recv().has_value());
        auto received = reader.recv(asio::use_future);
        std::thread waiting([&] { EXPECT_FALSE(out.room(blocking)); });
        EXPECT_TRUE(db.stop().clean());
        waiting.join();
        EXPECT_FALSE(received.get().has_value());
    });
}

TEST(DatabaseStop, WorksWithoutAStart) {
    Builder builder;
    Seen<int> seen;
    builder.configure<int>("in").buffer(spmc_ring(1)).tap([&](int v) { seen.add(v); });
    Database db = builder.build();

    EXPECT_TRUE(db.stop().clean());
    EXPECT_TRUE(db.stop().clean());
    EXPECT_FALSE(db.producer<int>("in").produce(1));
}

TEST(DatabaseStop, InAStageIsAnErrorThatSaysSo) {
    Builder builder;
    Seen<std::error_code> codes;
    Database* database = nullptr;
    builder.configure<int>("in").buffer(spmc_ring(1)).tap([&](const int&) {
        try {
            database->stop();
        } catch (const Error& error) {
            codes.add(error.code());
        }
    });
    Database db = builder.build();
    database = &db;

    run_with_deadline(60s, [&] {
        db.start();
        db.producer<int>("in").produce(1);
        codes.wait_for(1);
        db.stop();
    });

    EXPECT_EQ(codes.values().front(), Errc::would_deadlock);
}

TEST(DatabaseStop, HappensInTheDestructorIfNeedBe) {
    Builder builder;
    Seen<int> seen;
    builder.configure<int>("in").buffer(spmc_ring(4)).tap([&](const int& v) { seen.add(v); });

    run_with_deadline(60s, [&] {
        Database db = builder.build();
        db.start(2);
        db.producer<int>("in").produce(1);
    });

    EXPECT_EQ(seen.values(), std::vector{1});
}

TEST(DatabaseStop, LetsARestartingStageDrainWhatIsLeft) {
    Builder builder;
    test::LogCatcher log;
    Seen<int> seen;
    builder.log_to(log.sink());
    builder.configure<int>("in")
        .buffer(spmc_ring(8))
        .tap([&](const int& value) {
            if (value == 1) {
                throw std::runtime_error("one");
            }
            seen.add(value);
        })
        .on_failure(restart(1, 1h));

    test::run_to_the_end(builder, [&](Database& db) {
        for (int i = 1; i <= 3; ++i) {
            db.producer<int>("in").produce(i);
        }
        log.lines->wait_for(1);
    });

    EXPECT_EQ(seen.values(), (std::vector{2, 3}));
}

// Goal: a database may go while others still produce into its records.
// Method: threads that wake its stages until they are refused, whenever that is.
TEST(DatabaseStop, AndDestructionMayMeetProducersAtWork) {
    for (int round = 0; round < 50; ++round) {
        Builder builder;
        builder.configure<int>("in").buffer(spmc_ring(4)).tap([](const int&) {});

        run_with_deadline(60s, [&] {
            std::vector<std::thread> threads;
            {
                Database db = builder.build();
                db.start();
                for (int i = 0; i < 2; ++i) {
                    threads.emplace_back([out = db.producer<int>("in")] {
                        while (out.produce(1)) {
                            std::this_thread::yield();
                        }
                    });
                }
            }
            for (std::thread& thread : threads) {
                thread.join();
            }
        });
    }
}

// Goal: whoever stops first, everybody gets the same report.
// Method: four threads stop at once, one through run().
TEST(DatabaseStop, FromManyThreadsAtOnceIsOneStop) {
    Builder builder;
    builder.configure<int>("in").buffer(spmc_ring(4)).tap([](const int&) {});
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start(2);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] { EXPECT_TRUE(db.stop().clean()); });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    });
}

}  // namespace
}  // namespace aimdb
