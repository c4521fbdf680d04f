// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <utility>

#include "aimdb/core/key.hpp"

#include "memory_store.hpp"

namespace aimdb::detail {
namespace {

/// Collects one page, record by record, until it is full or out of time.
class PageReader {
public:
    PageReader(const MemoryStore& store, const HistoryQuery& query)
        : store_(store),
          options_(query.options),
          pattern_(query.pattern),
          names_(query.names),
          sink_(query.sink),
          limit_(std::min(query.options.total_limit, page_limit_rows)),
          interrupts_(store.interrupts.load(std::memory_order_relaxed)),
          deadline_(std::chrono::steady_clock::now() + query.options.time_limit) {}

    HistoryPage read() {
        // A cursor of a record that is not there (another store) begins nowhere:
        // better an empty page than the same rows once more.
        bool begun = !options_.after;
        if (options_.gaps && begun) take_all_gaps();
        for (const auto& [name, record] : store_.records) {
            const bool resumed = !begun && record.id == options_.after.record_id;
            begun = begun || resumed;
            if (begun && !full_ && wants(name)) take_rows(record, resumed);
            check_time();
        }
        return std::move(page_);
    }

private:
    void take_all_gaps() {
        for (const auto& [name, record] : store_.records) {
            if (wants(name) && !page_.gaps_cut) take_gaps(record);
        }
    }
    [[nodiscard]] bool wants(const std::string& name) const {
        return pattern_.matches(name) &&
               (!names_ || std::binary_search(names_->begin(), names_->end(), name));
    }

    void take_rows(const MemoryStore::Record& record, bool resumed) {
        const std::int64_t after = resumed ? options_.after.row_id : 0;
        std::uint64_t taken = resumed ? options_.after.taken : 0;
        const bool oldest_first = options_.order == Order::oldest_first;
        const std::size_t count = record.rows.size();
        for (std::size_t i = 0; i < count && taken < options_.limit_per_record; ++i) {
            const auto& row = record.rows[oldest_first ? i : count - 1 - i];
            if (i % 1024 == 1023) check_time();
            if (after != 0 && (oldest_first ? row.id <= after : row.id >= after)) continue;
            if (options_.start && row.stored_at < *options_.start) continue;
            if (options_.end && row.stored_at > *options_.end) continue;
            if (count_ == limit_ || !append(record, row)) {
                stop_at(record, resumed);
                return;
            }
            ++count_;
            ++taken;
            last_ = {.record_id = record.id, .row_id = row.id, .taken = taken};
        }
    }

    bool append(const MemoryStore::Record& record, const MemoryStore::Row& row) {
        if (sink_) {
            return sink_->take(
                HistoryRowView{record.name, row.id, row.sequence, row.stored_at, row.value});
        }
        page_.rows.push_back({.record = record.name,
                              .id = row.id,
                              .sequence = row.sequence,
                              .stored_at = row.stored_at,
                              .value = row.value});
        return true;
    }

    // There is one more row, in `record`: the next page begins with it.
    void stop_at(const MemoryStore::Record& record, bool resumed) {
        full_ = true;
        if (last_.record_id == record.id) {
            page_.next = last_;
        } else {
            page_.next = resumed ? options_.after : Cursor{.record_id = record.id};
        }
    }

    void take_gaps(const MemoryStore::Record& record) {
        for (const auto& gap : record.gaps) {
            if (options_.start && gap.at < *options_.start) continue;
            if (options_.end && gap.at > *options_.end) continue;
            if (gap_count_ == page_limit_gaps || (sink_ && !sink_->take(gap))) {
                page_.gaps_cut = true;
                return;
            }
            ++gap_count_;
            if (!sink_) page_.gaps.push_back(gap);
        }
    }

    void check_time() const {
        if (store_.interrupts.load(std::memory_order_relaxed) != interrupts_) {
            throw Error(Errc::storage_unavailable, "query '" + pattern_.text() + "' interrupted");
        }
        if (std::chrono::steady_clock::now() >= deadline_) {
            throw Error(Errc::timed_out, "query '" + pattern_.text() + "'");
        }
    }

    const MemoryStore& store_;
    const HistoryOptions& options_;
    const Pattern pattern_;
    const std::shared_ptr<const std::vector<std::string>> names_;
    const std::shared_ptr<HistorySink> sink_;
    const std::size_t limit_;
    const std::uint64_t interrupts_;
    const std::chrono::steady_clock::time_point deadline_;
    HistoryPage page_;
    std::size_t count_ = 0;
    std::size_t gap_count_ = 0;
    Cursor last_{};  // of the last row taken
    bool full_ = false;
};

}  // namespace

HistoryPage read_page(const MemoryStore& store, const HistoryQuery& query) {
    return PageReader(store, query).read();
}

void add_gap(MemoryStore::Record& record, HistoryGap gap) {
    auto& gaps = record.gaps;
    if (!gaps.empty() && gaps.back().cause == gap.cause && gaps.back().last + 1 == gap.first) {
        gaps.back().last = gap.last;
        gaps.back().count += gap.count;
        gaps.back().at = gap.at;
        return;
    }
    gaps.push_back(std::move(gap));
    if (gaps.size() > memory_gap_limit) {
        gaps[1].first = gaps[0].first;
        gaps[1].count += gaps[0].count;
        gaps.erase(gaps.begin());
    }
}

}  // namespace aimdb::detail
