// SPDX-License-Identifier: Apache-2.0
//
// History in one SQLite file. This is all a program includes to get it; SQLite
// itself is not visible from here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "aimdb/persistence/backend.hpp"

namespace aimdb {

/// The named limits of a SQLite store. The defaults suit a disk that syncs in
/// milliseconds and a process that has a hundred megabytes to spare.
struct SqliteOptions {
    /// Above this size of the write-ahead log every step of housekeeping checkpoints.
    std::uint64_t wal_soft_limit_bytes = std::uint64_t{64} << 20;
    /// Above this size readers that hold the log back are interrupted, once and then
    /// for each `checkpoint_pages` that the log grows all the same.
    std::uint64_t wal_hard_limit_bytes = std::uint64_t{256} << 20;
    /// Pages the log grows by before it is copied into the database file.
    std::uint32_t checkpoint_pages = 4'000;
    /// Page cache of the writing connection.
    std::size_t writer_cache_bytes = std::size_t{32} << 20;
    /// Page cache of each reading connection.
    std::size_t reader_cache_bytes = std::size_t{8} << 20;
    /// How long to wait for a foreign program that holds a lock on the file.
    std::chrono::milliseconds busy_timeout{5'000};
    /// Free pages that stay in the file for new rows; above it space is given back.
    std::uint32_t free_pages_kept = 1'024;
    /// Pages given back to the file system in one step of housekeeping.
    std::uint32_t vacuum_step_pages = 64;
};

/// Makes a backend that keeps its history in the SQLite file `path`.
///
/// Nothing happens before `Backend::open()`, which creates the file (mode 0600)
/// where it is missing, but never a directory. Beside the file stand `<path>.lock`
/// and, while it is open, `<path>-wal` and `<path>-shm`.
///
/// One process, and one backend in it, has the file open at a time; a second
/// `open()` throws Error(storage_locked) that names the holder. Do not open the
/// file for writing with other tools meanwhile, and never `open()` and `close()`
/// it yourself in this process: that drops SQLite's locks.
[[nodiscard]] std::unique_ptr<Backend> sqlite_history(std::string path, SqliteOptions options = {});

}  // namespace aimdb
