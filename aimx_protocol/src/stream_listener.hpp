// SPDX-License-Identifier: Apache-2.0
//
// Endpoints whose connections begin with frames: Unix sockets and TCP.
#pragma once

#include <memory>

#include "acceptor.hpp"
#include "listener.hpp"
#include "open_connections.hpp"
#include "url.hpp"

namespace aimdb::aimx {

/// What every listener of an endpoint is told.
struct ListenerSetup {
    asio::io_context& loop;
    const AimxEndpoint& endpoint;
    std::size_t index;
    const AimxOptions& options;
    Host& host;
};

/// Connections an endpoint takes when its options do not say.
inline constexpr std::size_t stream_connection_limit = 16;
inline constexpr std::size_t websocket_connection_limit = 1'024;

/// Throws Error where strangers could connect and no token is asked of them.
void require_safe_bind(const Url& url, const AimxEndpoint& endpoint);

[[nodiscard]] std::unique_ptr<Listener> listen_unix(const ListenerSetup& setup, const Url& url);
[[nodiscard]] std::unique_ptr<Listener> listen_tcp(const ListenerSetup& setup, const Url& url);
[[nodiscard]] std::unique_ptr<Listener> listen_websocket(const ListenerSetup& setup,
                                                         const Url& url);

}  // namespace aimdb::aimx
