// SPDX-License-Identifier: Apache-2.0
//
// What the files behind hub.hpp share.
#pragma once

#include <chrono>

#include "aimdb/core/buffer_config.hpp"
#include "aimdb/persistence/options.hpp"

namespace hub {

/// Room for a burst, small enough that the stages keep together.
inline constexpr aimdb::BufferConfig ring = aimdb::spmc_ring(256);

// How long rows are kept, in observed time.
inline constexpr std::chrono::days clock_age{2};
inline constexpr std::chrono::days temperature_age{2922};
inline constexpr std::chrono::days accuracy_age{2922};
inline constexpr std::chrono::days summary_age{31};
inline constexpr std::chrono::days host_age{30};  // two minutes at the usual speed

[[nodiscard]] constexpr aimdb::RetentionPolicy keep(std::chrono::days age) { return {.age = age}; }

}  // namespace hub
