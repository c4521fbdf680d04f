// SPDX-License-Identifier: Apache-2.0
//
// The threads behind async_stop().
#include "stopper_threads.hpp"

#include <future>

#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::run_with_deadline;

TEST(StopperThreads, KeepNoThreadWhoseWorkIsDone) {
    detail::StopperThreads stoppers{Log()};

    run_with_deadline(60s, [&] {
        for (int i = 0; i < 10; ++i) {
            std::promise<void> done;
            stoppers.run([&done] { done.set_value(); });
            done.get_future().wait();
        }
        while (stoppers.count() > 0) {
            std::this_thread::yield();
        }
    });
}

TEST(StopperThreads, MayBeDestroyedByTheWorkThatRunsOnThem) {
    std::promise<void> gone;

    run_with_deadline(60s, [&] {
        auto stoppers = std::make_unique<detail::StopperThreads>(Log());
        stoppers->run([&] {
            stoppers.reset();
            gone.set_value();
        });
        gone.get_future().wait();
    });
}

TEST(StopperThreads, AreWaitedForOtherwise) {
    bool done = false;
    test::Gate gate;

    run_with_deadline(60s, [&] {
        detail::StopperThreads stoppers{Log()};
        stoppers.run([&] {
            gate.pass();
            done = true;
        });
        gate.open();
    });

    EXPECT_TRUE(done);
}

}  // namespace
}  // namespace aimdb
