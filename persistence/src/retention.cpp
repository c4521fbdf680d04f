// SPDX-License-Identifier: Apache-2.0
#include "retention.hpp"

#include <algorithm>
#include <utility>

namespace aimdb::detail {

GuardedTime::GuardedTime(const Clock& clock)
    : clock_(clock), expected_(clock.now()), looked_at_(clock.steady()) {}

UnixTime GuardedTime::now() {
    const auto steady = clock_.steady();
    const auto elapsed = std::chrono::floor<std::chrono::milliseconds>(steady - looked_at_);
    looked_at_ += elapsed;  // what floor() cut off counts the next time
    expected_ += elapsed;
    const UnixTime believed = std::min(clock_.now(), expected_ + slack);
    expected_ = std::max(expected_, believed);
    return believed;
}

Retention::Retention(const Roster& roster, std::shared_ptr<const Clock> clock, Options options)
    : roster_(roster), clock_(std::move(clock)), options_(options), time_(*clock_) {}

Retention::Slice Retention::run(Backend& backend, std::chrono::nanoseconds now) {
    if (!running_) {
        begin_round(now);
    }
    Slice slice;
    if (running_) {
        const auto& record = *roster_[record_];
        running_ = false;  // should the backend throw
        const PurgeReport report = backend.purge({.record = record.id,
                                                  .before = cut_off(*record.retention_age),
                                                  .limit_rows = options_.slice_rows});
        slice = {report.rows, report.gaps};
        running_ = true;
        if (!report.more) {
            ++record_;
            skip_kept();
        }
    }
    rounds_ += running_ ? 0 : 1;
    return slice;
}

// An age beyond the epoch (milliseconds::max() for "for ever") must not overflow.
UnixTime Retention::cut_off(std::chrono::milliseconds age) const noexcept {
    return age < round_time_.time_since_epoch() ? round_time_ - age : UnixTime{};
}

void Retention::begin_round(std::chrono::nanoseconds now) {
    round_time_ = time_.now();
    next_round_ = now + options_.sweep_interval;
    record_ = 0;
    running_ = true;
    skip_kept();
}

// Moves on to the next record that has an age, or ends the round.
void Retention::skip_kept() noexcept {
    while (record_ < roster_.size() && !roster_[record_]->retention_age) {
        ++record_;
    }
    running_ = record_ < roster_.size();
}

}  // namespace aimdb::detail
