// SPDX-License-Identifier: Apache-2.0
//
// Retention by age, one slice at a time.
#pragma once

#include "aimdb/persistence/backend.hpp"

#include "connection.hpp"
#include "gap_log.hpp"
#include "registry.hpp"

namespace aimdb::sqlite {

/// Threads:  the connection's.
/// Lifetime: connection, registry and gap log must outlive it.
class Purger {
public:
    Purger(Connection& connection, Registry& registry, GapLog& gaps);

    /// Removes one slice within the open transaction. Throws SqliteFailure.
    /// Cost: about 5 us per removed row.
    [[nodiscard]] PurgeReport purge(const PurgeRequest& request);

private:
    [[nodiscard]] std::size_t remove_rows(const PurgeRequest& request, RecordState& record);
    [[nodiscard]] bool more_rows(const PurgeRequest& request, const RecordState& record);

    Connection& connection_;
    Registry& registry_;
    GapLog& gaps_;
    Statement remove_late_;
    Statement remove_rows_;
    Statement find_row_;
};

}  // namespace aimdb::sqlite
