// SPDX-License-Identifier: Apache-2.0
//
// Whether persistence is well, and the log lines that say so: two per episode in
// which something fails, and two per burst of losses.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "aimdb/core/clock.hpp"
#include "aimdb/core/log.hpp"
#include "aimdb/persistence/backend.hpp"
#include "aimdb/persistence/stats.hpp"

#include "persisted_record.hpp"

namespace aimdb::detail {

/// Threads: thread-safe.
class HealthBoard {
public:
    /// What may fail for itself; the success of one says nothing of the others.
    enum class Part : std::uint8_t { commits, upkeep, retention };
    static constexpr std::size_t part_count = 3;

    /// Losses with less time between them are one burst.
    static constexpr std::chrono::seconds burst_pause{10};

    HealthBoard(std::shared_ptr<const Clock> pace, Log log)
        : pace_(std::move(pace)), log_(std::move(log)) {}

    /// `part` works, or does not because of `reason`.
    void set(Part part, HealthState state, const std::string& reason);
    void set_ok(Part part) { set(part, HealthState::ok, {}); }
    /// Values of `record` are missing from history because of `range.cause`.
    void lost(const PersistedRecord& record, const MissingRange& range);
    /// Logs how a burst that is over ended.
    void check_burst(bool at_end = false);

    /// Of the first part that does not work; `degraded` also while values are being lost.
    [[nodiscard]] PersistenceHealth health() const;

private:
    struct PartHealth {
        HealthState state = HealthState::ok;
        std::string reason;
    };

    const std::shared_ptr<const Clock> pace_;
    const Log log_;

    mutable std::mutex mutex_;  // guards everything below
    std::array<PartHealth, part_count> parts_;
    std::uint64_t lost_ = 0;
    std::uint64_t burst_values_ = 0;
    std::uint64_t burst_logged_ = 0;
    std::uint64_t burst_ranges_ = 0;
    std::string burst_text_;
    std::chrono::nanoseconds last_loss_{0};
};

}  // namespace aimdb::detail
