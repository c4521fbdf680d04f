// SPDX-License-Identifier: Apache-2.0
//
// How the writer thread pauses, is woken by a clock, and learns that it has to
// stop and by when.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "aimdb/core/clock.hpp"

namespace aimdb::detail {

/// Threads:   set_deadline(), request_stop() and ring() on any thread; the rest on
///            the writer's.
/// Ownership: shared, because a clock may ring it late.
class StopSignal final : public Alarm, public std::enable_shared_from_this<StopSignal> {
public:
    /// `wake` is called after every ring, until disconnect().
    StopSignal(std::shared_ptr<Clock> pace, std::function<void()> wake)
        : pace_(std::move(pace)), wake_(std::move(wake)) {}

    /// Once `within` has passed, expired() holds: nothing is tried again.
    void set_deadline(std::chrono::nanoseconds within);
    /// From now on stopping() holds: nothing will come any more.
    void request_stop();
    [[nodiscard]] bool stopping() const;
    [[nodiscard]] bool expired() const;

    /// Waits for `delay`, or until the deadline is set or has come, or a stop requested.
    void pause(std::chrono::nanoseconds delay);
    /// How to wait elsewhere for the moment `when`: nothing when the clock will
    /// ring by itself, else the real time it takes.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> time_until(std::chrono::nanoseconds when);

    void ring() noexcept override;
    void disconnect() noexcept;

private:
    const std::shared_ptr<Clock> pace_;

    mutable std::mutex mutex_;  // guards everything below
    std::condition_variable changed_;
    std::function<void()> wake_;
    std::optional<std::chrono::nanoseconds> deadline_;
    int changes_ = 0;  // of the deadline or of stopping_
    bool stopping_ = false;
    bool rung_ = false;
    std::chrono::nanoseconds armed_for_{std::chrono::nanoseconds::min()};
};

}  // namespace aimdb::detail
