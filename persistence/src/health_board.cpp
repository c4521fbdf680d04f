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

std::string_view describe(HealthBoard::Part part) {
    switch (part) {
        case HealthBoard::Part::commits: return "the store";
        case HealthBoard::Part::upkeep: return "housekeeping of the store";
        case HealthBoard::Part::retention: return "retention";
    }
    return "unknown";
}

std::string describe(const PersistedRecord& record, const MissingRange& range) {
    std::string text = "history of '" + record.name + "' misses values " +
                       std::to_string(range.first) + " to " + std::to_string(range.last) + ": ";
    text += range.cause ? to_string(*range.cause) : "outcome of the commit unknown";
    return text;
}

}  // namespace

void HealthBoard::set(Part part, HealthState state, const std::string& reason) {
    {
        const std::lock_guard lock(mutex_);
        PartHealth& known = parts_[static_cast<std::size_t>(part)];
        known.reason = reason;
        if (std::exchange(known.state, state) == state) {
            return;
        }
    }
    const std::string_view what = describe(part);
    switch (state) {
        case HealthState::ok: log_.info(std::string(what) + " works again"); break;
        case HealthState::degraded:
            log_.warn(std::string(what) + " does not work: " + reason);
            break;
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
    PersistenceHealth health;
    health.lost_values = lost_;
    for (const PartHealth& part : parts_) {
        if (part.state != HealthState::ok) {
            health.state = part.state;
            health.reason = part.reason;
            return health;
        }
    }
    if (burst_ranges_ > 0 && now - last_loss_ < burst_pause) {
        health.state = HealthState::degraded;
        health.reason = "values are being lost: " + burst_text_;
    }
    return health;
}

}  // namespace detail
}  // namespace aimdb
