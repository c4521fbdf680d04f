// SPDX-License-Identifier: Apache-2.0
//
// Somebody who talks to a server over a Unix socket.
#pragma once

#include <string>
#include <system_error>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

namespace aimdb::test {

/// A blocking client of lines.
class LineClient {
public:
    explicit LineClient(const std::string& path) : socket_(context_) {
        socket_.connect(asio::local::stream_protocol::endpoint(path));
    }
    void say(const std::string& line) { asio::write(socket_, asio::buffer(line + "\n")); }
    /// The next line; nothing at the end of the stream.
    std::string hear() {
        std::error_code error;
        const std::size_t size =
            asio::read_until(socket_, asio::dynamic_buffer(text_), '\n', error);
        std::string line = text_.substr(0, size == 0 ? 0 : size - 1);
        text_.erase(0, size);
        return line;
    }

private:
    asio::io_context context_;
    asio::local::stream_protocol::socket socket_;
    std::string text_;
};

}  // namespace aimdb::test
