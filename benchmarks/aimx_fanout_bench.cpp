// SPDX-License-Identifier: Apache-2.0
//
// How many events of one ring reach 1 to 500 subscriber connections in a second?
// Beside brokers that do the same.
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "aimx_fanout.hpp"
#include "aimx_support.hpp"
#include "core_allocations.hpp"
#include "core_support.hpp"
#include "report.hpp"

namespace {

double seconds() { return bench::quick() ? 0.02 : 0.5; }
double warm_up_seconds() { return seconds() / 5; }

// Of a frame of AimX, around the text; the numbers in it have five digits or six.
constexpr std::size_t around_text_bytes =
    std::string_view(R"({"t":"event","seq":12345,"sub":"1","data":{"number":12345,"text":""}})")
        .size() +
    1;

aimdb::Database event_database(const bench::ScratchDirectory& directory) {
    aimdb::Builder builder;
    builder.with_aimx(bench::three_endpoints(directory));
    builder.configure<bench::Event>(bench::event_key).buffer(aimdb::spmc_ring(1'024)).remote();
    aimdb::Database db = builder.build();
    db.start();
    return db;
}

/// Produces into the ring.
class Source {
public:
    Source(const aimdb::Database& db, std::size_t frame_bytes)
        : out_(db.producer<bench::Event>(bench::event_key)) {
        event_.text.assign(frame_bytes - around_text_bytes, 'x');
    }

    void operator()(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            ++event_.number;
            out_.produce(event_);
        }
    }

private:
    aimdb::Producer<bench::Event> out_;
    bench::Event event_;
};

// Arguments: the transport (Unix, TCP, WebSocket), connections, bytes of a frame, window.
void aimx_fanout(benchmark::State& state) {
    const auto connections = static_cast<std::size_t>(state.range(1));
    for (auto _ : state) {
        const bench::ScratchDirectory directory;
        bench::Subscribers subscribers(connections, static_cast<std::uint64_t>(state.range(3)));
        aimdb::Database db = event_database(directory);
        subscribers.connect(bench::addresses(db).at(static_cast<std::size_t>(state.range(0))));
        Source source(db, static_cast<std::size_t>(state.range(2)));
        static_cast<void>(subscribers.run(warm_up_seconds(), std::ref(source)));
        const std::uint64_t produced = subscribers.produced();
        const std::uint64_t allocated = bench::allocation_count();
        state.counters["deliveries_per_s"] = subscribers.run(seconds(), std::ref(source));
        state.counters["allocations"] =
            static_cast<double>(bench::allocation_count() - allocated) /
            static_cast<double>((subscribers.produced() - produced) * connections);
    }
}
BENCHMARK(aimx_fanout)
    ->ArgsProduct({{0, 1, 2}, {1, 10, 100, 500}, {191}, {bench::fanout_window}})
    ->ArgsProduct({{0, 1, 2}, {100}, {3'700}, {bench::fanout_window}})
    ->ArgsProduct({{0, 1, 2}, {100}, {191}, {1}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

/// Publishes at another server, all that there is room for in one write.
class Publisher {
public:
    explicit Publisher(const bench::Address& server) : line_(server) {}

    void operator()(std::uint64_t count) {
        out_.clear();
        for (std::uint64_t i = 0; i < count; ++i) {
            append();
        }
        line_.send(out_);
    }

private:
    // 191 bytes of payload.
    void append() {
        const std::string topic(bench::event_key);
        std::string payload = R"({"number":)" + std::to_string(++number_) + R"(,"text":")";
        payload.append(payload_bytes - 2 - payload.size(), 'x');
        payload += R"("})";
        if (line_.wire() == bench::Wire::nats) {
            out_ +=
                "PUB " + topic + " " + std::to_string(payload_bytes) + "\r\n" + payload + "\r\n";
            return;
        }
        const std::size_t length = 2 + topic.size() + payload_bytes;  // needs two bytes
        out_ += '\x30';
        out_ += static_cast<char>(length % 128 | 128);
        out_ += static_cast<char>(length / 128);
        out_ += '\0';
        out_ += static_cast<char>(topic.size());
        out_ += topic + payload;
    }

    static constexpr std::size_t payload_bytes = 191;

    bench::Line line_;
    std::string out_;
    std::uint64_t number_ = 0;
};

// The peer and AimX in turn, over TCP, 100 connections each. Argument: window.
template <typename Start>
void beside(benchmark::State& state, const Start& start) {
    const auto window = static_cast<std::uint64_t>(state.range(0));
    constexpr std::size_t connections = 100;
    for (auto _ : state) {
        const bench::ScratchDirectory directory;
        bench::Subscribers our_subscribers(connections, window);
        bench::Subscribers peer_subscribers(connections, window);
        const bench::Peer peer = start(directory);
        peer_subscribers.connect(peer.address());
        Publisher publisher(peer.address());
        aimdb::Database db = event_database(directory);
        our_subscribers.connect(bench::addresses(db).at(1));
        Source source(db, 191);
        std::vector<double> ratios;
        std::vector<double> rates;
        static_cast<void>(our_subscribers.run(warm_up_seconds(), std::ref(source)));
        static_cast<void>(peer_subscribers.run(warm_up_seconds(), std::ref(publisher)));
        for (int pair = 0; pair < (bench::quick() ? 1 : 2); ++pair) {
            const double ours = our_subscribers.run(seconds(), std::ref(source));
            rates.push_back(peer_subscribers.run(seconds(), std::ref(publisher)));
            ratios.push_back(ours / rates.back());
        }
        state.counters["ratio"] = bench::median(ratios);
        state.counters["peer_per_s"] = bench::median(rates);
    }
}

void aimx_fanout_mosquitto(benchmark::State& state) {
    beside(state, [](const auto& directory) { return bench::Peer::mosquitto(directory); });
}

void aimx_fanout_nats(benchmark::State& state) {
    beside(state, [](const auto&) { return bench::Peer::nats(); });
}

void with_both_windows(benchmark::internal::Benchmark* benchmark) {
    benchmark->Arg(bench::fanout_window)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);
}

const bool peers_registered = [] {
    if (bench::with_peers()) {
        with_both_windows(
            benchmark::RegisterBenchmark("aimx_fanout_mosquitto", aimx_fanout_mosquitto));
        with_both_windows(benchmark::RegisterBenchmark("aimx_fanout_nats", aimx_fanout_nats));
    }
    return true;
}();

}  // namespace
