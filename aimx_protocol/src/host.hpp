// SPDX-License-Identifier: Apache-2.0
//
// What listeners and connections ask of the server behind them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "aimdb/core/log.hpp"

#include "outlet.hpp"

namespace aimdb::aimx {

/// Threads: thread-confined (the server's loop).
class Host {
public:
    virtual ~Host() = default;
    /// A peer is connected: the session that talks to it through `outlet`, which
    /// outlives it. Null: over the connection limit, close without a frame.
    [[nodiscard]] virtual std::unique_ptr<Inlet> open_session(const Peer& peer, Outlet& outlet) = 0;
    /// Whether `token` opens this endpoint (compared in constant time). True for
    /// every token where the endpoint wants none.
    [[nodiscard]] virtual bool token_opens(std::size_t endpoint, std::string_view token) const = 0;
    /// Bodies of GET /health and GET /metrics.
    [[nodiscard]] virtual std::string health_json() const = 0;
    [[nodiscard]] virtual std::string metrics_text() const = 0;
    /// A stream was broken or a connection closed for a reason: logged and counted.
    virtual void report(const Peer& peer, std::string_view what) = 0;
    /// A connection was cut because its peer was too slow.
    virtual void count_cut() = 0;
};

}  // namespace aimdb::aimx
