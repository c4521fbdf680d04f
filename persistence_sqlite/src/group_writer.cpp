// SPDX-License-Identifier: Apache-2.0
#include "group_writer.hpp"

#include <algorithm>

namespace aimdb::sqlite {

GroupWriter::GroupWriter(Connection& connection, Registry& registry, GapLog& gaps)
    : registry_(registry),
      gaps_(gaps),
      insert_(connection),
      insert_late_(connection, "INSERT INTO late(record_id, id, passed_at) VALUES(?1, ?2, ?3)") {}

void GroupWriter::write(const Group& group) {
    RecordState* record = nullptr;
    RecordId current = 0;
    for (const RowView& row : group.rows) {
        if (record == nullptr || row.record != current) {
            record = &registry_.edit(row.record);
            current = row.record;
        }
        write_row(row, *record);
    }
    for (const GapView& gap : group.gaps) {
        RecordState& state = registry_.edit(gap.record);
        gaps_.add(gap, state);
        state.next_sequence = std::max(state.next_sequence, gap.last + 1);
    }
    for (const RecordMark& mark : group.marks) {
        RecordState& state = registry_.edit(mark.record);
        state.next_sequence = std::max(state.next_sequence, mark.next_sequence);
        state.reserved_sequence = std::max(state.reserved_sequence, mark.reserved_sequence);
    }
}

void GroupWriter::write_row(const RowView& row, RecordState& record) {
    const std::int64_t id = registry_.take_row_id();
    insert_.insert(id, row);
    const std::int64_t at = to_unix_ms(row.stored_at);
    if (at < record.newest_at) {
        insert_late_.bind_all(row.record, id, record.newest_at);
        insert_late_.run();
        ++record.late_count;
    } else {
        record.newest_at = at;
    }
    record.newest_id = id;
    record.next_sequence = std::max(record.next_sequence, row.sequence + 1);
}

}  // namespace aimdb::sqlite
