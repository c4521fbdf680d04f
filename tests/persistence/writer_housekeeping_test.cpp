// SPDX-License-Identifier: Apache-2.0
//
// What the writer does between commits, and what health says of it.
#include <atomic>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "support/deadline.hpp"
#include "writer_rig.hpp"

namespace aimdb::test {
namespace {

using namespace std::chrono_literals;
using Outcome = BackendError::Outcome;

void wait_for_health(const WriterRig& rig, HealthState state) {
    run_with_deadline(30s, [&] {
        while (rig.health.health().state != state)
            std::this_thread::yield();
    });
}

TEST(WriterHousekeeping, IsWellAgainOnceARoundOfRetentionSucceedsAlsoWithoutRows) {
    WriterRig rig;
    rig.roster[0]->retention_age = 1h;
    int purges = 0;
    rig.backend.on_purge = [&](const PurgeRequest&) -> PurgeReport {
        if (++purges == 1) throw BackendError(Errc::storage_full, Outcome::not_written, "purge");
        return {};
    };
    rig.writer->start();
    wait_for_health(rig, HealthState::degraded);
    EXPECT_NE(rig.health.health().reason.find("purge"), std::string::npos);

    rig.pace->advance(10s);

    wait_for_health(rig, HealthState::ok);
}

TEST(WriterHousekeeping, SaysOnceThatHousekeepingFailsWhileCommitsSucceed) {
    WriterRig rig;
    rig.backend.on_maintain = []() -> bool {
        throw BackendError(Errc::storage_io, Outcome::not_written, "checkpoint");
    };
    rig.writer->start();

    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(rig.produce(0, 1));
        rig.settle();
    }

    wait_for_health(rig, HealthState::degraded);
    rig.stop();
    EXPECT_EQ(rig.logged.size(), 1u);
    EXPECT_NE(rig.health.health().reason.find("checkpoint"), std::string::npos);
}

TEST(WriterHousekeeping, GoesOnWhateverABackendThrows) {
    WriterRig rig;
    rig.roster[0]->retention_age = 1h;
    rig.backend.on_maintain = []() -> bool { throw 7; };
    rig.backend.on_purge = [](const PurgeRequest&) -> PurgeReport {
        throw std::runtime_error("odd");
    };
    rig.writer->start();
    ASSERT_TRUE(rig.produce(0, 3));

    rig.settle();
    rig.stop();

    EXPECT_EQ(rig.account().committed, 3u);
}

TEST(WriterHousekeeping, PurgesAlsoWhileOtherHousekeepingFails) {
    WriterRig rig;
    rig.roster[0]->retention_age = 1h;
    rig.backend.on_maintain = []() -> bool {
        throw BackendError(Errc::storage_io, Outcome::not_written, "checkpoint");
    };
    std::binary_semaphore purged{0};
    rig.backend.on_purge = [&](const PurgeRequest&) -> PurgeReport {
        purged.release();
        return {};
    };

    rig.writer->start();

    run_with_deadline(30s, [&] { purged.acquire(); });
}

}  // namespace
}  // namespace aimdb::test
