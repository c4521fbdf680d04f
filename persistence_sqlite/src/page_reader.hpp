// SPDX-License-Identifier: Apache-2.0
//
// Answers history queries from one read-only connection, a page at a time, each
// page from one snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "connection.hpp"
#include "query_watch.hpp"
#include "record_heads.hpp"
#include "record_names.hpp"
#include "record_rows.hpp"
#include "shared_state.hpp"

namespace aimdb::sqlite {

/// Every row's checksum is verified; a row that fails is left out and counted, and
/// the next one takes its place within the limits.
///
/// Threads: thread-confined.
class PageReader final : public BackendReader {
public:
    PageReader(const ConnectionTarget& target,
               const SqliteOptions& options,
               std::shared_ptr<SharedState> shared);

    [[nodiscard]] HistoryPage read(const HistoryQuery& query) override;
    /// The time of the oldest row in commit order.
    [[nodiscard]] std::optional<UnixTime> oldest() override;

private:
    // The query in the words of the file, and the page as far as it has got.
    struct Work {
        std::int64_t start;
        std::int64_t end;
        Order order;
        std::uint64_t limit_per_record;
        std::size_t limit;
        HistorySink* sink;
        Cursor resume;  // only for the first of the records
        std::vector<const RecordName*> records;
        HistoryPage page;

        std::size_t rows = 0;
        std::size_t gaps = 0;
        Cursor last;  // the last row of the page

        [[nodiscard]] std::size_t room() const noexcept { return limit - rows; }
        [[nodiscard]] bool full() const noexcept { return room() == 0; }
        [[nodiscard]] bool spans(std::int64_t time) const noexcept {
            return time >= start && time <= end;
        }
        /// False: the sink wants no more, and the page ends before this row.
        bool append(const RecordName& record, const HistoryRowView& row, std::uint64_t taken);
        bool append(const RecordName& record, HistoryRow&& row, std::uint64_t taken);
        bool append(HistoryGap&& gap);

    private:
        bool offer(const RecordName& record, const HistoryRowView& row);
        void count(const RecordName& record, std::int64_t row, std::uint64_t taken);
    };

    [[nodiscard]] HistoryPage read_snapshot(const Pattern& pattern, const HistoryQuery& query);
    [[nodiscard]] Work prepare(const Pattern& pattern, const HistoryQuery& query);
    void skip_done(Work& work) const;
    void read_rows(Work& work);
    void read_part(std::span<const RecordHead> heads, Work& work);
    [[nodiscard]] std::size_t read_newest(std::span<const RecordHead> heads,
                                          std::size_t from,
                                          Work& work);
    [[nodiscard]] std::vector<HistoryRow> fetch_newest(std::span<const RecordHead> heads,
                                                       const Work& work);
    void read_record(const RecordHead& head, Work& work);
    [[nodiscard]] static bool take(const Statement& source,
                                   const RecordName& record,
                                   HistoryRowView& row);
    void read_gaps(Work& work);
    [[nodiscard]] bool read_gaps_of(const RecordName& record, Work& work);

    const std::shared_ptr<SharedState> shared_;
    Connection connection_;
    QueryWatch watch_;
    RecordNames names_;
    RecordHeads heads_;
    RecordRows rows_;
    Statement select_by_id_;
    Statement select_gaps_;
    Statement select_oldest_;
};

}  // namespace aimdb::sqlite
