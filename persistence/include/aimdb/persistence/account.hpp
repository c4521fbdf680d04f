// SPDX-License-Identifier: Apache-2.0
//
// What became of every value of a persisted record: the terms that must add up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "aimdb/core/history.hpp"

namespace aimdb {

/// Size of an array indexed by GapCause.
inline constexpr std::size_t gap_cause_count = 7;

/// One record's values since the database started, from one instant:
///
///     produced = committed + pending + unknown + lost + rejected
///
/// Each term but `produced` is counted where it happens. `pending` is 0 after a
/// clean stop.
struct HistoryAccount {
    std::string record;  ///< Name the record persists under.
    std::uint64_t produced = 0;
    std::uint64_t committed = 0;  ///< Safely stored.
    std::uint64_t pending = 0;    ///< In the record's buffer, the channel or the writer's hands.
    std::uint64_t unknown = 0;    ///< In a commit that failed without telling its outcome.
    /// Not in history, by GapCause; each is recorded there as a gap.
    std::array<std::uint64_t, gap_cause_count> missing{};
    /// Numbers that became null in the text of those values, because they are not
    /// finite; they read back as NaN. Not one of the terms above.
    std::uint64_t non_finite = 0;
    std::uint64_t committed_sequence = 0;  ///< Highest stored; 0 = none.
    std::uint64_t settled_sequence = 0;    ///< Up to here all is stored or recorded as a gap.

    /// Values missing for reasons outside of them.
    [[nodiscard]] std::uint64_t lost() const noexcept { return sum(false); }
    /// Values missing because they could not be encoded or are too large.
    [[nodiscard]] std::uint64_t rejected() const noexcept { return sum(true); }
    [[nodiscard]] bool balanced() const noexcept {
        return produced == committed + pending + unknown + lost() + rejected();
    }

private:
    [[nodiscard]] std::uint64_t sum(bool rejections) const noexcept {
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < missing.size(); ++i) {
            total += is_rejection(static_cast<GapCause>(i)) == rejections ? missing[i] : 0;
        }
        return total;
    }
};

}  // namespace aimdb
