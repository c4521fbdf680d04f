// SPDX-License-Identifier: Apache-2.0
//
// One HTTP request on one socket: read, answered and closed, or made a WebSocket.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

#include <asio/steady_timer.hpp>

#include "connection.hpp"
#include "http_routes.hpp"

namespace aimdb::aimx {

/// A request has to be here within this time.
inline constexpr std::chrono::milliseconds http_request_limit{10'000};
/// A file is read and sent in pieces of this size.
inline constexpr std::size_t file_piece_bytes = std::size_t{64} << 10;

/// Threads:   thread-confined (the loop).
/// Ownership: its pending operations keep it; after cancel() it calls nobody.
class HttpExchange : public std::enable_shared_from_this<HttpExchange> {
public:
    struct Handlers {
        std::function<HttpAnswer(const HttpHead&)> answer;
        /// After 101 has been sent, with what came behind the request.
        std::function<void(Socket, std::string leftover)> upgraded;
        std::function<void()> done;  ///< Once, in the end, unless cancelled.
    };

    HttpExchange(Socket socket, std::chrono::milliseconds stall_limit, Handlers handlers);

    void start();
    void cancel();

private:
    void read_some();
    void on_read(const std::error_code& error, std::size_t size);
    void respond(HttpAnswer answer);
    void write(std::string text);
    void on_written(const std::error_code& error);
    void send_piece();
    void hand_over();
    void shut_down();
    void drain();
    void end();
    void end_after(std::chrono::milliseconds delay);

    Socket socket_;
    asio::steady_timer timer_;
    std::chrono::milliseconds stall_limit_;
    Handlers handlers_;
    HttpHeadReader reader_{HttpKind::request};
    HttpAnswer answer_;
    std::uint64_t file_sent_ = 0;
    std::string output_;  // being written
    std::array<char, 2048> input_;
};

}  // namespace aimdb::aimx
