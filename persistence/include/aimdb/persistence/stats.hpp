// SPDX-License-Identifier: Apache-2.0
//
// What persistence shows of itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aimdb/core/time.hpp"
#include "aimdb/persistence/backend.hpp"

namespace aimdb {

enum class HealthState : std::uint8_t {
    ok,
    degraded,  ///< Rows wait for the store to recover, housekeeping fails, or values are lost.
    failed     ///< There is no store; values are counted as lost.
};
[[nodiscard]] std::string_view to_string(HealthState state) noexcept;

struct PersistenceHealth {
    HealthState state = HealthState::ok;
    std::string reason;             ///< Empty when ok.
    std::uint64_t lost_values = 0;  ///< Recorded as gaps since start, rejected ones included.
};

/// Durations of one kind of operation since start.
struct DurationStats {
    std::uint64_t count = 0;
    std::chrono::microseconds last{0};
    std::chrono::microseconds mean{0};
    std::chrono::microseconds max{0};
    std::chrono::microseconds p99{0};  ///< Of the last 1024.
};

struct PersistenceStats {
    std::uint64_t rows_in = 0;   ///< Handed to the channel.
    std::uint64_t bytes_in = 0;  ///< Of their values.
    std::uint64_t rows_committed = 0;
    std::uint64_t groups = 0;
    std::size_t group_rows_last = 0;
    std::size_t group_rows_mean = 0;
    std::size_t group_rows_max = 0;
    DurationStats commit;
    std::size_t queue_rows = 0;  ///< In the channel or in the writer's hands.
    std::size_t queue_bytes = 0;
    std::size_t blocked_stages = 0;  ///< Waiting for room in the channel.
    std::uint64_t retries = 0;       ///< Commits tried again.
    std::uint64_t gaps = 0;          ///< Gaps written.
    std::uint64_t rows_purged = 0;
    std::uint64_t gaps_purged = 0;
    std::uint64_t queries = 0;
    std::uint64_t queries_refused = 0;
    DurationStats query;
    std::optional<UnixTime> oldest_row;  ///< As of the last round of retention.
    BackendStats backend;
    PersistenceHealth health;
};

}  // namespace aimdb
