// SPDX-License-Identifier: Apache-2.0
//
// TCP sockets as this protocol wants them.
#pragma once

#include <cstdint>
#include <string>

#include "url.hpp"

namespace aimdb::aimx {

struct TcpListening {
    int descriptor = -1;
    int family = 0;
    std::uint16_t port = 0;  ///< The one the system chose, if 0 was asked for.
};

/// Whether `host` means this machine alone. Throws Error when it means nothing.
[[nodiscard]] bool is_loopback(const Url& url);
/// Binds and listens. Throws Error.
[[nodiscard]] TcpListening listen_tcp(const Url& url);

/// Small frames go out at once, and a peer that has vanished is noticed.
void tune_tcp(int socket) noexcept;
/// "127.0.0.1:40312", or "?" when it is gone already.
[[nodiscard]] std::string remote_name(int socket);
/// The host with its port, in brackets where it has colons.
[[nodiscard]] std::string host_and_port(const std::string& host, std::uint16_t port);

}  // namespace aimdb::aimx
