// SPDX-License-Identifier: Apache-2.0
//
// AimDB's own workloads on one thread: each value is produced and then received
// by every reader, with try_recv() and with `co_await recv()`. The value is
// always there; what waiting costs is measured in core_wake_bench.cpp.
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
class Workload {
public:
    Workload(aimdb::BufferConfig buffer, std::size_t readers)
        : db_(bench::one_record<T>(buffer)), out_(db_.producer<T>(bench::record_key)) {
        for (std::size_t i = 0; i < readers; ++i) {
            readers_.push_back(db_.reader<T>(bench::record_key));
        }
    }

    void try_recv(benchmark::State& state) {
        bench::measure(state, [this](std::uint64_t i) {
            out_.produce(bench::make<T>(i));
            for (aimdb::Reader<T>& reader : readers_) {
                check(i, reader.try_recv());
            }
        });
    }

    void await_recv(benchmark::State& state) {
        asio::io_context io;
        std::exception_ptr failure;
        asio::co_spawn(io, run(state), [&](std::exception_ptr error) { failure = error; });
        io.run();
        if (failure) {
            std::rethrow_exception(failure);
        }
    }

private:
    static void check(std::uint64_t i, const std::optional<aimdb::Item<T>>& item) {
        if (!item || item->value.sequence != i || item->skipped != 0) {
            throw std::runtime_error("a value was lost; the figure would not count");
        }
    }

    aimdb::Task run(benchmark::State& state) {
        std::vector<double> chunks;
        std::uint64_t next = 0;
        for (auto _ : state) {
            const std::uint64_t end = next + bench::chunk_operations;
            const bench::Clock::time_point begin = bench::Clock::now();
            for (; next < end; ++next) {
                out_.produce(bench::make<T>(next));
                for (aimdb::Reader<T>& reader : readers_) {
                    check(next, co_await reader.recv());
                }
            }
            const double took = bench::nanoseconds_between(begin, bench::Clock::now());
            chunks.push_back(took / static_cast<double>(bench::chunk_operations));
            state.SetIterationTime(took * 1e-9);
        }
        state.counters["ns"] = bench::median(std::move(chunks));
    }

    aimdb::Database db_;
    aimdb::Producer<T> out_;
    std::vector<aimdb::Reader<T>> readers_;
};

void ring_try(benchmark::State& state) {
    Workload<Telemetry>(aimdb::spmc_ring(bench::ring_capacity), 1).try_recv(state);
}
void ring_await(benchmark::State& state) {
    Workload<Telemetry>(aimdb::spmc_ring(bench::ring_capacity), 1).await_recv(state);
}
void ring_4_readers_try(benchmark::State& state) {
    Workload<Telemetry>(aimdb::spmc_ring(bench::ring_capacity), 4).try_recv(state);
}
void ring_4_readers_await(benchmark::State& state) {
    Workload<Telemetry>(aimdb::spmc_ring(bench::ring_capacity), 4).await_recv(state);
}
void latest_try(benchmark::State& state) {
    Workload<State>(aimdb::single_latest(), 1).try_recv(state);
}
void latest_await(benchmark::State& state) {
    Workload<State>(aimdb::single_latest(), 1).await_recv(state);
}
void mailbox_try(benchmark::State& state) {
    Workload<Command>(aimdb::mailbox(), 1).try_recv(state);
}
void mailbox_await(benchmark::State& state) {
    Workload<Command>(aimdb::mailbox(), 1).await_recv(state);
}
BENCHMARK(ring_try)->UseManualTime();
BENCHMARK(ring_await)->UseManualTime();
BENCHMARK(ring_4_readers_try)->UseManualTime();
BENCHMARK(ring_4_readers_await)->UseManualTime();
BENCHMARK(latest_try)->UseManualTime();
BENCHMARK(latest_await)->UseManualTime();
BENCHMARK(mailbox_try)->UseManualTime();
BENCHMARK(mailbox_await)->UseManualTime();

}  // namespace
