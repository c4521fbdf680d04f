// SPDX-License-Identifier: Apache-2.0
//
// A database with history, made where its users need not know persistence.
#pragma once

#include <string>

#include "aimdb/core/database.hpp"

namespace aimdb::test {

/// Record "a" of double persists as "stored.a" in the SQLite file.
[[nodiscard]] Database persisted_database(const std::string& file);

}  // namespace aimdb::test
