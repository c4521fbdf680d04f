// SPDX-License-Identifier: Apache-2.0
//
// Accepts connections at one endpoint.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include "aimdb/aimx_protocol/options.hpp"

#include "host.hpp"

namespace aimdb::aimx {

/// Threads: thread-confined (the loop), construction and url() before it runs.
class Listener {
public:
    virtual ~Listener() = default;
    /// Begins to accept.
    virtual void start() = 0;
    /// Accepts no more, and removes the Unix socket if it is still ours.
    virtual void stop() = 0;
    /// Where it really listens, with the port the system chose.
    [[nodiscard]] virtual const std::string& url() const noexcept = 0;
    /// Connections open now (for WebSocket: upgraded ones).
    [[nodiscard]] virtual std::size_t connections() const noexcept = 0;
    /// Closes all of them once what was sent is out.
    virtual void close_connections(std::string_view reason) = 0;
    /// Closes all of them at once.
    virtual void abort_connections() = 0;
};

/// Binds. Throws Error naming the endpoint, what is wrong and how to mend it.
[[nodiscard]] std::unique_ptr<Listener> listen(asio::io_context& loop,
                                               const AimxEndpoint& endpoint,
                                               std::size_t index,
                                               const AimxOptions& options,
                                               Host& host);

}  // namespace aimdb::aimx
