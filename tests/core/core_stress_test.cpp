// SPDX-License-Identifier: Apache-2.0
//
// Everything at once for two seconds, with the accounting as the judge. The seed
// is printed; AIMDB_TEST_SEED sets it.
#include <cstdlib>
#include <random>
#include <thread>

#include <asio/detached.hpp>
#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;

constexpr auto duration = 2s;

std::uint32_t seed() {
    const char* given = std::getenv("AIMDB_TEST_SEED");
    const std::uint32_t value = given != nullptr
                                    ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10))
                                    : std::random_device{}();
    std::printf("AIMDB_TEST_SEED=%u\n", value);
    return value;
}

// A value that shows when it was torn or mixed up.
struct Checked {
    std::uint64_t number = 0;
    std::uint64_t inverse = ~std::uint64_t{0};
    std::string text = "0";

    Checked() = default;
    explicit Checked(std::uint64_t n) : number(n), inverse(~n), text(std::to_string(n)) {}
    [[nodiscard]] bool good() const { return inverse == ~number && text == std::to_string(number); }
};

class CoreStress : public testing::Test {
protected:
    [[nodiscard]] bool time_left() const { return std::chrono::steady_clock::now() < end; }

    // Opens and closes readers of the record "both" all the time.
    Awaitable<void> visit(Database& db, std::uint32_t number, std::atomic<std::uint64_t>& lost) {
        std::minstd_rand random(seed_ + number);
        while (time_left()) {
            const ReaderOptions options{.lossless = random() % 2 == 0,
                                        .observer = random() % 2 == 0};
            auto reader = db.reader<std::uint64_t>("both", options);
            for (std::uint64_t left = random() % 50; left > 0; --left) {
                const auto item = co_await reader.recv();
                if (!item) {
                    co_return;
                }
                lost += options.lossless ? item->skipped : 0;
            }
        }
    }

    const std::uint32_t seed_ = seed();
    const std::chrono::steady_clock::time_point end = std::chrono::steady_clock::now() + duration;
};

// Goal: whatever readers come and go, each accounts for every value since it came:
// received + skipped = last sequence seen - sequence it began after.
// Method: three producing threads flood each kind of buffer; reading threads open
// readers of random kinds, take a random number of values by random means, and go.
TEST_F(CoreStress, ReadersThatComeAndGoAccountForEverything) {
    Builder builder;
    builder.configure<Checked>("ring").buffer(spmc_ring(37));
    builder.configure<Checked>("latest").buffer(single_latest());
    builder.configure<Checked>("mail").buffer(mailbox());
    Database db = builder.build();
    const std::array<const char*, 3> keys{"ring", "latest", "mail"};
    std::atomic<std::uint64_t> wrong{0};

    const auto read = [&](std::mt19937& random) {
        const std::string key = keys[random() % keys.size()];
        const bool observer = key == "mail" || random() % 2 == 0;
        auto reader = db.reader<Checked>(
            key, {.from = random() % 2 == 0 ? ReadFrom::next() : ReadFrom::oldest(),
                  .observer = observer});
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        std::uint64_t accounted = 0;
        for (std::uint64_t left = random() % 300; left > 0 && time_left(); --left) {
            auto item = random() % 4 == 0 ? reader.recv(blocking) : reader.try_recv();
            if (!item) {
                std::this_thread::yield();
                continue;
            }
            first = first == 0 ? item->sequence - item->skipped : first;
            last = item->sequence;
            accounted += 1 + item->skipped;
            wrong += item->value.good() ? 0U : 1U;
        }
        wrong += last == 0 || accounted == last - first + 1 ? 0U : 1U;
    };

    test::run_with_deadline(60s, [&] {
        db.start(2);
        std::vector<std::thread> threads;
        for (std::uint32_t i = 0; i < 3; ++i) {
            threads.emplace_back([&, key = keys[i]] {
                const auto out = db.producer<Checked>(key);
                for (std::uint64_t n = 1; time_left(); ++n) {
                    out.produce(Checked(n));
                    if (n % 64 == 0) {
                        std::this_thread::yield();
                    }
                }
            });
            threads.emplace_back([&, random = std::mt19937(seed_ + i)]() mutable {
                while (time_left()) {
                    read(random);
                }
            });
        }
        // Ends blocking receives that began just before the time was up.
        while (time_left()) {
            std::this_thread::yield();
        }
        db.stop();
        for (std::thread& thread : threads) {
            thread.join();
        }
    });

    EXPECT_EQ(wrong.load(), 0u);
    for (const char* key : keys) {
        const RecordInfo info = db.record_info(key);
        EXPECT_EQ(info.readers, 0u);
        EXPECT_EQ(info.counters.produced, info.counters.newest_sequence);
        EXPECT_GT(info.counters.consumed, 0u);
    }
}

// Goal: a lossless pipeline loses nothing while other readers come and go.
// Method: two external producers that await room in turns, a transform, a join and
// taps on two threads; coroutines on a third context open and close lossless and
// other readers all the time. Produced and received sums must be equal.
TEST_F(CoreStress, LosslessPipelineLosesNothing) {
    Builder builder;
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::uint64_t> skipped{0};
    for (const char* key : {"left", "right"}) {
        builder.configure<std::uint64_t>(key).buffer(spmc_ring(8)).lossless();
    }
    builder.configure<std::uint64_t>("doubled")
        .buffer(spmc_ring(4))
        .lossless()
        .transform("left", [](const std::uint64_t& n) { return 2 * n; });
    const auto pass = [](int&, const std::uint64_t& n) { return n; };
    builder.configure<std::uint64_t>("both")
        .buffer(spmc_ring(16))
        .lossless()
        .transform_join(0, join_input("doubled", pass), join_input("right", pass))
        .tap([&](const Item<std::uint64_t>& item) {
            received += item.value;
            skipped += item.skipped;
        });
    Database db = builder.build();
    asio::io_context visitors;
    test::run_with_deadline(60s, [&] {
        db.start(2);
        for (std::uint32_t i = 0; i < 8; ++i) {
            asio::co_spawn(visitors, visit(db, i, skipped), asio::detached);
        }
        std::vector<std::thread> threads;
        for (const char* key : {"left", "right"}) {
            const std::uint64_t weight = key == std::string("left") ? 2 : 1;
            threads.emplace_back([&, out = db.producer<std::uint64_t>(key), weight] {
                for (std::uint64_t n = 1; time_left() && out.room(blocking); ++n) {
                    out.produce(n);
                    sent += n * weight;
                }
            });
        }
        threads.emplace_back([&] { visitors.run(); });
        for (std::size_t i = 0; i < 2; ++i) {
            threads[i].join();
        }
        EXPECT_TRUE(db.stop().clean());
        threads[2].join();
    });

    EXPECT_GT(sent.load(), 0u);
    EXPECT_EQ(received.load(), sent.load());
    EXPECT_EQ(skipped.load(), 0u);
}

}  // namespace
}  // namespace aimdb
