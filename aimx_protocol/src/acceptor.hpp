// SPDX-License-Identifier: Apache-2.0
//
// A listening socket that hands out what connects to it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <asio/basic_socket_acceptor.hpp>
#include <asio/steady_timer.hpp>

#include "connection.hpp"

namespace aimdb::aimx {

/// How long accepting rests when it fails, as where no descriptors are left.
inline constexpr std::chrono::milliseconds accept_pause{100};

/// Threads:   thread-confined (the loop).
/// Ownership: its pending operation keeps it; after stop() it calls nobody.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
public:
    struct Handlers {
        std::function<void(Socket)> on_socket;
        std::function<void(std::string_view)> on_trouble;  ///< Once until it is over.
    };

    /// Takes over `listening`, a descriptor of `family` that is bound and listens.
    Acceptor(asio::io_context& loop, int family, int listening);

    void start(Handlers handlers);
    void stop();

private:
    void accept_next();
    void on_accept(const std::error_code& error, Socket socket);
    void rest(const std::error_code& error);

    asio::basic_socket_acceptor<asio::generic::stream_protocol, asio::io_context::executor_type>
        acceptor_;
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>,
                               asio::io_context::executor_type>
        timer_;
    Handlers handlers_;
    bool resting_ = false;  // until one is accepted
};

}  // namespace aimdb::aimx
