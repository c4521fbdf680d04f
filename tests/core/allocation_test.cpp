// SPDX-License-Identifier: Apache-2.0
//
// Producing and receiving allocate nothing per message. This file replaces
// operator new for the whole test program, to count; not under the address
// sanitizer, which would then no longer see whether new and delete match.
#include <array>
#include <atomic>
#include <cstdlib>
#include <future>
#include <new>
#include <thread>

#include <gtest/gtest.h>

#include "aimdb/core/core.hpp"

#include "core/buffer_rig.hpp"
#include "support/deadline.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define AIMDB_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AIMDB_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef AIMDB_COUNTS_ALLOCATIONS
#define AIMDB_COUNTS_ALLOCATIONS 1
#endif

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

#if AIMDB_COUNTS_ALLOCATIONS
namespace {

// Out of line, so that the compiler sees no malloc behind new and no free behind delete.
[[gnu::noinline]] void* counted(std::size_t size, std::size_t alignment) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}
[[gnu::noinline]] void give_back(void* memory) noexcept { std::free(memory); }

}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
#endif

namespace aimdb {
namespace {

using namespace std::chrono_literals;

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

template <typename F>
std::uint64_t allocations_of(int times, F&& once) {
    const std::uint64_t before = allocations.load();
    for (int i = 0; i < times; ++i) {
        once();
    }
    return allocations.load() - before;
}

TEST_F(Allocations, AreCounted) {
    const auto allocate = [] {
        static void* volatile memory = nullptr;  // so that the allocation is not left out
        memory = ::operator new(8);
        ::operator delete(memory);
    };

    EXPECT_EQ(allocations_of(3, allocate), 3u);
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
    for (const BufferConfig config : {spmc_ring(16), single_latest(), mailbox()}) {
        test::BufferRig<Reading> ping(config);
        test::BufferRig<int> pong(spmc_ring(16));
        auto pings = ping.reader();
        auto pongs = pong.reader();
        const auto echo = [&]() -> Awaitable<void> {
            while (auto item = co_await pings.recv()) {
                pong.out().produce(1);
            }
        };
        asio::co_spawn(ping.io, echo(), asio::detached);
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

        EXPECT_EQ(count, 0u) << to_string(config.kind);
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
