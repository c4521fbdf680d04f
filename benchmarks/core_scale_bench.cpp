// SPDX-License-Identifier: Apache-2.0
//
// A database of 100 000 records: how long it takes to declare and build, what a
// record weighs, what one produce costs when each goes to another record.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "aimdb/core/core.hpp"

#include "core_allocations.hpp"
#include "core_support.hpp"
#include "report.hpp"

namespace {

using bench::Telemetry;

std::size_t record_count() { return bench::quick() ? 1'000 : 100'000; }

std::string key(std::size_t i) {
    return "site." + std::to_string(i / 1'000) + ".sensor." + std::to_string(i % 1'000);
}

aimdb::Database build() {
    aimdb::Builder builder;
    for (std::size_t i = 0; i < record_count(); ++i) {
        builder.configure<Telemetry>(key(i)).buffer(aimdb::single_latest());
    }
    return builder.build();
}

void build_100k(benchmark::State& state) {
    for (auto _ : state) {
        const std::int64_t before = bench::allocated_bytes();
        const bench::Clock::time_point begin = bench::Clock::now();
        const aimdb::Database db = build();
        state.SetIterationTime(bench::nanoseconds_between(begin, bench::Clock::now()) * 1e-9);
        state.counters["bytes_per_record"] =
            static_cast<double>(bench::allocated_bytes() - before) /
            static_cast<double>(record_count());
    }
}
BENCHMARK(build_100k)->Iterations(1)->UseManualTime();

// Every value goes to another record than the one before: out of the caches.
void produce_100k(benchmark::State& state) {
    const aimdb::Database db = build();
    std::vector<aimdb::Producer<Telemetry>> out;
    for (std::size_t i = 0; i < record_count(); ++i) {
        out.push_back(db.producer<Telemetry>(key(i * 7'919 % record_count())));
    }
    bench::measure(
        state, [&](std::uint64_t i) { out[i % out.size()].produce(bench::make<Telemetry>(i)); });
}
BENCHMARK(produce_100k)->UseManualTime();

}  // namespace
