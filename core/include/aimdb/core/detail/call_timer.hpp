// SPDX-License-Identifier: Apache-2.0
//
// How long a stage's calls take, and when it has had its turn.
#pragma once

#include <chrono>
#include <cstdint>

#include "aimdb/core/stage.hpp"

namespace aimdb::detail {

/// Measures one call in 64, and every one that takes over a millisecond, batch by
/// batch; and ends the turn of a stage that has kept its thread long enough.
///
/// Threads: thread-confined.
/// Cost:    two readings of the clock, 60 ns, for a call that is measured. So calls
///          are measured one by one only while they are slow; among fast ones a slow
///          call shows as the time of what else its batch did.
template <typename Clock = std::chrono::steady_clock>
class CallTimer {
public:
    /// Every call longer than this is recorded.
    static constexpr std::chrono::milliseconds slow_call{1};
    /// Calls that took longer than this on average are measured one by one.
    static constexpr std::chrono::microseconds worth_measuring{2};
    /// A stage that always has something to do gives way to the others after this.
    static constexpr std::chrono::milliseconds turn{1};

    explicit CallTimer(TimingRecorder& timings) : timings_(timings) {}

    void begin_batch() noexcept {
        batch_begin_ = last_ = Clock::now();
        if (begins_turn_) {
            turn_begin_ = last_;
            begins_turn_ = false;
        }
        calls_ = 0;
        measured_calls_ = 0;
        measured_ = paused_ = {};
    }

    /// Calls `f`, which works on the value with this sequence.
    template <typename F>
    void call(std::uint64_t sequence, F&& f) {
        timings_.count(1);
        const bool sampled = sequence % 64 == 0;
        // The first one tells what is usual in this batch.
        if (++calls_ > 1 && !sampled && !one_by_one_) {
            f();
            return;
        }
        const auto begin = calls_ == 1 ? batch_begin_ : Clock::now();
        f();
        last_ = Clock::now();
        const auto took = last_ - begin;
        measured_ += took;
        ++measured_calls_;
        if (sampled || took > slow_call) {
            timings_.sample(took);
        }
    }

    /// Around a wait within a batch, which is no call's time and ends the turn.
    void pause() noexcept { paused_at_ = Clock::now(); }
    void resume() noexcept {
        last_ = turn_begin_ = Clock::now();
        paused_ += last_ - paused_at_;
    }

    void end_batch() noexcept {
        if (measured_calls_ < calls_) {
            last_ = Clock::now();
        }
        const auto took = last_ - batch_begin_ - paused_;
        const auto rest = took - measured_;
        const bool usually_fast = measured_ <= measured_calls_ * worth_measuring;
        if (measured_calls_ < calls_ && usually_fast && rest > slow_call) {
            timings_.sample(rest);
        }
        if (calls_ > 0) {
            one_by_one_ = took > calls_ * worth_measuring;
        }
    }

    /// The stage is to let the others of its thread run.
    [[nodiscard]] bool turn_is_over() const noexcept { return last_ - turn_begin_ > turn; }
    /// It has.
    void next_turn() noexcept { begins_turn_ = true; }

private:
    using Time = typename Clock::time_point;
    using Duration = typename Clock::duration;

    TimingRecorder& timings_;
    bool one_by_one_ = true;  // until something is known
    bool begins_turn_ = true;
    std::int64_t calls_ = 0;  // of this batch
    std::int64_t measured_calls_ = 0;
    Duration measured_{};
    Duration paused_{};
    Time batch_begin_{};
    Time paused_at_{};
    Time turn_begin_{};
    Time last_{};  // newest reading
};

}  // namespace aimdb::detail
