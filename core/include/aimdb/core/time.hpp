// SPDX-License-Identifier: Apache-2.0
//
// The one representation of wall time in this project.
#pragma once

#include <chrono>
#include <cstdint>

namespace aimdb {

/// Milliseconds since 1970-01-01T00:00:00Z, the time of every envelope and stored row.
using UnixTime = std::chrono::sys_time<std::chrono::milliseconds>;

[[nodiscard]] constexpr UnixTime from_unix_ms(std::int64_t milliseconds) noexcept {
    return UnixTime(std::chrono::milliseconds(milliseconds));
}

[[nodiscard]] constexpr std::int64_t to_unix_ms(UnixTime time) noexcept {
    return time.time_since_epoch().count();
}

}  // namespace aimdb
