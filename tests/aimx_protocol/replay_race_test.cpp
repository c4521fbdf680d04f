// SPDX-License-Identifier: Apache-2.0
//
// The seam between history and live while a producer on another thread never rests.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

/// Joins also when the test throws.
class JoinedThread {
public:
    explicit JoinedThread(std::function<void()> work) : thread_(std::move(work)) {}
    ~JoinedThread() { join(); }
    JoinedThread(const JoinedThread&) = delete;
    JoinedThread& operator=(const JoinedThread&) = delete;
    void join() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

private:
    std::thread thread_;
};

// Goal: every value once, in order; up to the seam without a hole, after it with holes
// only where the live log overtook the subscription, each counted. Method: a producer
// that waits for nobody and comes in bursts; subscriptions that begin at different
// moments, with a live log so short that it overflows while history is read.
class ReplayRace : public testing::TestWithParam<std::size_t> {};

TEST_P(ReplayRace, NothingIsMissingAndNothingComesTwice) {
    constexpr std::uint64_t last = 6'000;
    SessionRig rig;
    rig.options.event_backlog_values = GetParam();
    rig.remember(memory_store());
    rig.add<Value>("log", spmc_ring(32'768)).persist();
    rig.start();
    std::atomic<std::uint64_t> produced{0};
    JoinedThread producer([&] {
        const auto out = rig.database->producer<Value>("log");
        for (std::uint64_t n = 1; n <= last; ++n) {
            out.produce(Value{static_cast<std::int64_t>(n)});
            produced.store(n, std::memory_order_release);
            if (n % 700 == 0) {
                std::this_thread::sleep_for(std::chrono::milliseconds(n / 700 % 4));
            }
        }
    });

    std::vector<std::unique_ptr<TestPeer>> peers;
    for (const std::uint64_t begin : {1u, 500u, 3'000u, 5'990u}) {
        rig.run_until([&] {
            asio::post(*rig.loop, [] {});
            return produced.load(std::memory_order_acquire) >= begin;
        });
        peers.push_back(rig.connect());
        peers.back()->hello();
        static_cast<void>(peers.back()->say(R"({"t":"sub","id":7,"topic":"log","since":0})"));
    }
    for (const auto& peer : peers) {
        rig.run_until_heard(*peer, R"("pos":6000,)");
        rig.run_until_heard(*peer, R"({"t":"live",)");
    }
    producer.join();

    std::uint64_t lost = 0;
    for (const auto& peer : peers) {
        std::uint64_t expected = 1;
        std::size_t seams = 0;
        for (const std::string& frame : with(peer->heard(), R"({"t":)")) {
            const nlohmann::json told = nlohmann::json::parse(frame);
            seams += told.at("t") == "live" ? 1U : 0U;
            if (told.at("t") == "event") {
                const std::uint64_t position = told.at("pos");
                ASSERT_GE(position, expected) << frame;
                ASSERT_TRUE(position == expected || seams == 1) << frame;
                ASSERT_EQ(told.at("seq"), position) << frame;
                ASSERT_EQ(told.contains("hist"), seams == 0) << frame;
                lost += position - expected;
                expected = position + 1;
            }
        }
        EXPECT_EQ(expected, last + 1);
        EXPECT_EQ(seams, 1u);
    }
    EXPECT_EQ(rig.hub->counters.events_lost, lost);
}

INSTANTIATE_TEST_SUITE_P(WithALiveLogOf, ReplayRace, testing::Values(8, 64, 1'024));

}  // namespace
}  // namespace aimdb::aimx::test
