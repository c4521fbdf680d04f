// SPDX-License-Identifier: Apache-2.0
//
// How connections are set up. One place, because what a commit promises depends
// on it, and because the benchmark's bare loop must run under the same settings.
#pragma once

#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "connection.hpp"

namespace aimdb::sqlite {

/// Lets calls wait for a foreign program that holds a lock. Part of both below.
void wait_when_locked(Connection& connection, const SqliteOptions& options);

/// Makes commits durable (write-ahead log, full synchronisation) and checkpoints
/// explicit. On an empty file it also fixes the page size and that space can be
/// given back, which is impossible later.
/// Throws Error(storage_unavailable) on a file system without shared memory,
/// where SQLite would silently give other guarantees.
void apply_writer_settings(Connection& connection, const SqliteOptions& options = {});

/// For read-only connections.
void apply_reader_settings(Connection& connection, const SqliteOptions& options = {});

}  // namespace aimdb::sqlite
