// SPDX-License-Identifier: Apache-2.0
#include "http_exchange.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/write.hpp>

namespace aimdb::aimx {

HttpExchange::HttpExchange(Socket socket, std::chrono::milliseconds stall_limit, Handlers handlers)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      stall_limit_(stall_limit),
      handlers_(std::move(handlers)) {}

void HttpExchange::start() {
    end_after(http_request_limit);
    read_some();
}

void HttpExchange::cancel() {
    handlers_ = {};
    end();
}

void HttpExchange::read_some() {
    socket_.async_read_some(
        asio::buffer(input_),
        [self = shared_from_this()](const std::error_code& error, std::size_t size) {
            self->on_read(error, size);
        });
}

void HttpExchange::on_read(const std::error_code& error, std::size_t size) {
    if (error || !handlers_.answer) {
        return end();
    }
    switch (reader_.take({input_.data(), size})) {
        case HttpHeadReader::Result::incomplete: return read_some();
        case HttpHeadReader::Result::complete: return respond(handlers_.answer(reader_.head()));
        case HttpHeadReader::Result::too_long:
            return respond(text_answer(431, "the head of the request is too long\n"));
        case HttpHeadReader::Result::malformed:
            return respond(text_answer(400, "this is no HTTP request\n"));
    }
}

void HttpExchange::respond(HttpAnswer answer) {
    answer_ = std::move(answer);
    std::string text = answer_.head();
    if (answer_.without_body) {
        answer_.file.reset();
    } else {
        text += answer_.body;
    }
    write(std::move(text));
}

void HttpExchange::write(std::string text) {
    output_ = std::move(text);
    end_after(stall_limit_);
    asio::async_write(socket_, asio::buffer(output_),
                      [self = shared_from_this()](const std::error_code& error, std::size_t) {
                          self->on_written(error);
                      });
}

void HttpExchange::on_written(const std::error_code& error) {
    if (error || !handlers_.answer) {
        end();
    } else if (answer_.status == 101) {
        hand_over();
    } else if (answer_.file && file_sent_ < answer_.file->size) {
        send_piece();
    } else {
        shut_down();
    }
}

void HttpExchange::send_piece() {
    const auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>(file_piece_bytes, answer_.file->size - file_sent_));
    std::string piece(size, '\0');
    const ssize_t read = ::pread(answer_.file->descriptor.number(), piece.data(), size,
                                 static_cast<off_t>(file_sent_));
    if (read <= 0) {
        return end();  // it has become shorter: the length told before is wrong
    }
    piece.resize(static_cast<std::size_t>(read));
    file_sent_ += piece.size();
    write(std::move(piece));
}

void HttpExchange::hand_over() {
    const auto upgraded = std::move(handlers_.upgraded);
    const auto done = std::exchange(handlers_, {}).done;
    timer_.cancel();
    done();
    upgraded(std::move(socket_), reader_.leftover());
}

/// A socket closed with unread bytes would take the answer back.
void HttpExchange::shut_down() {
    std::error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) {
        return end();
    }
    end_after(linger_limit);
    drain();
}

void HttpExchange::drain() {
    socket_.async_read_some(asio::buffer(input_),
                            [self = shared_from_this()](const std::error_code& error, std::size_t) {
                                return error ? self->end() : self->drain();
                            });
}

void HttpExchange::end() {
    std::error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    if (const auto done = std::exchange(handlers_, {}).done) {
        done();
    }
}

void HttpExchange::end_after(std::chrono::milliseconds delay) {
    timer_.expires_after(delay);
    timer_.async_wait([self = shared_from_this()](const std::error_code& cancelled) {
        if (!cancelled) {
            self->end();
        }
    });
}

}  // namespace aimdb::aimx
