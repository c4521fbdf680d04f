// SPDX-License-Identifier: Apache-2.0
//
// Where and how a database is served.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace aimdb {

/// One place to listen at.
///
///     "unix:///run/plant.sock"     a line per frame; mode 0600
///     "tcp://127.0.0.1:7433"       a length before each frame; port 0 = any free one
///     "ws://127.0.0.1:8080/ws"     WebSocket; plain HTTP beside it: /health, /version,
///                                  /metrics, and files of `directory`
///
/// Safe as it comes: TCP and WebSocket only on loopback unless `tokens` are set.
struct AimxEndpoint {
    AimxEndpoint(const char* where) : url(where) {}             // NOLINT: reads as a list of URLs
    AimxEndpoint(std::string where) : url(std::move(where)) {}  // NOLINT

    /// The endpoint with its options: `AimxEndpoint("ws://…").serve_files("www")`.
    AimxEndpoint&& serve_files(std::string path) && {
        directory = std::move(path);
        return std::move(*this);
    }
    /// Nobody writes through this endpoint, whatever the records say.
    AimxEndpoint&& read_only() && {
        may_write = false;
        return std::move(*this);
    }
    /// Clients have to show one of these: in hello, or at the WebSocket upgrade as
    /// `Authorization: Bearer …` or `?token=…`.
    AimxEndpoint&& require_token(std::string token) && {
        tokens.push_back(std::move(token));
        return std::move(*this);
    }
    /// Browsers may come from pages of this origin ("https://plant.example").
    AimxEndpoint&& allow_origin(std::string origin) && {
        origins.push_back(std::move(origin));
        return std::move(*this);
    }

    std::string url;
    std::string directory;             ///< Static files over HTTP; empty: none.
    bool may_write = true;             ///< Records say themselves whether they are writable.
    std::vector<std::string> tokens;   ///< Empty: who can connect is who may.
    std::vector<std::string> origins;  ///< Of web pages; see docs/aimx_protocol.md.
    unsigned socket_mode = 0600;       ///< Of a Unix socket, from its first instant.
    std::vector<std::uint32_t> uids;   ///< Users allowed on a Unix socket; empty: as the mode says.
    std::size_t connection_limit = 0;  ///< 0: 16 on Unix sockets and TCP, 1024 on WebSocket.
    std::size_t subscription_limit = 0;  ///< Per connection; 0: 32, on WebSocket 1024.
};

struct AimxOptions {
    std::vector<AimxEndpoint> endpoints;
    std::size_t request_limit = 256;  ///< Queries a connection may have waiting; more are refused.
    std::size_t event_backlog_values = 1'024;                ///< Kept per subscribed record.
    std::size_t event_backlog_bytes = std::size_t{4} << 20;  ///< The same in bytes of JSON.
    /// A connection that takes nothing for so long, with something to take, is closed.
    std::chrono::milliseconds stall_limit{30'000};
    /// So is one for which more than this is unsent. The default has room for the
    /// longest answers to a few queries at once; events wait long before.
    std::size_t unsent_limit_bytes = std::size_t{96} << 20;
    /// A subscription with history waits so long for the store to have what was produced
    /// before; then it makes do with what is stored and what the buffer retains.
    std::chrono::milliseconds settle_limit{5'000};
    /// A connection without a subscription that says nothing for so long is closed.
    std::chrono::milliseconds idle_limit{600'000};
};

}  // namespace aimdb
