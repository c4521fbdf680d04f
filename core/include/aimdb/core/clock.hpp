// SPDX-License-Identifier: Apache-2.0
//
// Where the database gets its time from: real, or in the hands of a test or a
// replay that runs through the years in seconds.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>

#include "aimdb/core/time.hpp"

namespace aimdb {

/// Wakes one sleeper; shared between the clock and the sleeper.
class Alarm {
public:
    virtual ~Alarm() = default;
    /// Called at most once by a clock, from any thread. Must not block.
    virtual void ring() noexcept = 0;
};

/// Threads: implementations are thread-safe.
class Clock {
public:
    virtual ~Clock() = default;

    /// Wall time. May jump in both directions.
    [[nodiscard]] virtual UnixTime now() const noexcept = 0;
    /// A reading that never goes back and advances with the time that passes.
    [[nodiscard]] virtual std::chrono::nanoseconds steady() const noexcept = 0;

    /// A clock that does not follow real time rings `alarm` once `steady()` has
    /// reached `when` and returns true. False: the caller uses a real timer.
    [[nodiscard]] virtual bool ring_at(std::chrono::nanoseconds when, std::weak_ptr<Alarm> alarm);
};

/// The system's clocks.
class SystemClock final : public Clock {
public:
    [[nodiscard]] UnixTime now() const noexcept override;
    [[nodiscard]] std::chrono::nanoseconds steady() const noexcept override;
};

/// Stands still until it is moved. For tests and replays.
///
/// Threads: thread-safe.
class ManualClock final : public Clock {
public:
    explicit ManualClock(UnixTime start = UnixTime{}) : now_(start) {}

    [[nodiscard]] UnixTime now() const noexcept override;
    [[nodiscard]] std::chrono::nanoseconds steady() const noexcept override;
    [[nodiscard]] bool ring_at(std::chrono::nanoseconds when, std::weak_ptr<Alarm> alarm) override;

    /// Lets time pass: wall and steady time move on and due sleepers wake.
    void advance(std::chrono::milliseconds by);
    /// Lets time pass up to `wall`, or steps back without any passing if that lies behind.
    void advance_to(UnixTime wall);
    /// The wall clock is set; no time passes and nobody wakes.
    void set_wall(UnixTime wall);

private:
    mutable std::mutex mutex_;
    UnixTime now_;
    std::chrono::nanoseconds steady_{0};
    static constexpr std::size_t least_cleaning = 32;
    std::multimap<std::chrono::nanoseconds, std::weak_ptr<Alarm>> alarms_;
    std::size_t next_cleaning_ = least_cleaning;  // number of alarms
};

}  // namespace aimdb
