// SPDX-License-Identifier: Apache-2.0
//
// The insert of a history row and its checksum. Apart, so that the benchmark's
// bare loop can run the very same function.
#pragma once

#include <cstdint>

#include "aimdb/persistence/backend.hpp"

#include "connection.hpp"

namespace aimdb::sqlite {

/// The checksum stored with a row, over everything a reader gets of it.
[[nodiscard]] std::uint32_t row_checksum(const RowView& row) noexcept;

/// Threads:  the connection's.
/// Lifetime: the connection must outlive it.
class RowInserter {
public:
    explicit RowInserter(Connection& connection);

    /// Inserts `row` under `id` in the transaction that is open. Throws SqliteFailure.
    void insert(std::int64_t id, const RowView& row);

private:
    Statement insert_;
};

}  // namespace aimdb::sqlite
