// SPDX-License-Identifier: Apache-2.0
//
// Makes one group durable, whatever it takes, and books what became of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "aimdb/core/clock.hpp"
#include "aimdb/persistence/backend.hpp"
#include "aimdb/persistence/stats.hpp"

#include "duration_log.hpp"
#include "group_builder.hpp"
#include "health_board.hpp"
#include "stop_signal.hpp"

namespace aimdb::detail {

/// What a stop gave up on.
struct GivenUp {
    std::uint64_t lost = 0;     ///< Values certainly not stored.
    std::uint64_t unknown = 0;  ///< Values that may be stored or not.
};

/// Retries a failed group until it is in, or the stop's time is up. What comes
/// after that is still tried, until an attempt fails: a store that works takes it,
/// whoever used the time up. The outcome of a failed commit may be unknown; then the
/// store is asked before anything is written again, so that no row is doubled.
///
/// Threads: thread-confined to the writer, but for add_waiter(), remove_waiter(),
///          give_up_rest(), fill() and given_up().
class Committer {
public:
    Committer(Backend& backend,
              const Roster& roster,
              std::shared_ptr<const Clock> pace,
              StopSignal& stop,
              HealthBoard& health);

    /// Reserves sequences for every record, so that none is given out twice even if
    /// the program crashes before its first group.
    void reserve();
    /// Commits what is in `batches` or gives it up. Returns how long the last attempt took.
    std::chrono::nanoseconds write(std::span<Batch* const> batches);

    /// Tries once to store that values were given up. False: the store does not
    /// know of all sequences given out, so its stop must not count as clean.
    [[nodiscard]] bool record_given_up();

    /// From now on no group is tried; a running attempt still ends as it does.
    void give_up_rest() noexcept { hopeless_ = true; }

    /// Somebody waits for values to be settled; from now on groups close at once.
    void add_waiter() noexcept { waiters_.fetch_add(1, std::memory_order_seq_cst); }
    void remove_waiter() noexcept { waiters_.fetch_sub(1, std::memory_order_seq_cst); }
    [[nodiscard]] bool awaited() const noexcept { return waiters_.load() > 0; }

    void fill(PersistenceStats& stats) const;
    [[nodiscard]] GivenUp given_up() const;

private:
    void attempt();
    void look_up_doubtful();
    void fail(const std::string& reason, bool unknown);
    void book_stored(const GroupPart& part, std::uint64_t next, bool doubtful);
    void book_given_up();
    std::uint64_t give_up(const GroupPart& part, std::uint64_t next);
    void count_commit(std::chrono::nanoseconds duration);
    void complete();

    Backend& backend_;
    const Roster& roster_;
    const std::shared_ptr<const Clock> pace_;
    StopSignal& stop_;
    HealthBoard& health_;

    GroupBuilder builder_;
    bool doubtful_ = false;  // the group may be in the store
    std::vector<MissingRange> missing_;
    std::vector<SettledWaiter> done_;
    std::vector<std::uint64_t> next_;
    std::chrono::nanoseconds took_{0};
    Batch abandoned_;  // the gaps left by what was given up

    std::atomic<bool> hopeless_{false};     // publishes nothing
    std::atomic<std::int64_t> waiters_{0};  // publishes nothing: the accounts hold the waiters

    mutable std::mutex stats_mutex_;  // guards everything below
    DurationLog commits_;
    std::uint64_t rows_committed_ = 0;
    std::uint64_t groups_ = 0;
    std::uint64_t gaps_ = 0;
    std::uint64_t retries_ = 0;
    std::size_t rows_last_ = 0;
    std::size_t rows_max_ = 0;
    GivenUp given_up_;
};

}  // namespace aimdb::detail
