// SPDX-License-Identifier: Apache-2.0
#include "record_heads.hpp"

namespace aimdb::sqlite {
namespace {

// Reading a row in passing costs about a tenth of seeking it.
constexpr std::size_t scan_from_one_in = 8;

RecordHead head_of(const Statement& row, const RecordName& record) {
    return {.record = &record,
            .newest_id = row.integer(1),
            .late_count = row.natural(2),
            .has_gaps = row.integer(3) > 0};
}

}  // namespace

RecordHeads::RecordHeads(Connection& connection)
    : scan_(connection, "SELECT id, newest_id, late_count, gap_count FROM record ORDER BY id"),
      seek_(connection, "SELECT id, newest_id, late_count, gap_count FROM record WHERE id=?1") {}

std::vector<RecordHead> RecordHeads::load(const RecordNames& names,
                                          std::span<const RecordName* const> records) {
    std::vector<RecordHead> heads;
    heads.reserve(records.size());
    if (records.size() * scan_from_one_in < names.all().size()) {
        for (const RecordName* record : records) {
            heads.push_back(seek(*record));
        }
        return heads;
    }
    const std::vector<RecordHead> all = scan(names);
    for (const RecordName* record : records) {
        heads.push_back(all[record->index]);
    }
    return heads;
}

std::vector<RecordHead> RecordHeads::scan(const RecordNames& names) {
    std::vector<RecordHead> heads;
    heads.reserve(names.all().size());
    for (const RecordName& record : names.all()) {
        heads.push_back({.record = &record});
    }
    const Running running(scan_);
    std::size_t index = 0;
    while (scan_.step()) {
        const RecordId id = scan_.integer(0);
        // Both are in the order of ids and one snapshot, so this hardly ever skips.
        while (index < heads.size() && heads[index].record->id < id) {
            ++index;
        }
        if (index < heads.size() && heads[index].record->id == id) {
            heads[index] = head_of(scan_, *heads[index].record);
        }
    }
    return heads;
}

RecordHead RecordHeads::seek(const RecordName& record) {
    const Running running(seek_);
    seek_.bind(1, record.id);
    return seek_.step() ? head_of(seek_, record) : RecordHead{.record = &record};
}

}  // namespace aimdb::sqlite
