// SPDX-License-Identifier: Apache-2.0
//
// A value's way through the runner, one at a time, as AimDB's own benchmark has
// it: the driver hands a value to the source, the source produces it, the tap
// receives it and reports it done, the driver goes on. Everything runs on one
// thread, so each value is three wake-ups of a coroutine.
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <benchmark/benchmark.h>

#include "aimdb/core/core.hpp"

#include "core_support.hpp"

namespace {

using bench::Command;
using bench::State;
using bench::Telemetry;

template <typename T>
class Pipeline {
public:
    explicit Pipeline(aimdb::BufferConfig buffer) : db_(build(buffer)) {
        input_.emplace(db_.template reader<T>("bench.input"));
        done_.emplace(db_.template producer<std::uint64_t>("bench.done"));
    }

    void run(benchmark::State& state) {
        db_.start(io_.get_executor());
        std::exception_ptr failure;
        asio::co_spawn(io_, drive(state), [&](std::exception_ptr error) { failure = error; });
        io_.run();
        if (failure) {
            std::rethrow_exception(failure);
        }
    }

private:
    static constexpr std::uint64_t values_per_chunk = 1'000;

    aimdb::Database build(aimdb::BufferConfig buffer) {
        aimdb::Builder builder;
        builder.configure<T>("bench.input").buffer(aimdb::spmc_ring(bench::ring_capacity));
        builder.configure<std::uint64_t>("bench.done")
            .buffer(aimdb::spmc_ring(bench::ring_capacity));
        builder.configure<T>("bench.value")
            .buffer(buffer)
            .source([this](aimdb::Context, aimdb::Producer<T> out) -> aimdb::Task {
                while (auto item = co_await input_->recv()) {
                    out.produce(item->value);
                }
            })
            .tap([this](const T& value) { done_->produce(value.sequence); });
        return builder.build();
    }

    aimdb::Task drive(benchmark::State& state) {
        const auto input = db_.template producer<T>("bench.input");
        auto done = db_.template reader<std::uint64_t>("bench.done");
        std::vector<double> chunks;
        std::uint64_t next = 0;
        for (auto _ : state) {
            const std::uint64_t end = next + values_per_chunk;
            const bench::Clock::time_point begin = bench::Clock::now();
            for (; next < end; ++next) {
                input.produce(bench::make<T>(next));
                const auto item = co_await done.recv();
                if (!item || item->value != next) {
                    throw std::runtime_error("a value was lost; the figure would not count");
                }
            }
            const double took = bench::nanoseconds_between(begin, bench::Clock::now());
            chunks.push_back(took / static_cast<double>(values_per_chunk));
            state.SetIterationTime(took * 1e-9);
        }
        state.counters["ns"] = bench::median(std::move(chunks));
        co_await db_.async_stop();
    }

    asio::io_context io_;
    std::optional<aimdb::Reader<T>> input_;
    std::optional<aimdb::Producer<std::uint64_t>> done_;
    aimdb::Database db_;
};

void source_tap(benchmark::State& state) {
    Pipeline<Telemetry>(aimdb::spmc_ring(bench::ring_capacity)).run(state);
}
void source_tap_latest(benchmark::State& state) {
    Pipeline<State>(aimdb::single_latest()).run(state);
}
void source_tap_mailbox(benchmark::State& state) { Pipeline<Command>(aimdb::mailbox()).run(state); }
BENCHMARK(source_tap)->UseManualTime();
BENCHMARK(source_tap_latest)->UseManualTime();
BENCHMARK(source_tap_mailbox)->UseManualTime();

}  // namespace
