// SPDX-License-Identifier: Apache-2.0
//
// Stage timings and turns, with a clock that stands still until it is moved.
#include "aimdb/core/detail/call_timer.hpp"

#include <gtest/gtest.h>

namespace aimdb {
namespace {

using namespace std::chrono_literals;

struct HandMovedClock {
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<HandMovedClock, duration>;
    static time_point now() noexcept { return time; }
    static void pass(duration by) { time += by; }
    static inline time_point time{};
};

class CallTiming : public testing::Test {
protected:
    // One batch of calls that take `duration` each, except the one numbered `odd`.
    void batch(int calls,
               std::chrono::nanoseconds duration,
               int odd = 0,
               std::chrono::nanoseconds odd_duration = {}) {
        timer.begin_batch();
        for (int i = 1; i <= calls; ++i) {
            timer.call(++sequence,
                       [&] { HandMovedClock::pass(i == odd ? odd_duration : duration); });
        }
        timer.end_batch();
    }
    [[nodiscard]] StageTimings timings() const { return recorder.snapshot(); }

    detail::TimingRecorder recorder;
    detail::CallTimer<HandMovedClock> timer{recorder};
    std::uint64_t sequence = 0;
};

TEST_F(CallTiming, SamplesOneCallIn64) {
    for (int i = 0; i < 10; ++i) {
        batch(64, 100ns);
    }

    EXPECT_EQ(timings().calls, 640u);
    EXPECT_EQ(timings().samples, 10u);
    EXPECT_EQ(timings().min, 100ns);
    EXPECT_EQ(timings().max, 100ns);
}

TEST_F(CallTiming, OfABatchOverAMillisecondIsThatOfItsCalls) {
    for (int i = 0; i < 10; ++i) {
        batch(64, 20us);
    }

    EXPECT_EQ(timings().samples, 10u);
    EXPECT_EQ(timings().max, 20us);
    EXPECT_EQ(timings().mean, 20us);
}

TEST_F(CallTiming, ShowsEveryCallOverAMillisecondExactlyWhereCallsAreSlow) {
    batch(64, 10us);
    batch(64, 10us, 7, 5ms);
    batch(64, 10us, 1, 1ms);

    EXPECT_EQ(timings().samples, 4u);
    EXPECT_EQ(timings().max, 5ms);
}

TEST_F(CallTiming, ShowsASlowCallAmongFastOnesWithTheirTimes) {
    batch(64, 100ns);
    batch(64, 100ns, 7, 5ms);

    EXPECT_GE(timings().max, 5ms);
    EXPECT_LT(timings().max, 5ms + 64 * 100ns);
}

TEST_F(CallTiming, OfALoneCallIsExact) {
    batch(1, 100ns);
    batch(1, 5ms);

    EXPECT_EQ(timings().samples, 1u);
    EXPECT_EQ(timings().max, 5ms);
}

TEST_F(CallTiming, TakesNoBatchThatHasBecomeSlowAsAWholeForOneCall) {
    batch(40, 100ns);
    batch(40, 100us);
    batch(40, 100us);

    EXPECT_LE(timings().max, 100us);
    EXPECT_EQ(timings().calls, 120u);
}

TEST_F(CallTiming, LeavesOutWhatIsWaitedForWithinABatch) {
    batch(64, 100ns);
    timer.begin_batch();
    for (int i = 0; i < 3; ++i) {
        timer.call(++sequence, [] { HandMovedClock::pass(100ns); });
        timer.pause();
        HandMovedClock::pass(1h);
        timer.resume();
    }
    timer.end_batch();

    EXPECT_EQ(timings().max, 100ns);
    EXPECT_FALSE(timer.turn_is_over());
}

TEST_F(CallTiming, EndsATurnAfterAMillisecond) {
    batch(64, 10us);
    EXPECT_FALSE(timer.turn_is_over());
    batch(64, 10us);
    EXPECT_TRUE(timer.turn_is_over());

    timer.next_turn();
    HandMovedClock::pass(1h);
    batch(64, 10us);

    EXPECT_FALSE(timer.turn_is_over());
}

}  // namespace
}  // namespace aimdb
