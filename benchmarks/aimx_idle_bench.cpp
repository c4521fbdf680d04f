// SPDX-License-Identifier: Apache-2.0
//
// What do 10 000 connections with a subscription each cost while nothing happens:
// in memory of the server, and for the one connection that has something to ask?
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "aimx_support.hpp"
#include "core_support.hpp"
#include "report.hpp"

namespace {

using bench::Clock;

constexpr std::size_t warm_connections = 64;

std::size_t idle_connections() { return bench::quick() ? 100 : 10'000; }
std::size_t gets() { return bench::quick() ? 20 : 5'000; }

struct Idle {
    bench::Address server;
    double p50_before_us = 0;
    double p50_beside_us = 0;
};

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double median_get_us(bench::Line& line) {
    const std::string request = R"({"t":"req","id":1,"method":"record.get","params":{"name":")" +
                                std::string(bench::gauge_key) + "\"}}\n";
    std::vector<double> delays;
    for (std::size_t i = 0; i < gets(); ++i) {
        const Clock::time_point begin = Clock::now();
        line.send(request);
        static_cast<void>(line.receive_one());
        delays.push_back(bench::nanoseconds_between(begin, Clock::now()) / 1e3);
    }
    return bench::median(std::move(delays));
}

void connect(std::vector<bench::Line>& lines, const bench::Address& server, std::size_t count) {
    while (lines.size() < count) {
        lines.emplace_back(server);
        bench::subscribe(lines.back(), bench::event_key);
    }
}

void aimx_idle(benchmark::State& state) {
    for (auto _ : state) {
        const bench::ScratchDirectory directory;
        bench::Shared<Idle> idle;
        const bench::Bell go;
        const bench::Bell done;
        bench::Process client([&] {
            const bench::Pinned pinned(bench::Pinned::client);
            go.wait();
            std::vector<bench::Line> lines;
            lines.reserve(idle_connections() + warm_connections);
            connect(lines, idle->server, warm_connections);
            bench::Line active(idle->server);
            idle->p50_before_us = median_get_us(active);
            done.ring();
            go.wait();
            connect(lines, idle->server, idle_connections() + warm_connections);
            done.ring();
            go.wait();
            idle->p50_beside_us = median_get_us(active);
        });
        const bench::Pinned pinned(bench::Pinned::server);
        aimdb::Builder builder;
        builder.with_aimx(bench::three_endpoints(directory));
        builder.configure<bench::Gauge>(bench::gauge_key).buffer(aimdb::single_latest()).remote();
        builder.configure<bench::Event>(bench::event_key).buffer(aimdb::spmc_ring(64)).remote();
        aimdb::Database db = builder.build();
        db.start();
        db.producer<bench::Gauge>(bench::gauge_key).produce(bench::Gauge{});
        idle->server = bench::addresses(db).front();
        go.ring();
        done.wait();
        ::malloc_trim(0);  // memory of earlier benchmarks that would be used again
        const double before = resident_bytes();
        go.ring();
        done.wait();
        const double grown = resident_bytes() - before;
        go.ring();
        client.join();
        state.counters["bytes"] = grown / static_cast<double>(idle_connections());
        state.counters["get_p50_ratio"] = idle->p50_beside_us / idle->p50_before_us;
    }
}

// A process has a file for each connection, and some more.
bool raise_file_limit() {
    rlimit limit{};
    const rlim_t wanted = idle_connections() + 500;
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < wanted) {
        return false;
    }
    limit.rlim_cur = std::max(limit.rlim_cur, wanted);
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

const bool registered = [] {
    if (raise_file_limit()) {
        benchmark::RegisterBenchmark("aimx_idle", aimx_idle)
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
    } else {
        std::fprintf(stderr,
                     "aimx.idle_connection_bytes is left out: it needs 10 500 open files, see "
                     "ulimit -Hn\n");
    }
    return true;
}();

}  // namespace
