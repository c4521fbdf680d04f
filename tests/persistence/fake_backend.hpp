// SPDX-License-Identifier: Apache-2.0
//
// A backend that fails, blocks and remembers as a test says: for what the memory
// backend cannot be made to do.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "aimdb/core/assert.hpp"
#include "aimdb/persistence/backend.hpp"

namespace aimdb::test {

class FakeBackend final : public Backend {
public:
    enum class Commit : std::uint8_t {
        good,
        not_written,
        unknown_stored,
        unknown_absent,
        odd  // not written, and what it throws is no exception class
    };
    struct SeenGap {
        RecordId record;
        std::uint64_t first;
        std::uint64_t last;
        GapCause cause;
    };

    // What the test says.

    /// The outcomes of the next commits; good afterwards.
    void plan(std::vector<Commit> outcomes) {
        const std::lock_guard lock(mutex_);
        planned_.assign(outcomes.begin(), outcomes.end());
    }
    /// Fails every commit from now on, or none.
    void fail_always(bool failing) {
        const std::lock_guard lock(mutex_);
        failing_ = failing;
    }
    /// Holds commits up until opened again.
    void shut(bool closed) {
        const std::lock_guard lock(mutex_);
        shut_ = closed;
        changed_.notify_all();
    }
    std::function<void(OpenReport&)> on_open;
    std::function<PurgeReport(const PurgeRequest&)> on_purge;
    std::function<bool()> on_maintain;
    std::function<HistoryPage(const HistoryQuery&)> on_read;

    // What it saw.

    /// Waits for the n-th attempt to commit rows or gaps, also a failed one.
    void wait_for_attempts(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return attempts_ >= count; });
    }
    void wait_for_rows(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stored_rows_ >= count; });
    }
    std::vector<std::size_t> group_sizes() const { return locked(group_sizes_); }
    std::vector<std::uint64_t> rows_of(RecordId record) const {
        const std::lock_guard lock(mutex_);
        const auto place = rows_.find(record);
        return place == rows_.end() ? std::vector<std::uint64_t>{} : place->second;
    }
    std::vector<SeenGap> gaps() const { return locked(gaps_); }
    RecordMark last_mark(RecordId record) const {
        const std::lock_guard lock(mutex_);
        return marks_.at(record);
    }
    std::size_t attempts() const { return locked(attempts_); }
    int interrupts() const { return locked(interrupts_); }
    int readers() const { return readers_; }
    bool closed_cleanly() const { return locked(closed_); }

    // Backend.

    std::string describe() const override { return "fake"; }
    OpenReport open(const OpenRequest& request) override {
        OpenReport report;
        for (std::size_t i = 0; i < request.records.size(); ++i) {
            report.records.push_back(
                {.id = static_cast<RecordId>(i + 1), .next_sequence = 1, .has_rows = false});
        }
        if (on_open) on_open(report);
        return report;
    }
    void commit(const Group& group) override {
        std::unique_lock lock(mutex_);
        if (group.rows.empty() && group.gaps.empty()) {
            return;  // a reservation
        }
        ++attempts_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !shut_; });
        Commit outcome = failing_ ? Commit::not_written : Commit::good;
        if (!planned_.empty()) {
            outcome = planned_.front();
            planned_.pop_front();
        }
        if (outcome == Commit::good || outcome == Commit::unknown_stored) {
            store(group);
        }
        if (outcome == Commit::odd) {
            throw 7;
        }
        if (outcome != Commit::good) {
            throw BackendError(Errc::storage_io,
                               outcome == Commit::not_written ? BackendError::Outcome::not_written
                                                              : BackendError::Outcome::unknown,
                               "commit to fake");
        }
    }
    std::uint64_t next_sequence(RecordId record) override {
        const std::lock_guard lock(mutex_);
        const auto place = marks_.find(record);
        return place == marks_.end() ? 1 : place->second.next_sequence;
    }
    PurgeReport purge(const PurgeRequest& request) override {
        return on_purge ? on_purge(request) : PurgeReport{};
    }
    bool maintain() override { return on_maintain && on_maintain(); }
    std::unique_ptr<BackendReader> open_reader() override {
        return std::make_unique<Reader>(*this);
    }
    void interrupt_readers() noexcept override {
        const std::lock_guard lock(mutex_);
        ++interrupts_;
        changed_.notify_all();
    }
    /// For `on_read`: blocks until interrupted.
    void wait_for_interrupt() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return interrupts_ > 0; });
    }
    BackendStats stats() const override { return {}; }
    void close() override {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    std::string set_aside() override { return "elsewhere"; }

private:
    class Reader final : public BackendReader {
    public:
        explicit Reader(FakeBackend& owner) : owner_(owner) { ++owner_.readers_; }
        Reader(const Reader&) = delete;
        Reader& operator=(const Reader&) = delete;
        ~Reader() override { --owner_.readers_; }
        HistoryPage read(const HistoryQuery& query) override {
            return owner_.on_read ? owner_.on_read(query) : HistoryPage{};
        }
        std::optional<UnixTime> oldest() override { return std::nullopt; }

    private:
        FakeBackend& owner_;
    };

    template <typename V>
    V locked(const V& value) const {
        const std::lock_guard lock(mutex_);
        return value;
    }

    // Checks what the interface promises of a group.
    void store(const Group& group) {
        const RowView* before = nullptr;
        for (const auto& row : group.rows) {
            AIMDB_ASSERT(before == nullptr || std::pair(before->record, before->sequence) <
                                                  std::pair(row.record, row.sequence));
            AIMDB_ASSERT(std::stoull(std::string(row.value)) == row.sequence);
            rows_[row.record].push_back(row.sequence);
            before = &row;
        }
        for (const auto& gap : group.gaps) {
            gaps_.push_back({gap.record, gap.first, gap.last, gap.cause});
        }
        for (const auto& mark : group.marks) {
            AIMDB_ASSERT(mark.reserved_sequence >= mark.next_sequence + 64);
            marks_[mark.record] = mark;
        }
        stored_rows_ += group.rows.size();
        group_sizes_.push_back(group.rows.size());
        changed_.notify_all();
    }

    std::atomic<int> readers_{0};  // open now
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Commit> planned_;
    bool failing_ = false;
    bool shut_ = false;
    bool closed_ = false;
    int interrupts_ = 0;
    std::size_t attempts_ = 0;
    std::size_t stored_rows_ = 0;
    std::vector<std::size_t> group_sizes_;
    std::map<RecordId, std::vector<std::uint64_t>> rows_;
    std::vector<SeenGap> gaps_;
    std::map<RecordId, RecordMark> marks_;
};

}  // namespace aimdb::test
