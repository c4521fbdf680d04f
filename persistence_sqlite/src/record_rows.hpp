// SPDX-License-Identifier: Apache-2.0
//
// The rows of one record within a span of time, in the order of their sequence,
// fetched one at a time so that nothing is read that is not wanted.
//
// The only index is on (record_id, stored_at). While times only grow, its order
// is the order of sequences. Rows whose time is before that of an earlier row are
// listed in the table `late`; then two streams are merged by id: the index without
// the late rows, and the late rows. A range of fewer rows than there are late rows is
// cheaper to sort: its ids are taken from the index, then each row is sought.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "aimdb/core/history.hpp"
#include "aimdb/persistence/backend.hpp"

#include "connection.hpp"

namespace aimdb::sqlite {

struct RowRange {
    RecordId record = 0;
    std::int64_t start = 0;  ///< Unix ms, inclusive.
    std::int64_t end = 0;    ///< Unix ms, inclusive.
    Order order = Order::oldest_first;
    std::uint64_t late_count = 0;  ///< Rows of the record in `late`.
    std::int64_t after_id = 0;     ///< Go on after this row, which may be gone; 0 = from the start.

    [[nodiscard]] bool has_late() const noexcept { return late_count > 0; }
    [[nodiscard]] bool is_after(std::int64_t id) const noexcept {
        return after_id == 0 || (order == Order::newest_first ? id < after_id : id > after_id);
    }
};

/// Threads:  the connection's.
/// Lifetime: the connection must outlive it.
class RecordRows {
public:
    /// Ids of more rows are not sorted, whatever the number of late rows.
    static constexpr std::uint64_t sorted_limit_rows = 10'000;

    explicit RecordRows(Connection& connection);

    /// Begins with `range`; an earlier one is forgotten.
    void open(const RowRange& range);
    /// Steps to the next row and gives it: columns id, seq, stored_at, value_json,
    /// crc. Nothing at the end.
    /// Cost: a seek and, with late rows, those of the range that are passed; or those of
    /// the whole range, if it is short.
    [[nodiscard]] const Statement* next();
    /// Lets go of the rows; while they are open, so is the snapshot.
    void close() noexcept;

private:
    // Statements that follow one another.
    struct Chain {
        std::array<Statement*, 2> parts{};
        std::size_t count = 0;
        std::size_t at = 0;
        bool on_row = false;

        void add(Statement& statement) { parts[count++] = &statement; }
        void advance();
        void close() noexcept;
        [[nodiscard]] std::int64_t id() const noexcept { return parts[at]->integer(0); }
    };
    struct Place {
        std::int64_t id;
        std::int64_t at;
    };

    [[nodiscard]] bool sort(const RowRange& range);
    [[nodiscard]] const Statement* next_sorted();
    void open_after(const RowRange& range);
    void add_ties(const RowRange& range, std::int64_t at);
    void add_span(const RowRange& range, std::int64_t start, std::int64_t end);
    void add_late(const RowRange& range);

    [[nodiscard]] std::optional<std::int64_t> time_of_place(const RowRange& range);
    [[nodiscard]] static std::optional<std::int64_t> look_up(Statement& time,
                                                             const RowRange& range);
    [[nodiscard]] std::optional<std::int64_t> search_place(const RowRange& range);
    [[nodiscard]] std::optional<Place> first_from(const RowRange& range, std::int64_t time);

    [[nodiscard]] Statement& ties(const RowRange& range);
    [[nodiscard]] Statement& span(Order order, bool skip_late);
    [[nodiscard]] Statement& late(Order order);

    Connection& connection_;
    std::array<std::optional<Statement>, 4> ties_;
    std::array<std::optional<Statement>, 4> spans_;
    std::array<std::optional<Statement>, 2> late_;
    Statement ids_in_time_;
    Statement row_by_id_;
    Statement time_of_row_;
    Statement time_passed_;
    Order order_ = Order::oldest_first;
    Chain in_time_;
    Chain late_rows_;
    Chain* current_ = nullptr;          // the one whose row was given last
    std::vector<std::int64_t> sorted_;  // ids, in their order, if the range is sorted
    std::size_t sorted_at_ = 0;         // of the next one
    bool is_sorted_ = false;
};

/// Closes rows however their user is left.
class RowsInUse {
public:
    explicit RowsInUse(RecordRows& rows) noexcept : rows_(rows) {}
    RowsInUse(const RowsInUse&) = delete;
    RowsInUse& operator=(const RowsInUse&) = delete;
    ~RowsInUse() { rows_.close(); }

private:
    RecordRows& rows_;
};

}  // namespace aimdb::sqlite
