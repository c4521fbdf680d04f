// SPDX-License-Identifier: Apache-2.0
//
// One persisted record as the parts behind the channel know it, by index.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aimdb/persistence/backend.hpp"
#include "aimdb/persistence/detail/record_account.hpp"

namespace aimdb::detail {

struct PersistedRecord {
    PersistedRecord(std::string record_key, std::string stored_name, const StoredRecord& stored)
        : key(std::move(record_key)),
          name(std::move(stored_name)),
          id(stored.id),
          account(stored.next_sequence),
          start_sequence(stored.next_sequence) {}

    const std::string key;   ///< Within the database.
    const std::string name;  ///< In the store.
    const RecordId id;
    RecordAccount account;
    const std::uint64_t start_sequence;                      ///< First sequence of this run.
    std::optional<std::chrono::milliseconds> retention_age;  ///< Constant once the writer runs.
};

/// All persisted records of a database, in the order of their ids: the index of
/// a record is its place here. Constant once the writer runs, but for the accounts.
using Roster = std::vector<std::unique_ptr<PersistedRecord>>;

}  // namespace aimdb::detail
