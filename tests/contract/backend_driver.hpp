// SPDX-License-Identifier: Apache-2.0
//
// Drives a Backend the way the layer above it does: gives out sequences, sorts
// groups, keeps the marks. So tests can say what they mean: put, commit, read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "aimdb/persistence/backend.hpp"

namespace aimdb::contract {

inline constexpr std::uint64_t reserved_ahead = 64;

/// The code of the Error that `action` throws; none when it throws none.
template <typename Action>
[[nodiscard]] std::error_code code_of(Action action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    return {};
}

class BackendDriver {
public:
    BackendDriver(std::unique_ptr<Backend> backend,
                  std::vector<std::string> names,
                  std::int64_t now_ms = 0)
        : backend_(std::move(backend)) {
        report_ = backend_->open(
            {.records = names, .now = from_unix_ms(now_ms), .log = Log([](const LogEntry&) {})});
        for (std::size_t index = 0; index < names.size(); ++index) {
            ids_[names[index]] = report_.records[index].id;
            next_[report_.records[index].id] = report_.records[index].next_sequence;
        }
    }

    /// Adds a value to the group that is being collected; returns its sequence.
    std::uint64_t put(const std::string& name, std::int64_t at_ms, std::string value) {
        const RecordId id = ids_.at(name);
        values_.push_back(std::move(value));
        rows_.push_back({.record = id,
                         .sequence = next_[id]++,
                         .stored_at = from_unix_ms(at_ms),
                         .value = values_.back()});
        return rows_.back().sequence;
    }
    void lose(const std::string& name, std::uint64_t count, GapCause cause, std::int64_t at_ms) {
        const RecordId id = ids_.at(name);
        gaps_.push_back({.record = id,
                         .first = next_[id],
                         .last = next_[id] + count - 1,
                         .cause = cause,
                         .at = from_unix_ms(at_ms)});
        next_[id] += count;
    }

    /// Commits what was put and lost; after a failure it is still there to be tried again.
    void commit() {
        std::stable_sort(rows_.begin(), rows_.end(), [](const RowView& a, const RowView& b) {
            return std::tie(a.record, a.sequence) < std::tie(b.record, b.sequence);
        });
        std::vector<RecordMark> marks;
        for (const auto& [id, next] : next_) {
            marks.push_back(
                {.record = id, .next_sequence = next, .reserved_sequence = next + reserved_ahead});
        }
        backend_->commit({.rows = rows_, .gaps = gaps_, .marks = marks});
        rows_.clear();
        gaps_.clear();
        values_.clear();
    }
    void store(const std::string& name, std::int64_t at_ms, std::string value) {
        put(name, at_ms, std::move(value));
        commit();
    }

    [[nodiscard]] HistoryPage read(const std::string& pattern, const HistoryOptions& options = {}) {
        return read({.pattern = pattern, .options = options});
    }
    [[nodiscard]] HistoryPage read(const HistoryQuery& query) {
        if (!reader_) {
            reader_ = backend_->open_reader();
        }
        return reader_->read(query);
    }
    /// The values of a page, which is often all a test wants to see.
    [[nodiscard]] std::vector<std::string> values(const std::string& pattern,
                                                  const HistoryOptions& options = {}) {
        std::vector<std::string> values;
        for (const HistoryRow& row : read(pattern, options).rows) {
            values.push_back(row.value);
        }
        return values;
    }

    /// The same of named records only.
    [[nodiscard]] std::vector<std::string> values_of(std::vector<std::string> names,
                                                     const std::string& pattern) {
        std::sort(names.begin(), names.end());
        const auto sorted = std::make_shared<const std::vector<std::string>>(std::move(names));
        std::vector<std::string> values;
        for (const HistoryRow& row : read({pattern, {}, sorted}).rows) {
            values.push_back(row.value);
        }
        return values;
    }

    [[nodiscard]] PurgeReport purge(const std::string& name,
                                    std::int64_t before_ms,
                                    std::size_t limit_rows = 1'000) {
        return backend_->purge(
            {.record = ids_.at(name), .before = from_unix_ms(before_ms), .limit_rows = limit_rows});
    }

    void close() {
        reader_.reset();
        backend_->close();
        backend_.reset();
    }

    [[nodiscard]] Backend& backend() { return *backend_; }
    [[nodiscard]] const OpenReport& report() const { return report_; }
    [[nodiscard]] RecordId id(const std::string& name) const { return ids_.at(name); }

private:
    std::unique_ptr<Backend> backend_;
    std::unique_ptr<BackendReader> reader_;  // must go before the backend
    OpenReport report_;
    std::map<std::string, RecordId> ids_;
    std::map<RecordId, std::uint64_t> next_;
    std::deque<std::string> values_;
    std::vector<RowView> rows_;
    std::vector<GapView> gaps_;
};

}  // namespace aimdb::contract
