// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include "held_bytes.hpp"

namespace aimdb::aimx {
namespace {

/// A batch of frames. Shared by all connections of a thread: it is used between a
/// read and the return of decode(), which keeps what it needs.
constexpr std::size_t batch_bytes = std::size_t{64} << 10;

char* batch_buffer() {
    thread_local const std::unique_ptr<char[]> buffer(new char[batch_bytes]);
    return buffer.get();
}

bool is_ordinary_end(const std::error_code& error) noexcept {
    return error == asio::error::eof || error == asio::error::connection_reset ||
           error == asio::error::broken_pipe;
}

}  // namespace

Connection::Connection(Socket socket, Setup setup)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      framing_(std::move(setup.framing)),
      sink_([this](std::string_view frame) { return deliver(frame); }),
      leftover_(std::move(setup.leftover)),
      send_limit_bytes_(setup.send_limit_bytes),
      least_receive_limit_bytes_(setup.least_receive_limit_bytes),
      stall_limit_(setup.stall_limit),
      unsent_limit_bytes_(setup.unsent_limit_bytes),
      client_(setup.client),
      last_received_(std::chrono::steady_clock::now()),
      last_progress_(last_received_) {
    if (least_receive_limit_bytes_ != 0) {
        framing_->set_receive_limit(least_receive_limit_bytes_);
    }
    std::error_code failure;
    socket_.non_blocking(true, failure);
    if (failure) {
        abort(failure.message());
    }
}

Connection::~Connection() { inlet_.reset(); }  // while all it may still use is there

void Connection::start(std::unique_ptr<Inlet> inlet, OnClosed on_closed) {
    inlet_ = std::move(inlet);
    on_closed_ = std::move(on_closed);
    if (phase_ == Phase::closed) {
        asio::post(socket_.get_executor(), [self = shared_from_this()] { self->finish(); });
    } else if (!leftover_.empty()) {
        asio::post(socket_.get_executor(),
                   [self = shared_from_this()] { self->take(std::exchange(self->leftover_, {})); });
    } else {
        read_next();
    }
    call_for_room();
}

std::chrono::steady_clock::time_point Connection::last_received() const noexcept {
    return last_received_;
}

// Reading

bool Connection::wants_bytes() const noexcept {
    if (phase_ == Phase::closing || phase_ == Phase::lingering) {
        return true;  // to see the peer close; they are thrown away
    }
    return phase_ == Phase::open && !paused_ && (client_ || unsent() < send_high_bytes);
}

void Connection::read_next() {
    if (reading_ || decoding_ || !wants_bytes()) {
        return;
    }
    reading_ = true;
    socket_.async_read_some(asio::buffer(input_),
                            [self = shared_from_this()](std::error_code error, std::size_t size) {
                                self->on_read(error, size);
                            });
}

void Connection::on_read(std::error_code error, std::size_t size) {
    reading_ = false;
    if (phase_ == Phase::closed) {
        return;
    }
    if (error == asio::error::eof) {
        return on_end_of_stream();
    }
    if (error) {
        return abort(is_ordinary_end(error) ? "" : error.message());
    }
    last_received_ = std::chrono::steady_clock::now();
    if (size < input_.size()) {
        return take({input_.data(), size});
    }
    // There may be more: what is there now makes one batch. An error is left for the
    // next read to find.
    char* const batch = batch_buffer();
    std::memcpy(batch, input_.data(), size);
    std::error_code ignored;
    size += socket_.read_some(asio::buffer(batch + size, batch_bytes - size), ignored);
    take({batch, size});
}

void Connection::take(std::string_view bytes) {
    if (phase_ == Phase::open) {
        decoding_ = true;
        const bool goes_on = framing_->decode(bytes, output_, sink_);
        decoding_ = false;
        if (!goes_on && phase_ == Phase::open) {
            begin_close(framing_->fault());
        }
    }
    write_some();
    read_next();
}

bool Connection::deliver(std::string_view frame) {
    if (!takes_frames() || !inlet_) {
        return false;
    }
    bool goes_on = false;
    try {
        goes_on = inlet_->on_frame(frame);
    } catch (...) {  // no way out through the C code of a framing
        close_as_thrown();
        return false;
    }
    if (!goes_on) {
        paused_ = true;
        moved_ = false;
    }
    return !paused_ && takes_frames();
}

// Writing

void Connection::send(std::string_view frame) {
    if (!takes_frames()) {
        return;
    }
    framing_->encode(frame, output_);
    was_high_ |= unsent() >= send_high_bytes;
    if (unsent_limit_bytes_ > 0 && unsent() > unsent_limit_bytes_) {
        cut("more than " + std::to_string(unsent_limit_bytes_) +
            " bytes are unsent: the peer is too slow");
    }
}

std::size_t Connection::unsent() const noexcept { return output_.size() - output_sent_; }

void Connection::flush() {
    moved_ = true;
    write_some();
}

std::size_t Connection::send_limit() const noexcept { return send_limit_bytes_; }

void Connection::set_frame_limit(std::size_t bytes) {
    send_limit_bytes_ = bytes;
    framing_->set_receive_limit(std::max(bytes, least_receive_limit_bytes_));
}

void Connection::write_some() {
    if (phase_ == Phase::closed) {
        return;
    }
    std::error_code error;
    while (!writing_ && !error && unsent() > 0) {
        const std::size_t size =
            socket_.write_some(asio::buffer(output_.data() + output_sent_, unsent()), error);
        if (error == asio::error::interrupted) {
            error.clear();
        }
        if (size > 0) {
            output_sent_ += size;
            moved_ = true;
            last_progress_ = std::chrono::steady_clock::now();
        }
    }
    drop_sent();
    if (error == asio::error::would_block || error == asio::error::try_again) {
        wait_until_writable();
    } else if (error) {
        return abort(is_ordinary_end(error) ? "" : error.message());
    }
    was_high_ |= unsent() >= send_high_bytes;
    call_for_room();
    shut_down_when_sent();
}

void Connection::wait_until_writable() {
    writing_ = true;
    arm_timer(stall_limit_);
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](std::error_code error) {
        self->writing_ = false;
        self->was_high_ |= self->client_;
        if (!error) {
            self->write_some();
        }
    });
}

void Connection::drop_sent() {
    if (output_sent_ == output_.size()) {
        output_sent_ = 0;
        empty_buffer(output_);
    } else if (output_sent_ >= output_.size() / 2 && output_sent_ >= batch_bytes) {
        output_.erase(0, output_sent_);
        output_sent_ = 0;
    }
}

// Room

void Connection::call_for_room() {
    const bool due = was_high_ || (paused_ && moved_);
    if (!due || room_called_ || unsent() >= send_low_bytes || !takes_frames() || !inlet_) {
        return;
    }
    room_called_ = true;
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->give_room(); });
}

void Connection::give_room() {
    room_called_ = false;
    if (!takes_frames() || unsent() >= send_low_bytes) {
        return;
    }
    was_high_ = false;
    paused_ = false;
    try {
        inlet_->on_room();
    } catch (...) {  // nobody would call for room again
        close_as_thrown();
    }
    write_some();
    // Also when more went out at once than is high: else a fast reader of events
    // would never get its requests answered.
    if (unsent() <= send_high_bytes) {
        take({});
    }
}

}  // namespace aimdb::aimx
