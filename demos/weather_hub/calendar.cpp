// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/calendar.hpp"

#include <algorithm>

#include <asio/steady_timer.hpp>

namespace hub {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

void tick(const ClockPlan& plan, const aimdb::Producer<ClockTick>& out, UnixTime at) {
    plan.clock->advance_to(at);
    const double speed = plan.sources ? plan.days_per_second : 0;
    out.produce({at, pass_of(at), speed, wall_now(), plan.sources}, at);
}

aimdb::Task walk(aimdb::Context context, aimdb::Producer<ClockTick> out, ClockPlan plan) {
    const auto step = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(1 / (24 * plan.days_per_second)));
    SteadyTime due = std::chrono::steady_clock::now();
    for (UnixTime at = plan.next; !context.stopping(); at += std::chrono::hours(1)) {
        if (at >= plan.fast_until) {
            // What was late stays late: no burst makes up for it.
            due = std::max(due + step, std::chrono::steady_clock::now());
            co_await wait_until(context, due);
        }
        if (!co_await out.room() || context.stopping()) {
            co_return;
        }
        tick(plan, out, at);
        if (at < plan.fast_until) {
            // The first step begins where the warm-up ends, however long that took.
            due = std::chrono::steady_clock::now();
        }
    }
}

// aimdb runs it as a coroutine, so it is one.
aimdb::Task stand_still(aimdb::Producer<ClockTick> out, ClockPlan plan) {
    tick(plan, out, plan.next);
    co_return;
}

}  // namespace

std::int64_t pass_of(UnixTime at) noexcept {
    return std::chrono::floor<std::chrono::days>(at - first_hour) / pass_length;
}

UnixTime in_first_pass(UnixTime at) noexcept { return at - pass_of(at) * pass_length; }

bool is_noon(UnixTime at) noexcept {
    return at - std::chrono::floor<std::chrono::days>(at) == std::chrono::hours(12);
}

void declare_clock_source(const aimdb::Registrar<ClockTick>& record, const ClockPlan& plan) {
    record.source([plan](aimdb::Context context, aimdb::Producer<ClockTick> out) {
        return plan.sources ? walk(context, std::move(out), plan)
                            : stand_still(std::move(out), plan);
    });
}

aimdb::Awaitable<bool> wait_until(aimdb::Context context, SteadyTime when) {
    constexpr std::chrono::milliseconds look_limit{50};  // how soon a stop is noticed
    asio::steady_timer timer(context.executor());
    while (!context.stopping() && std::chrono::steady_clock::now() < when) {
        timer.expires_at(std::min(when, std::chrono::steady_clock::now() + look_limit));
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return !context.stopping();
}

UnixTime wall_now() noexcept {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace hub
