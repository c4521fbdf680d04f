// SPDX-License-Identifier: Apache-2.0
#include "retention.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "fake_backend.hpp"

namespace aimdb::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto start = from_unix_ms(1'000'000'000);

Roster roster_of(const std::vector<std::optional<std::chrono::milliseconds>>& ages) {
    Roster roster;
    for (std::size_t i = 0; i < ages.size(); ++i) {
        StoredRecord stored;
        stored.id = static_cast<RecordId>(i + 1);
        const std::string name = "r" + std::to_string(i + 1);
        roster.push_back(std::make_unique<PersistedRecord>(name, name, stored));
        roster.back()->retention_age = ages[i];
    }
    return roster;
}

TEST(Retention, GoesThroughTheRecordsThatHaveAnAgeInSlices) {
    const Roster roster = roster_of({10s, std::nullopt, 20s});
    const auto clock = std::make_shared<ManualClock>(start);
    test::FakeBackend backend;
    std::vector<PurgeRequest> requests;
    backend.on_purge = [&](const PurgeRequest& request) {
        requests.push_back(request);
        return PurgeReport{.rows = 7, .gaps = 1, .more = requests.size() == 1};
    };
    Retention retention(roster, clock, {10'000ms, 500});

    std::size_t rows = 0;
    while (retention.due(0s))
        rows += retention.run(backend, 0s).rows;

    ASSERT_EQ(requests.size(), 3u);
    EXPECT_EQ(requests[0].record, 1);
    EXPECT_EQ(requests[0].before, start - 10s);
    EXPECT_EQ(requests[0].limit_rows, 500u);
    EXPECT_EQ(requests[1].record, 1);
    EXPECT_EQ(requests[2].record, 3);
    EXPECT_EQ(requests[2].before, start - 20s);
    EXPECT_EQ(rows, 21u);
    EXPECT_EQ(retention.rounds(), 1u);
}

TEST(Retention, BeginsARoundAtOnceAndThenInIntervals) {
    const Roster roster = roster_of({10s});
    Retention retention(roster, std::make_shared<ManualClock>(start), {10'000ms, 500});
    test::FakeBackend backend;

    EXPECT_TRUE(retention.due(5s));
    static_cast<void>(retention.run(backend, 5s));
    EXPECT_FALSE(retention.due(14s));
    EXPECT_TRUE(retention.due(15s));
}

TEST(Retention, EndsARoundThatFailsAndTriesTheNext) {
    const Roster roster = roster_of({10s, 10s});
    Retention retention(roster, std::make_shared<ManualClock>(start), {10'000ms, 500});
    test::FakeBackend backend;
    backend.on_purge = [](const PurgeRequest&) -> PurgeReport {
        throw BackendError(Errc::storage_io, BackendError::Outcome::not_written, "purge");
    };

    EXPECT_THROW(static_cast<void>(retention.run(backend, 0s)), BackendError);

    EXPECT_FALSE(retention.due(9s));
    EXPECT_TRUE(retention.due(10s));
    EXPECT_EQ(retention.rounds(), 0u);
}

TEST(Retention, IsNotHeldUpByARecordThatAlwaysFails) {
    const Roster roster = roster_of({10s, 10s, std::nullopt, 10s});
    Retention retention(roster, std::make_shared<ManualClock>(start), {10'000ms, 500});
    test::FakeBackend backend;
    std::vector<RecordId> purged;
    backend.on_purge = [&](const PurgeRequest& request) -> PurgeReport {
        if (request.record == 2) {
            throw BackendError(Errc::storage_io, BackendError::Outcome::not_written, "purge");
        }
        purged.push_back(request.record);
        return {};
    };
    const auto run_round = [&](std::chrono::seconds now) {
        while (retention.due(now)) {
            static_cast<void>(retention.run(backend, now));
        }
    };

    EXPECT_THROW(run_round(0s), BackendError);
    EXPECT_THROW(run_round(10s), BackendError);
    EXPECT_THROW(run_round(20s), BackendError);

    EXPECT_EQ(purged, (std::vector<RecordId>{1, 4, 1, 4, 1}));
    EXPECT_EQ(retention.rounds(), 0u);
}

TEST(Retention, TakesTheAgeOfEachRecordForAJumpOfTheClock) {
    const Roster roster = roster_of({1h, 10h});
    const auto clock = std::make_shared<ManualClock>(start);
    Retention retention(roster, clock, {10'000ms, 500});
    test::FakeBackend backend;
    std::vector<UnixTime> before;
    backend.on_purge = [&](const PurgeRequest& request) -> PurgeReport {
        before.push_back(request.before);
        return {};
    };
    const auto run_round = [&](std::chrono::nanoseconds now) {
        while (retention.due(now)) {
            static_cast<void>(retention.run(backend, now));
        }
    };
    run_round(0s);
    clock->set_wall(start + 8 * 24h);
    run_round(10s);
    clock->advance(1h);

    run_round(1h);

    EXPECT_EQ(before, (std::vector<UnixTime>{start - 1h, start - 10h, start - 1h, start - 10h,
                                             start + 8 * 24h, start - 9h}));
}

TEST(Retention, KeepsEverythingForAnAgeBeyondTheEpoch) {
    const Roster roster = roster_of({std::chrono::milliseconds::max()});
    Retention retention(roster, std::make_shared<ManualClock>(start), {10'000ms, 500});
    test::FakeBackend backend;
    UnixTime before = start;
    backend.on_purge = [&](const PurgeRequest& request) {
        before = request.before;
        return PurgeReport{};
    };

    static_cast<void>(retention.run(backend, 0s));

    EXPECT_EQ(before, UnixTime{});
}

}  // namespace
}  // namespace aimdb::detail
