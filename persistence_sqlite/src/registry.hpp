// SPDX-License-Identifier: Apache-2.0
//
// What the writing side knows of each record, so that a group does not have to
// read before it writes. Changes are drafted inside a transaction and count only
// once that is committed; after an unknown outcome everything is read anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "aimdb/persistence/backend.hpp"

#include "connection.hpp"

namespace aimdb::sqlite {

/// Sequences a program may give out after open() before its first commit: after a
/// crash the record goes on above them.
inline constexpr std::uint64_t reserve_at_open = 64;
/// No program gets so far; a sequence of a file that did is damage.
inline constexpr std::uint64_t sequence_limit = std::uint64_t{1} << 62U;

/// One line of the table `record`.
struct RecordState {
    std::uint64_t next_sequence = 1;
    std::uint64_t reserved_sequence = 1 + reserve_at_open;
    std::int64_t newest_id = 0;
    std::int64_t newest_at = std::numeric_limits<std::int64_t>::min();
    std::int64_t late_count = 0;
    std::int64_t gap_count = 0;
};

/// Threads:  the connection's.
/// Lifetime: the connection must outlive it.
/// Limits:   about 100 bytes of memory per record of the file.
class Registry {
public:
    explicit Registry(Connection& connection);

    /// Starts a draft; reads the file again where the last outcome was unknown.
    /// Throws BackendError(storage_corrupt) when it says of a record what cannot be.
    void begin();
    /// The draft of a record. Throws BackendError when the file has no such record.
    /// The reference is good until the next call.
    [[nodiscard]] RecordState& edit(RecordId id);
    /// A row id that was never used and never will be again.
    [[nodiscard]] std::int64_t take_row_id() noexcept { return next_row_id_++; }
    /// Throws BackendError(storage_corrupt) when the newest row of the record has a
    /// sequence from `next_sequence` on. Costs two seeks, so it is for open() only.
    void require_above_rows(RecordId id, std::uint64_t next_sequence);
    /// The record of that name, created where it is missing, with sequences reserved.
    [[nodiscard]] RecordId enroll(const std::string& name);
    /// Writes the draft into the open transaction.
    void write();
    /// After COMMIT: the draft is what the file says now.
    void accept();
    /// After a COMMIT with unknown outcome: what the file says is not known.
    void distrust() noexcept { stale_ = true; }

    /// Ids of all records, in order.
    [[nodiscard]] std::vector<RecordId> ids() const;

private:
    struct Entry {
        RecordState committed;
        std::size_t draft = none;
    };
    struct Draft {
        RecordId id;
        RecordState state;
    };
    static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

    void load();
    void require_sound(RecordId id, const RecordState& state);
    void discard() noexcept;

    Connection& connection_;
    Statement update_record_;
    Statement update_next_id_;
    Statement find_name_;
    Statement insert_name_;
    Statement newest_rows_;
    std::unordered_map<RecordId, Entry> entries_;
    std::vector<Draft> drafts_;
    std::int64_t next_row_id_ = 1;
    std::int64_t committed_next_row_id_ = 1;
    bool stale_ = true;
};

}  // namespace aimdb::sqlite
