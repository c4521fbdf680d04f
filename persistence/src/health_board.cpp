// SPDX-License-Identifier: Apache-2.0
#include "health_board.hpp"

#include <utility>

namespace aimdb {

std::string_view to_string(HealthState state) noexcept {
    switch (state) {
        case HealthState::ok: return "ok";
        case HealthState::degraded: return "degraded";
        case HealthState::failed: return "failed";
    }
    return "unknown";
}

namespace detail {
namespace {

std::string describe(const PersistedRecord& record, const MissingRange& range) {
    std::string text = "history of '" + record.name + "' misses values " +
                       std::to_string(range.first) + " to " + std::to_string(range.last) + ": ";
    text += range.cause ? to_string(*range.cause) : "outcome of the commit unknown";
    return text;
}

}  // namespace

void HealthBoard::set(HealthState state, const std::string& reason) {
    {
        const std::lock_guard lock(mutex_);
        if (state == state_ && reason == reason_) {
            return;
        }
        state_ = state;
        reason_ = reason;
    }
    switch (state) {
        case HealthState::ok: log_.info("the store works again"); break;
        case HealthState::degraded: log_.warn("the store does not work: " + reason); break;
        case HealthState::failed: log_.error("running without history: " + reason); break;
    }
}

void HealthBoard::lost(const PersistedRecord& record, const MissingRange& range) {
    check_burst();
    std::string text;
    {
        const std::lock_guard lock(mutex_);
        lost_ += range.count;
        last_loss_ = pace_->steady();
        burst_values_ += range.count;
        if (++burst_ranges_ == 1) {
            text = burst_text_ = describe(record, range);
            burst_logged_ = burst_values_;
        }
    }
    if (!text.empty()) {
        log_.warn(text);
    }
}

void HealthBoard::check_burst(bool at_end) {
    std::string text;
    {
        const std::lock_guard lock(mutex_);
        if (burst_ranges_ == 0 || (!at_end && pace_->steady() - last_loss_ < burst_pause)) {
            return;
        }
        if (burst_values_ > burst_logged_) {
            text = "history missed " + std::to_string(burst_values_) + " values in " +
                   std::to_string(burst_ranges_) + " gaps since \"" + burst_text_ + "\"";
        }
        burst_values_ = burst_logged_ = burst_ranges_ = 0;
    }
    if (!text.empty()) {
        log_.warn(text);
    }
}

PersistenceHealth HealthBoard::health() const {
    const auto now = pace_->steady();
    const std::lock_guard lock(mutex_);
    PersistenceHealth health{.state = state_, .reason = reason_, .lost_values = lost_};
    if (state_ == HealthState::ok && burst_ranges_ > 0 && now - last_loss_ < burst_pause) {
        health.state = HealthState::degraded;
        health.reason = "values are being lost: " + burst_text_;
    }
    return health;
}

}  // namespace detail
}  // namespace aimdb
