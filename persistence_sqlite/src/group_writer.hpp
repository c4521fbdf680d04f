// SPDX-License-Identifier: Apache-2.0
//
// Writes one group into the open transaction: rows, gaps, and where each record
// stands afterwards.
#pragma once

#include "aimdb/persistence/backend.hpp"

#include "connection.hpp"
#include "gap_log.hpp"
#include "registry.hpp"
#include "row_inserter.hpp"

namespace aimdb::sqlite {

/// Threads:  the connection's.
/// Lifetime: connection, registry and gap log must outlive it.
class GroupWriter {
public:
    GroupWriter(Connection& connection, Registry& registry, GapLog& gaps);

    /// Writes `group`; the registry's draft has the rest. Rows may come in any order
    /// of records; sorted by record they cost least. Throws SqliteFailure.
    void write(const Group& group);

private:
    void write_row(const RowView& row, RecordState& record);

    Registry& registry_;
    GapLog& gaps_;
    RowInserter insert_;
    Statement insert_late_;
};

}  // namespace aimdb::sqlite
