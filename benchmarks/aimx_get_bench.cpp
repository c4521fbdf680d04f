// SPDX-License-Identifier: Apache-2.0
//
// What does record.get cost, one at a time and 64 at once, beside a bare echo of
// lines and Redis? One client process asks all of them in turn.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/epoll.h>
#include <vector>

#include <benchmark/benchmark.h>

#include "aimx_support.hpp"
#include "core_allocations.hpp"
#include "core_support.hpp"
#include "report.hpp"

namespace {

using bench::Address;
using bench::Clock;
using bench::Wire;

constexpr std::size_t depth = 64;
enum Server : std::size_t { uds, tcp, websocket, echo, redis, server_count };

std::size_t rounds() { return bench::quick() ? 2 : 20; }
std::size_t batches() { return bench::quick() ? 4 : 150; }
std::size_t singles() { return bench::quick() ? 20 : 400; }

/// What the client tells, of each server.
struct Answers {
    std::array<Address, server_count> servers{};
    std::size_t count = 0;
    std::array<double, server_count> per_second{};
    std::array<double, server_count> p50_us{};
    std::array<double, server_count> p99_us{};
    // Of pairs: this server in a round beside the first one.
    std::array<double, server_count> pipelined_ratio{};
    std::array<double, server_count> alone_ratio{};
};

std::string request(const Address& server, std::size_t id) {
    std::string out;
    if (server.wire == Wire::resp) {
        const std::string key(bench::gauge_key);
        return "*2\r\n$3\r\nGET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n";
    }
    bench::append_frame(server.wire,
                        R"({"t":"req","id":)" + std::to_string(id) +
                            R"(,"method":"record.get","params":{"name":")" +
                            std::string(bench::gauge_key) + R"("}})",
                        out);
    return out;
}

/// Asks one server; waits for its answers with epoll.
class Asker {
public:
    explicit Asker(const Address& server)
        : line_(server), poll_(::epoll_create1(EPOLL_CLOEXEC)), single_(request(server, 1)) {
        epoll_event event{};
        event.events = EPOLLIN;
        ::epoll_ctl(poll_, EPOLL_CTL_ADD, line_.descriptor(), &event);
        for (std::size_t id = 1; id <= depth; ++id) {
            batch_ += request(server, id);
        }
    }

    /// Requests per second, 64 on their way at a time.
    double pipelined() {
        const Clock::time_point begin = Clock::now();
        for (std::size_t i = 0; i < batches(); ++i) {
            ask(batch_, depth);
        }
        return static_cast<double>(batches() * depth) * 1e9 /
               bench::nanoseconds_between(begin, Clock::now());
    }

    /// Median microseconds of one request alone.
    double alone() {
        std::vector<double> delays;
        for (std::size_t i = 0; i < singles(); ++i) {
            const Clock::time_point begin = Clock::now();
            ask(single_, 1);
            delays.push_back(bench::nanoseconds_between(begin, Clock::now()) / 1e3);
        }
        delays_.insert(delays_.end(), delays.begin(), delays.end());
        return bench::median(std::move(delays));
    }

    [[nodiscard]] const std::vector<double>& delays() const noexcept { return delays_; }

private:
    void ask(const std::string& requests, std::size_t wanted) {
        line_.send(requests);
        for (std::size_t got = 0; got < wanted;) {
            epoll_event event{};
            ::epoll_wait(poll_, &event, 1, -1);
            line_.receive([&](const bench::Piece& piece) {
                ++got;
                if (piece.text.find("gastein") == std::string_view::npos &&
                    piece.text.find("record.get") == std::string_view::npos) {
                    throw std::runtime_error("not the answer: " + std::string(piece.text));
                }
            });
        }
    }

    bench::Line line_;
    int poll_;
    std::string single_;
    std::string batch_;
    std::vector<double> delays_;
};

void ask_all(Answers& answers) {
    std::vector<std::unique_ptr<Asker>> askers;
    for (std::size_t i = 0; i < answers.count; ++i) {
        askers.push_back(std::make_unique<Asker>(answers.servers[i]));
        static_cast<void>(askers.back()->pipelined());  // to be warm
    }
    std::array<std::vector<double>, server_count> rates;
    std::array<std::vector<double>, server_count> rate_ratios;
    std::array<std::vector<double>, server_count> delay_ratios;
    for (std::size_t round = 0; round < rounds(); ++round) {
        std::array<double, server_count> delays{};
        for (std::size_t i = 0; i < answers.count; ++i) {
            rates[i].push_back(askers[i]->pipelined());
            rate_ratios[i].push_back(rates[0].back() / rates[i].back());
        }
        for (std::size_t i = 0; i < answers.count; ++i) {
            delays[i] = askers[i]->alone();
            delay_ratios[i].push_back(delays[0] / delays[i]);
        }
    }
    for (std::size_t i = 0; i < answers.count; ++i) {
        answers.per_second[i] = bench::median(rates[i]);
        answers.p50_us[i] = bench::median(askers[i]->delays());
        answers.p99_us[i] = bench::percentile(askers[i]->delays(), 99);
        answers.pipelined_ratio[i] = bench::median(rate_ratios[i]);
        answers.alone_ratio[i] = bench::median(delay_ratios[i]);
    }
}

