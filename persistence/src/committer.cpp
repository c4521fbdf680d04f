// SPDX-License-Identifier: Apache-2.0
#include "committer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "aimdb/core/detail/exception_text.hpp"

namespace aimdb::detail {
namespace {

/// Time before the n-th retry; the last one is for all that follow.
constexpr std::array<std::chrono::milliseconds, 3> retry_delays{
    std::chrono::milliseconds(10), std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};

MissingRange range_of(const GapView& gap) {
    return {gap.first, gap.last, gap.cause, gap.at, gap.last - gap.first + 1};
}

}  // namespace

Committer::Committer(Backend& backend,
                     const Roster& roster,
                     std::shared_ptr<const Clock> pace,
                     StopSignal& stop,
                     HealthBoard& health)
    : backend_(backend),
      roster_(roster),
      pace_(std::move(pace)),
      stop_(stop),
      health_(health),
      builder_(roster) {}

void Committer::reserve() {
    builder_.build_reservation(pace_->steady());
    try {
        if (!builder_.group().marks.empty()) {
            backend_.commit(builder_.group());
        }
    } catch (...) {
        // The next group reserves as well.
        health_.set(HealthBoard::Part::commits, HealthState::degraded, exception_text());
    }
}

std::chrono::nanoseconds Committer::write(std::span<Batch* const> batches) {
    builder_.build(batches, pace_->steady());
    for (std::size_t failures = 0; !hopeless_; ++failures) {
        try {
            attempt();
            health_.set_ok(HealthBoard::Part::commits);
            return took_;
        } catch (const BackendError& error) {
            fail(error.what(), error.outcome() == BackendError::Outcome::unknown);
        } catch (...) {
            fail(exception_text(), true);  // a backend that does not say: assume the worst
        }
        stop_.pause(retry_delays[std::min(failures, retry_delays.size() - 1)]);
        if (stop_.expired()) hopeless_ = true;
    }
    book_given_up();
    return took_;
}

void Committer::attempt() {
    if (doubtful_) {
        look_up_doubtful();
    }
    if (builder_.parts().empty()) {
        return;
    }
    const auto begin = pace_->steady();
    backend_.commit(builder_.group());
    count_commit(pace_->steady() - begin);
    const auto parts = builder_.parts();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        book_stored(parts[i], builder_.group().marks[i].next_sequence, false);
    }
    complete();
}

void Committer::look_up_doubtful() {
    const auto parts = builder_.parts();
    next_.clear();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::uint64_t next = backend_.next_sequence(roster_[parts[i].record]->id);
        next_.push_back(std::min(next, builder_.group().marks[i].next_sequence));
    }
    doubtful_ = false;  // nothing below throws
    std::size_t stored = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto rows = builder_.rows_of(parts[i]);
        const auto absent = static_cast<std::uint64_t>(
            std::count_if(rows.begin(), rows.end(),
                          [&](const RowView& row) { return row.sequence >= next_[i]; }));
        roster_[parts[i].record]->account.clear_doubt(absent);
        book_stored(parts[i], next_[i], true);
        stored += rows.size() - absent;
    }
    builder_.drop_stored(next_);
    {
        const std::lock_guard lock(stats_mutex_);
        rows_committed_ += stored;
    }
    complete();
}

void Committer::fail(const std::string& reason, bool unknown) {
    if (unknown && !std::exchange(doubtful_, true)) {
        for (const auto& part : builder_.parts()) {
            roster_[part.record]->account.doubt(part.rows_count);
        }
    }
    health_.set(HealthBoard::Part::commits, HealthState::degraded, reason);
    const std::lock_guard lock(stats_mutex_);
    ++retries_;
}

