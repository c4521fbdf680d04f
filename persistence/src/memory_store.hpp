// SPDX-License-Identifier: Apache-2.0
//
// The state of a memory backend. Apart from memory_backend.cpp only so that
// writing and reading are each a file one can read in one go.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "aimdb/core/detail/random_name.hpp"
#include "aimdb/core/history.hpp"
#include "aimdb/persistence/backend.hpp"

namespace aimdb {

/// Threads: every member but `interrupts` is guarded by `mutex`.
class MemoryStore {
public:
    struct Row {
        std::int64_t id;
        std::uint64_t sequence;
        UnixTime stored_at;
        std::string value;
    };
    struct Record {
        RecordId id = 0;
        std::string name;
        std::uint64_t next_sequence = 1;
        std::uint64_t reserved_sequence = 1;
        std::vector<Row> rows;         // ascending by sequence, and so by id
        std::vector<HistoryGap> gaps;  // ascending by first
    };

    std::mutex mutex;
    std::map<std::string, Record, std::less<>> records;  // by name: the order of a page
    std::vector<Record*> by_id;                          // record id - 1; nodes of a map stay put
    std::int64_t next_row_id = 1;
    bool opened = false;
    bool clean = true;
    const std::string name = detail::random_name();  // what epochs begin with
    int crashes = 0;
    int set_aside_count = 0;
    std::atomic<std::uint64_t> interrupts{0};  // a running read stops when this changes

    /// The record of that id; throws BackendError(unknown_record) when there is none.
    [[nodiscard]] Record& find(RecordId id);
};

namespace detail {

/// The most gaps kept per record; beyond that the oldest are merged.
inline constexpr std::size_t memory_gap_limit = 10'000;

/// Adds `gap` behind the record's others, merging it with one it touches.
void add_gap(MemoryStore::Record& record, HistoryGap gap);

/// One page of `store`, which the caller has locked.
[[nodiscard]] HistoryPage read_page(const MemoryStore& store, const HistoryQuery& query);

}  // namespace detail
}  // namespace aimdb
