// SPDX-License-Identifier: Apache-2.0
//
// Stored history as a module sees it that knows nothing of persistence: the
// question, the answer, and an interface to ask through. AimX asks, persistence
// answers, core only carries the interface (`Database::history()`).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/core/time.hpp"

namespace aimdb {

/// The order of rows inside one record, by sequence. Records follow each other by name.
enum class Order : std::uint8_t { oldest_first, newest_first };

/// Why values are missing from a record's history. Values are stable: they are stored.
enum class GapCause : std::uint8_t {
    lagged = 1,             ///< The record's buffer overwrote them before they could be taken.
    crash = 2,              ///< Sequences skipped after an unclean stop: at most this many.
    shutdown = 3,           ///< Given up when the deadline of the stop passed.
    store_unavailable = 4,  ///< Produced while the store could not be opened.
    rejected_encode = 5,    ///< The codec failed on the value.
    rejected_too_large = 6  ///< The encoded value is longer than the row limit.
};
[[nodiscard]] std::string_view to_string(GapCause cause) noexcept;
/// True for the causes that count as `rejected`, not as `lost`.
[[nodiscard]] constexpr bool is_rejection(GapCause cause) noexcept {
    return cause == GapCause::rejected_encode || cause == GapCause::rejected_too_large;
}

/// A run of values that are missing from a record's history.
struct HistoryGap {
    std::string record;
    std::uint64_t first = 0;  ///< First missing sequence.
    std::uint64_t last = 0;   ///< Last missing sequence, inclusive.
    std::uint64_t count = 0;  ///< How many; for `crash` at most so many.
    GapCause cause = GapCause::lagged;
    UnixTime at{};  ///< When the gap was noticed (for a lag: time of the next value).

    bool operator==(const HistoryGap&) const = default;
};

/// One stored value.
struct HistoryRow {
    std::string record;          ///< Name the record persists under.
    std::int64_t id = 0;         ///< Grows in commit order over all records, never reused.
    std::uint64_t sequence = 0;  ///< Sequence of the value within its record.
    UnixTime stored_at{};        ///< Time of the produce.
    std::string value;           ///< JSON text.

    bool operator==(const HistoryRow&) const = default;
};

/// A row that lies in memory of the store, for as long as HistorySink::take() runs.
struct HistoryRowView {
    std::string_view record;  ///< Name the record persists under.
    std::int64_t id = 0;
    std::uint64_t sequence = 0;
    UnixTime stored_at{};
    std::string_view value;  ///< JSON text.
};

/// Takes what a query reads, piece by piece, instead of HistoryPage: for one who puts
/// rows into another form, and ends the page where that form is full.
///
/// Threads: called by one thread that reads, at a time. What it throws is the query's error.
class HistorySink {
public:
    virtual ~HistorySink() = default;
    /// False: the page ends before this row, and HistoryPage::next goes on with it.
    [[nodiscard]] virtual bool take(const HistoryRowView& row) = 0;
    /// Gaps come before rows. False: no more of them, as HistoryPage::gaps_cut says.
    [[nodiscard]] virtual bool take(const HistoryGap& gap) = 0;
};

/// Where the next page of a query begins. Fixed size and trivially destructible,
/// so that it is safe inside a braced option struct (see docs/architecture.md,
/// "GCC 12"). Opaque; only meaningful for the same query on the same store.
struct Cursor {
    std::int64_t record_id = 0;  ///< Backend's id of the record to go on with; 0 = no cursor.
    std::int64_t row_id = 0;     ///< Go on after this row.
    std::uint64_t taken = 0;     ///< Rows of that record already returned.

    [[nodiscard]] explicit operator bool() const noexcept { return record_id != 0; }
    bool operator==(const Cursor&) const = default;

