// SPDX-License-Identifier: Apache-2.0
//
// How long after produce() a sleeping reader has the value: from a foreign
// thread to a coroutine on the runtime thread, next to moodycamel's blocking
// queue and to a thread that polls a bare ring and never sleeps. And: how many
// allocations a message costs.
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <blockingconcurrentqueue.h>

#include "aimdb/core/core.hpp"

#include "core_allocations.hpp"
#include "core_bare.hpp"
#include "core_support.hpp"

namespace {

using bench::Telemetry;

// When the reader had the last message.
class Arrival {
public:
    void note(std::uint64_t message) noexcept {
        at_ = bench::Clock::now();
        message_.store(message, std::memory_order_release);
    }
    bench::Clock::time_point wait_for(std::uint64_t message) const noexcept {
        while (message_.load(std::memory_order_acquire) != message) {
            std::this_thread::yield();
        }
        return at_;
    }

private:
    bench::Clock::time_point at_;
    std::atomic<std::uint64_t> message_{~std::uint64_t{0}};
};

// Long enough for the reader's thread to have gone to sleep.
void let_reader_sleep() { std::this_thread::sleep_for(std::chrono::microseconds(100)); }

template <typename Send>
void measure_wake(benchmark::State& state, const Arrival& arrival, Send&& send) {
    std::vector<double> latencies;
    for (auto _ : state) {
        let_reader_sleep();
        const std::uint64_t message = latencies.size();
        const bench::Clock::time_point begin = bench::Clock::now();
        send(bench::make<Telemetry>(message));
        latencies.push_back(bench::nanoseconds_between(begin, arrival.wait_for(message)));
        state.SetIterationTime(latencies.back() * 1e-9);
    }
    state.counters["p50_us"] = bench::percentile(latencies, 50.0) * 1e-3;
    state.counters["p99_us"] = bench::percentile(latencies, 99.0) * 1e-3;
}

// A database on one runtime thread, whose one tap notes what arrives.
class Awaited {
public:
    Awaited() {
        aimdb::Builder builder;
        builder.configure<Telemetry>(bench::record_key)
            .buffer(aimdb::spmc_ring(bench::ring_capacity))
            .tap([this](aimdb::Context, aimdb::Reader<Telemetry> in) { return read(in); });
        db_.emplace(builder.build());
        db_->start();
    }
    [[nodiscard]] aimdb::Producer<Telemetry> producer() const {
        return db_->producer<Telemetry>(bench::record_key);
    }
    [[nodiscard]] const Arrival& arrival() const noexcept { return arrival_; }

private:
    aimdb::Task read(aimdb::Reader<Telemetry> in) {
        while (auto item = co_await in.recv()) {
            arrival_.note(item->value.sequence);
        }
    }
    Arrival arrival_;
    std::optional<aimdb::Database> db_;
};

void wake(benchmark::State& state) {
    const Awaited reader;
    const auto out = reader.producer();
    measure_wake(state, reader.arrival(), [&](const Telemetry& value) { out.produce(value); });
}

void wake_moodycamel(benchmark::State& state) {
    moodycamel::BlockingConcurrentQueue<Telemetry> queue;
    Arrival arrival;
    std::thread reader([&] {
        Telemetry value{};
        for (queue.wait_dequeue(value); value.sensor != ~0U; queue.wait_dequeue(value)) {
            arrival.note(value.sequence);
        }
    });
    measure_wake(state, arrival, [&](const Telemetry& value) { queue.enqueue(value); });
    queue.enqueue({~0U, 0.0, 0});
    reader.join();
}

void wake_bare(benchmark::State& state) {
    bench::BareSpscRing<Telemetry> ring(bench::ring_capacity);
    Arrival arrival;
    std::thread reader([&] {
        Telemetry value{};
        while (value.sensor != ~0U) {
            if (ring.pop(value)) {
                arrival.note(value.sequence);
            }
        }
    });
    measure_wake(state, arrival,
                 [&](const Telemetry& value) { static_cast<void>(ring.push(value)); });
    static_cast<void>(ring.push({~0U, 0.0, 0}));
    reader.join();
}
// The time that counts is a fraction of the time that passes, so the number is given.
BENCHMARK(wake)->Iterations(2'000)->UseManualTime();
BENCHMARK(wake_moodycamel)->Iterations(2'000)->UseManualTime();
BENCHMARK(wake_bare)->Iterations(2'000)->UseManualTime();

// Allocations per message while `send_all()` sends `count` of them; the first
// call is not counted.
double allocations_per_message(std::uint64_t count, const std::function<void()>& send_all) {
    send_all();
    const std::uint64_t before = bench::allocation_count();
    send_all();
    return static_cast<double>(bench::allocation_count() - before) / static_cast<double>(count);
}

double allocations_unread() {
    constexpr std::uint64_t count = 10'000;
    const auto db = bench::one_record<Telemetry>(aimdb::spmc_ring(bench::ring_capacity));
    const auto out = db.producer<Telemetry>(bench::record_key);
    return allocations_per_message(count, [&] {
        for (std::uint64_t i = 0; i < count; ++i) {
            out.produce(bench::make<Telemetry>(i));
        }
    });
}

double allocations_running_reader() {
    constexpr std::uint64_t count = 10'000;
    const auto db = bench::one_record<Telemetry>(aimdb::spmc_ring(bench::ring_capacity));
    const auto out = db.producer<Telemetry>(bench::record_key);
    auto reader = db.reader<Telemetry>(bench::record_key);
    double result = 0.0;
    asio::io_context io;
    const auto body = [&]() -> aimdb::Task {
        std::uint64_t before = 0;
        for (std::uint64_t i = 0; i < 2 * count; ++i) {
            if (i == count) {
                before = bench::allocation_count();
            }
            out.produce(bench::make<Telemetry>(i));
            co_await reader.recv();
        }
        result = static_cast<double>(bench::allocation_count() - before) / double{count};
    };
    asio::co_spawn(io, body(), [](std::exception_ptr) {});
    io.run();
    return result;
}

double allocations_sleeping_reader() {
    constexpr std::uint64_t count = 500;
    const Awaited reader;
    const auto out = reader.producer();
    return allocations_per_message(count, [&] {
        for (std::uint64_t i = 0; i < count; ++i) {
            let_reader_sleep();
            out.produce(bench::make<Telemetry>(i));
            reader.arrival().wait_for(i);
        }
    });
}

void allocations(benchmark::State& state) {
    for (auto _ : state) {
        state.counters["unread"] = allocations_unread();
        state.counters["running_reader"] = allocations_running_reader();
        state.counters["sleeping_reader"] = allocations_sleeping_reader();
    }
    state.counters["per_message"] =
        std::max({state.counters["unread"].value, state.counters["running_reader"].value,
                  state.counters["sleeping_reader"].value});
}
BENCHMARK(allocations)->Iterations(1);

}  // namespace
