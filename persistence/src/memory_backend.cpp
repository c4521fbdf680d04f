// SPDX-License-Identifier: Apache-2.0
#include "aimdb/persistence/memory_backend.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "aimdb/core/assert.hpp"

#include "memory_store.hpp"

namespace aimdb {
namespace {

class MemoryReader final : public BackendReader {
public:
    explicit MemoryReader(std::shared_ptr<MemoryStore> store) : store_(std::move(store)) {}

    HistoryPage read(const HistoryQuery& query) override {
        const std::lock_guard lock(store_->mutex);
        return detail::read_page(*store_, query);
    }

    std::optional<UnixTime> oldest() override {
        const std::lock_guard lock(store_->mutex);
        std::optional<UnixTime> oldest;
        for (const auto* record : store_->by_id) {
            if (!record->rows.empty()) {
                const UnixTime first = record->rows.front().stored_at;
                oldest = oldest ? std::min(*oldest, first) : first;
            }
        }
        return oldest;
    }

private:
    std::shared_ptr<MemoryStore> store_;
};

class MemoryBackend final : public Backend {
public:
    explicit MemoryBackend(std::shared_ptr<MemoryStore> store) : store_(std::move(store)) {}
    ~MemoryBackend() override { release(); }
    MemoryBackend(const MemoryBackend&) = delete;
    MemoryBackend& operator=(const MemoryBackend&) = delete;

    std::string describe() const override { return "memory"; }
    OpenReport open(const OpenRequest& request) override;
    void commit(const Group& group) override;
    std::uint64_t next_sequence(RecordId record) override;
    PurgeReport purge(const PurgeRequest& request) override;
    bool maintain() override { return false; }
    std::unique_ptr<BackendReader> open_reader() override {
        return std::make_unique<MemoryReader>(store_);
    }
    void interrupt_readers() noexcept override {
        store_->interrupts.fetch_add(1, std::memory_order_relaxed);  // a request, publishes nothing
    }
    BackendStats stats() const override { return {}; }
    void close() override;
    std::string set_aside() override;

private:
    void release() noexcept;
    void record_crash(OpenReport& report, UnixTime now);
    StoredRecord enlist(const std::string& name);

