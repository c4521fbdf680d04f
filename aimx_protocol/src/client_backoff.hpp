// SPDX-License-Identifier: Apache-2.0
//
// How long to wait before the next attempt.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "aimdb/aimx_protocol/detail/client_options.hpp"

namespace aimdb::aimx {

/// After `failures` (1 or more) in a row; `random` lies in [0, 1).
[[nodiscard]] inline std::chrono::milliseconds backoff_delay(const ReconnectOptions& options,
                                                             std::uint32_t failures,
                                                             double random) noexcept {
    const std::uint32_t doublings = std::min<std::uint32_t>(failures - 1, 20);
    const auto longest = std::max<std::int64_t>(0, options.cap.count());
    const auto shortest = std::clamp<std::int64_t>(options.initial.count(), 0, longest);
    const std::int64_t delay = std::min(longest, shortest << doublings);
    const double share = std::clamp(options.jitter, 0.0, 1.0) * random;
    return std::chrono::milliseconds(delay -
                                     static_cast<std::int64_t>(share * static_cast<double>(delay)));
}

}  // namespace aimdb::aimx
