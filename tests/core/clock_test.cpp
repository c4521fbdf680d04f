// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/clock.hpp"

#include <gtest/gtest.h>

#include "aimdb/core/stage.hpp"

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::run_with_deadline;
using test::Seen;

struct CountingAlarm final : Alarm {
    void ring() noexcept override { ++rings; }
    int rings = 0;
};

TEST(ManualClock, StandsStillUntilItIsMoved) {
    ManualClock clock(from_unix_ms(1'000));
    EXPECT_EQ(to_unix_ms(clock.now()), 1'000);
    EXPECT_EQ(clock.steady(), 0ns);

    clock.advance(250ms);

    EXPECT_EQ(to_unix_ms(clock.now()), 1'250);
    EXPECT_EQ(clock.steady(), 250ms);
}

TEST(ManualClock, StepsBackWithoutTimePassing) {
    ManualClock clock(from_unix_ms(1'000));

    clock.advance_to(from_unix_ms(1'500));
    clock.advance_to(from_unix_ms(200));
    clock.set_wall(from_unix_ms(5'000));

    EXPECT_EQ(to_unix_ms(clock.now()), 5'000);
    EXPECT_EQ(clock.steady(), 500ms);
}

TEST(ManualClock, RingsEachAlarmOnceWhenItIsDue) {
    ManualClock clock;
    const auto early = std::make_shared<CountingAlarm>();
    const auto late = std::make_shared<CountingAlarm>();
    EXPECT_TRUE(clock.ring_at(100ms, early));
    EXPECT_TRUE(clock.ring_at(200ms, late));

    clock.advance(99ms);
    EXPECT_EQ(early->rings, 0);
    clock.advance(1ms);
    EXPECT_EQ(early->rings, 1);
    clock.set_wall(from_unix_ms(1'000'000));
    EXPECT_EQ(late->rings, 0);
    clock.advance(1h);

    EXPECT_EQ(early->rings, 1);
    EXPECT_EQ(late->rings, 1);
}

TEST(ManualClock, RingsAtOnceWhatIsDueAndForgetsWhoIsGone) {
    ManualClock clock;
    clock.advance(100ms);
    const auto due = std::make_shared<CountingAlarm>();
    auto gone = std::make_shared<CountingAlarm>();

    EXPECT_TRUE(clock.ring_at(100ms, due));
    EXPECT_TRUE(clock.ring_at(200ms, gone));
    gone.reset();
    clock.advance(1h);

    EXPECT_EQ(due->rings, 1);
}

TEST(ManualClock, KeepsNothingOfSleepersThatAreGoneBeforeTheyAreDue) {
    ManualClock clock;
    const auto token = std::make_shared<int>(0);  // held by an alarm's memory, also by a weak one
    const auto kept = std::make_shared<CountingAlarm>();
    EXPECT_TRUE(clock.ring_at(1h, kept));

    for (int i = 0; i < 10'000; ++i) {
        const std::shared_ptr<CountingAlarm> gone(new CountingAlarm,
                                                  [token](CountingAlarm* alarm) { delete alarm; });
        EXPECT_TRUE(clock.ring_at(1h, gone));
    }

    EXPECT_LT(token.use_count(), 100);
    clock.advance(1h);
    EXPECT_EQ(kept->rings, 1);
}

TEST(SystemClock, FollowsTheSystemAndLeavesAlarmsToTimers) {
    SystemClock clock;
    const auto before = std::chrono::system_clock::now();

    const UnixTime now = clock.now();

    EXPECT_GE(now + 1ms, before);
    EXPECT_LE(now, std::chrono::system_clock::now());
    const auto steady = clock.steady();
    EXPECT_LE(steady, clock.steady());
    EXPECT_FALSE(clock.ring_at(0ns, std::make_shared<CountingAlarm>()));
}

TEST(Sleepers, AreWokenOnceByTheStopAndAtOnceAfterIt) {
    detail::Sleepers sleepers;
    const auto first = std::make_shared<CountingAlarm>();
    const auto second = std::make_shared<CountingAlarm>();
    const auto third = std::make_shared<CountingAlarm>();
    sleepers.add(first);
    sleepers.add(second);
    sleepers.remove(second.get());

    sleepers.stop();
    sleepers.stop();
    sleepers.add(third);

    EXPECT_TRUE(sleepers.stopping());
    EXPECT_EQ(first->rings, 1);
    EXPECT_EQ(second->rings, 0);
    EXPECT_EQ(third->rings, 1);
}

TEST(ContextSleep, FollowsTheClockOfTheDatabase) {
    const auto clock = std::make_shared<ManualClock>(from_unix_ms(0));
    Builder builder;
    Seen<std::int64_t> woken;
    builder.clock(clock);
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .source([&](Context context, Producer<int>) -> Task {
            while (co_await context.sleep(10s)) {
                woken.add(to_unix_ms(context.clock().now()));
            }
        });
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start();
        for (std::size_t days = 1; days <= 3; ++days) {
            while (woken.values().size() < days) {
                clock->advance(1s);
                std::this_thread::yield();
            }
        }
        db.stop();
    });

    EXPECT_GE(woken.values().at(0), 10'000);
    EXPECT_GE(woken.values().at(2), 30'000);
}

TEST(ContextSleep, EndsAtOnceWhenTheDatabaseStops) {
    Builder builder;
    Seen<bool> results;
    test::Gate asleep;
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .source([&](Context context, Producer<int>) -> Task {
            asleep.open();
            results.add(co_await context.sleep(std::chrono::nanoseconds::max()));
            results.add(co_await context.sleep(1h));
            results.add(context.stopping());
        });
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start();
        asleep.pass();
        EXPECT_TRUE(db.stop().clean());
    });

    EXPECT_EQ(results.values(), (std::vector{false, false, true}));
}

// Goal: sleeps that end while they begin, on another thread, harm nobody.
// Method: hundreds of sleeps of no time at all on three threads, by a real and by
// a manual clock that a fourth thread moves all the time.
TEST(ContextSleep, MayEndOnAnotherThreadBeforeItHasQuiteBegun) {
    for (const bool manual : {false, true}) {
        const auto clock = std::make_shared<ManualClock>();
        std::atomic<bool> moving{true};
        Builder builder;
        Seen<int> ended;
        if (manual) {
            builder.clock(clock);
        }
        for (int i = 0; i < 8; ++i) {
            builder.configure<int>("in" + std::to_string(i))
                .buffer(spmc_ring(4))
                .source([&](Context context, Producer<int>) -> Task {
                    for (int round = 0; round < 300; ++round) {
                        static_cast<void>(co_await context.sleep(round % 2 == 0 ? 1ms : 0ms));
                    }
                    ended.add(1);
                });
        }
        Database db = builder.build();

        run_with_deadline(60s, [&] {
            std::thread mover([&] {
                while (moving.load()) {
                    clock->advance(1ms);
                    std::this_thread::yield();
                }
            });
            db.start(3);
            ended.wait_for(8);
            EXPECT_TRUE(db.stop().clean());
            moving = false;
            mover.join();
        });
    }
}

TEST(Log, SpeaksForItsRecordAndStage) {
    test::LogCatcher log;
    Builder builder;
    builder.log_to(log.sink());
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .tap(
            [](Context context, Reader<int>) -> Task {
                context.log().debug("a detail");
                context.log().info("for the record");
                context.log().warn("careful");
                context.log().error("too late");
                co_return;
            },
            "talker");

    test::run_to_the_end(builder, [](Database& db) { db.log().info("from outside"); });

    auto lines = log.lines->values();
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines,
              (std::vector<std::string>{"debug in talker: a detail", "error in talker: too late",
                                        "info  : from outside", "info in talker: for the record",
                                        "warning in talker: careful"}));
}

TEST(Log, WithoutASinkIsSilent) {
    const Log log{LogSink()};

    log.error("nobody hears this");
}

TEST(Log, WritesWarningsAndErrorsToStandardErrorByDefault) {
    testing::internal::CaptureStderr();

    const Log log = Log().about("temp.vienna", "tap[0]");
    log.info("not shown");
    log.warn("the sensor is silent");
    Log().error("no record");

    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "aimdb: warning: [temp.vienna tap[0]] the sensor is silent\n"
              "aimdb: error: no record\n");
}

}  // namespace
}  // namespace aimdb
