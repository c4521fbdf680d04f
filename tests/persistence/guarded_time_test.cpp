// SPDX-License-Identifier: Apache-2.0
//
// What retention may believe of a clock: a row that is removed was as old as that.
#include "guarded_time.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace aimdb::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto start = from_unix_ms(1'000'000'000'000);
constexpr std::chrono::hours day{24};

UnixTime look(GuardedTime& time, std::chrono::milliseconds age) {
    time.look();
    return time.for_age(age);
}

TEST(GuardedTime, FollowsAClockThatRunsAsItShould) {
    ManualClock clock(start);
    GuardedTime time(clock, start);

    clock.advance(8h);

    EXPECT_EQ(look(time, 24h), start + 8h);
}

TEST(GuardedTime, BelievesAJumpAheadOnceTheAgeHasReallyPassed) {
    ManualClock clock(start);
    GuardedTime time(clock, start);
    clock.set_wall(start + 8 * day);

    EXPECT_EQ(look(time, 24h), start);
    clock.advance(23h);
    EXPECT_EQ(look(time, 24h), start + 23h);
    clock.advance(1h);
    EXPECT_EQ(look(time, 24h), start + 9 * day);
    EXPECT_EQ(look(time, 48h), start + day);
}

TEST(GuardedTime, BelievesEachOfSeveralJumpsByItself) {
    ManualClock clock(start);
    GuardedTime time(clock, start);
    clock.set_wall(start + day);
    time.look();
    clock.advance(12h);
    clock.set_wall(start + 3 * day);
    time.look();

    clock.advance(12h);

    EXPECT_EQ(look(time, 24h), start + 2 * day);  // the first, not yet the second
}

TEST(GuardedTime, TakesAJumpBackThatCorrectsAnEarlierOneAtItsWord) {
    ManualClock clock(start);
    GuardedTime time(clock, start);
    clock.set_wall(start + 8 * day);
    time.look();
    clock.set_wall(start);
    time.look();

    clock.advance(1h);

    EXPECT_EQ(look(time, 24h), start + 1h);
}

TEST(GuardedTime, GoesBackWithTheClockAndForwardAgainWithCare) {
    ManualClock clock(start);
    GuardedTime time(clock, start);
    clock.set_wall(start - day);
    EXPECT_EQ(look(time, 1h), start - day);

    clock.set_wall(start);

    EXPECT_EQ(look(time, 1h), start - day);  // rows of the day back are stamped with it
    clock.advance(1h);
    EXPECT_EQ(look(time, 1h), start + 1h);
}

TEST(GuardedTime, CountsManySmallStepsAheadAsJumpsToo) {
    ManualClock clock(start);
    GuardedTime time(clock, start);
    for (int step = 0; step < 1'000; ++step) {
        clock.set_wall(clock.now() + 50s);
        time.look();
    }

    EXPECT_LE(time.for_age(24h), start + GuardedTime::slack);
}

TEST(GuardedTime, DoesNotBelieveThatAStoreRestedForYears) {
    ManualClock clock(start + 10 * 366 * day);
    GuardedTime time(clock, start);

    EXPECT_EQ(look(time, 24h), start);
    clock.advance(24h);
    EXPECT_EQ(look(time, 24h), start + 10 * 366 * day + day);
}

TEST(GuardedTime, BelievesTheClockOfAnEmptyStoreAndOfOneThatRestedForWeeks) {
    ManualClock clock(start);

    EXPECT_EQ(look(*std::make_unique<GuardedTime>(clock, UnixTime{}), 24h), start);
    EXPECT_EQ(look(*std::make_unique<GuardedTime>(clock, start - 30 * day), 24h), start);
    EXPECT_EQ(look(*std::make_unique<GuardedTime>(clock, start + 30 * day), 24h), start);
}

// Rows are stamped by a clock that jumps as it likes. None may be taken for older than it is.
TEST(GuardedTime, NeverLetsARowBeRemovedBeforeItsAge) {
    constexpr std::chrono::milliseconds age = 24h;
    struct Row {
        UnixTime stamp;
        std::chrono::nanoseconds produced_at;
    };
    for (unsigned seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        const auto minutes = [&](int least, int most) {
            return std::chrono::minutes(std::uniform_int_distribution<int>(least, most)(random));
        };
        ManualClock clock(start);
        GuardedTime time(clock, start);
        std::vector<Row> rows;
        for (int step = 0; step < 2'000; ++step) {
            rows.push_back({clock.now(), clock.steady()});
            clock.advance(minutes(1, 30));
            if (random() % 20 == 0) {
                clock.set_wall(clock.now() + minutes(-20'000, 20'000));
            }
            const UnixTime before = look(time, age) - age;
            std::erase_if(rows, [&](const Row& row) {
                const bool removed = row.stamp < before;
                EXPECT_FALSE(removed && clock.steady() - row.produced_at < age - GuardedTime::slack)
                    << "seed " << seed << ", step " << step;
                return removed;
            });
        }
    }
}

}  // namespace
}  // namespace aimdb::detail
