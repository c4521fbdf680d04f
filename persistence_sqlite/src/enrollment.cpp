// SPDX-License-Identifier: Apache-2.0
#include "enrollment.hpp"

#include <algorithm>

#include "write_transaction.hpp"

namespace aimdb::sqlite {
namespace {

std::string name_of(Connection& connection, RecordId id) {
    return connection.query_text("SELECT name FROM record WHERE id=" + std::to_string(id));
}

// Which of the reserved sequences were given out is not known: all of them are
// counted as lost, and none is given out again.
std::vector<HistoryGap> note_crash(Connection& connection,
                                   Registry& registry,
                                   GapLog& gaps,
                                   UnixTime now) {
    std::vector<HistoryGap> found;
    for (const RecordId id : registry.ids()) {
        RecordState& record = registry.edit(id);
        if (record.reserved_sequence <= record.next_sequence) {
            continue;
        }
        registry.require_above_rows(id, record.next_sequence);  // first: the gap would hide it
        // Noticed now, but not before the newest row: a clock that replays does not
        // know its time before it has read the store.
        const auto newest = from_unix_ms(record.newest_id == 0 ? 0 : record.newest_at);
        const GapView gap{.record = id,
                          .first = record.next_sequence,
                          .last = record.reserved_sequence - 1,
                          .cause = GapCause::crash,
                          .at = std::max(now, newest)};
        gaps.add(gap, record);
        record.next_sequence = record.reserved_sequence;
        found.push_back({.record = name_of(connection, id),
                         .first = gap.first,
                         .last = gap.last,
                         .count = gap.last - gap.first + 1,
                         .cause = gap.cause,
                         .at = gap.at});
    }
    return found;
}

}  // namespace

OpenReport enroll_records(Connection& connection,
                          Registry& registry,
                          GapLog& gaps,
                          const OpenRequest& request) {
    OpenReport report;
    write_transaction(connection, registry, [&] {
        report.clean = connection.query_integer("SELECT value FROM meta WHERE key='clean'") == 1;
        if (!report.clean) {
            report.crash_gaps = note_crash(connection, registry, gaps, request.now);
            connection.execute(
                "UPDATE meta SET value=substr(value, 1, 9) || (substr(value, 10) + 1) "
                "WHERE key='epoch'");
        }
        report.epoch = connection.query_text("SELECT value FROM meta WHERE key='epoch'");
        report.newest_row = from_unix_ms(connection.query_integer(
            "SELECT coalesce(max(newest_at), 0) FROM record WHERE newest_id<>0"));
        for (const std::string& name : request.records) {
            const RecordId id = registry.enroll(name);
            const RecordState& record = registry.edit(id);
            registry.require_above_rows(id, record.next_sequence);
            report.records.push_back({.id = id,
                                      .next_sequence = record.next_sequence,
                                      .has_rows = record.newest_id != 0});
        }
        connection.execute("UPDATE meta SET value=0 WHERE key='clean'");
    });
    return report;
}

void mark_clean(Connection& connection, Registry& registry) {
    write_transaction(connection, registry, [&] {
        connection.execute("UPDATE record SET reserved_seq=next_seq WHERE reserved_seq<>next_seq");
        connection.execute("UPDATE meta SET value=1 WHERE key='clean'");
    });
}

}  // namespace aimdb::sqlite
