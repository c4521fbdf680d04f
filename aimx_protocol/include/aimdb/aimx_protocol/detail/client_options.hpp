// SPDX-License-Identifier: Apache-2.0
//
// How a client behaves, and what can be seen of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/core/log.hpp"

namespace aimdb::aimx {

/// When a connection that is gone, or did not come about, is tried again.
struct ReconnectOptions {
    std::chrono::milliseconds initial{200};  ///< After the first failure; doubles with each.
    std::chrono::milliseconds cap{8'000};    ///< Longest delay.
    double jitter = 0.2;         ///< Each delay is shortened by a random share of at most this.
    std::uint32_t attempts = 0;  ///< Failures in a row before the client closes; 0 = never.
};

enum class ClientState : std::uint8_t {
    connecting,    ///< Not connected yet.
    connected,     ///< Welcomed by the server.
    reconnecting,  ///< Was connected; tries again.
    closed,        ///< Closed by the program, or has used up its attempts. Final.
};
[[nodiscard]] std::string_view to_string(ClientState state) noexcept;

/// A client at one moment.
struct ClientStatus {
    ClientState state = ClientState::connecting;
    std::uint32_t attempts = 0;     ///< That failed since it was last connected.
    std::uint64_t connections = 0;  ///< Times it got connected.
    std::string last_error;         ///< Why it is not connected, or last was not.

    // What the server said last.
    std::string server;
    std::string epoch;        ///< Names the run of an aimdb server.
    bool extensions = false;  ///< The server speaks the additions of docs/aimx_protocol.md.
    bool authenticated = false;
    std::size_t max_subscriptions = 0;  ///< 0: not said.
    std::vector<std::string> permissions;
    std::vector<std::string> writable_records;
};

/// Longest time that options can name: longer ones count as this, negative ones as none.
inline constexpr std::chrono::milliseconds option_time_limit = std::chrono::hours(365 * 24);

struct ClientOptions {
    std::string name = "aimdb-client";               ///< Shown to the server.
    std::string token;                               ///< Where the endpoint wants one.
    std::chrono::milliseconds call_timeout{30'000};  ///< From the call to the answer.
    std::chrono::milliseconds dial_timeout{5'000};   ///< Connect, upgrade and welcome together.
    std::chrono::milliseconds ping_after{30'000};    ///< Of silence.
    std::chrono::milliseconds pong_timeout{10'000};  ///< Of silence after a ping: it is lost.
    ReconnectOptions reconnect;
    std::size_t offline_queue_limit = 256;  ///< Calls kept while not connected; more fail.
    std::size_t sent_limit = 65'536;        ///< Calls sent and not answered yet; more fail.
    /// Calls fail while more than this waits to be sent, for a server that takes too little
    /// or for a connection.
    std::size_t unsent_limit_bytes = std::size_t{16} << 20;
    /// Longest frame to agree on, up to 1 MiB. Plain servers on TCP take 64 KiB. Frames of
    /// up to 16 MiB are taken in whatever was agreed on: plain servers send what they like.
    std::size_t max_frame_bytes = std::size_t{1} << 20;
    std::size_t subscription_queue_limit = 256;  ///< Updates kept per subscription.
    /// Called at every change on the client's thread; must not block.
    std::function<void(const ClientStatus&)> on_state;
    /// Hears what callbacks on the client's thread throw; the client goes on.
    Log log;
};

}  // namespace aimdb::aimx
