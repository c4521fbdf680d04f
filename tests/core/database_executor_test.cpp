// SPDX-License-Identifier: Apache-2.0
//
// The database on the user's own executor, and stopping without blocking.
#include <future>
#include <thread>

#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/strand.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::run_with_deadline;
using test::Seen;

class OnAnExecutor : public testing::Test {
protected:
    OnAnExecutor() {
        builder.configure<int>("in").buffer(spmc_ring(1024)).lossless();
        builder.configure<int>("out")
            .buffer(spmc_ring(1024))
            .transform("in", [](const int& value) { return value * 2; })
            .tap([this](const int& value) { seen.add(value); });
    }
    // A program on one thread whose main coroutine owns nothing but the stop.
    Awaitable<void> feed_and_stop(Database& db) {
        for (int i = 0; i < 500; ++i) {
            db.producer<int>("in").produce(i);
        }
        report = co_await db.async_stop();
    }

    Builder builder;
    Seen<int> seen;
    StopReport report;
};

TEST_F(OnAnExecutor, RunsAndStopsOnOneThreadOfTheUser) {
    asio::io_context io;
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start(io.get_executor());
        asio::co_spawn(io, feed_and_stop(db), asio::detached);
        io.run();
    });

    EXPECT_TRUE(report.clean());
    EXPECT_EQ(seen.values().size(), 500u);
}

TEST_F(OnAnExecutor, RunsOnAStrandToo) {
    asio::io_context io;
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start(asio::make_strand(io));
        asio::co_spawn(io, feed_and_stop(db), asio::detached);
        std::thread second([&] { io.run(); });
        io.run();
        second.join();
    });

    EXPECT_TRUE(report.clean());
    EXPECT_EQ(seen.values().size(), 500u);
}

TEST_F(OnAnExecutor, RunsOnThreeThreadsOfTheUser) {
    asio::io_context io;
    Database db = builder.build();
    auto work = asio::make_work_guard(io);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] { io.run(); });
    }

    run_with_deadline(60s, [&] {
        db.start(io.get_executor());
        for (int i = 0; i < 500; ++i) {
            db.producer<int>("in").produce(i);
        }
        EXPECT_TRUE(db.stop().clean());
    });
    work.reset();
    for (std::thread& thread : threads) {
        thread.join();
    }

    EXPECT_EQ(seen.values().size(), 500u);
}

TEST_F(OnAnExecutor, MayBeDestroyedByTheCoroutineThatStoppedIt) {
    asio::io_context io;
    const auto main = [&](std::unique_ptr<Database> db) -> Awaitable<void> {
        co_await feed_and_stop(*db);
        db.reset();
    };

    run_with_deadline(60s, [&] {
        auto db = std::make_unique<Database>(builder.build());
        db->start(io.get_executor());
        asio::co_spawn(io, main(std::move(db)), asio::detached);
        io.run();
    });

    EXPECT_TRUE(report.clean());
    EXPECT_EQ(seen.values().size(), 500u);
}

// Goal: the last thing a stage does on a thread of the user does not touch a
// database that is gone already.
// Method: many databases that are destroyed the moment they have stopped.
TEST(OnThreadsOfTheUser, ADatabaseMayGoTheMomentItHasStopped) {
    asio::io_context io;
    auto work = asio::make_work_guard(io);
    std::thread thread([&] { io.run(); });

    run_with_deadline(60s, [&] {
        for (int round = 0; round < 500; ++round) {
            Builder builder;
            builder.configure<int>("in").buffer(spmc_ring(4)).tap([](const int&) {});
            Database db = builder.build();
            db.start(io.get_executor());
            EXPECT_TRUE(db.stop().clean());
        }
    });
    work.reset();
    thread.join();
}

TEST_F(OnAnExecutor, LeavesNothingBehindOnAContextThatRunsNoMore) {
    const auto token = std::make_shared<int>(1);
    builder.configure<int>("in").tap([token](Context context, Reader<int> in) -> Task {
        while (auto item = co_await in.recv()) {
            static_cast<void>(co_await context.sleep(1h));
        }
    });
    builder.configure<int>("asleep")
        .buffer(spmc_ring(4))
        .source([token](Context context, Producer<int>) -> Task {
            static_cast<void>(co_await context.sleep(1h));
        });
    asio::io_context io;
    {
        Database db = builder.build();
        db.start(io.get_executor());
        db.producer<int>("in").produce(1);
        io.poll();
        EXPECT_FALSE(db.stop(1ms).clean());
    }
    builder = Builder();
    io.restart();
    io.poll();  // whatever is still queued must find what it needs

    EXPECT_EQ(token.use_count(), 1);
}

