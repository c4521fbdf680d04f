// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/clock.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace aimdb {

bool Clock::ring_at(std::chrono::nanoseconds, std::weak_ptr<Alarm>) { return false; }

UnixTime SystemClock::now() const noexcept {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::chrono::nanoseconds SystemClock::steady() const noexcept {
    return std::chrono::steady_clock::now().time_since_epoch();
}

UnixTime ManualClock::now() const noexcept {
    const std::lock_guard lock(mutex_);
    return now_;
}

std::chrono::nanoseconds ManualClock::steady() const noexcept {
    const std::lock_guard lock(mutex_);
    return steady_;
}

bool ManualClock::ring_at(std::chrono::nanoseconds when, std::weak_ptr<Alarm> alarm) {
    {
        const std::lock_guard lock(mutex_);
        if (when > steady_) {
            // Now and then those who went before they were due; seldom enough to
            // cost next to nothing per alarm.
            if (alarms_.size() >= next_cleaning_) {
                std::erase_if(alarms_,
                              [](const auto& waiting) { return waiting.second.expired(); });
                next_cleaning_ = std::max(least_cleaning, 2 * alarms_.size());
            }
            alarms_.emplace(when, std::move(alarm));
            return true;
        }
    }
    if (const auto due = alarm.lock()) {
        due->ring();
    }
    return true;
}

void ManualClock::advance(std::chrono::milliseconds by) {
    std::vector<std::weak_ptr<Alarm>> due;
    {
        const std::lock_guard lock(mutex_);
        now_ += by;
        steady_ += by;
        const auto end = alarms_.upper_bound(steady_);
        for (auto it = alarms_.begin(); it != end; ++it) {
            due.push_back(std::move(it->second));
        }
        alarms_.erase(alarms_.begin(), end);
    }
    for (const auto& weak : due) {
        if (const auto alarm = weak.lock()) {
            alarm->ring();
        }
    }
}

void ManualClock::advance_to(UnixTime wall) {
    const auto by = wall - now();
    if (by > std::chrono::milliseconds::zero()) {
        advance(by);
    } else {
        set_wall(wall);
    }
}

void ManualClock::set_wall(UnixTime wall) {
    const std::lock_guard lock(mutex_);
    now_ = wall;
}

}  // namespace aimdb
