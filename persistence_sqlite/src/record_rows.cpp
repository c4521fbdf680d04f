// SPDX-License-Identifier: Apache-2.0
#include "record_rows.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

namespace aimdb::sqlite {
namespace {

constexpr std::int64_t earliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();

std::size_t slot_of(Order order, bool skip_late) {
    return (order == Order::newest_first ? 1U : 0U) + (skip_late ? 2U : 0U);
}

std::string in_time_sql(Order order, bool skip_late, const std::string& condition) {
    const std::string direction = order == Order::newest_first ? " DESC" : "";
    const std::string without_late =
        skip_late ? " AND NOT EXISTS (SELECT 1 FROM late WHERE late.record_id=?1 "
                    "AND late.id=history.id)"
                  : "";
    return "SELECT id, seq, stored_at, value_json, crc FROM history WHERE record_id=?1 AND " +
           condition + without_late + " ORDER BY stored_at" + direction + ", id" + direction;
}

std::string late_sql(Order order) {
    const bool newest_first = order == Order::newest_first;
    return "SELECT history.id, history.seq, history.stored_at, history.value_json, history.crc "
           "FROM late CROSS JOIN history ON history.id=late.id WHERE late.record_id=?1 "
           "AND late.id" +
           std::string(newest_first ? "<" : ">") +
           "?2 AND history.stored_at BETWEEN ?3 AND ?4 ORDER BY late.id" +
           (newest_first ? " DESC" : "");
}

}  // namespace

RecordRows::RecordRows(Connection& connection)
    : connection_(connection),
      ids_in_time_(connection,
                   "SELECT id FROM history WHERE record_id=?1 AND stored_at BETWEEN ?2 AND ?3 "
                   "LIMIT ?4"),
      row_by_id_(connection, "SELECT id, seq, stored_at, value_json, crc FROM history WHERE id=?1"),
      time_of_row_(connection, "SELECT stored_at FROM history WHERE id=?2 AND record_id=?1"),
      time_passed_(connection, "SELECT passed_at FROM late WHERE record_id=?1 AND id=?2") {}

void RecordRows::Chain::advance() {
    while (at < count) {
        on_row = parts[at]->step();
        if (on_row) {
            return;
        }
        ++at;
    }
    on_row = false;
}

void RecordRows::Chain::close() noexcept {
    for (std::size_t part = 0; part < count; ++part) {
        parts[part]->reset();
    }
    *this = Chain{};
}

void RecordRows::open(const RowRange& range) {
    close();
    order_ = range.order;
    const bool bounded = range.start != earliest || range.end != latest;
    is_sorted_ = range.has_late() && bounded && sort(range);
    if (is_sorted_) {
        return;
    }
    if (range.after_id == 0) {
        add_span(range, range.start, range.end);
    } else {
        open_after(range);
    }
    if (range.has_late()) {
        add_late(range);
    }
    in_time_.advance();
    late_rows_.advance();
}

void RecordRows::close() noexcept {
    in_time_.close();
    late_rows_.close();
    current_ = nullptr;
    row_by_id_.reset();
}

// Collects the ids of the range, unless they are too many for that to be cheaper.
bool RecordRows::sort(const RowRange& range) {
    const std::uint64_t limit = std::min(range.late_count, sorted_limit_rows);
    sorted_.clear();
    sorted_at_ = 0;
    std::uint64_t found = 0;
    const Running running(ids_in_time_);
    for (ids_in_time_.bind_all(range.record, range.start, range.end, limit + 1);
         ids_in_time_.step();) {
        if (++found > limit) {
            return false;
        }
        if (range.is_after(ids_in_time_.integer(0))) {
            sorted_.push_back(ids_in_time_.integer(0));
        }
    }
    std::sort(sorted_.begin(), sorted_.end());
    if (range.order == Order::newest_first) {
        std::reverse(sorted_.begin(), sorted_.end());
    }
    return true;
}

const Statement* RecordRows::next_sorted() {
    while (sorted_at_ < sorted_.size()) {
        row_by_id_.reset();
        row_by_id_.bind(1, sorted_[sorted_at_++]);
        if (row_by_id_.step()) {
            return &row_by_id_;
        }
    }
    return nullptr;
}

const Statement* RecordRows::next() {
    if (is_sorted_) {
        return next_sorted();
    }
    if (current_ != nullptr) {
        current_->advance();
    }
    if (in_time_.on_row && late_rows_.on_row) {
        const bool in_time_is_older = in_time_.id() < late_rows_.id();
        current_ = in_time_is_older == (order_ == Order::oldest_first) ? &in_time_ : &late_rows_;
    } else if (in_time_.on_row || late_rows_.on_row) {
        current_ = in_time_.on_row ? &in_time_ : &late_rows_;
    } else {
        return nullptr;
    }
    return current_->parts[current_->at];
}

// Rows of equal time are in the order of ids, so the page goes on first among the
// rows of the same time, then with other times. Two statements, because SQLite
// seeks only the first column of a comparison like (stored_at, id) > (?, ?).
void RecordRows::open_after(const RowRange& range) {
    const std::optional<std::int64_t> at = time_of_place(range);
    const bool newest_first = range.order == Order::newest_first;
    if (!at) {
        // Everything that is left is younger than the row the page ended with.
        if (!newest_first) {
            add_span(range, range.start, range.end);
        }
        return;
    }
    if (*at >= range.start && *at <= range.end) {
        add_ties(range, *at);
    }
    if (newest_first && *at > earliest) {
        add_span(range, range.start, std::min(range.end, *at - 1));
    } else if (!newest_first && *at < latest) {
        add_span(range, std::max(range.start, *at + 1), range.end);
    }
}

void RecordRows::add_ties(const RowRange& range, std::int64_t at) {
    Statement& statement = ties(range);
    statement.bind_all(range.record, at, range.after_id);
    in_time_.add(statement);
}

void RecordRows::add_span(const RowRange& range, std::int64_t start, std::int64_t end) {
    Statement& statement = span(range.order, range.has_late());
    statement.bind_all(range.record, start, end);
    in_time_.add(statement);
}

void RecordRows::add_late(const RowRange& range) {
    const std::int64_t from =
        range.after_id != 0 || range.order == Order::oldest_first ? range.after_id : latest;
    Statement& statement = late(range.order);
    statement.bind_all(range.record, from, range.start, range.end);
    late_rows_.add(statement);
}

// The time at which the place after row `after_id` lies among the rows in time:
// those of earlier times come before the place, those of later times after it.
std::optional<std::int64_t> RecordRows::time_of_place(const RowRange& range) {
    if (range.has_late()) {
        if (const auto passed = look_up(time_passed_, range)) {
            return passed;
        }
    }
    if (const auto time = look_up(time_of_row_, range)) {
        return time;
    }
    return search_place(range);
}

std::optional<std::int64_t> RecordRows::look_up(Statement& time, const RowRange& range) {
    const Running running(time);
    time.bind_all(range.record, range.after_id);
    return time.step() ? std::optional(time.integer(0)) : std::nullopt;
}

// The row is gone. Ids and times of rows in time grow together, so the last of
// them that is not younger is found by halving the span of time: 64 seeks at most.
std::optional<std::int64_t> RecordRows::search_place(const RowRange& range) {
    const auto first = first_from(range, earliest);
    if (!first || first->id > range.after_id) {
        return std::nullopt;
    }
    std::int64_t low = first->at;  // A row from here on is not younger.
    std::int64_t high = latest;    // Rows from here on are younger, or there are none.
    while (low < high - 1) {
        const std::int64_t middle = std::midpoint(low, high);
        const auto row = first_from(range, middle);
        if (row && row->id <= range.after_id) {
            low = row->at;
        } else {
            high = middle;
        }
    }
    return low;
}

std::optional<RecordRows::Place> RecordRows::first_from(const RowRange& range, std::int64_t time) {
    Statement& statement = span(Order::oldest_first, range.has_late());
    const Running running(statement);
    statement.bind_all(range.record, time, latest);
    if (!statement.step()) {
        return std::nullopt;
    }
    return Place{.id = statement.integer(0), .at = statement.integer(2)};
}

Statement& RecordRows::ties(const RowRange& range) {
    std::optional<Statement>& kept = ties_[slot_of(range.order, range.has_late())];
    if (!kept) {
        const std::string after = range.order == Order::newest_first ? "<" : ">";
        kept.emplace(connection_, in_time_sql(range.order, range.has_late(),
                                              "stored_at=?2 AND id" + after + "?3"));
    }
    return *kept;
}

Statement& RecordRows::span(Order order, bool skip_late) {
    std::optional<Statement>& kept = spans_[slot_of(order, skip_late)];
    if (!kept) {
        kept.emplace(connection_, in_time_sql(order, skip_late, "stored_at BETWEEN ?2 AND ?3"));
    }
    return *kept;
}

Statement& RecordRows::late(Order order) {
    std::optional<Statement>& kept = late_[slot_of(order, false)];
    if (!kept) {
        kept.emplace(connection_, late_sql(order));
    }
    return *kept;
}

}  // namespace aimdb::sqlite