    std::shared_ptr<MemoryStore> store_;
    bool holds_store_ = false;
};

OpenReport MemoryBackend::open(const OpenRequest& request) {
    const std::lock_guard lock(store_->mutex);
    if (store_->opened) {
        throw Error(Errc::storage_locked, "open memory store");
    }
    OpenReport report;
    report.clean = store_->clean;
    if (!store_->clean) {
        record_crash(report, request.now);
        ++store_->crashes;
    }
    report.epoch = store_->name + '.' + std::to_string(store_->crashes);
    for (const auto& name : request.records) {
        report.records.push_back(enlist(name));
    }
    for (const auto& [name, record] : store_->records) {
        if (!record.rows.empty()) {
            report.newest_row = std::max(report.newest_row, record.rows.back().stored_at);
        }
    }
    store_->opened = holds_store_ = true;
    store_->clean = false;
    return report;
}

// After a crash nobody knows which of the reserved sequences were given out, so
// all of them are skipped, and the skip is a gap.
void MemoryBackend::record_crash(OpenReport& report, UnixTime now) {
    for (auto& [name, record] : store_->records) {
        if (record.reserved_sequence > record.next_sequence) {
            UnixTime at = now;  // but not before the newest row
            for (const auto& row : record.rows) {
                at = std::max(at, row.stored_at);
            }
            const HistoryGap gap{.record = name,
                                 .first = record.next_sequence,
                                 .last = record.reserved_sequence - 1,
                                 .count = record.reserved_sequence - record.next_sequence,
                                 .cause = GapCause::crash,
                                 .at = at};
            report.crash_gaps.push_back(gap);
            detail::add_gap(record, gap);
            record.next_sequence = record.reserved_sequence;
        }
    }
}

StoredRecord MemoryBackend::enlist(const std::string& name) {
    auto [place, added] = store_->records.try_emplace(name);
    auto& record = place->second;
    if (added) {
        store_->by_id.push_back(&record);
        record.id = static_cast<RecordId>(store_->by_id.size());
        record.name = name;
    }
    return {
        .id = record.id, .next_sequence = record.next_sequence, .has_rows = !record.rows.empty()};
}

void MemoryBackend::commit(const Group& group) {
    const std::lock_guard lock(store_->mutex);
    for (const auto& row : group.rows) {
        auto& record = store_->find(row.record);
        AIMDB_ASSERT(row.sequence >= record.next_sequence);  // never reused, never doubled
        AIMDB_ASSERT(record.rows.empty() || record.rows.back().sequence < row.sequence);
        record.rows.push_back({.id = store_->next_row_id++,
                               .sequence = row.sequence,
                               .stored_at = row.stored_at,
                               .value = std::string(row.value)});
    }
    for (const auto& gap : group.gaps) {
        auto& record = store_->find(gap.record);
        AIMDB_ASSERT(gap.first >= record.next_sequence && gap.last >= gap.first);
        detail::add_gap(record, {.record = record.name,
                                 .first = gap.first,
                                 .last = gap.last,
                                 .count = gap.last - gap.first + 1,
                                 .cause = gap.cause,
                                 .at = gap.at});
    }
    for (const auto& mark : group.marks) {
        auto& record = store_->find(mark.record);
        AIMDB_ASSERT(mark.next_sequence >= record.next_sequence);
        record.next_sequence = mark.next_sequence;
        record.reserved_sequence = std::max(record.reserved_sequence, mark.reserved_sequence);
    }
}

std::uint64_t MemoryBackend::next_sequence(RecordId record) {
    const std::lock_guard lock(store_->mutex);
    return store_->find(record).next_sequence;
}

PurgeReport MemoryBackend::purge(const PurgeRequest& request) {
    const std::lock_guard lock(store_->mutex);
    auto& record = store_->find(request.record);
    PurgeReport report;
    if (!record.rows.empty()) {
        auto& rows = record.rows;
        const auto newest = rows.end() - 1;
        const auto kept = std::remove_if(rows.begin(), newest, [&](const MemoryStore::Row& row) {
            if (row.stored_at >= request.before) return false;
            report.more = report.rows == request.limit_rows;
            return !report.more && ++report.rows > 0;
        });
        rows.erase(kept, newest);
    }
    report.gaps =
        std::erase_if(record.gaps, [&](const HistoryGap& gap) { return gap.at < request.before; });
    return report;
}

void MemoryBackend::close() {
    release();
    const std::lock_guard lock(store_->mutex);
    store_->clean = true;
}

std::string MemoryBackend::set_aside() {
    const std::lock_guard lock(store_->mutex);
    store_->records.clear();
    store_->by_id.clear();
    store_->clean = true;
    return "memory, set aside " + std::to_string(++store_->set_aside_count);
}

void MemoryBackend::release() noexcept {
    const std::lock_guard lock(store_->mutex);
    if (std::exchange(holds_store_, false)) {
        store_->opened = false;
    }
}

}  // namespace

MemoryStore::Record& MemoryStore::find(RecordId id) {
    if (id < 1 || static_cast<std::size_t>(id) > by_id.size()) {
        throw BackendError(Errc::unknown_record, BackendError::Outcome::not_written,
                           "record id " + std::to_string(id));
    }
    return *by_id[static_cast<std::size_t>(id - 1)];
}

std::shared_ptr<MemoryStore> memory_store() { return std::make_shared<MemoryStore>(); }

std::unique_ptr<Backend> memory_history() { return memory_history(memory_store()); }

std::unique_ptr<Backend> memory_history(std::shared_ptr<MemoryStore> store) {
    AIMDB_ASSERT(store != nullptr);
    return std::make_unique<MemoryBackend>(std::move(store));
}

}  // namespace aimdb
