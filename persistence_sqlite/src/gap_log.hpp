// SPDX-License-Identifier: Apache-2.0
//
// The table `gap`: which sequences of a record never got a row, and why. Kept
// short, so that a record that loses values for months does not fill the disk
// with the list of its losses.
#pragma once

#include <cstddef>
#include <cstdint>

#include "aimdb/persistence/backend.hpp"

#include "connection.hpp"
#include "registry.hpp"

namespace aimdb::sqlite {

/// Gaps one record may have; above it the two oldest become one.
inline constexpr std::int64_t gap_limit_per_record = 10'000;

/// Threads:  the connection's.
/// Lifetime: the connection must outlive it.
class GapLog {
public:
    explicit GapLog(Connection& connection);

    /// Records `gap`, as part of the one before it where both touch and have one
    /// cause. Returns what the table holds now.
    GapView add(const GapView& gap, RecordState& record);

    /// Removes at most `limit` gaps of a record noticed before `before_ms`.
    std::size_t purge(RecordId id, std::int64_t before_ms, std::size_t limit);

private:
    [[nodiscard]] bool extend_last(GapView& gap);
    void merge_oldest(RecordId id);

    Connection& connection_;
    Statement insert_;
    Statement last_;
    Statement oldest_two_;
    Statement replace_;
    Statement remove_;
    Statement purge_;
};

}  // namespace aimdb::sqlite
