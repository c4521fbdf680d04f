// SPDX-License-Identifier: Apache-2.0
//
// What the core benchmarks share: AimDB's own workloads, a database of one
// record, and timing in chunks.
//
// A chunk is some thousand operations, well under a millisecond. The figure is
// the median chunk, so that a chunk in which the machine did something else
// besides does not count; ours and the bare primitive take turns chunk by chunk.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "aimdb/core/core.hpp"

namespace bench {

// The three payloads of AimDB's benchmarks, and how it makes the i-th of each.

struct Telemetry {
    std::uint32_t sensor;
    double value;
    std::uint64_t sequence;
};

struct State {
    std::uint32_t device;
    double temperature;
    double humidity;
    double pressure;
    std::uint64_t sequence;
};

struct Command {
    std::uint32_t command;
    std::uint32_t target;
    double value;
    std::uint64_t sequence;
};

template <typename T>
[[nodiscard]] T make(std::uint64_t i) noexcept;

template <>
inline Telemetry make(std::uint64_t i) noexcept {
    return {static_cast<std::uint32_t>(i % 16), static_cast<double>(i) * 0.1, i};
}
template <>
inline State make(std::uint64_t i) noexcept {
    const auto x = static_cast<double>(i);
    return {static_cast<std::uint32_t>(i % 8), 20.0 + x * 0.01, 50.0 + x * 0.005,
            1013.25 + x * 0.001, i};
}
template <>
inline Command make(std::uint64_t i) noexcept {
    return {static_cast<std::uint32_t>(i % 256), static_cast<std::uint32_t>(i % 4),
            static_cast<double>(i), i};
}

inline constexpr std::size_t ring_capacity = 1024;  // AimDB's too
inline constexpr std::string_view record_key = "bench.value";

/// A database with one record that only we write and read.
template <typename T>
[[nodiscard]] aimdb::Database one_record(aimdb::BufferConfig buffer) {
    aimdb::Builder builder;
    builder.configure<T>(record_key).buffer(buffer);
    return builder.build();
}

using Clock = std::chrono::steady_clock;

[[nodiscard]] double nanoseconds_between(Clock::time_point begin, Clock::time_point end) noexcept;

/// The value below which `percent` of `values` lie; 0 without any.
[[nodiscard]] double percentile(std::vector<double> values, double percent);
[[nodiscard]] double median(std::vector<double> values);

/// Operations of one chunk.
inline constexpr std::size_t chunk_operations = 10'000;

/// Times one chunk: `operation(i)` for consecutive i, so often.
template <typename Operation>
[[nodiscard]] double time_chunk(std::uint64_t& next, Operation&& operation) {
    const std::uint64_t end = next + chunk_operations;
    const Clock::time_point begin = Clock::now();
    for (; next < end; ++next) {
        operation(next);
    }
    return nanoseconds_between(begin, Clock::now()) / static_cast<double>(chunk_operations);
}

/// Reports counter "ns": the median chunk of `operation`.
template <typename Operation>
void measure(benchmark::State& state, Operation&& operation) {
    std::vector<double> chunks;
    std::uint64_t next = 0;
    for (auto _ : state) {
        chunks.push_back(time_chunk(next, operation));
        state.SetIterationTime(chunks.back() * 1e-9 * static_cast<double>(chunk_operations));
    }
    state.counters["ns"] = median(chunks);
}

/// Ours and a bare primitive in turn. Reports "ns", "bare_ns" and "ratio_bare".
template <typename Ours, typename Bare>
void measure_in_turn(benchmark::State& state, Ours&& ours, Bare&& bare) {
    std::vector<double> our_chunks;
    std::vector<double> bare_chunks;
    std::vector<double> ratios;
    std::uint64_t our_next = 0;
    std::uint64_t bare_next = 0;
    for (auto _ : state) {
        our_chunks.push_back(time_chunk(our_next, ours));
        bare_chunks.push_back(time_chunk(bare_next, bare));
        ratios.push_back(our_chunks.back() / bare_chunks.back());
        state.SetIterationTime((our_chunks.back() + bare_chunks.back()) * 1e-9 *
                               static_cast<double>(chunk_operations));
    }
    state.counters["ns"] = median(our_chunks);
    state.counters["bare_ns"] = median(bare_chunks);
    state.counters["ratio_bare"] = median(ratios);
}

}  // namespace bench
