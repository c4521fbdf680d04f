// SPDX-License-Identifier: Apache-2.0
#include "acceptor.hpp"

#include <cerrno>
#include <fcntl.h>
#include <utility>

namespace aimdb::aimx {
namespace {

/// Errors of the one that connected, and not of accepting: the next may be better.
bool is_of_peer(const std::error_code& error) noexcept {
    switch (error.value()) {
        case ECONNABORTED:
        case EPROTO:
        case EPERM:  // a firewall
        case EINTR: return true;
        default: return false;
    }
}

std::string advice(const std::error_code& error) {
    return error.value() == EMFILE || error.value() == ENFILE
               ? "; raise the limit of open files (ulimit -n) or close something"
               : "";
}

}  // namespace

Acceptor::Acceptor(asio::io_context& loop, int family, int listening)
    : acceptor_(loop, asio::generic::stream_protocol(family, 0), listening), timer_(loop) {}

void Acceptor::start(Handlers handlers) {
    handlers_ = std::move(handlers);
    accept_next();
}

void Acceptor::stop() {
    handlers_ = {};
    std::error_code ignored;
    acceptor_.close(ignored);
    timer_.cancel();
}

void Acceptor::accept_next() {
    acceptor_.async_accept(
        acceptor_.get_executor(),
        [self = shared_from_this()](const std::error_code& error, Socket socket) {
            self->on_accept(error, std::move(socket));
        });
}

void Acceptor::on_accept(const std::error_code& error, Socket socket) {
    if (!acceptor_.is_open()) {
        return;
    }
    if (error && !is_of_peer(error)) {
        return rest(error);
    }
    accept_next();  // first, because what follows may throw
    if (!error) {
        resting_ = false;
        static_cast<void>(::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC));
        const auto on_socket = handlers_.on_socket;  // which may call stop()
        on_socket(std::move(socket));
    }
}

void Acceptor::rest(const std::error_code& error) {
    timer_.expires_after(accept_pause);
    timer_.async_wait([self = shared_from_this()](const std::error_code& cancelled) {
        if (!cancelled && self->acceptor_.is_open()) {
            self->accept_next();
        }
    });
    if (!std::exchange(resting_, true)) {
        const auto on_trouble = handlers_.on_trouble;  // which may call stop()
        on_trouble("accept: " + error.message() + advice(error));
    }
}

}  // namespace aimdb::aimx
