// SPDX-License-Identifier: Apache-2.0
//
// The connections of one endpoint, from accept or upgrade to close.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "connection.hpp"
#include "host.hpp"

namespace aimdb::aimx {

/// Threads:   thread-confined (the loop).
/// Ownership: held by the listener; connections only know it weakly.
class OpenConnections : public std::enable_shared_from_this<OpenConnections> {
public:
    OpenConnections(Host& host, std::size_t limit) : host_(&host), limit_(limit) {}

    [[nodiscard]] bool full() const noexcept { return open_.size() >= limit_; }
    [[nodiscard]] std::size_t size() const noexcept { return open_.size(); }

    /// Gives the connection its session. When the host has none for it, the socket
    /// is closed without a frame.
    void open(Socket socket, Connection::Setup setup, const Peer& peer);
    void report(const Peer& peer, std::string_view what) const;

    void close_all(std::string_view reason);
    void abort_all();
    /// The host goes away: nothing is told it any more.
    void forget_host() noexcept { host_ = nullptr; }

private:
    void on_closed(const Connection* connection, const Peer& peer, std::string_view reason);

    Host* host_;
    std::size_t limit_;
    std::unordered_map<const Connection*, std::shared_ptr<Connection>> open_;
};

}  // namespace aimdb::aimx
