// SPDX-License-Identifier: Apache-2.0
//
// Retention by age: what is due, in slices that the writer runs between commits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "aimdb/core/clock.hpp"
#include "aimdb/persistence/backend.hpp"

#include "guarded_time.hpp"
#include "persisted_record.hpp"

namespace aimdb::detail {

/// Threads: thread-confined to the writer.
class Retention {
public:
    struct Options {
        std::chrono::milliseconds sweep_interval;
        std::size_t slice_rows;
        UnixTime newest_stored{};  ///< Of all rows at start; the epoch when there are none.
    };
    struct Slice {
        std::size_t rows = 0;
        std::size_t gaps = 0;
    };

    /// The first round is due at once.
    Retention(const Roster& roster, std::shared_ptr<const Clock> clock, Options options);

    /// Whether there is a slice to run at `now` (steady time of the writer).
    [[nodiscard]] bool due(std::chrono::nanoseconds now) const noexcept {
        return left_ > 0 || now >= next_round_;
    }
    /// When the next round begins; meaningless while `due`.
    [[nodiscard]] std::chrono::nanoseconds next_round() const noexcept { return next_round_; }
    /// Runs one slice. A BackendError passes through and ends the round; the next one
    /// begins behind the record that failed, so that it holds up no other.
    Slice run(Backend& backend, std::chrono::nanoseconds now);
    /// Rounds that went through all records.
    [[nodiscard]] std::uint64_t rounds() const noexcept { return rounds_; }

private:
    [[nodiscard]] UnixTime cut_off(std::chrono::milliseconds age) const noexcept;
    void begin_round(std::chrono::nanoseconds now);
    void end_record() noexcept;
    void skip_kept() noexcept;

    const Roster& roster_;
    const std::shared_ptr<const Clock> clock_;
    const Options options_;
    GuardedTime time_;
    std::chrono::nanoseconds next_round_{std::chrono::nanoseconds::min()};
    std::size_t record_ = 0;  // where the round is
    std::size_t left_ = 0;    // records the round has not been through
    std::uint64_t rounds_ = 0;
};

}  // namespace aimdb::detail
