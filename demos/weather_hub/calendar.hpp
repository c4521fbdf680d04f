// SPDX-License-Identifier: Apache-2.0
//
// Observed time: four years of real data, again and again, and the clock that
// walks through it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "aimdb/core/builder.hpp"
#include "aimdb/core/clock.hpp"

#include "weather_hub/hub_records.hpp"

namespace hub {

/// The first hour of the first pass.
inline constexpr UnixTime first_hour =
    std::chrono::sys_days(std::chrono::year(2012) / std::chrono::January / 1);
/// Four years with their leap day, so that a date falls on itself in each pass.
inline constexpr std::chrono::days pass_length{1461};

/// The pass that `at` belongs to; the first is 0.
[[nodiscard]] std::int64_t pass_of(UnixTime at) noexcept;
/// The same hour of the first pass.
[[nodiscard]] UnixTime in_first_pass(UnixTime at) noexcept;
[[nodiscard]] bool is_noon(UnixTime at) noexcept;

/// Where the clock begins and how it goes on.
struct ClockPlan {
    UnixTime next = first_hour;        ///< The first hour to tick.
    UnixTime fast_until = first_hour;  ///< Before it, ticks follow each other at once.
    double days_per_second = 0.25;
    bool sources = true;  ///< False: says once where it stands, and that it does.
    std::shared_ptr<aimdb::ManualClock> clock;
};

/// Declares the source of `hub.clock`: moves the database's clock hour by hour.
/// Before each step it awaits room, so the slowest stage sets the pace.
void declare_clock_source(const aimdb::Registrar<ClockTick>& record, const ClockPlan& plan);

/// Waits in real time, as the database's clock is what the hub moves. False once
/// the database stops, which is noticed within a few dozen milliseconds.
[[nodiscard]] aimdb::Awaitable<bool> wait_until(aimdb::Context context,
                                                std::chrono::steady_clock::time_point when);

/// The time on this machine.
[[nodiscard]] UnixTime wall_now() noexcept;

}  // namespace hub
