// SPDX-License-Identifier: Apache-2.0
#include "group_builder.hpp"

#include <algorithm>
#include <utility>

#include "aimdb/core/assert.hpp"

namespace aimdb::detail {

GroupBuilder::GroupBuilder(const Roster& roster)
    : roster_(roster), rates_(roster.size()), place_(roster.size(), 0) {
    for (std::size_t i = 1; i < roster.size(); ++i) {
        AIMDB_ASSERT(roster[i - 1]->id < roster[i]->id);  // sorting by index sorts by id
    }
}

void GroupBuilder::build(std::span<Batch* const> batches, std::chrono::nanoseconds now) {
    clear();
    find_touched(batches);
    place_rows(batches);
    place_gaps();
    place_marks(now);
}

void GroupBuilder::build_reservation(std::chrono::nanoseconds now) {
    clear();
    for (std::uint32_t record = 0; record < roster_.size(); ++record) {
        marks_.push_back(mark_of(record, roster_[record]->start_sequence, now));
    }
}

void GroupBuilder::clear() {
    touched_.clear();
    entries_.clear();
    parts_.clear();
    rows_.clear();
    gaps_.clear();
    marks_.clear();
}

// Counts the rows of each record in `place_` and notes the records met.
void GroupBuilder::find_touched(std::span<Batch* const> batches) {
    bool ordered = true;
    const auto touch = [&](std::uint32_t record) {
        ordered = ordered && (touched_.empty() || touched_.back() < record);
        touched_.push_back(record);
    };
    for (const Batch* batch : batches) {
        for (const Row& row : batch->rows) {
            if (place_[row.record]++ == 0) touch(row.record);
        }
        entries_.insert(entries_.end(), batch->gaps.begin(), batch->gaps.end());
    }
    for (const GapEntry& entry : entries_) {
        if (place_[entry.record] == 0) touch(entry.record);
    }
    if (!ordered) {
        std::sort(touched_.begin(), touched_.end());
        touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    }
}

// A counting sort: stable, so a record's rows keep the order its stage gave them.
void GroupBuilder::place_rows(std::span<Batch* const> batches) {
    std::uint32_t begin = 0;
    for (const std::uint32_t record : touched_) {
        const std::uint32_t count = std::exchange(place_[record], begin);
        parts_.push_back({record, begin, count, 0, 0});
        begin += count;
    }
    rows_.resize(begin);
    for (const Batch* batch : batches) {
        const char* const bytes = batch->bytes.data();
        for (const Row& row : batch->rows) {
            rows_[place_[row.record]++] = {roster_[row.record]->id, row.sequence, row.stored_at,
                                           std::string_view(bytes + row.offset, row.size)};
        }
    }
    for (const std::uint32_t record : touched_) {
        place_[record] = 0;
    }
}

void GroupBuilder::place_gaps() {
    std::sort(entries_.begin(), entries_.end(), [](const GapEntry& left, const GapEntry& right) {
        return std::pair(left.record, left.first) < std::pair(right.record, right.first);
    });
    std::size_t next = 0;
    for (auto& part : parts_) {
        part.gaps_begin = static_cast<std::uint32_t>(gaps_.size());
        const RecordId id = roster_[part.record]->id;
        for (; next < entries_.size() && entries_[next].record == part.record; ++next) {
            const GapEntry& entry = entries_[next];
            const bool first = gaps_.size() == part.gaps_begin;
            if (!first && gaps_.back().cause == entry.cause &&
                gaps_.back().last + 1 == entry.first) {
                gaps_.back().last = entry.last;
                gaps_.back().at = entry.at;
            } else {
                gaps_.push_back({id, entry.first, entry.last, entry.cause, entry.at});
            }
        }
        part.gaps_count = static_cast<std::uint32_t>(gaps_.size()) - part.gaps_begin;
    }
}

std::uint64_t GroupBuilder::next_after(const GroupPart& part) const {
    const auto rows = rows_of(part);
    const auto gaps = gaps_of(part);
    return 1 +
           std::max(rows.empty() ? 0 : rows.back().sequence, gaps.empty() ? 0 : gaps.back().last);
}

void GroupBuilder::place_marks(std::chrono::nanoseconds now) {
    for (const auto& part : parts_) {
        marks_.push_back(mark_of(part.record, next_after(part), now));
    }
}

// Sequences may be given out, and seen by live readers, up to the next commit:
// about a second's worth is a generous guess at how many.
RecordMark GroupBuilder::mark_of(std::uint32_t record,
                                 std::uint64_t next,
                                 std::chrono::nanoseconds now) {
    Rate& rate = rates_[record];
    if (rate.window_first == 0 || now - rate.window_begin >= std::chrono::seconds(1)) {
        const auto elapsed = std::chrono::duration<double>(now - rate.window_begin).count();
        if (rate.window_first != 0) {
            const auto grown = static_cast<double>(next - rate.window_first);
            rate.per_second = static_cast<std::uint64_t>(grown / elapsed);
        }
        rate.window_begin = now;
        rate.window_first = next;
    }
    const std::uint64_t ahead =
        std::max({reserve_least, rate.per_second, next - rate.window_first});
    const auto& known = *roster_[record];
    return {known.id, next, std::max(known.account.newest_sequence() + 1, next) + ahead};
}

void GroupBuilder::drop_stored(std::span<const std::uint64_t> next) {
    AIMDB_ASSERT(next.size() == parts_.size() && marks_.size() == parts_.size());
    std::size_t parts = 0;
    std::uint32_t rows = 0;
    std::uint32_t gaps = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const GroupPart part = parts_[i];
        GroupPart kept{part.record, rows, 0, gaps, 0};
        for (const RowView& row : rows_of(part)) {
            if (row.sequence >= next[i]) rows_[rows++] = row;
        }
        for (GapView gap : gaps_of(part)) {
            gap.first = std::max(gap.first, next[i]);
            if (gap.first <= gap.last) gaps_[gaps++] = gap;
        }
        kept.rows_count = rows - kept.rows_begin;
        kept.gaps_count = gaps - kept.gaps_begin;
        if (kept.rows_count + kept.gaps_count > 0) {
            parts_[parts] = kept;
            marks_[parts++] = marks_[i];
        }
    }
    parts_.resize(parts);
    marks_.resize(parts);
    rows_.resize(rows);
    gaps_.resize(gaps);
}

}  // namespace aimdb::detail
