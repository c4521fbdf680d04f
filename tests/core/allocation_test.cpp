// SPDX-License-Identifier: Apache-2.0
//
// Producing and receiving allocate nothing per message.
#include <array>
#include <future>
#include <thread>

#include <asio/strand.hpp>
#include <gtest/gtest.h>

#include "aimdb/core/core.hpp"

#include "core/buffer_rig.hpp"
#include "support/allocation_counter.hpp"
#include "support/deadline.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::allocations;
using test::allocations_of;

struct Reading {
    std::uint32_t sensor = 0;
    double value = 0;
    std::uint64_t time = 0;
};

constexpr int warm_up = 2'000;
constexpr int measured = 10'000;

class Allocations : public testing::Test {
protected:
    void SetUp() override {
        if (AIMDB_COUNTS_ALLOCATIONS == 0) {
            GTEST_SKIP() << "not counted under the address sanitizer";
        }
    }
};

TEST_F(Allocations, AreCounted) {
    const auto allocate = [] {
        static void* volatile memory = nullptr;  // so that the allocation is not left out
        memory = ::operator new(8);
        ::operator delete(memory);
    };

    const auto start_coroutine = [] {
        asio::io_context io;
        const auto nothing = []() -> Awaitable<void> { co_return; };
        asio::co_spawn(io, nothing(), asio::detached);
        io.run();
    };
    const auto make_context = [] { asio::io_context io; };

    EXPECT_EQ(allocations_of(3, allocate), 3u);
    EXPECT_GT(allocations_of(1, start_coroutine), allocations_of(1, make_context) + 1)
        << "the frames of coroutines are not counted";
}

TEST_F(Allocations, NoneWhenProducingWithNobodyReading) {
    for (const BufferConfig config : {spmc_ring(100), single_latest(), mailbox()}) {
        const test::BufferRig<Reading> rig(config);
        const Producer<Reading> out = rig.out();

        EXPECT_EQ(allocations_of(measured, [&] { out.produce({1, 2.0, 3}); }), 0u);
    }
}

TEST_F(Allocations, NoneWhenTakingWithoutWaiting) {
    for (const BufferConfig config : {spmc_ring(100), single_latest(), mailbox()}) {
        const test::BufferRig<Reading> rig(config);
        const Producer<Reading> out = rig.out();
        auto reader = rig.reader();
        std::array<Item<Reading>, 4> items{};

        const auto count = allocations_of(measured, [&] {
            out.produce({1, 2.0, 3});
            out.produce({1, 2.0, 3});
            static_cast<void>(reader.try_recv());
            static_cast<void>(reader.recv_many(items));
            static_cast<void>(rig.buffer->latest());
        });

        EXPECT_EQ(count, 0u);
    }
}

TEST_F(Allocations, OnePerMessageForTypesThatAreNotTriviallyCopyable) {
    const test::BufferRig<std::string> rig(spmc_ring(100));
    const Producer<std::string> out = rig.out();

    EXPECT_EQ(allocations_of(measured, [&] { out.produce("short"); }), std::uint64_t{measured});
}

TEST_F(Allocations, NoneWhenACoroutineReceivesWhatIsThere) {
    test::BufferRig<Reading> rig(spmc_ring(100));
    auto reader = rig.reader();
    std::uint64_t count = 99;
    const auto run = [&]() -> Awaitable<void> {
        const Producer<Reading> out = rig.out();
        for (int i = 0; i < warm_up; ++i) {
            out.produce({1, 2.0, 3});
            co_await reader.recv();
        }
        const std::uint64_t before = allocations.load();
        for (int i = 0; i < measured; ++i) {
            out.produce({1, 2.0, 3});
            co_await reader.recv();
        }
        count = allocations.load() - before;
    };

    asio::co_spawn(rig.io, run(), asio::detached);
    rig.io.run();

    EXPECT_EQ(count, 0u);
}

// Goal: waking a reader that sleeps, from a thread that is none of the runtime's,
// allocates nothing once everything is warm.
// Method: the reader is asleep before each produce: its coroutine says through a
// blocking echo that it has taken the value before, and the runtime's single
// thread cannot look again before it sleeps. Counted over all threads.
TEST_F(Allocations, NoneWhenASleepingReaderIsWokenFromAForeignThread) {
    for (const auto& [config, on_strand] :
         {std::pair(spmc_ring(16), false), std::pair(single_latest(), false),
          std::pair(mailbox(), false), std::pair(spmc_ring(16), true)}) {
        test::BufferRig<Reading> ping(config);
        test::BufferRig<int> pong(spmc_ring(16));
        auto pings = ping.reader();
        auto pongs = pong.reader();
        const auto echo = [&]() -> Awaitable<void> {
            while (auto item = co_await pings.recv()) {
                pong.out().produce(1);
            }
        };
        const asio::any_io_executor strand = asio::make_strand(ping.io);
        asio::co_spawn(on_strand ? strand : ping.io.get_executor(), echo(), asio::detached);
        std::uint64_t count = 99;

        test::run_with_deadline(60s, [&] {
            std::thread runtime([&] { ping.io.run(); });
            const auto round = [&] {
                ping.out().produce({1, 2.0, 3});
                static_cast<void>(pongs.recv(blocking));
            };
            allocations_of(warm_up, round);
            count = allocations_of(measured, round);
            ping.buffer->close();
            runtime.join();
        });

        EXPECT_EQ(count, 0u) << to_string(config.kind) << on_strand;
    }
}

// Goal: a whole pipeline of plain functions allocates nothing per message.
// Method: transform and tap in a database on one thread of its own, fed from the
// test's thread through room(); the last value of each half is waited for.
TEST_F(Allocations, NonePerMessageThroughADatabase) {
    Builder builder;
    builder.configure<Reading>("in").buffer(spmc_ring(256)).lossless();
    builder.configure<Reading>("out")
        .buffer(spmc_ring(256))
        .lossless()
        .transform("in",
                   [](const Reading& r) {
                       return Reading{r.sensor, r.value * 2, r.time};
                   })
        .tap([](const Reading&) {});
    Database db = builder.build();
    const Producer<Reading> in = db.producer<Reading>("in");
    auto last = db.reader<Reading>("out", {.lossless = true});
    std::uint64_t count = 99;

    test::run_with_deadline(60s, [&] {
        db.start();
        const auto round = [&] {
            for (std::uint64_t i = 0; i < 100; ++i) {
                in.produce({1, 2.0, i});
            }
            for (std::uint64_t i = 0; i < 100; ++i) {
                static_cast<void>(last.recv(blocking));
            }
        };
        allocations_of(20, round);
        count = allocations_of(100, round);
        db.stop();
    });

    // Giving way to other stages posts once in a thousand values; allow those
    // posts that do not find their memory again.
    EXPECT_LE(count, 20u);
    EXPECT_EQ(db.record_info("out").counters.produced, 12'000u);
}

}  // namespace
}  // namespace aimdb
