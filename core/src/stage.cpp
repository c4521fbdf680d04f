// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/stage.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include <asio/steady_timer.hpp>

#include "aimdb/core/detail/wakeup.hpp"

namespace aimdb {

std::string_view to_string(StageKind kind) noexcept {
    switch (kind) {
        case StageKind::source: return "source";
        case StageKind::transform: return "transform";
        case StageKind::join: return "join";
        case StageKind::tap: return "tap";
        case StageKind::persist: return "persist";
        case StageKind::link_in: return "link_in";
        case StageKind::link_out: return "link_out";
    }
    return "unknown";
}

std::string_view to_string(StageState state) noexcept {
    switch (state) {
        case StageState::idle: return "idle";
        case StageState::running: return "running";
        case StageState::restarting: return "restarting";
        case StageState::failed: return "failed";
        case StageState::ended: return "ended";
    }
    return "unknown";
}

namespace detail {

std::size_t TimingRecorder::bucket_of(std::uint64_t nanoseconds) noexcept {
    if (nanoseconds < 4) {
        return static_cast<std::size_t>(nanoseconds);
    }
    const auto exponent = static_cast<std::size_t>(std::bit_width(nanoseconds)) - 1;
    const auto quarter = static_cast<std::size_t>(nanoseconds >> (exponent - 2)) & 3;
    return std::min(bucket_count - 1, (exponent - 1) * 4 + quarter);
}

std::uint64_t TimingRecorder::middle_of(std::size_t bucket) noexcept {
    if (bucket < 4) {
        return bucket;
    }
    const std::size_t exponent = bucket / 4 + 1;
    const std::uint64_t width = std::uint64_t{1} << (exponent - 2);
    return (4 + bucket % 4) * width + width / 2;
}

void TimingRecorder::sample(std::chrono::nanoseconds duration) noexcept {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count()));
    samples_.fetch_add(1, std::memory_order_relaxed);
    total_.fetch_add(value, std::memory_order_relaxed);
    buckets_[bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
    for (auto seen = min_.load(std::memory_order_relaxed);
         value < seen && !min_.compare_exchange_weak(seen, value, std::memory_order_relaxed);) {
    }
    for (auto seen = max_.load(std::memory_order_relaxed);
         value > seen && !max_.compare_exchange_weak(seen, value, std::memory_order_relaxed);) {
    }
}

std::uint64_t TimingRecorder::percentile(std::uint64_t samples,
                                         std::uint64_t percent) const noexcept {
    const std::uint64_t rank = (samples * percent + 99) / 100;
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
        seen += buckets_[bucket].load(std::memory_order_relaxed);
        if (seen >= rank) {
            return middle_of(bucket);
        }
    }
    return max_.load(std::memory_order_relaxed);
}

StageTimings TimingRecorder::snapshot() const noexcept {
    StageTimings timings;
    timings.calls = calls_.load(std::memory_order_relaxed);
    timings.samples = samples_.load(std::memory_order_relaxed);
    if (timings.samples == 0) {
        return timings;
    }
    const auto as_time = [](std::uint64_t value) {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(value));
    };
    const std::uint64_t least = min_.load(std::memory_order_relaxed);
    const std::uint64_t most = std::max(least, max_.load(std::memory_order_relaxed));
    timings.min = as_time(least);
    timings.max = as_time(most);
    timings.mean = as_time(total_.load(std::memory_order_relaxed) / timings.samples);
    timings.p50 = as_time(std::clamp(percentile(timings.samples, 50), least, most));
    timings.p99 = as_time(std::clamp(percentile(timings.samples, 99), least, most));
    return timings;
}

void TimingRecorder::reset() noexcept {
    samples_.store(0, std::memory_order_relaxed);
    calls_.store(0, std::memory_order_relaxed);
    total_.store(0, std::memory_order_relaxed);
    min_.store(~std::uint64_t{0}, std::memory_order_relaxed);
    max_.store(0, std::memory_order_relaxed);
    for (auto& bucket : buckets_) {
        bucket.store(0, std::memory_order_relaxed);
    }
}

void Sleepers::add(const std::shared_ptr<Alarm>& alarm) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_.load(std::memory_order_relaxed)) {
            alarms_.emplace(alarm.get(), alarm);
            return;
        }
    }
    alarm->ring();
}

void Sleepers::remove(const Alarm* alarm) noexcept {
    const std::lock_guard lock(mutex_);
    alarms_.erase(alarm);
}

void Sleepers::stop() noexcept {
    std::unordered_map<const Alarm*, std::shared_ptr<Alarm>> alarms;
    {
        const std::lock_guard lock(mutex_);
        stopping_.store(true, std::memory_order_release);
        alarms.swap(alarms_);
    }
    for (const auto& [address, alarm] : alarms) {
        alarm->ring();
    }
}

namespace {

// The parts of a sleep that its beginning and its end may use at the same time,
// on two threads: the sleeper may be awake and gone before it has quite lain down.
struct SleepParts {
    SleepParts(std::shared_ptr<Clock> used_clock, const asio::any_io_executor& executor)
        : clock(std::move(used_clock)), timer(executor) {}
    std::shared_ptr<Clock> clock;
    asio::steady_timer timer;
    std::shared_ptr<Wakeup> wakeup = std::make_shared<Wakeup>();
};

// One sleep: woken by a timer, by the clock itself, or by the stop.
class Sleep {
public:
    Sleep(const StageEnvironment& environment, std::chrono::nanoseconds duration)
        : sleepers_(*environment.sleepers),
          executor_(environment.executor),
          duration_(duration),
          parts_(std::make_shared<SleepParts>(environment.clock, environment.executor)) {}
    ~Sleep() { sleepers_.remove(parts_->wakeup.get()); }
    Sleep(const Sleep&) = delete;
    Sleep& operator=(const Sleep&) = delete;

    Awaitable<void> wait() {
        auto initiation = [](auto handler, Sleep* sleep) {
            sleep->parts_->wakeup->arm(std::move(handler), sleep->executor_);
            begin(sleep->sleepers_, sleep->parts_, sleep->duration_);
        };
        asio::use_awaitable_t<> token;
        return asio::async_initiate<asio::use_awaitable_t<>, void(std::error_code)>(initiation,
                                                                                    token, this);
    }

private:
    static void begin(Sleepers& sleepers,
                      std::shared_ptr<SleepParts> parts,
                      std::chrono::nanoseconds duration) {
        sleepers.add(parts->wakeup);  // first, so that the end finds it there
        const std::chrono::nanoseconds now = parts->clock->steady();
        const auto end = duration < std::chrono::nanoseconds::max() - now
                             ? now + duration
                             : std::chrono::nanoseconds::max();
        if (!parts->clock->ring_at(end, parts->wakeup)) {
            parts->timer.expires_after(duration);
            parts->timer.async_wait([wakeup = parts->wakeup](std::error_code) { wakeup->fire(); });
        }
    }

    Sleepers& sleepers_;
    asio::any_io_executor executor_;
    std::chrono::nanoseconds duration_;
    std::shared_ptr<SleepParts> parts_;
};

}  // namespace
}  // namespace detail

Awaitable<bool> Context::sleep(std::chrono::nanoseconds duration) const {
    const detail::StageEnvironment& environment = *environment_;
    if (!environment.sleepers->stopping()) {
        detail::Sleep sleep(environment, duration);
        co_await sleep.wait();
    }
    co_return !environment.sleepers->stopping();
}

}  // namespace aimdb
