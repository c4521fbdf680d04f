// SPDX-License-Identifier: Apache-2.0
//
// Everything a program can choose about persistence.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace aimdb {

/// What is kept. Nothing set: everything.
struct RetentionPolicy {
    /// Rows older than this are removed, except the newest row of each record.
    std::optional<std::chrono::milliseconds> age{};

    bool operator==(const RetentionPolicy&) const = default;
};

/// What to do when the store cannot be read at start. Nothing is ever deleted.
enum class IfUnreadable : std::uint8_t {
    fail,        ///< `build()` throws; the text names the store and what is wrong.
    set_aside,   ///< The store is renamed and an empty one started.
    run_without  ///< The program runs without history; health says so.
};

/// Options of `Builder::with_persistence()`. The defaults are right for most programs.
struct PersistenceOptions {
    /// For every record that does not bring its own.
    RetentionPolicy retention{};
    IfUnreadable if_unreadable = IfUnreadable::fail;

    /// Bounds of what is on its way to the store; beyond them values stay in
    /// their records' buffers. Bytes are estimated before values are encoded, so
    /// each record may pass the bound by one step of its stage.
    std::size_t channel_rows = 65'536;
    std::size_t channel_bytes = std::size_t{64} * 1024 * 1024;

    /// A group is committed when somebody waits for it, so long after its first
    /// row came, or when it is so large; whatever is first.
    std::chrono::milliseconds group_delay{50};
    std::size_t group_rows = 10'000;
    std::size_t group_bytes = std::size_t{8} * 1024 * 1024;

    /// A value whose text is longer is rejected.
    std::size_t value_limit_bytes = std::size_t{1024} * 1024;

    /// Queries that run at once, each on its own connection, and how many may wait.
    std::size_t query_threads = 2;
    std::size_t query_queue = 1024;

    /// How often retention begins a new round, and rows per slice of it.
    std::chrono::milliseconds sweep_interval{10'000};
    std::size_t slice_rows = 1000;
};

/// Options of `.persist()`, for one record.
///
///     .persist({.name = "temperature.vienna", .retention = aimdb::RetentionPolicy{.age = 24h}})
struct PersistOptions {
    /// Name in the store; the record's key when empty.
    std::string_view name{};
    /// Instead of the database's.
    std::optional<RetentionPolicy> retention{};
    /// Newest rows put back into the buffer at start; by default the buffer's
    /// capacity, 1024 at most. A mailbox starts empty whatever this says.
    std::optional<std::size_t> restore_rows{};
};
// GCC 12 destroys braced temporaries in a co_await expression twice.
static_assert(std::is_trivially_destructible_v<PersistOptions>);
static_assert(std::is_trivially_destructible_v<PersistenceOptions>);

/// Rows put back at start unless asked otherwise.
inline constexpr std::size_t default_restore_rows = 1024;

}  // namespace aimdb
