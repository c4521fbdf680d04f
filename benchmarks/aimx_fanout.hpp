// SPDX-License-Identifier: Apache-2.0
//
// One producer, many subscriber connections in a process of their own, and a window
// between them: a closed loop in which nothing may be lost.
#pragma once

#include <cstdint>
#include <functional>

#include "aimx_process.hpp"
#include "aimx_wire.hpp"

namespace bench {

/// The widest window there is.
inline constexpr std::uint64_t fanout_window = 64;

/// The subscribers of one server. Each connection's events are counted, and a hole
/// in their numbers ends the benchmark.
class Subscribers {
public:
    /// Forks: to be made before the server. `window`: events on their way at most, which
    /// are those produced and not yet counted by the slowest subscriber.
    explicit Subscribers(std::size_t connections, std::uint64_t window = fanout_window);

    /// Connects and subscribes all of them.
    void connect(const Address& server);

    /// Produces for so long, beginning where the last call ended; `produce(n)` makes n
    /// more events. Returns deliveries per second, all subscribers together.
    [[nodiscard]] double run(double seconds, const std::function<void(std::uint64_t)>& produce);

    [[nodiscard]] std::uint64_t produced() const noexcept { return produced_; }

private:
    struct State {
        Address server;
        Window window;
    };

    void serve();
    void wait_for(std::uint64_t count);

    const std::size_t connections_;
    const std::uint64_t window_;
    Shared<State> state_;
    const Bell go_;
    const Bell room_;
    std::uint64_t produced_ = 0;
    Process process_;  // last: it uses the others
};

}  // namespace bench
