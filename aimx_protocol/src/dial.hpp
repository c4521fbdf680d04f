// SPDX-License-Identifier: Apache-2.0
//
// The client's way to a connected, framed stream.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include "connection.hpp"
#include "url.hpp"

namespace aimdb::aimx {

struct DialOptions {
    std::chrono::milliseconds timeout{5'000};  ///< Resolve, connect and upgrade together.
    std::string token;                         ///< Sent with a WebSocket upgrade, if any.
};

/// Called once on the loop: a connection not yet started, or null and why.
using DialHandler = std::function<void(std::shared_ptr<Connection>, std::string why)>;

/// Connects to `url`. The returned function cancels it; the handler is then not called.
[[nodiscard]] std::function<void()> dial(asio::io_context& loop,
                                         const Url& url,
                                         const DialOptions& options,
                                         DialHandler handler);

}  // namespace aimdb::aimx
