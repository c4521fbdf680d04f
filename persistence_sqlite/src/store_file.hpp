// SPDX-License-Identifier: Apache-2.0
//
// The file of a store before SQLite works in it: found or created, safe to use,
// recognised, and brought from AimDB's format where it is one of theirs.
#pragma once

#include <string>

#include "aimdb/core/log.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "connection.hpp"
#include "file_system.hpp"

namespace aimdb::sqlite {

/// Makes sure that `path` is a file of ours or an empty one, 0600 where it is new.
/// The store's lock must be held. Throws Error; the file is then as it was.
void prepare_store_file(const StorePath& path,
                        const SqliteOptions& options,
                        const std::string& vfs,
                        const Log& log);

/// Renames the store's files to a free name with the time in it, which is returned.
/// The store's lock must be held and nobody may have it open.
[[nodiscard]] std::string set_store_aside(const StorePath& path);

}  // namespace aimdb::sqlite
