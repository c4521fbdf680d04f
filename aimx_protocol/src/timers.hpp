// SPDX-License-Identifier: Apache-2.0
//
// Wake-ups at a time, by a clock that is handed in.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "aimdb/aimx_protocol/detail/served_record.hpp"

namespace aimdb::aimx {

/// Threads: thread-confined.
class Timers {
public:
    /// Milliseconds of any origin that never go back.
    using Clock = std::function<std::int64_t()>;

    explicit Timers(Clock clock) : clock_(std::move(clock)) {}

    [[nodiscard]] std::int64_t now_ms() const { return clock_(); }
    void wake_at(std::int64_t due_ms, std::weak_ptr<Waker> waker) {
        const bool earliest = waiting_.empty() || due_ms < waiting_.begin()->first;
        waiting_.emplace(due_ms, std::move(waker));
        if (earliest && on_earlier_) {
            on_earlier_();
        }
    }
    /// `hook` is called whenever next_due_ms() has become earlier.
    void on_earlier(std::function<void()> hook) { on_earlier_ = std::move(hook); }
    [[nodiscard]] std::optional<std::int64_t> next_due_ms() const {
        return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
    }
    /// Wakes whoever is due.
    void run() {
        const std::int64_t now = now_ms();
        while (!waiting_.empty() && waiting_.begin()->first <= now) {
            const std::shared_ptr<Waker> waker = waiting_.begin()->second.lock();
            waiting_.erase(waiting_.begin());
            if (waker) {
                waker->wake();
            }
        }
    }

private:
    Clock clock_;
    std::function<void()> on_earlier_;
    std::multimap<std::int64_t, std::weak_ptr<Waker>> waiting_;
};

}  // namespace aimdb::aimx