    /// Text form for a wire: `<record>-<row>-<taken>` in hexadecimal.
    [[nodiscard]] std::string to_text() const;
    /// The opposite of to_text(); nothing when the text is not a cursor.
    [[nodiscard]] static std::optional<Cursor> from_text(std::string_view text) noexcept;
};

/// Rows in one page unless asked otherwise.
inline constexpr std::size_t default_page_limit_rows = 10'000;
/// Rows one page may have at most; a larger wish is cut down to it.
inline constexpr std::size_t page_limit_rows = 1'000'000;
/// Gaps one page may have at most; `HistoryPage::gaps_cut` says when there were more.
inline constexpr std::size_t page_limit_gaps = 10'000;
inline constexpr std::chrono::milliseconds default_query_time_limit{5'000};

/// What to read. Trivially destructible; `start` and `end` are inclusive.
struct HistoryOptions {
    std::optional<UnixTime> start{};
    std::optional<UnixTime> end{};
    /// Rows per record: the first so many in the order asked for.
    std::uint64_t limit_per_record = std::numeric_limits<std::uint64_t>::max();
    /// Rows in the page, over all records; `HistoryPage::next` goes on from there.
    std::size_t total_limit = default_page_limit_rows;
    Order order = Order::oldest_first;
    Cursor after{};
    bool gaps = false;  ///< Along with the rows; only without `after`, so once.
    std::chrono::milliseconds time_limit = default_query_time_limit;
};

struct HistoryQuery {
    std::string pattern;  ///< See key.hpp; matched against the names records persist under.
    HistoryOptions options;
    /// When given: only records of these names (sorted by bytes), which have to match too.
    std::shared_ptr<const std::vector<std::string>> names{};
    /// When given: gets the rows and gaps; the page has none.
    std::shared_ptr<HistorySink> sink{};
};

/// One consistent snapshot of at most `total_limit` rows.
struct HistoryPage {
    std::vector<HistoryRow> rows;
    std::vector<HistoryGap> gaps;    ///< With `gaps = true`: those of the matching records.
    Cursor next;                     ///< Where to go on, or empty when this was all.
    std::uint64_t corrupt_rows = 0;  ///< Rows left out because their checksum is wrong.
    bool gaps_cut = false;           ///< More than `page_limit_gaps`: ask more narrowly.
};

/// How far the history of one record has got.
struct HistoryPosition {
    std::uint64_t committed = 0;  ///< Highest sequence that is safely stored; 0 = none.
    std::uint64_t settled = 0;    ///< Up to here every value is stored or recorded as a gap.
};

/// Answers history questions without saying who stores.
///
/// Threads: thread-safe.
class HistorySource {
public:
    virtual ~HistorySource() = default;

    /// Called once, on a thread of the source. It must not block or throw.
    using QueryHandler = std::function<void(std::exception_ptr, HistoryPage)>;
    /// Answers `query`. Never waits; a refused query completes with an error too.
    virtual void query(HistoryQuery query, QueryHandler handler) = 0;

    using SettledHandler = std::function<void(std::exception_ptr)>;
    /// Completes once the record with this key is settled up to `sequence`, and
    /// makes the store commit soon. This is what history-then-live waits for.
    virtual void when_settled(std::string_view key,
                              std::uint64_t sequence,
                              SettledHandler handler) = 0;

    /// Nothing when no record of that key is persisted.
    [[nodiscard]] virtual std::optional<HistoryPosition> position(std::string_view key) const = 0;
    /// The name `key` persists under, or nothing.
    [[nodiscard]] virtual std::optional<std::string> stored_name(std::string_view key) const = 0;
    /// `<store>.<n>`: stays the same over clean restarts, n grows after an unclean
    /// stop. As no store gives out a sequence twice, those of one store can be
    /// compared whatever n is. Empty when the store could not be opened.
    [[nodiscard]] virtual std::string epoch() const = 0;
    /// What is wrong with the store now, as a sentence; empty when nothing is.
    [[nodiscard]] virtual std::string trouble() const = 0;
};

}  // namespace aimdb