aimdb::Database gauge_database(const bench::ScratchDirectory& directory) {
    aimdb::Builder builder;
    builder.with_aimx(bench::three_endpoints(directory));
    builder.configure<bench::Gauge>(bench::gauge_key).buffer(aimdb::single_latest()).remote();
    aimdb::Database db = builder.build();
    db.start();
    db.producer<bench::Gauge>(bench::gauge_key).produce(bench::Gauge{});
    return db;
}

std::string gauge_text() {
    std::string text;
    aimdb::Codec<bench::Gauge>::encode(bench::Gauge{}, text);
    if (text.size() != 93) {
        throw std::runtime_error("the value has " + std::to_string(text.size()) + " bytes");
    }
    return text;
}

void set_in_redis(const Address& server) {
    bench::Line line(server);
    const std::string key(bench::gauge_key);
    line.send("*3\r\n$3\r\nSET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n$93\r\n" +
              gauge_text() + "\r\n");
    if (line.receive_one() != "+OK") {
        throw std::runtime_error("Redis does not take the value");
    }
}

void aimx_get(benchmark::State& state) {
    for (auto _ : state) {
        const bench::ScratchDirectory directory;
        bench::Shared<Answers> answers;
        const bench::Bell go;
        bench::Process client([&] {
            const bench::Pinned pinned(bench::Pinned::client);
            go.wait();
            ask_all(*answers);
        });
        const bench::Pinned pinned(bench::Pinned::server);
        std::optional<bench::Peer> peer;
        if (bench::with_peers()) {
            peer.emplace(bench::Peer::redis(directory));
            set_in_redis(peer->address());
            answers->servers[redis] = peer->address();
        }
        answers->count = peer ? server_count : redis;
        static_cast<void>(gauge_text());
        aimdb::Database db = gauge_database(directory);
        const std::vector<Address> ours = bench::addresses(db);
        std::copy(ours.begin(), ours.end(), answers->servers.begin());
        const bench::LineEcho line_echo(directory.path("echo.sock"));
        answers->servers[echo] = Address::unix_socket(Wire::line, directory.path("echo.sock"));
        go.ring();
        client.join();
        state.counters["uds_per_s"] = answers->per_second[uds];
        state.counters["tcp_per_s"] = answers->per_second[tcp];
        state.counters["ws_per_s"] = answers->per_second[websocket];
        state.counters["echo_per_s"] = answers->per_second[echo];
        state.counters["uds_p50_us"] = answers->p50_us[uds];
        state.counters["uds_p99_us"] = answers->p99_us[uds];
        state.counters["tcp_p50_us"] = answers->p50_us[tcp];
        state.counters["tcp_p99_us"] = answers->p99_us[tcp];
        state.counters["ws_p50_us"] = answers->p50_us[websocket];
        state.counters["ws_p99_us"] = answers->p99_us[websocket];
        state.counters["echo_p50_us"] = answers->p50_us[echo];
        state.counters["echo_p99_us"] = answers->p99_us[echo];
        state.counters["pipelined_ratio_echo"] = answers->pipelined_ratio[echo];
        state.counters["alone_ratio_echo"] = answers->alone_ratio[echo];
        if (peer) {
            state.counters["redis_per_s"] = answers->per_second[redis];
            state.counters["redis_p50_us"] = answers->p50_us[redis];
            state.counters["pipelined_ratio_redis"] = answers->pipelined_ratio[redis];
        }
    }
}
BENCHMARK(aimx_get)->Iterations(1)->Unit(benchmark::kMillisecond);

/// How often the whole server allocates for one record.get over a Unix socket.
void aimx_get_allocations(benchmark::State& state) {
    for (auto _ : state) {
        const bench::ScratchDirectory directory;
        bench::Shared<Address> server;
        const bench::Bell go;
        const bench::Bell ready;
        bench::Process client([&] {
            go.wait();
            Asker asker(*server);
            static_cast<void>(asker.pipelined());
            ready.ring();
            go.wait();
            static_cast<void>(asker.pipelined());
        });
        aimdb::Database db = gauge_database(directory);
        *server = bench::addresses(db).front();
        go.ring();
        ready.wait();
        const std::uint64_t before = bench::allocation_count();
        go.ring();
        client.join();
        state.counters["per_get"] = static_cast<double>(bench::allocation_count() - before) /
                                    static_cast<double>(batches() * depth);
    }
}
BENCHMARK(aimx_get_allocations)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
