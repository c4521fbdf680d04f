// SPDX-License-Identifier: Apache-2.0
#include "page_reader.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "aimdb/core/key.hpp"

#include "row_inserter.hpp"
#include "settings.hpp"

namespace aimdb::sqlite {
namespace {

// How many records are looked up between two looks at the clock.
constexpr std::size_t records_between_looks = 256;
// Records whose heads are loaded at first, and how the number grows: most pages
// are full long before their last record.
constexpr std::size_t first_part_records = 256;
constexpr std::size_t part_growth = 8;
// More rows than this are not expected of a record when the first part is chosen.
constexpr std::uint64_t expected_rows = 64;

Connection open_for_reading(const ConnectionTarget& target, const SqliteOptions& options) {
    Connection connection(target, Access::read_only);
    apply_reader_settings(connection, options);
    return connection;
}

}  // namespace

PageReader::PageReader(const ConnectionTarget& target,
                       const SqliteOptions& options,
                       std::shared_ptr<SharedState> shared)
    : shared_(std::move(shared)),
      connection_(open_for_reading(target, options)),
      watch_(connection_, *shared_),
      names_(connection_),
      heads_(connection_),
      rows_(connection_),
      select_by_id_(connection_,
                    "SELECT id, seq, stored_at, value_json, crc, record_id FROM history "
                    "WHERE id=?1"),
      select_gaps_(connection_,
                   "SELECT first_seq, last_seq, count, cause, at FROM gap WHERE record_id=?1 "
                   "AND at BETWEEN ?2 AND ?3 ORDER BY first_seq"),
      select_oldest_(connection_, "SELECT stored_at FROM history WHERE id>0 ORDER BY id LIMIT 1") {}

HistoryPage PageReader::read(const HistoryQuery& query) {
    const Pattern pattern(query.pattern);
    watch_.start(query.options.time_limit);
    watch_.check();
    try {
        return read_snapshot(pattern, query);
    } catch (const SqliteFailure& failure) {
        if (failure.primary_code() == SQLITE_INTERRUPT) {
            watch_.check();
        }
        throw;
    }
}

HistoryPage PageReader::read_snapshot(const Pattern& pattern, const HistoryQuery& query) {
    Transaction snapshot(connection_, Transaction::Kind::read);
    Work work = prepare(pattern, query);
    if (query.options.gaps && !query.options.after) {
        read_gaps(work);
    }
    read_rows(work);
    snapshot.commit();
    shared_->corrupt_rows.fetch_add(work.page.corrupt_rows, std::memory_order_relaxed);
    return std::move(work.page);
}

PageReader::Work PageReader::prepare(const Pattern& pattern, const HistoryQuery& query) {
    const HistoryOptions& options = query.options;
    names_.refresh();
    Work work{
        .start =
            options.start ? to_unix_ms(*options.start) : std::numeric_limits<std::int64_t>::min(),
        .end = options.end ? to_unix_ms(*options.end) : std::numeric_limits<std::int64_t>::max(),
        .order = options.order,
        .limit_per_record = options.limit_per_record,
        .limit = std::min(options.total_limit, page_limit_rows),
        .sink = query.sink.get(),
        .resume = options.after,
        .records = names_.match(pattern, query.names.get()),
        .page = {},
        .last = {}};
    skip_done(work);
    return work;
}

// The records from the cursor's on; without a cursor all of them.
void PageReader::skip_done(Work& work) const {
    if (!work.resume) {
        return;
    }
    const RecordName* last = names_.find(work.resume.record_id);
    if (last == nullptr) {
        throw Error(Errc::unknown_record,
                    "read '" + connection_.path() + "': the cursor is not from this store");
    }
    const auto from = std::lower_bound(
        work.records.begin(), work.records.end(), last->name,
        [](const RecordName* record, const std::string& name) { return record->name < name; });
    if (from == work.records.end() || *from != last) {
        work.resume = Cursor{};
    }
    work.records.erase(work.records.begin(), from);
}

void PageReader::read_rows(Work& work) {
    if (work.limit_per_record == 0) {
        return;
    }
    if (work.limit == 0) {
        work.page.next = work.resume;
        return;
    }
    std::span<const RecordName* const> left = work.records;
    std::size_t part = std::max<std::size_t>(
        first_part_records, work.limit / std::min(work.limit_per_record, expected_rows));
    while (!left.empty() && !work.page.next) {
        const std::size_t count = std::min(part, left.size());
        read_part(heads_.load(names_, left.first(count)), work);
        left = left.subspan(count);
        part *= part_growth;
    }
}

void PageReader::read_part(std::span<const RecordHead> heads, Work& work) {
    std::size_t at = 0;
    if (work.resume) {
        read_record(heads[at++], work);
        work.resume = Cursor{};
    }
    if (work.limit_per_record == 1 && work.order == Order::newest_first) {
        at = read_newest(heads, at, work);
    }
    for (; at < heads.size() && !work.page.next; ++at) {
        if (at % records_between_looks == 0) {
            watch_.check();
        }
        if (heads[at].newest_id != 0) {
            read_record(heads[at], work);
        }
    }
}

// Reads the newest row of as many records as fit into the page; returns the first
// record it has not dealt with.
std::size_t PageReader::read_newest(std::span<const RecordHead> heads,
                                    std::size_t from,
                                    Work& work) {
    while (from < heads.size() && !work.full() && !work.page.next) {
        const std::size_t count = std::min(work.room(), heads.size() - from);
        const std::span<const RecordHead> part = heads.subspan(from, count);
        std::vector<HistoryRow> rows = fetch_newest(part, work);
        for (std::size_t index = 0; index < count && !work.page.next; ++index) {
            if (rows[index].id != 0) {
                work.append(*part[index].record, std::move(rows[index]), 1);
            } else if (part[index].newest_id != 0) {
                read_record(part[index], work);
            }
        }
        from += count;
    }
    return from;
}

// Newest rows lie all over the file in the order of names, but close together in
// the order of ids. A row whose newest is damaged or outside the span of time
// keeps the id 0: another one may be what is looked for.
std::vector<HistoryRow> PageReader::fetch_newest(std::span<const RecordHead> heads,
                                                 const Work& work) {
    std::vector<std::pair<std::int64_t, std::size_t>> by_id;
    by_id.reserve(heads.size());
    for (std::size_t index = 0; index < heads.size(); ++index) {
        by_id.emplace_back(heads[index].newest_id, index);
    }
    std::sort(by_id.begin(), by_id.end());
    std::vector<HistoryRow> rows(heads.size());
    for (std::size_t done = 0; done < by_id.size(); ++done) {
        if (done % records_between_looks == 0) {
            watch_.check();
        }
        const auto& [id, index] = by_id[done];
        const Running running(select_by_id_);
        select_by_id_.bind(1, id);
        HistoryRowView row;
        if (id != 0 && select_by_id_.step() && work.spans(select_by_id_.integer(2)) &&
            take(select_by_id_, *heads[index].record, row)) {
            rows[index] = {{}, row.id, row.sequence, row.stored_at, std::string(row.value)};
        }
    }
    return rows;
}

// Appends the record's rows to the page. When the page is full and there is one
// more row, says where the next page begins.
void PageReader::read_record(const RecordHead& head, Work& work) {
    std::uint64_t taken = work.resume.taken;
    if (taken >= work.limit_per_record) {
        return;
    }
    const RowsInUse in_use(rows_);
    rows_.open({.record = head.record->id,
                .start = work.start,
                .end = work.end,
                .order = work.order,
                .late_count = head.late_count,
                .after_id = work.resume.row_id});
    while (const Statement* source = rows_.next()) {
        HistoryRowView row;
        if (!take(*source, *head.record, row)) {
            // A page later this row is met again; it is counted only there.
            work.page.corrupt_rows += work.full() ? 0U : 1U;
            continue;
        }
        if (work.full()) {
            work.page.next = work.last;
            break;
        }
        if (!work.append(*head.record, row, ++taken) || taken == work.limit_per_record) {
            break;
        }
    }
}

// Fills `row` unless the checksum is wrong.
bool PageReader::take(const Statement& source, const RecordName& record, HistoryRowView& row) {
    const RowView view{.record = record.id,
                       .sequence = source.natural(1),
                       .stored_at = from_unix_ms(source.integer(2)),
                       .value = source.text(3)};
    row = {record.name, source.integer(0), view.sequence, view.stored_at, view.value};
    return std::int64_t{row_checksum(view)} == source.integer(4);
}

bool PageReader::Work::append(const RecordName& record,
                              const HistoryRowView& row,
                              std::uint64_t taken) {
    if (sink == nullptr) {
        page.rows.push_back(
            {record.name, row.id, row.sequence, row.stored_at, std::string(row.value)});
    } else if (!offer(record, row)) {
        return false;
    }
    count(record, row.id, taken);
    return true;
}

bool PageReader::Work::append(const RecordName& record, HistoryRow&& row, std::uint64_t taken) {
    const std::int64_t id = row.id;
    if (sink == nullptr) {
        row.record = record.name;
        page.rows.push_back(std::move(row));
    } else if (!offer(record, {record.name, id, row.sequence, row.stored_at, row.value})) {
        return false;
    }
    count(record, id, taken);
    return true;
}

bool PageReader::Work::offer(const RecordName& record, const HistoryRowView& row) {
    if (sink->take(row)) {
        return true;
    }
    const bool resumed = resume.record_id == record.id;
    page.next = last ? last : resumed ? resume : Cursor{.record_id = record.id};
    return false;
}

void PageReader::Work::count(const RecordName& record, std::int64_t row, std::uint64_t taken) {
    last = {.record_id = record.id, .row_id = row, .taken = taken};
    ++rows;
}

// False when there are more gaps than a page may have.
bool PageReader::Work::append(HistoryGap&& gap) {
    if (gaps == page_limit_gaps || (sink != nullptr && !sink->take(gap))) {
        return false;
    }
    ++gaps;
    if (sink == nullptr) {
        page.gaps.push_back(std::move(gap));
    }
    return true;
}

void PageReader::read_gaps(Work& work) {
    for (const RecordHead& head : heads_.load(names_, work.records)) {
        if (head.has_gaps && !read_gaps_of(*head.record, work)) {
            work.page.gaps_cut = true;
            return;
        }
    }
}

// False when there are more gaps than a page may have.
bool PageReader::read_gaps_of(const RecordName& record, Work& work) {
    const Running running(select_gaps_);
    select_gaps_.bind_all(record.id, work.start, work.end);
    while (select_gaps_.step()) {
        if (!work.append({.record = record.name,
                          .first = select_gaps_.natural(0),
                          .last = select_gaps_.natural(1),
                          .count = select_gaps_.natural(2),
                          .cause = static_cast<GapCause>(select_gaps_.integer(3)),
                          .at = from_unix_ms(select_gaps_.integer(4))})) {
            return false;
        }
    }
    return true;
}

std::optional<UnixTime> PageReader::oldest() {
    const Running running(select_oldest_);
    if (!select_oldest_.step()) {
        return std::nullopt;
    }
    return from_unix_ms(select_oldest_.integer(0));
}

}  // namespace aimdb::sqlite
