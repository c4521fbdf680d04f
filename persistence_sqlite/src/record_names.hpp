// SPDX-License-Identifier: Apache-2.0
//
// The names in a history file, as a reader knows them. Names are interned for
// ever, so that a reader only ever has to fetch those that are new.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "aimdb/core/key.hpp"
#include "aimdb/persistence/backend.hpp"

#include "connection.hpp"

namespace aimdb::sqlite {

struct RecordName {
    RecordId id;
    std::size_t index;  ///< Its place among all records in the order of ids.
    std::string name;
};

/// Threads:  the connection's.
/// Lifetime: the connection must outlive it; pointers given out live as long as it.
class RecordNames {
public:
    explicit RecordNames(Connection& connection);

    /// Fetches names that came since the last time; call within the snapshot.
    void refresh();

    /// Matching names, sorted by bytes; only those of `names` (sorted too), if given.
    /// Cost: the names that begin like the pattern's first segment, or `names`.
    [[nodiscard]] std::vector<const RecordName*> match(const Pattern& pattern,
                                                       const std::vector<std::string>* names) const;
    /// Nothing when there is no such record.
    [[nodiscard]] const RecordName* find(RecordId id) const;
    /// All names in the order of ids.
    [[nodiscard]] const std::deque<RecordName>& all() const noexcept { return by_id_; }

private:
    [[nodiscard]] std::vector<const RecordName*> match_names(
        const Pattern& pattern, const std::vector<std::string>& names) const;

    Statement select_new_;
    std::deque<RecordName> by_id_;
    std::vector<const RecordName*> by_name_;
};

}  // namespace aimdb::sqlite
