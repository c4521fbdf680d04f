// SPDX-License-Identifier: Apache-2.0
//
// What the AimX benchmarks share: the values, a served database, and the servers
// it is compared with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

#include "aimdb/aimx_protocol/server.hpp"
#include "aimdb/core/core.hpp"
#include "aimdb/json/record.hpp"

#include "aimx_process.hpp"
#include "aimx_wire.hpp"

namespace bench {

/// What record.get answers: 93 bytes of JSON.
struct Gauge {
    std::string city = "bad gastein";
    std::int64_t timestamp = 1'790'000'000'120;
    double celsius = 21.73;
    double humidity = 48.5;
    bool valid = true;
};
AIMDB_RECORD(Gauge, city, timestamp, celsius, humidity, valid)

/// What is fanned out; `text` fills it up to a size.
struct Event {
    std::uint64_t number = 0;
    std::string text;
};
AIMDB_RECORD(Event, number, text)

inline constexpr std::string_view gauge_key = "boiler.supply";
inline constexpr std::string_view event_key = "bench.event";

/// With --peers, as scripts/bench says in the environment.
[[nodiscard]] bool with_peers();

/// One on each transport, for many connections.
[[nodiscard]] aimdb::AimxOptions three_endpoints(const ScratchDirectory& directory);
/// Where such a database is: on Unix socket, TCP, WebSocket.
[[nodiscard]] std::vector<Address> addresses(const aimdb::Database& database);

/// Gives back each line as it came, from one thread with epoll and one write per
/// batch: what every line protocol over a Unix socket costs at least.
class LineEcho {
public:
    explicit LineEcho(const std::string& path);
    ~LineEcho();
    LineEcho(const LineEcho&) = delete;
    LineEcho& operator=(const LineEcho&) = delete;

private:
    void run() const;

    int listener_;
    int stop_;
    std::thread thread_;
};

/// Another server, while it is wanted. Throws when it is not installed.
class Peer {
public:
    [[nodiscard]] static Peer redis(const ScratchDirectory& directory);
    [[nodiscard]] static Peer mosquitto(const ScratchDirectory& directory);
    [[nodiscard]] static Peer nats();

    ~Peer();
    Peer(Peer&& other) noexcept;
    Peer& operator=(Peer&&) = delete;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    [[nodiscard]] const Address& address() const noexcept { return address_; }

private:
    Peer(const std::vector<std::string>& command, const Address& address);

    Address address_;
    pid_t number_ = -1;
};

}  // namespace bench
