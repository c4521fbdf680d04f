// SPDX-License-Identifier: Apache-2.0
#include "stop_signal.hpp"

#include <algorithm>
#include <utility>

namespace aimdb::detail {

void StopSignal::set_deadline(std::chrono::nanoseconds within) {
    const auto deadline = pace_->steady() + within;
    {
        const std::lock_guard lock(mutex_);
        deadline_ = deadline_ ? std::min(*deadline_, deadline) : deadline;
        ++changes_;
    }
    ring();
}

void StopSignal::request_stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        ++changes_;
    }
    ring();
}

bool StopSignal::stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

bool StopSignal::expired() const {
    const auto now = pace_->steady();
    const std::lock_guard lock(mutex_);
    return deadline_ && now >= *deadline_;
}

void StopSignal::pause(std::chrono::nanoseconds delay) {
    const auto until = pace_->steady() + delay;
    for (std::optional<int> changes;;) {
        auto end = until;
        {
            const std::lock_guard lock(mutex_);
            rung_ = false;
            if (deadline_) end = std::min(end, *deadline_);
            if (!changes) changes = changes_;
            if (*changes != changes_) return;
        }
        const auto now = pace_->steady();
        if (now >= end) return;
        // Without the lock: a clock that is there already rings at once.
        const bool rings = pace_->ring_at(end, weak_from_this());
        std::unique_lock lock(mutex_);
        if (rings) {
            changed_.wait(lock, [this] { return rung_; });
        } else {
            changed_.wait_for(lock, end - now, [this] { return rung_; });
        }
    }
}

std::optional<std::chrono::nanoseconds> StopSignal::time_until(std::chrono::nanoseconds when) {
    {
        const std::lock_guard lock(mutex_);
        if (armed_for_ == when) return std::nullopt;
    }
    if (pace_->ring_at(when, weak_from_this())) {
        const std::lock_guard lock(mutex_);
        armed_for_ = when;
        return std::nullopt;
    }
    return std::max(when - pace_->steady(), std::chrono::nanoseconds::zero());
}

void StopSignal::ring() noexcept {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_all();
    if (wake_) wake_();
}

void StopSignal::disconnect() noexcept {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
}

}  // namespace aimdb::detail
