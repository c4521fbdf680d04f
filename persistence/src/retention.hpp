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

#include "persisted_record.hpp"

namespace aimdb::detail {

/// Wall time as retention may believe it: it follows the clock, but a jump ahead
/// only in small steps, so that a clock set wrong for a while deletes nothing.
///
/// Threads: thread-confined.
class GuardedTime {
public:
    /// How far the wall clock may run ahead between two looks at it.
    static constexpr std::chrono::seconds slack{60};

    explicit GuardedTime(const Clock& clock);
    [[nodiscard]] UnixTime now();

private:
    const Clock& clock_;
    UnixTime expected_;  // never goes back: a clock set back and right again loses nothing
    std::chrono::nanoseconds looked_at_;
};

/// Threads: thread-confined to the writer.
class Retention {
public:
    struct Options {
        std::chrono::milliseconds sweep_interval;
        std::size_t slice_rows;
    };
    struct Slice {
        std::size_t rows = 0;
        std::size_t gaps = 0;
    };

    /// The first round is due at once.
    Retention(const Roster& roster, std::shared_ptr<const Clock> clock, Options options);

    /// Whether there is a slice to run at `now` (steady time of the writer).
    [[nodiscard]] bool due(std::chrono::nanoseconds now) const noexcept {
        return running_ || now >= next_round_;
    }
    /// When the next round begins; meaningless while `due`.
    [[nodiscard]] std::chrono::nanoseconds next_round() const noexcept { return next_round_; }
    /// Runs one slice. A BackendError passes through and ends the round.
    Slice run(Backend& backend, std::chrono::nanoseconds now);
    /// Rounds finished.
    [[nodiscard]] std::uint64_t rounds() const noexcept { return rounds_; }

private:
    [[nodiscard]] UnixTime cut_off(std::chrono::milliseconds age) const noexcept;
    void begin_round(std::chrono::nanoseconds now);
    void skip_kept() noexcept;

    const Roster& roster_;
    const std::shared_ptr<const Clock> clock_;
    const Options options_;
    GuardedTime time_;
    UnixTime round_time_{};
    std::chrono::nanoseconds next_round_{std::chrono::nanoseconds::min()};
    std::size_t record_ = 0;  // where the round is
    bool running_ = false;
    std::uint64_t rounds_ = 0;
};

}  // namespace aimdb::detail
