// SPDX-License-Identifier: Apache-2.0
//
// What the table `record` says of the records of a query: where their newest row
// is, and whether there are late rows or gaps to look for at all.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "connection.hpp"
#include "record_names.hpp"

namespace aimdb::sqlite {

struct RecordHead {
    const RecordName* record = nullptr;
    std::int64_t newest_id = 0;  ///< 0: there is no row.
    std::uint64_t late_count = 0;
    bool has_gaps = false;
};

/// Threads:  the connection's.
/// Lifetime: the connection must outlive it.
class RecordHeads {
public:
    explicit RecordHeads(Connection& connection);

    /// The heads of `records`, in their order; call within the snapshot.
    /// Cost: one seek per record, or one scan of the table when they are many.
    [[nodiscard]] std::vector<RecordHead> load(const RecordNames& names,
                                               std::span<const RecordName* const> records);

private:
    [[nodiscard]] std::vector<RecordHead> scan(const RecordNames& names);
    [[nodiscard]] RecordHead seek(const RecordName& record);

    Statement scan_;
    Statement seek_;
};

}  // namespace aimdb::sqlite
