// SPDX-License-Identifier: Apache-2.0
#include "retention.hpp"

#include <utility>

namespace aimdb::detail {

Retention::Retention(const Roster& roster, std::shared_ptr<const Clock> clock, Options options)
    : roster_(roster),
      clock_(std::move(clock)),
      options_(options),
      time_(*clock_, options.newest_stored) {}

Retention::Slice Retention::run(Backend& backend, std::chrono::nanoseconds now) {
    if (left_ == 0) {
        begin_round(now);
    }
    if (left_ == 0) {
        ++rounds_;
        return {};
    }
    const auto& record = *roster_[record_];
    PurgeReport report;
    try {
        report = backend.purge({.record = record.id,
                                .before = cut_off(*record.retention_age),
                                .limit_rows = options_.slice_rows});
    } catch (...) {
        end_record();
        left_ = 0;
        throw;
    }
    if (!report.more) {
        end_record();
        skip_kept();
        rounds_ += left_ == 0 ? 1 : 0;
    }
    return {report.rows, report.gaps};
}

// An age beyond the epoch (milliseconds::max() for "for ever") must not overflow.
UnixTime Retention::cut_off(std::chrono::milliseconds age) const noexcept {
    const UnixTime now = time_.for_age(age);
    return age < now.time_since_epoch() ? now - age : UnixTime{};
}

void Retention::begin_round(std::chrono::nanoseconds now) {
    time_.look();
    next_round_ = now + options_.sweep_interval;
    left_ = roster_.size();
    skip_kept();
}

void Retention::end_record() noexcept {
    record_ = (record_ + 1) % roster_.size();
    --left_;
}

// Moves on to the next record that has an age, or ends the round.
void Retention::skip_kept() noexcept {
    while (left_ > 0 && !roster_[record_]->retention_age) {
        end_record();
    }
}

}  // namespace aimdb::detail
