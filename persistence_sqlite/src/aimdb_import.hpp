// SPDX-License-Identifier: Apache-2.0
//
// Turns a history file written by AimDB into one of ours: rebuilt beside it in
// slices and renamed over it, the old file kept under another name. A kill at any
// point leaves the one or the other under the store's name.
#pragma once

#include <string>

#include "aimdb/core/log.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "file_system.hpp"

namespace aimdb::sqlite {

/// Imports the file at `path`; every row is kept, those of one record in the order
/// of their ids, which are given out anew. The old file is kept as
/// `<path>.aimdb-original`. The store's lock must be held. Throws Error, also
/// Error(storage_locked) while another program has the file open.
/// Cost: some 5 us per row and as much disk as the old file has.
void import_aimdb_file(const StorePath& path,
                       const SqliteOptions& options,
                       const std::string& vfs,
                       const Log& log);

/// Removes what an import left that was killed. Does nothing where there was none.
void mend_broken_import(const StorePath& path);

}  // namespace aimdb::sqlite
