// SPDX-License-Identifier: Apache-2.0
//
// Which buffer a record has. The table in docs/records_and_buffers.md says what
// each does when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace aimdb {

enum class BufferKind : std::uint8_t { spmc_ring, single_latest, mailbox };
[[nodiscard]] std::string_view to_string(BufferKind kind) noexcept;

/// Values a ring may hold at most; more is a configuration finding.
inline constexpr std::size_t ring_limit_values = std::size_t{1} << 24;
/// Values an observer of any buffer may at least be behind before it lags.
inline constexpr std::size_t observer_backlog_values = 1024;

/// Made by spmc_ring(), single_latest() or mailbox().
struct BufferConfig {
    BufferKind kind;
    std::size_t capacity;

    bool operator==(const BufferConfig&) const = default;
};

/// Keeps the newest `capacity` values, exactly; each reader sees every value.
[[nodiscard]] constexpr BufferConfig spmc_ring(std::size_t capacity) noexcept {
    return {BufferKind::spmc_ring, capacity};
}
/// Keeps the newest value; each reader sees the newest once per change.
[[nodiscard]] constexpr BufferConfig single_latest() noexcept {
    return {BufferKind::single_latest, 1};
}
/// Keeps one value not yet taken; readers compete, one gets each value.
[[nodiscard]] constexpr BufferConfig mailbox() noexcept { return {BufferKind::mailbox, 1}; }

}  // namespace aimdb
