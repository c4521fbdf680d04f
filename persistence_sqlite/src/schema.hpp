// SPDX-License-Identifier: Apache-2.0
//
// The tables of a history file, what kinds of files there are, and the numbered
// steps from older layouts to this one.
#pragma once

#include <cstdint>
#include <string>

#include "connection.hpp"

namespace aimdb::sqlite {

/// "aimD": marks a SQLite file as ours in its header.
inline constexpr std::int64_t application_id = 0x61696D44;
/// The layout this program writes; `user_version` of the file.
inline constexpr std::int64_t schema_version = 1;

enum class FileKind : std::uint8_t {
    empty,  ///< Nothing in it yet.
    ours,   ///< This layout or an older one.
    aimdb,  ///< The plain table of AimDB; to be imported.
};

/// Looks what the file is, without changing it. `connection` should be read-only.
/// Throws Error(storage_too_new, storage_foreign) with a text that says what to do,
/// SqliteFailure when it is no SQLite database.
[[nodiscard]] FileKind identify(Connection& connection);

/// Brings an empty or older file to `schema_version`, each step in a transaction.
void migrate(Connection& connection);

}  // namespace aimdb::sqlite
