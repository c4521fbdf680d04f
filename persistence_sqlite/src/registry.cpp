// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <algorithm>

#include "row_inserter.hpp"

namespace aimdb::sqlite {
namespace {

[[noreturn]] void throw_damaged(Connection& connection, RecordId id, const std::string& what) {
    const std::string name =
        connection.query_text("SELECT name FROM record WHERE id=" + std::to_string(id));
    throw BackendError(
        Errc::storage_corrupt, BackendError::Outcome::not_written,
        "read '" + connection.path() + "': record '" + name + "' is damaged, " + what);
}

}  // namespace

Registry::Registry(Connection& connection)
    : connection_(connection),
      update_record_(connection,
                     "UPDATE record SET next_seq=?2, reserved_seq=?3, newest_id=?4, newest_at=?5, "
                     "late_count=?6, gap_count=?7 WHERE id=?1"),
      update_next_id_(connection, "UPDATE meta SET value=?1 WHERE key='next_id'"),
      find_name_(connection, "SELECT id FROM record WHERE name=?1"),
      insert_name_(connection,
                   "INSERT INTO record(name, next_seq, reserved_seq) VALUES(?1, ?2, ?3)"),
      // What `newest_id` points to may be older than the rows, or gone.
      newest_rows_(connection,
                   "SELECT seq, stored_at, value_json, crc FROM history WHERE id IN ("
                   "(SELECT newest_id FROM record WHERE id=?1), (SELECT id FROM history WHERE "
                   "record_id=?1 ORDER BY stored_at DESC, id DESC LIMIT 1)) AND +record_id=?1") {}

void Registry::begin() {
    discard();
    if (stale_) {
        load();
        stale_ = false;
    }
}

void Registry::load() {
    entries_.clear();
    Statement select(connection_,
                     "SELECT id, next_seq, reserved_seq, newest_id, newest_at, late_count, "
                     "gap_count FROM record");
    while (select.step()) {
        const RecordState state{.next_sequence = select.natural(1),
                                .reserved_sequence = select.natural(2),
                                .newest_id = select.integer(3),
                                .newest_at = select.integer(4),
                                .late_count = select.integer(5),
                                .gap_count = select.integer(6)};
        require_sound(select.integer(0), state);
        entries_[select.integer(0)] = Entry{.committed = state};
    }
    next_row_id_ = connection_.query_integer("SELECT value FROM meta WHERE key='next_id'");
    committed_next_row_id_ = next_row_id_;
}

// A number below zero is a high one here.
void Registry::require_sound(RecordId id, const RecordState& state) {
    if (state.next_sequence < 1 || state.next_sequence > state.reserved_sequence ||
        state.reserved_sequence > sequence_limit) {
        throw_damaged(connection_, id,
                      "its next and its reserved sequence cannot be " +
                          std::to_string(static_cast<std::int64_t>(state.next_sequence)) + " and " +
                          std::to_string(static_cast<std::int64_t>(state.reserved_sequence)));
    }
}

// A row whose checksum is wrong says nothing: readers leave it out, too.
void Registry::require_above_rows(RecordId id, std::uint64_t next_sequence) {
    const Running running(newest_rows_);
    newest_rows_.bind(1, id);
    std::uint64_t highest = 0;
    while (newest_rows_.step()) {
        const RowView row{.record = id,
                          .sequence = newest_rows_.natural(0),
                          .stored_at = from_unix_ms(newest_rows_.integer(1)),
                          .value = newest_rows_.text(2)};
        const bool sound = std::int64_t{row_checksum(row)} == newest_rows_.integer(3);
        highest = std::max(highest, sound ? row.sequence : 0);
    }
    if (highest >= next_sequence) {
        throw_damaged(connection_, id,
                      "its next sequence is " + std::to_string(next_sequence) + ", but a row has " +
                          std::to_string(highest));
    }
}

void Registry::discard() noexcept {
    for (const Draft& draft : drafts_) {
        const auto entry = entries_.find(draft.id);
        if (entry != entries_.end()) {
            entry->second.draft = none;
        }
    }
    drafts_.clear();
    next_row_id_ = committed_next_row_id_;
}

RecordState& Registry::edit(RecordId id) {
    const auto entry = entries_.find(id);
    if (entry == entries_.end()) {
        throw BackendError(
            Errc::unknown_record, BackendError::Outcome::not_written,
            "write to '" + connection_.path() + "': no record has the id " + std::to_string(id));
    }
    if (entry->second.draft == none) {
        entry->second.draft = drafts_.size();
        drafts_.push_back({id, entry->second.committed});
    }
    return drafts_[entry->second.draft].state;
}

RecordId Registry::enroll(const std::string& name) {
    RecordId id = 0;
    {
        const Running running(find_name_);
        find_name_.bind(1, std::string_view(name));
        id = find_name_.step() ? find_name_.integer(0) : 0;
    }
    if (id == 0) {
        const RecordState fresh;
        insert_name_.bind_all(std::string_view(name), fresh.next_sequence, fresh.reserved_sequence);
        insert_name_.run();
        id = sqlite3_last_insert_rowid(connection_.handle());
        entries_[id] = Entry{.committed = fresh};
    }
    RecordState& state = edit(id);
    state.reserved_sequence =
        std::max(state.reserved_sequence, state.next_sequence + reserve_at_open);
    return id;
}

void Registry::write() {
    for (const auto& [id, state] : drafts_) {
        update_record_.bind_all(id, state.next_sequence, state.reserved_sequence, state.newest_id,
                                state.newest_at, state.late_count, state.gap_count);
        update_record_.run();
    }
    if (next_row_id_ != committed_next_row_id_) {
        update_next_id_.bind(1, next_row_id_);
        update_next_id_.run();
    }
}

void Registry::accept() {
    for (const auto& [id, state] : drafts_) {
        entries_[id].committed = state;
    }
    committed_next_row_id_ = next_row_id_;
    discard();
}

std::vector<RecordId> Registry::ids() const {
    std::vector<RecordId> ids;
    ids.reserve(entries_.size());
    for (const auto& [id, entry] : entries_) {
        ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace aimdb::sqlite
