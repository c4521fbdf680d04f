// SPDX-License-Identifier: Apache-2.0
#include "aimdb/persistence/detail/record_account.hpp"

#include <utility>

#include "aimdb/core/assert.hpp"
#include "aimdb/core/error.hpp"

namespace aimdb::detail {
namespace {

std::exception_ptr make_error(Errc code, std::uint64_t sequence, std::string_view why) {
    return std::make_exception_ptr(
        Error(code, "store value " + std::to_string(sequence) + ": " + std::string(why)));
}

std::exception_ptr stopped(std::uint64_t sequence) {
    return make_error(Errc::shutting_down, sequence, "the database stopped");
}

}  // namespace

void RecordAccount::watch(const BufferProbe* probe) {
    const std::lock_guard lock(lock_);
    probe_ = probe;
}

void RecordAccount::miss(GapCause cause, std::uint64_t count) {
    const std::lock_guard lock(lock_);
    AIMDB_ASSERT(in_hand_ >= count);
    in_hand_ -= count;
    missing_[index(cause)] += count;
}

void RecordAccount::count_non_finite(std::uint64_t numbers) {
    const std::lock_guard lock(lock_);
    non_finite_ += numbers;
}

void RecordAccount::doubt(std::uint64_t rows) {
    const std::lock_guard lock(lock_);
    AIMDB_ASSERT(in_hand_ >= rows);
    in_hand_ -= rows;
    unknown_ += rows;
}

void RecordAccount::clear_doubt(std::uint64_t rows) {
    const std::lock_guard lock(lock_);
    AIMDB_ASSERT(unknown_ >= rows);
    unknown_ -= rows;
    in_hand_ += rows;
}

void RecordAccount::settle(const Settlement& settlement, std::vector<SettledWaiter>& done) {
    const std::lock_guard lock(lock_);
    if (settlement.rows_stored) {
        auto& source = settlement.rows_unknown ? unknown_ : in_hand_;
        AIMDB_ASSERT(source >= settlement.rows);
        source -= settlement.rows;
        committed_ += settlement.rows;
    }
    stored_ = std::max(stored_, settlement.stored_sequence);
    for (const auto& range : settlement.missing) {
        remember(range);
    }
    settled_ = std::max(settled_, settlement.next_sequence - 1);

    std::size_t count = 0;
    for (; count < waiters_.size() && waiters_[count].sequence <= settled_; ++count) {
        auto& waiter = waiters_[count];
        done.push_back({std::move(waiter.handler), answer(waiter.question, waiter.sequence)});
    }
    waiters_.erase(waiters_.begin(), waiters_.begin() + static_cast<std::ptrdiff_t>(count));
}

std::optional<SettledWaiter> RecordAccount::wait(Question question,
                                                 std::uint64_t sequence,
                                                 HistorySource::SettledHandler handler) {
    const std::lock_guard lock(lock_);
    if (sequence <= settled_) {
        return SettledWaiter{std::move(handler), answer(question, sequence)};
    }
    if (abandoned_) {
        return SettledWaiter{std::move(handler), stopped(sequence)};
    }
    const auto later = std::upper_bound(
        waiters_.begin(), waiters_.end(), sequence,
        [](std::uint64_t wanted, const Waiter& waiter) { return wanted < waiter.sequence; });
    waiters_.insert(later, {sequence, question, std::move(handler)});
    return std::nullopt;
}

void RecordAccount::abandon(std::vector<SettledWaiter>& done) {
    const std::lock_guard lock(lock_);
    abandoned_ = true;
    for (auto& waiter : waiters_) {
        done.push_back({std::move(waiter.handler), stopped(waiter.sequence)});
    }
    waiters_.clear();
}

HistoryPosition RecordAccount::position() const {
    const std::lock_guard lock(lock_);
    return {.committed = stored_, .settled = settled_};
}

HistoryAccount RecordAccount::snapshot() const {
    const std::lock_guard lock(lock_);
    HistoryAccount account;
    account.committed = committed_;
    account.pending = in_hand_;
    account.unknown = unknown_;
    account.missing = missing_;
    account.non_finite = non_finite_;
    account.committed_sequence = stored_;
    account.settled_sequence = settled_;
    std::uint64_t newest = taken_;
    if (probe_ != nullptr) {
        const BufferReading reading = probe_->read();
        newest = std::max(taken_, reading.newest_sequence);
        account.pending += reading.backlog;
        // Overwritten since the last take: the stage will book them when it takes next.
        account.missing[index(GapCause::lagged)] += newest - taken_ - reading.backlog;
    }
    account.produced = newest + 1 - start_;
    return account;
}

RecordAccount::Untold RecordAccount::untold() const {
    const std::lock_guard lock(lock_);
    return {told_ + 1, newest()};
}

std::vector<MissingRange> RecordAccount::tell(const Untold& untold) {
    std::vector<MissingRange> found;
    const std::lock_guard lock(lock_);
    for (MissingRange range : ranges_) {
        range.first = std::max(range.first, untold.first);
        range.last = std::min(range.last, untold.last);
        if (range.first <= range.last) {
            range.count = range.last - range.first + 1;
            found.push_back(range);
        }
    }
    told_ = std::max(told_, untold.last);
    return found;
}

std::uint64_t RecordAccount::newest_sequence() const {
    const std::lock_guard lock(lock_);
    return newest();
}

std::uint64_t RecordAccount::newest() const {
    return probe_ != nullptr ? std::max(taken_, probe_->newest_sequence()) : taken_;
}

void RecordAccount::remember(const MissingRange& range) {
    if (!ranges_.empty()) {
        auto& before = ranges_.back();
        if (before.cause == range.cause && before.last + 1 == range.first) {
            before.last = range.last;
            before.count += range.count;
            before.at = range.at;
            return;
        }
    }
    if (ranges_.size() == missing_limit) {
        // Half at a time, so that forgetting costs nothing per range.
        const auto kept = ranges_.begin() + missing_limit / 2;
        forgotten_below_ = (kept - 1)->last + 1;
        ranges_.erase(ranges_.begin(), kept);
    }
    ranges_.push_back(range);
}

std::exception_ptr RecordAccount::answer(Question question, std::uint64_t sequence) const {
    if (question == Question::settled || sequence < start_) {
        return nullptr;
    }
    if (sequence < forgotten_below_) {
        return make_error(Errc::outcome_unknown, sequence,
                          "settled too long ago to be remembered; ask history for it");
    }
    const auto range = std::lower_bound(ranges_.begin(), ranges_.end(), sequence,
                                        [](const MissingRange& candidate, std::uint64_t wanted) {
                                            return candidate.last < wanted;
                                        });
    if (range == ranges_.end() || range->first > sequence) {
        return nullptr;
    }
    if (!range->cause) {
        return make_error(Errc::outcome_unknown, sequence,
                          "its commit failed without telling the outcome");
    }
    return make_error(is_rejection(*range->cause) ? Errc::value_rejected : Errc::value_lost,
                      sequence, to_string(*range->cause));
}

}  // namespace aimdb::detail
