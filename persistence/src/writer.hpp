// SPDX-License-Identifier: Apache-2.0
//
// The one thread that writes the store: gathers groups, has them committed, and
// keeps house between them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "aimdb/core/clock.hpp"
#include "aimdb/core/log.hpp"
#include "aimdb/persistence/backend.hpp"
#include "aimdb/persistence/stats.hpp"

#include "channel.hpp"
#include "committer.hpp"
#include "health_board.hpp"
#include "persisted_record.hpp"
#include "retention.hpp"
#include "stop_signal.hpp"

namespace aimdb::detail {

/// What the writer works on and with. All outlive it.
struct WriterParts {
    Backend& backend;
    Channel& channel;
    const Roster& roster;
    HealthBoard& health;
    std::shared_ptr<const Clock> clock;  ///< The database's: what retention goes by.
    std::shared_ptr<Clock> pace;         ///< Real time but in tests: closes groups, paces retries.
};

struct WriterOptions {
    std::chrono::milliseconds group_delay{50};
    Permit group_limit{10'000, std::size_t{8} * 1024 * 1024};
    Retention::Options retention{std::chrono::milliseconds(10'000), 1000};
    /// Called on the writer's thread after each round of retention.
    std::function<void()> after_round;
};

/// Threads: thread-safe but for start() and the destructor, which belong to the
///          owner; its thread is "aimdb-writer".
class Writer {
public:
    /// Reserves sequences in the store.
    Writer(const WriterParts& parts, WriterOptions options);
    /// Joins the thread, waiting for a running commit; the rest is given up.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void start();
    /// From then on what the store does not take at once is given up and counted as
    /// lost, which also makes room for the stages to drain.
    void set_deadline(std::chrono::nanoseconds within) { stop_->set_deadline(within); }
    /// Has everything in the channel committed or given up, then ends.
    void request_stop() { stop_->request_stop(); }
    /// True once the thread has ended; waits until `deadline` (real time) at most.
    [[nodiscard]] bool wait_ended(std::chrono::steady_clock::time_point deadline);

    /// Calls `handler` once the record is settled up to `sequence`, and makes the
    /// group close at once. On this thread when it is settled already.
    void when_settled(PersistedRecord& record,
                      RecordAccount::Question question,
                      std::uint64_t sequence,
                      HistorySource::SettledHandler handler);

    void fill(PersistenceStats& stats) const;
    [[nodiscard]] GivenUp given_up() const { return committer_.given_up(); }
    /// Once ended: whether the store knows what became of every value.
    [[nodiscard]] bool complete() const noexcept { return complete_; }

private:
    void run();  // "aimdb-writer", as all below
    [[nodiscard]] bool gather();
    [[nodiscard]] bool group_full() const noexcept;
    [[nodiscard]] std::optional<std::chrono::nanoseconds> closing_time() const;
    [[nodiscard]] bool housekeeping_due() const;
    void keep_house(std::chrono::nanoseconds budget);
    void maintain();
    void sweep();
    void finish_group();
    void wait_for_work();

    const WriterParts parts_;
    const WriterOptions options_;
    const std::shared_ptr<StopSignal> stop_;

    // Owned by the thread.
    Committer committer_;  // but for its thread-safe functions
    Retention retention_;
    std::vector<Batch*> group_;
    bool more_maintenance_ = false;
    bool complete_ = true;  // end_mutex_ publishes it

    std::atomic<std::uint64_t> rows_purged_{0};  // counters: publish nothing
    std::atomic<std::uint64_t> gaps_purged_{0};

    std::mutex end_mutex_;  // guards ended_
    std::condition_variable end_changed_;
    bool ended_ = true;

    std::thread thread_;
};

}  // namespace aimdb::detail
