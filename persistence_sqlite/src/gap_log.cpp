// SPDX-License-Identifier: Apache-2.0
#include "gap_log.hpp"

#include <algorithm>
#include <vector>

namespace aimdb::sqlite {
namespace {

struct StoredGap {
    std::int64_t id;
    std::uint64_t first;
    std::uint64_t last;
    std::uint64_t count;
    std::int64_t cause;
    std::int64_t at;
};

StoredGap gap_of(const Statement& row) {
    return {.id = row.integer(0),
            .first = row.natural(1),
            .last = row.natural(2),
            .count = row.natural(3),
            .cause = row.integer(4),
            .at = row.integer(5)};
}

}  // namespace

GapLog::GapLog(Connection& connection)
    : connection_(connection),
      insert_(connection,
              "INSERT INTO gap(record_id, first_seq, last_seq, count, cause, at) "
              "VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
      last_(connection,
            "SELECT id, first_seq, last_seq, count, cause, at FROM gap WHERE record_id=?1 "
            "ORDER BY first_seq DESC LIMIT 1"),
      oldest_two_(connection,
                  "SELECT id, first_seq, last_seq, count, cause, at FROM gap WHERE record_id=?1 "
                  "ORDER BY first_seq LIMIT 2"),
      replace_(connection,
               "UPDATE gap SET first_seq=?2, last_seq=?3, count=?4, cause=?5, at=?6 WHERE id=?1"),
      remove_(connection, "DELETE FROM gap WHERE id=?1"),
      purge_(connection,
             "DELETE FROM gap WHERE id IN (SELECT id FROM gap WHERE record_id=?1 AND at<?2 "
             "ORDER BY first_seq LIMIT ?3)") {}

GapView GapLog::add(const GapView& gap, RecordState& record) {
    GapView now = gap;
    if (record.gap_count > 0 && extend_last(now)) {
        return now;
    }
    insert_.bind_all(gap.record, gap.first, gap.last, gap.last - gap.first + 1,
                     static_cast<std::int64_t>(gap.cause), to_unix_ms(gap.at));
    insert_.run();
    if (++record.gap_count > gap_limit_per_record) {
        merge_oldest(gap.record);
        --record.gap_count;
    }
    return now;
}

bool GapLog::extend_last(GapView& gap) {
    const Running running(last_);
    last_.bind(1, gap.record);
    if (!last_.step()) {
        return false;
    }
    const StoredGap last = gap_of(last_);
    if (last.cause != static_cast<std::int64_t>(gap.cause) || last.last + 1 != gap.first) {
        return false;
    }
    const std::int64_t at = std::max(last.at, to_unix_ms(gap.at));
    const std::uint64_t count = last.count + (gap.last - gap.first + 1);
    replace_.bind_all(last.id, last.first, gap.last, count, last.cause, at);
    replace_.run();
    gap.first = last.first;
    gap.at = from_unix_ms(at);
    return true;
}

void GapLog::merge_oldest(RecordId id) {
    std::vector<StoredGap> oldest;
    {
        const Running running(oldest_two_);
        oldest_two_.bind(1, id);
        while (oldest_two_.step()) {
            oldest.push_back(gap_of(oldest_two_));
        }
    }
    if (oldest.size() < 2) {
        return;
    }
    const StoredGap& first = oldest[0];
    const StoredGap& second = oldest[1];
    // One cause has to stand for both: that of the greater loss.
    const std::int64_t cause = first.count > second.count ? first.cause : second.cause;
    replace_.bind_all(first.id, first.first, second.last, first.count + second.count, cause,
                      std::max(first.at, second.at));
    replace_.run();
    remove_.bind(1, second.id);
    remove_.run();
}

std::size_t GapLog::purge(RecordId id, std::int64_t before_ms, std::size_t limit) {
    purge_.bind_all(id, before_ms, std::uint64_t{limit});
    purge_.run();
    return static_cast<std::size_t>(sqlite3_changes(connection_.handle()));
}

}  // namespace aimdb::sqlite
