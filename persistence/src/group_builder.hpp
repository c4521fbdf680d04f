// SPDX-License-Identifier: Apache-2.0
//
// Turns batches into the one group a backend commits: sorted rows, merged gaps,
// and where each record stands afterwards.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aimdb/persistence/backend.hpp"

#include "channel.hpp"
#include "persisted_record.hpp"

namespace aimdb::detail {

/// One record's share of a group.
struct GroupPart {
    std::uint32_t record;  ///< Index.
    std::uint32_t rows_begin;
    std::uint32_t rows_count;
    std::uint32_t gaps_begin;
    std::uint32_t gaps_count;
};

/// Threads: thread-confined to the writer.
/// Cost:    O(rows + records touched * log) per group; allocates only while it grows.
class GroupBuilder {
public:
    /// After a crash, sequences go on at least so far above what was stored.
    static constexpr std::uint64_t reserve_least = 64;

    explicit GroupBuilder(const Roster& roster);

    /// Builds the group of `batches`, which outlive it.
    void build(std::span<Batch* const> batches, std::chrono::nanoseconds now);
    /// Builds a group without rows that reserves sequences for every record.
    void build_reservation(std::chrono::nanoseconds now);

    /// Removes what is in the store already: of each part what lies below `next`,
    /// of which there is one per part.
    void drop_stored(std::span<const std::uint64_t> next);

    [[nodiscard]] Group group() const noexcept { return {rows_, gaps_, marks_}; }
    [[nodiscard]] std::span<const GroupPart> parts() const noexcept { return parts_; }
    [[nodiscard]] std::span<const RowView> rows_of(const GroupPart& part) const noexcept {
        return std::span(rows_).subspan(part.rows_begin, part.rows_count);
    }
    [[nodiscard]] std::span<const GapView> gaps_of(const GroupPart& part) const noexcept {
        return std::span(gaps_).subspan(part.gaps_begin, part.gaps_count);
    }

private:
    // How fast a record grows, counted in windows of a second.
    struct Rate {
        std::chrono::nanoseconds window_begin{0};
        std::uint64_t window_first = 0;
        std::uint64_t per_second = 0;
    };

    void clear();
    void find_touched(std::span<Batch* const> batches);
    void place_rows(std::span<Batch* const> batches);
    void place_gaps();
    void place_marks(std::chrono::nanoseconds now);
    [[nodiscard]] std::uint64_t next_after(const GroupPart& part) const;
    [[nodiscard]] RecordMark mark_of(std::uint32_t record,
                                     std::uint64_t next,
                                     std::chrono::nanoseconds now);

    const Roster& roster_;
    std::vector<Rate> rates_;           // per record
    std::vector<std::uint32_t> place_;  // per record: rows in the group, then the next one's place
    std::vector<std::uint32_t> touched_;  // records with rows or gaps in the group
    std::vector<GapEntry> entries_;
    std::vector<GroupPart> parts_;  // ascending by record
    std::vector<RowView> rows_;
    std::vector<GapView> gaps_;
    std::vector<RecordMark> marks_;
};

}  // namespace aimdb::detail
