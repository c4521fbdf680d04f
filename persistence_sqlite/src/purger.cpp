// SPDX-License-Identifier: Apache-2.0
#include "purger.hpp"

namespace aimdb::sqlite {
namespace {

// The oldest rows of a record by the index on time, without its newest row.
constexpr const char* oldest_rows =
    "SELECT id FROM history WHERE record_id=?1 AND stored_at<?2 AND id<>?3 "
    "ORDER BY stored_at, id LIMIT ?4";

}  // namespace

Purger::Purger(Connection& connection, Registry& registry, GapLog& gaps)
    : connection_(connection),
      registry_(registry),
      gaps_(gaps),
      remove_late_(
          connection,
          std::string("DELETE FROM late WHERE record_id=?1 AND id IN (") + oldest_rows + ")"),
      remove_rows_(connection,
                   std::string("DELETE FROM history WHERE id IN (") + oldest_rows + ")"),
      find_row_(connection, oldest_rows) {}

PurgeReport Purger::purge(const PurgeRequest& request) {
    RecordState& record = registry_.edit(request.record);
    PurgeReport report;
    report.rows = remove_rows(request, record);
    const std::size_t left = request.limit_rows - report.rows;
    if (left > 0 && record.gap_count > 0) {
        report.gaps = gaps_.purge(request.record, to_unix_ms(request.before), left);
        record.gap_count -= static_cast<std::int64_t>(report.gaps);
    }
    report.more =
        left == 0 ? more_rows(request, record) || record.gap_count > 0 : report.gaps == left;
    return report;
}

std::size_t Purger::remove_rows(const PurgeRequest& request, RecordState& record) {
    const std::int64_t before = to_unix_ms(request.before);
    const std::uint64_t limit = request.limit_rows;
    if (record.late_count > 0) {
        remove_late_.bind_all(request.record, before, record.newest_id, limit);
        remove_late_.run();
        record.late_count -= sqlite3_changes(connection_.handle());
    }
    remove_rows_.bind_all(request.record, before, record.newest_id, limit);
    remove_rows_.run();
    return static_cast<std::size_t>(sqlite3_changes(connection_.handle()));
}

bool Purger::more_rows(const PurgeRequest& request, const RecordState& record) {
    const Running running(find_row_);
    find_row_.bind_all(request.record, to_unix_ms(request.before), record.newest_id,
                       std::uint64_t{1});
    return find_row_.step();
}

}  // namespace aimdb::sqlite
