// SPDX-License-Identifier: Apache-2.0
//
// How a connection ends: by either side, in order or at once, and by its timer.
#include <sys/socket.h>
#include <utility>

#include <asio/post.hpp>
#include <poll.h>

#include "aimdb/core/detail/exception_text.hpp"

#include "connection.hpp"
#include "held_bytes.hpp"

namespace aimdb::aimx {
namespace {

/// Whether the peer of a Unix socket has only ended its own sending. On TCP nobody
/// can tell that from a peer that is gone.
bool may_still_listen(int socket) noexcept {
    int domain = 0;
    socklen_t size = sizeof(domain);
    if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX) {
        return false;
    }
    pollfd state{.fd = socket, .events = 0, .revents = 0};
    return ::poll(&state, 1, 0) == 0;
}

}  // namespace

void Connection::on_end_of_stream() {
    if (phase_ == Phase::lingering || phase_ == Phase::half_closed) {
        return abort(std::exchange(reason_, {}));
    }
    if (phase_ == Phase::closing) {
        return write_some();
    }
    framing_->finish(sink_);
    if (phase_ == Phase::open && client_) {  // nothing will be answered any more
        return abort("");
    }
    if (phase_ == Phase::open) {
        const bool listens = owes_answers() || may_still_listen(socket_.native_handle());
        phase_ = listens ? Phase::half_closed : Phase::closing;
        last_progress_ = std::chrono::steady_clock::now();
        restart_timer(half_closed_grace);
    }
    write_some();
}

void Connection::close(std::string_view reason) {
    if (takes_frames()) {
        begin_close(reason);
        write_some();
        read_next();
    }
}

void Connection::close_as_thrown() {
    if (takes_frames()) {
        begin_close(aimdb::detail::exception_text());
    }
}

void Connection::begin_close(std::string_view reason) {
    reason_ = reason;
    framing_->close(reason, output_);
    phase_ = Phase::closing;
}

void Connection::cut(std::string_view reason) {
    was_too_slow_ = true;
    abort(reason);
}

void Connection::abort(std::string_view reason) {
    if (phase_ == Phase::closed) {
        return;
    }
    phase_ = Phase::closed;
    reason_ = reason;
    std::error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    if (inlet_) {
        asio::post(socket_.get_executor(), [self = shared_from_this()] { self->finish(); });
    }
}

void Connection::finish() {
    inlet_.reset();
    empty_buffer(output_);
    output_sent_ = 0;
    if (const OnClosed on_closed = std::exchange(on_closed_, nullptr)) {
        on_closed(reason_);
    }
}

void Connection::arm_timer(std::chrono::milliseconds delay) {
    if (std::exchange(timing_, true)) {
        return;
    }
    timer_.expires_after(delay);
    timer_.async_wait([self = shared_from_this()](std::error_code error) {
        if (!error && self->phase_ != Phase::closed) {
            self->timing_ = false;
            self->on_timer();
        }
    });
}

void Connection::restart_timer(std::chrono::milliseconds delay) {
    timer_.cancel();
    timing_ = false;
    arm_timer(delay);
}

void Connection::on_timer() {
    const auto idle = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - last_progress_);
    if (phase_ == Phase::lingering) {
        return abort(std::exchange(reason_, {}));
    }
    if (unsent() > 0 && idle >= stall_limit_) {
        return cut("takes nothing");
    }
    const auto grace = owes_answers() ? stall_limit_ : half_closed_grace;
    if (phase_ == Phase::half_closed && unsent() == 0 && idle >= grace) {
        begin_close("");
        return write_some();
    }
    if (phase_ == Phase::half_closed) {
        return arm_timer(half_closed_grace);
    }
    if (unsent() > 0) {
        arm_timer(stall_limit_ - idle);
    }
}

void Connection::shut_down_when_sent() {
    if (phase_ != Phase::closing || unsent() > 0) {
        return;
    }
    phase_ = Phase::lingering;
    std::error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) {
        return abort(std::exchange(reason_, {}));
    }
    restart_timer(linger_limit);
    read_next();
}

}  // namespace aimdb::aimx
