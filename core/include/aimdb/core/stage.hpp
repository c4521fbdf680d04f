// SPDX-License-Identifier: Apache-2.0
//
// What a stage sees of its database, and what the database shows of a stage.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "aimdb/core/async.hpp"
#include "aimdb/core/clock.hpp"
#include "aimdb/core/log.hpp"

namespace aimdb {

enum class StageKind : std::uint8_t {
    source,
    transform,
    join,
    tap,
    persist,
    link_in,   ///< Mirrors a record of another database into this one.
    link_out,  ///< Mirrors this record into another database.
};
/// True for the kinds that write their record, of which it has at most one.
[[nodiscard]] constexpr bool writes(StageKind kind) noexcept {
    return kind == StageKind::source || kind == StageKind::transform || kind == StageKind::join ||
           kind == StageKind::link_in;
}
/// True for the kinds whose values come from outside the database.
[[nodiscard]] constexpr bool brings_in(StageKind kind) noexcept {
    return kind == StageKind::source || kind == StageKind::link_in;
}
[[nodiscard]] std::string_view to_string(StageKind kind) noexcept;

enum class StageState : std::uint8_t {
    idle,  ///< Not started.
    running,
    restarting,  ///< Failed, waits to be called again.
    failed,      ///< Failed and left so; `last_error` says why.
    ended,       ///< Returned.
};
[[nodiscard]] std::string_view to_string(StageState state) noexcept;

/// What to do when a stage of a record throws.
struct OnFailure {
    std::uint32_t restarts = 0;            ///< Times it is called again; 0 = left failed, visible.
    std::chrono::milliseconds delay{100};  ///< Before the first restart; doubles up to 10 s.
};
/// `.on_failure(aimdb::restart(5))`
[[nodiscard]] constexpr OnFailure restart(
    std::uint32_t times,
    std::chrono::milliseconds delay = std::chrono::milliseconds(100)) noexcept {
    return {times, delay};
}

/// Durations of a stage's calls of a plain function. One call in 64 is measured, and
/// every one over a millisecond: exactly if calls are slow in general, else as the rest
/// of its batch took (at most 63 fast calls more); `calls` counts all.
struct StageTimings {
    std::uint64_t calls = 0;
    std::uint64_t samples = 0;
    std::chrono::nanoseconds min{0};
    std::chrono::nanoseconds mean{0};
    std::chrono::nanoseconds max{0};
    std::chrono::nanoseconds p50{0};  ///< Within 25 %.
    std::chrono::nanoseconds p99{0};  ///< Within 25 %.
};

struct StageInfo {
    StageKind kind = StageKind::tap;
    std::size_t index = 0;  ///< Among the stages of that kind of its record.
    std::string name;       ///< "tap[0]" or the name it was given.
    StageState state = StageState::idle;
    std::uint64_t failures = 0;
    std::string last_error;
    StageTimings timings;
};

namespace detail {

/// Counts and samples call durations; read from any thread.
class TimingRecorder {
public:
    /// Adds `calls` to the count.
    void count(std::uint64_t calls) noexcept { calls_.fetch_add(calls, std::memory_order_relaxed); }
    void sample(std::chrono::nanoseconds duration) noexcept;
    [[nodiscard]] StageTimings snapshot() const noexcept;
    /// Begins anew; what is counted meanwhile may get lost.
    void reset() noexcept;

private:
    // Four buckets per power of two up to 2^40 ns (18 minutes).
    static constexpr std::size_t bucket_count = 160;
    [[nodiscard]] static std::size_t bucket_of(std::uint64_t nanoseconds) noexcept;
    [[nodiscard]] static std::uint64_t middle_of(std::size_t bucket) noexcept;
    [[nodiscard]] std::uint64_t percentile(std::uint64_t samples,
                                           std::uint64_t percent) const noexcept;

    std::atomic<std::uint64_t> calls_{0};
    std::atomic<std::uint64_t> samples_{0};
    std::atomic<std::uint64_t> total_{0};
    std::atomic<std::uint64_t> min_{~std::uint64_t{0}};
    std::atomic<std::uint64_t> max_{0};
    std::array<std::atomic<std::uint32_t>, bucket_count> buckets_{};
};

/// Wakes everything that sleeps when the database stops.
class Sleepers {
public:
    void add(const std::shared_ptr<Alarm>& alarm);
    void remove(const Alarm* alarm) noexcept;
    /// From now on sleeping ends at once.
    void stop() noexcept;
    [[nodiscard]] bool stopping() const noexcept {
        return stopping_.load(std::memory_order_acquire);
    }

private:
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::unordered_map<const Alarm*, std::shared_ptr<Alarm>> alarms_;
};

/// What a Context points to; lives as long as the database.
struct StageEnvironment {
    std::shared_ptr<Clock> clock;
    asio::any_io_executor executor;
    Log log;
    Sleepers* sleepers = nullptr;
    std::function<void()> request_stop;
    TimingRecorder* timings = nullptr;
};

}  // namespace detail

/// A stage's window on its database. Cheap to copy; valid while the stage runs.
///
/// Threads: thread-safe.
class Context {
public:
    explicit Context(const detail::StageEnvironment& environment) : environment_(&environment) {}

    [[nodiscard]] const Clock& clock() const noexcept { return *environment_->clock; }
    [[nodiscard]] const Log& log() const noexcept { return environment_->log; }
    /// The executor the stage runs on, for its own Asio objects: a strand, if the
    /// stage is a coroutine and the database may run on several threads.
    [[nodiscard]] const asio::any_io_executor& executor() const noexcept {
        return environment_->executor;
    }
    /// True once the database has been asked to stop.
    [[nodiscard]] bool stopping() const noexcept { return environment_->sleepers->stopping(); }
    /// Asks the database to stop, like Database::request_stop().
    void request_stop() const { environment_->request_stop(); }
    /// Sleeps by the database's clock. False, at once, when the database stops.
    [[nodiscard]] Awaitable<bool> sleep(std::chrono::nanoseconds duration) const;
    /// For the library's own stages.
    [[nodiscard]] detail::TimingRecorder& timings() const noexcept {
        return *environment_->timings;
    }

private:
    const detail::StageEnvironment* environment_;
};

namespace detail {

/// A declared stage once its database is built: holds its readers and its callable.
class StageBody {
public:
    virtual ~StageBody() = default;
    /// Called once, and again after a failure where the record says so. The
    /// readers keep their place.
    [[nodiscard]] virtual Task run(Context context) = 0;
    /// Whether it may do several things at once, of which one cancels another: it then
    /// runs on a strand where there may be several threads.
    [[nodiscard]] virtual bool runs_users_coroutine() const noexcept { return false; }
};

}  // namespace detail
}  // namespace aimdb
