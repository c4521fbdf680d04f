// SPDX-License-Identifier: Apache-2.0
//
// What happens to the records when a store is opened and closed: names are
// registered, sequences reserved, and the mark is kept that tells a crash from a
// stop.
#pragma once

#include "aimdb/persistence/backend.hpp"

#include "connection.hpp"
#include "gap_log.hpp"
#include "registry.hpp"

namespace aimdb::sqlite {

/// Registers the names of `request` and notes that the store is open, in one
/// transaction. Sequences that a crash may have swallowed become gaps of every
/// record of the file. Throws BackendError.
[[nodiscard]] OpenReport enroll_records(Connection& connection,
                                        Registry& registry,
                                        GapLog& gaps,
                                        const OpenRequest& request);

/// Notes that everything given out was dealt with. Throws BackendError.
void mark_clean(Connection& connection, Registry& registry);

}  // namespace aimdb::sqlite
