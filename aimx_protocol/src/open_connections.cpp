// SPDX-License-Identifier: Apache-2.0
#include "open_connections.hpp"

#include <utility>
#include <vector>

namespace aimdb::aimx {
namespace {

/// A copy: closing one of them may change the map.
template <typename Map>
std::vector<std::shared_ptr<Connection>> values_of(const Map& map) {
    std::vector<std::shared_ptr<Connection>> values;
    values.reserve(map.size());
    for (const auto& [key, value] : map) {
        values.push_back(value);
    }
    return values;
}

}  // namespace

void OpenConnections::open(Socket socket, Connection::Setup setup, const Peer& peer) {
    if (host_ == nullptr || full()) {
        return;
    }
    const auto connection = std::make_shared<Connection>(std::move(socket), std::move(setup));
    auto inlet = host_->open_session(peer, *connection);
    if (!inlet) {
        return;
    }
    const Connection* const key = connection.get();
    open_.emplace(key, connection);
    connection->start(std::move(inlet),
                      [all = weak_from_this(), key, peer](std::string_view reason) {
                          if (const auto self = all.lock()) {
                              self->on_closed(key, peer, reason);
                          }
                      });
}

void OpenConnections::report(const Peer& peer, std::string_view what) const {
    if (host_ != nullptr) {
        host_->report(peer, what);
    }
}

void OpenConnections::close_all(std::string_view reason) {
    for (const auto& connection : values_of(open_)) {
        connection->close(reason);
    }
}

void OpenConnections::abort_all() {
    for (const auto& connection : values_of(open_)) {
        connection->abort("");
    }
}

void OpenConnections::on_closed(const Connection* connection,
                                const Peer& peer,
                                std::string_view reason) {
    if (host_ != nullptr && connection->was_too_slow()) {
        host_->count_cut();
    }
    open_.erase(connection);
    if (!reason.empty()) {
        report(peer, reason);
    }
}

}  // namespace aimdb::aimx