// What lies below `next` is in the store.
void Committer::book_stored(const GroupPart& part, std::uint64_t next, bool doubtful) {
    auto& record = *roster_[part.record];
    RecordAccount::Settlement settlement;
    settlement.next_sequence = next;
    settlement.rows_stored = true;
    settlement.rows_unknown = doubtful;
    for (const auto& row : builder_.rows_of(part)) {
        if (row.sequence >= next) break;
        ++settlement.rows;
        settlement.stored_sequence = row.sequence;
    }
    missing_.clear();
    for (GapView gap : builder_.gaps_of(part)) {
        if (gap.first >= next) break;
        gap.last = std::min(gap.last, next - 1);
        missing_.push_back(range_of(gap));
        health_.lost(record, missing_.back());
    }
    settlement.missing = missing_;
    record.account.settle(settlement, done_);
}

void Committer::book_given_up() {
    std::uint64_t values = 0;
    const auto parts = builder_.parts();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        values += give_up(parts[i], builder_.group().marks[i].next_sequence);
    }
    {
        const std::lock_guard lock(stats_mutex_);
        (doubtful_ ? given_up_.unknown : given_up_.lost) += values;
    }
    doubtful_ = false;
    complete();
}

std::uint64_t Committer::give_up(const GroupPart& part, std::uint64_t next) {
    auto& record = *roster_[part.record];
    const auto cause = doubtful_ ? std::nullopt : std::optional(GapCause::shutdown);
    const auto rows = builder_.rows_of(part);
    missing_.clear();
    for (const auto& row : rows) {
        if (!missing_.empty() && missing_.back().last + 1 == row.sequence) {
            missing_.back().last = row.sequence;
            ++missing_.back().count;
        } else {
            missing_.push_back({row.sequence, row.sequence, cause, row.stored_at, 1});
        }
    }
    if (cause) {
        record.account.miss(*cause, rows.size());
    }
    for (const auto& gap : builder_.gaps_of(part)) {
        missing_.push_back(range_of(gap));
    }
    std::sort(missing_.begin(), missing_.end(),
              [](const auto& left, const auto& right) { return left.first < right.first; });
    for (const auto& range : missing_) {
        health_.lost(record, range);
        if (range.cause) {
            abandoned_.gaps.push_back(
                {part.record, *range.cause, range.first, range.last, range.at});
        }
    }
    RecordAccount::Settlement settlement;
    settlement.next_sequence = next;
    settlement.missing = missing_;
    record.account.settle(settlement, done_);
    return rows.size();
}

bool Committer::record_given_up() {
    if (given_up().unknown > 0) {
        return false;  // whether those are rows or a gap, only the store can tell
    }
    if (abandoned_.gaps.empty()) {
        return true;
    }
    Batch* const batch = &abandoned_;
    builder_.build(std::span(&batch, 1), pace_->steady());
    try {
        backend_.commit(builder_.group());
        return true;
    } catch (...) {
        return false;  // the reason stands in health already
    }
}

void Committer::count_commit(std::chrono::nanoseconds duration) {
    took_ = duration;
    const auto group = builder_.group();
    const std::lock_guard lock(stats_mutex_);
    commits_.add(duration);
    ++groups_;
    gaps_ += group.gaps.size();
    rows_committed_ += group.rows.size();
    rows_last_ = group.rows.size();
    rows_max_ = std::max(rows_max_, rows_last_);
}

void Committer::complete() {
    for (auto& waiter : done_) {
        remove_waiter();
        waiter.handler(std::move(waiter.error));
    }
    done_.clear();
}

void Committer::fill(PersistenceStats& stats) const {
    const std::lock_guard lock(stats_mutex_);
    stats.rows_committed = rows_committed_;
    stats.groups = groups_;
    stats.group_rows_last = rows_last_;
    stats.group_rows_max = rows_max_;
    stats.group_rows_mean = groups_ == 0 ? 0 : rows_committed_ / groups_;
    stats.commit = commits_.stats();
    stats.retries = retries_;
    stats.gaps = gaps_;
}

GivenUp Committer::given_up() const {
    const std::lock_guard lock(stats_mutex_);
    return given_up_;
}

}  // namespace aimdb::detail
