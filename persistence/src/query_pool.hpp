// SPDX-License-Identifier: Apache-2.0
//
// The threads that read the store: a query never waits for the writer, nor the
// writer for a query.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "aimdb/core/history.hpp"
#include "aimdb/persistence/backend.hpp"
#include "aimdb/persistence/stats.hpp"

#include "duration_log.hpp"

namespace aimdb::detail {

/// Threads: thread-safe; its own are "aimdb-read-0" and so on, each with a reader.
/// Limits:  `queue_limit` queries wait at most; one more is refused.
class QueryPool {
public:
    using SteadyTime = std::chrono::steady_clock::time_point;

    QueryPool(Backend& backend, std::size_t threads, std::size_t queue_limit);
    ~QueryPool();
    QueryPool(const QueryPool&) = delete;
    QueryPool& operator=(const QueryPool&) = delete;

    /// Answers on a thread of the pool, or on this one when refused: with
    /// limit_exceeded, or shutting_down after stop(). Waiting in the queue counts
    /// towards the query's time limit. A read that the store interrupts for its own
    /// sake is made again a few times, unless the query's sink has had something.
    void query(HistoryQuery query, HistorySource::QueryHandler handler);
    /// Looks for the oldest row when a thread is free.
    void refresh_oldest();

    /// Refuses what waits, interrupts what runs, and joins the threads. False when
    /// a query was not answered by `deadline`: what it found may be in the hands of
    /// somebody who does not return. Called again, it goes on waiting.
    [[nodiscard]] bool stop(SteadyTime deadline);
    /// After stop(): whether a reader is open still, as a read does not end.
    [[nodiscard]] bool reads() const;

    void fill(PersistenceStats& stats) const;

private:
    struct Job {
        HistoryQuery query;
        HistorySource::QueryHandler handler;  // empty: look for the oldest row
        SteadyTime asked;
    };

    struct Worker {
        std::thread thread;
        std::unique_ptr<BackendReader> reader;  // the thread's own while `reading`
        bool reading = false;
    };

    void refuse_waiting();
    void close_idle_readers();  // with the lock

    void run(Worker& worker, const std::string& name);  // "aimdb-read-<n>", as all below
    void answer(Job job, Worker& worker);
    [[nodiscard]] HistoryPage read(Job& job, Worker& worker);
    [[nodiscard]] bool stopping() const;
    void look_for_oldest(Worker& worker);
    [[nodiscard]] BackendReader& opened(Worker& worker);

    Backend& backend_;
    const std::size_t queue_limit_;

    mutable std::mutex mutex_;  // guards everything below but the threads
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    std::size_t running_ = 0;
    bool stopping_ = false;
    DurationLog durations_;
    std::uint64_t refused_ = 0;
    std::optional<UnixTime> oldest_;

    std::deque<Worker> workers_;  // readers and their flags are guarded as well
};

}  // namespace aimdb::detail
