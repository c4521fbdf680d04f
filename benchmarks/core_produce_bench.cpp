// SPDX-License-Identifier: Apache-2.0
//
// What does it cost to produce into a ring that nobody reads, next to a bare
// multi-producer ring; what does a time on every value add?
#include <benchmark/benchmark.h>

#include "aimdb/core/core.hpp"

#include "core_bare.hpp"
#include "core_support.hpp"

namespace {

using bench::Telemetry;

void produce(benchmark::State& state) {
    const aimdb::Database db = bench::one_record<Telemetry>(aimdb::spmc_ring(bench::ring_capacity));
    const auto out = db.producer<Telemetry>(bench::record_key);
    bench::BareRing<Telemetry> bare(bench::ring_capacity);
    bench::measure_in_turn(
        state, [&](std::uint64_t i) { out.produce(bench::make<Telemetry>(i)); },
        [&](std::uint64_t i) { bare.push(bench::make<Telemetry>(i)); });
}
BENCHMARK(produce)->UseManualTime();

// What a persisted or served record pays; beside it the clock alone.
void produce_stamped(benchmark::State& state) {
    aimdb::Builder builder;
    builder.configure<Telemetry>(bench::record_key)
        .buffer(aimdb::spmc_ring(bench::ring_capacity))
        .observe(bench::ring_capacity);
    const aimdb::Database db = builder.build();
    const auto out = db.producer<Telemetry>(bench::record_key);
    bench::measure_in_turn(
        state, [&](std::uint64_t i) { out.produce(bench::make<Telemetry>(i)); },
        [](std::uint64_t) { benchmark::DoNotOptimize(std::chrono::system_clock::now()); });
}
BENCHMARK(produce_stamped)->UseManualTime();

// Readers that sleep on one record must not cost those who produce to another.
// Beside it the same in a database where nobody sleeps.
void produce_beside_sleepers(benchmark::State& state) {
    constexpr std::size_t sleepers = 10'000;
    const auto build = [] {
        aimdb::Builder builder;
        for (const std::string_view key : {bench::record_key, std::string_view("bench.silent")}) {
            builder.configure<Telemetry>(key).buffer(aimdb::spmc_ring(bench::ring_capacity));
        }
        return builder.build();
    };
    asio::io_context io;
    aimdb::Database db = build();
    db.start(io.get_executor());
    const auto sleep = [](aimdb::Reader<Telemetry> in) -> aimdb::Task {
        while (co_await in.recv()) {
        }
    };
    for (std::size_t i = 0; i < sleepers; ++i) {
        asio::co_spawn(io, sleep(db.reader<Telemetry>("bench.silent")), [](std::exception_ptr) {});
    }
    io.poll();
    const aimdb::Database alone = build();
    const auto out = db.producer<Telemetry>(bench::record_key);
    const auto out_alone = alone.producer<Telemetry>(bench::record_key);
    bench::measure_in_turn(
        state, [&](std::uint64_t i) { out.produce(bench::make<Telemetry>(i)); },
        [&](std::uint64_t i) { out_alone.produce(bench::make<Telemetry>(i)); });
    db.async_stop(aimdb::default_stop_deadline, [](std::exception_ptr, aimdb::StopReport) {});
    io.run();
}
BENCHMARK(produce_beside_sleepers)->UseManualTime();

}  // namespace