TEST(AsyncStop, TakesAnyToken) {
    for (const int threads : {1, 2}) {
        Builder builder;
        builder.configure<int>("in").buffer(spmc_ring(4)).tap([](const int&) {});
        Database db = builder.build();

        run_with_deadline(60s, [&] {
            db.start(static_cast<std::size_t>(threads));
            std::promise<StopReport> called_back;
            db.async_stop(60s, [&](std::exception_ptr, StopReport report) {
                called_back.set_value(std::move(report));
            });
            EXPECT_TRUE(called_back.get_future().get().clean());
            EXPECT_TRUE(db.async_stop(60s, asio::use_future).get().clean());
            EXPECT_TRUE(db.async_stop(60s, blocking).clean());
        });
    }
}

TEST(AsyncStop, CallbackMayDestroyTheDatabase) {
    Builder builder;
    builder.configure<int>("in").buffer(spmc_ring(4)).tap([](const int&) {});
    auto db = std::make_unique<Database>(builder.build());
    std::promise<bool> clean;

    run_with_deadline(60s, [&] {
        db->start();
        db->async_stop(60s, [&](const std::exception_ptr&, const StopReport& report) {
            db.reset();
            clean.set_value(report.clean());
        });
        EXPECT_TRUE(clean.get_future().get());
    });
}

TEST(AsyncStop, CallbackThatThrowsIsLogged) {
    Builder builder;
    test::LogCatcher log;
    builder.log_to(log.sink());
    builder.configure<int>("in").buffer(spmc_ring(4)).tap([](const int&) {});
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start();
        db.async_stop(60s, [](const std::exception_ptr&, const StopReport&) {
            throw std::runtime_error("no use for it");
        });
        log.lines->wait_for(1);
    });

    EXPECT_EQ(log.lines->values().front(), "error  : a completion handler threw: no use for it");
}

TEST(AsyncStop, InBlockingFormOnARuntimeThreadIsAnError) {
    Builder builder;
    Seen<std::error_code> codes;
    Database* database = nullptr;
    builder.configure<int>("in").buffer(spmc_ring(4)).tap([&](const int&) {
        try {
            database->async_stop(1s, blocking);
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

TEST(OnThreadsOfTheDatabase, AHandlerThatThrowsIsLoggedAndEndsNothing) {
    Builder builder;
    test::LogCatcher log;
    Seen<int> seen;
    builder.log_to(log.sink());
    builder.configure<int>("in").buffer(spmc_ring(4)).tap([&](const int& v) { seen.add(v); });
    Database db = builder.build();
    auto reader = db.reader<int>("in");

    run_with_deadline(60s, [&] {
        db.start();
        reader.recv([](const std::exception_ptr&, const std::optional<Item<int>>&) {
            throw std::runtime_error("unexpected");
        });
        db.producer<int>("in").produce(1);
        log.lines->wait_for(1);
        asio::post(db.executor(), [] { throw 7; });
        log.lines->wait_for(2);
        db.producer<int>("in").produce(2);
        seen.wait_for(2);
        EXPECT_TRUE(db.stop().clean());
    });

    EXPECT_EQ(log.lines->values(),
              (std::vector<std::string>{
                  "error  : a completion handler threw: unexpected",
                  "error  : a completion handler threw: an exception that is no std::exception"}));
}

TEST(OnThreadsOfTheUser, CoroutinesReceiveAndProduceFromTheirOwnContext) {
    Builder builder;
    builder.configure<int>("in").buffer(spmc_ring(16));
    builder.configure<int>("out").buffer(spmc_ring(16)).transform("in", [](const int& v) {
        return v + 1;
    });
    Database db = builder.build();
    asio::io_context mine;
    int sum = 0;
    const auto talk = [&]() -> Awaitable<void> {
        auto out = db.reader<int>("out");
        for (int i = 0; i < 100; ++i) {
            db.producer<int>("in").produce(i);
            const auto item = co_await out.recv();
            sum += item->value;
        }
    };

    run_with_deadline(60s, [&] {
        db.start(2);
        asio::co_spawn(mine, talk(), asio::detached);
        mine.run();
        db.stop();
    });

    EXPECT_EQ(sum, 5050);
}

}  // namespace
}  // namespace aimdb
