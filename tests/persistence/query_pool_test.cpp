// SPDX-License-Identifier: Apache-2.0
#include "query_pool.hpp"

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fake_backend.hpp"

namespace aimdb::detail {
namespace {

using namespace std::chrono_literals;

/// Asks and returns the code of the answer: none when it was good.
std::future<std::error_code> ask(QueryPool& pool,
                                 const std::string& pattern,
                                 HistoryOptions options = {}) {
    auto promise = std::make_shared<std::promise<std::error_code>>();
    pool.query({pattern, options}, [promise](std::exception_ptr error, const HistoryPage&) {
        std::error_code code;
        try {
            if (error) std::rethrow_exception(error);
        } catch (const Error& failure) {
            code = failure.code();
        }
        promise->set_value(code);
    });
    return promise->get_future();
}

HistoryPage interrupted(test::FakeBackend& backend) {
    backend.wait_for_interrupt();
    throw Error(Errc::storage_unavailable, "read");
}

TEST(QueryPool, AnswersOnAThreadOfItsOwn) {
    test::FakeBackend backend;
    std::thread::id reader;
    backend.on_read = [&](const HistoryQuery& query) {
        reader = std::this_thread::get_id();
        HistoryPage page;
        page.rows.emplace_back().record = query.pattern;
        return page;
    };
    QueryPool pool(backend, 2, 10);

    std::promise<std::string> record;
    pool.query({"a.*", {}}, [&](const std::exception_ptr&, const HistoryPage& page) {
        record.set_value(page.rows.at(0).record);
    });

    EXPECT_EQ(record.get_future().get(), "a.*");
    EXPECT_NE(reader, std::this_thread::get_id());
}

TEST(QueryPool, PassesErrorsOnAndGoesOn) {
    test::FakeBackend backend;
    backend.on_read = [](const HistoryQuery& query) -> HistoryPage {
        if (query.pattern == "bad") throw Error(Errc::invalid_pattern, "bad");
        return {};
    };
    QueryPool pool(backend, 1, 10);

    EXPECT_EQ(ask(pool, "bad").get(), Errc::invalid_pattern);
    EXPECT_FALSE(ask(pool, "good").get());
}

TEST(QueryPool, PassesOnWhateverABackendThrows) {
    test::FakeBackend backend;
    backend.on_read = [](const HistoryQuery&) -> HistoryPage { throw 7; };
    QueryPool pool(backend, 1, 10);
    std::promise<std::exception_ptr> answer;

    pool.query({"a", {}}, [&](std::exception_ptr error, const HistoryPage&) {
        answer.set_value(std::move(error));
    });

    EXPECT_THROW(std::rethrow_exception(answer.get_future().get()), int);
}

TEST(QueryPool, RefusesMoreQueriesThanMayWait) {
    test::FakeBackend backend;
    std::promise<void> running;
    backend.on_read = [&](const HistoryQuery& query) {
        if (query.pattern == "first") running.set_value();
        return interrupted(backend);
    };
    QueryPool pool(backend, 1, 2);
    auto first = ask(pool, "first");
    running.get_future().wait();
    auto second = ask(pool, "second");
    auto third = ask(pool, "third");

    EXPECT_EQ(ask(pool, "fourth").get(), Errc::limit_exceeded);
    EXPECT_TRUE(pool.stop(std::chrono::steady_clock::now() + 30s));

    EXPECT_EQ(first.get(), Errc::storage_unavailable);
    EXPECT_EQ(second.get(), Errc::shutting_down);
    EXPECT_EQ(third.get(), Errc::shutting_down);
    EXPECT_EQ(ask(pool, "late").get(), Errc::shutting_down);
    EXPECT_GE(backend.interrupts(), 1);
    PersistenceStats stats;
    pool.fill(stats);
    EXPECT_EQ(stats.queries, 1u);
    EXPECT_EQ(stats.queries_refused, 2u);
}

/// Interrupts the first `times` reads, each after it gave a row to the sink if there
/// is one to have it.
std::function<HistoryPage(const HistoryQuery&)> interrupt_first(int times, int& reads) {
    return [times, &reads](const HistoryQuery& query) -> HistoryPage {
        ++reads;
        if (query.sink) static_cast<void>(query.sink->take(HistoryRowView{}));
        if (reads <= times) throw Error(Errc::storage_unavailable, "read");
        return {};
    };
}

TEST(QueryPool, ReadsAgainWhatTheStoreInterrupts) {
    test::FakeBackend backend;
    int reads = 0;
    backend.on_read = interrupt_first(2, reads);
    QueryPool pool(backend, 1, 10);

    EXPECT_FALSE(ask(pool, "a").get());
    EXPECT_EQ(reads, 3);
}

TEST(QueryPool, DoesNotReadAgainForEver) {
    test::FakeBackend backend;
    int reads = 0;
    backend.on_read = interrupt_first(100, reads);
    QueryPool pool(backend, 1, 10);

    EXPECT_EQ(ask(pool, "a").get(), Errc::storage_unavailable);
    EXPECT_EQ(reads, 3);
}

TEST(QueryPool, NeverGivesASinkTheSameRowTwice) {
    struct Counter final : HistorySink {
        bool take(const HistoryRowView&) override { return ++rows > 0; }
        bool take(const HistoryGap&) override { return true; }
        int rows = 0;
    };
    test::FakeBackend backend;
    int reads = 0;
    backend.on_read = interrupt_first(1, reads);
    QueryPool pool(backend, 1, 10);
    const auto sink = std::make_shared<Counter>();
    std::promise<bool> failed;

    pool.query({"a", {}, {}, sink}, [&](const std::exception_ptr& error, const HistoryPage&) {
        failed.set_value(error != nullptr);
    });

    EXPECT_TRUE(failed.get_future().get());
    EXPECT_EQ(sink->rows, 1);
}

TEST(QueryPool, ReadsAgainForASinkThatHasHadNothing) {
    struct Nothing final : HistorySink {
        bool take(const HistoryRowView&) override { return false; }
        bool take(const HistoryGap&) override { return false; }
    };
    test::FakeBackend backend;
    int reads = 0;
    backend.on_read = [&](const HistoryQuery&) -> HistoryPage {
        if (++reads == 1) throw Error(Errc::storage_unavailable, "read");
        return {};
    };
    QueryPool pool(backend, 1, 10);
    std::promise<bool> failed;

    pool.query({"a", {}, {}, std::make_shared<Nothing>()},
               [&](const std::exception_ptr& error, const HistoryPage&) {
                   failed.set_value(error != nullptr);
               });

    EXPECT_FALSE(failed.get_future().get());
    EXPECT_EQ(reads, 2);
}

TEST(QueryPool, GivesUpOnAnAnswerThatIsNotTakenButNotOnItsReader) {
    test::FakeBackend backend;
    QueryPool pool(backend, 1, 10);
    std::promise<void> taking;
    std::promise<void> taken;
    pool.query({"a", {}}, [&](const std::exception_ptr&, const HistoryPage&) {
        taking.set_value();
        taken.get_future().wait();
    });
    taking.get_future().wait();

    EXPECT_FALSE(pool.stop(std::chrono::steady_clock::now()));
    EXPECT_FALSE(pool.reads());
    EXPECT_EQ(backend.readers(), 0);
    taken.set_value();

    EXPECT_TRUE(pool.stop(QueryPool::SteadyTime::max()));
}

TEST(QueryPool, TellsOfAReadThatDoesNotEnd) {
    test::FakeBackend backend;
    std::promise<void> reading;
    std::promise<void> read;
    backend.on_read = [&](const HistoryQuery&) -> HistoryPage {
        reading.set_value();
        read.get_future().wait();
        return {};
    };
    QueryPool pool(backend, 1, 10);
    auto answer = ask(pool, "a");
    reading.get_future().wait();

    EXPECT_FALSE(pool.stop(std::chrono::steady_clock::now()));
    EXPECT_TRUE(pool.reads());
    read.set_value();

    EXPECT_FALSE(answer.get());
    EXPECT_TRUE(pool.stop(QueryPool::SteadyTime::max()));
    EXPECT_EQ(backend.readers(), 0);
}

TEST(QueryPool, CountsWaitingTowardsTheTimeLimit) {
    test::FakeBackend backend;
    QueryPool pool(backend, 1, 2);
    HistoryOptions options;
    options.time_limit = 0ms;

    EXPECT_EQ(ask(pool, "a", options).get(), Errc::timed_out);
}

}  // namespace
}  // namespace aimdb::detail
