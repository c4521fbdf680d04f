// SPDX-License-Identifier: Apache-2.0
//
// Wall time as retention may believe it.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

#include "aimdb/core/clock.hpp"

namespace aimdb::detail {

/// A wall clock that jumps ahead makes rows look older than they are. But once as much
/// time has really passed since the jump as a record keeps its rows, every row from before
/// it is that old anyway. So a jump counts for an age after that age, and not before.
/// What is removed was that old, to within `slack`, whatever the clock did since the start;
/// the clock at the start is believed, up to `longest_pause`.
///
/// Threads: thread-confined.
class GuardedTime {
public:
    /// The wall clock may run so far ahead of the time that passed before it counts as a jump.
    static constexpr std::chrono::seconds slack{60};
    /// At start nobody knows how much time has passed since the newest row was stored. Up to
    /// so much is believed; what is more counts as a jump.
    static constexpr std::chrono::hours longest_pause{366 * 24};
    /// Jumps remembered; of more, the two oldest count as one, when the later one does.
    static constexpr std::size_t jumps_limit = 256;

    /// `newest_stored`: of all rows; the epoch when there are none.
    GuardedTime(const Clock& clock, UnixTime newest_stored);

    /// Reads the clock.
    void look();
    /// The time of the last look() for a record that keeps its rows for `age`.
    [[nodiscard]] UnixTime for_age(std::chrono::milliseconds age) const noexcept;

private:
    struct Jump {
        std::chrono::nanoseconds seen_at;  // steady
        std::chrono::milliseconds size;
    };

    void add_jump(std::chrono::milliseconds size);
    void take_back(std::chrono::milliseconds size);

    const Clock& clock_;
    UnixTime wall_;
    std::chrono::nanoseconds steady_;
    std::chrono::milliseconds lead_;  // of wall over steady time, with all jumps
    std::deque<Jump> jumps_;          // ahead, oldest first
};

}  // namespace aimdb::detail
