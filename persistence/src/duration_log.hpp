// SPDX-License-Identifier: Apache-2.0
//
// Counts durations for DurationStats.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "aimdb/persistence/stats.hpp"

namespace aimdb::detail {

/// Threads: none of its own; the owner's lock guards it.
class DurationLog {
public:
    void add(std::chrono::nanoseconds duration) noexcept {
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration);
        recent_[count_++ % recent_.size()] = us;
        total_ += duration;
        max_ = std::max(max_, us);
        last_ = us;
    }

    [[nodiscard]] DurationStats stats() const {
        DurationStats stats{.count = count_, .last = last_, .max = max_};
        if (count_ == 0) {
            return stats;
        }
        stats.mean = std::chrono::duration_cast<std::chrono::microseconds>(total_) / count_;
        const auto used = std::min<std::size_t>(count_, recent_.size());
        std::vector<std::chrono::microseconds> sorted(
            recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(used));
        const auto place = sorted.begin() + static_cast<std::ptrdiff_t>((used - 1) * 99 / 100);
        std::nth_element(sorted.begin(), place, sorted.end());
        stats.p99 = *place;
        return stats;
    }

private:
    std::array<std::chrono::microseconds, 1024> recent_{};
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds total_{0};
    std::chrono::microseconds max_{0};
    std::chrono::microseconds last_{0};
};

}  // namespace aimdb::detail
