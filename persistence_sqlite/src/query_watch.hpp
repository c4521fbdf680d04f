// SPDX-License-Identifier: Apache-2.0
//
// Ends a query that takes too long or that somebody wants gone, from inside
// SQLite's own loop, so that no scan is too long to be stopped.
#pragma once

#include <chrono>
#include <cstdint>

#include "connection.hpp"
#include "shared_state.hpp"

namespace aimdb::sqlite {

/// Threads:  the connection's; what ends a query may come from any thread.
/// Lifetime: connection and `shared` must outlive it.
class QueryWatch {
public:
    QueryWatch(Connection& connection, const SharedState& shared)
        : connection_(connection), shared_(shared) {
        sqlite3_progress_handler(connection.handle(), steps_between_looks, &QueryWatch::look, this);
    }
    QueryWatch(const QueryWatch&) = delete;
    QueryWatch& operator=(const QueryWatch&) = delete;
    ~QueryWatch() { sqlite3_progress_handler(connection_.handle(), 0, nullptr, nullptr); }

    void start(std::chrono::milliseconds time_limit) {
        // A year stands for "no limit" and cannot overflow the clock.
        constexpr std::chrono::hours longest{24 * 365};
        const auto now = std::chrono::steady_clock::now();
        deadline_ = now + (time_limit < longest ? time_limit : longest);
        seen_ = shared_.interruptions.load(std::memory_order_relaxed);
    }

    /// Throws Error(storage_unavailable) or Error(timed_out) when the query must end.
    void check() const {
        if (interrupted()) {
            throw Error(Errc::storage_unavailable,
                        "read '" + connection_.path() + "': the query was interrupted");
        }
        if (late()) {
            throw Error(Errc::timed_out,
                        "read '" + connection_.path() +
                            "': narrow the pattern or the span of time, lower the limits, "
                            "or raise the time limit");
        }
    }

private:
    // Of SQLite's virtual machine: some 50 us.
    static constexpr int steps_between_looks = 1'000;

    [[nodiscard]] bool interrupted() const noexcept {
        return shared_.interruptions.load(std::memory_order_relaxed) != seen_;
    }
    [[nodiscard]] bool late() const noexcept {
        return std::chrono::steady_clock::now() >= deadline_;
    }
    static int look(void* self) {
        const auto& watch = *static_cast<const QueryWatch*>(self);
        return watch.interrupted() || watch.late() ? 1 : 0;
    }

    Connection& connection_;
    const SharedState& shared_;
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
    std::uint64_t seen_ = 0;
};

}  // namespace aimdb::sqlite
