// SPDX-License-Identifier: Apache-2.0
#include "dial.hpp"

#include <array>
#include <utility>
#include <vector>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>

#include "http.hpp"
#include "tcp_socket.hpp"
#include "websocket_key.hpp"

namespace aimdb::aimx {
namespace {

using asio::ip::tcp;
using Endpoint = asio::generic::stream_protocol::endpoint;

std::string without_query(const std::string& text) { return text.substr(0, text.find('?')); }

/// The path to ask for: its own query and the version of the protocol.
std::string versioned(const std::string& path) {
    return path + (path.find('?') == std::string::npos ? "?v=3.0" : "&v=3.0");
}

std::string upgrade_request(const Url& url, const std::string& key, const std::string& token) {
    std::string text = "GET " + versioned(url.path) +
                       " HTTP/1.1\r\nHost: " + host_and_port(url.host, url.port) +
                       "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                       key + "\r\n";
    if (!token.empty()) {
        text += "Authorization: Bearer " + token + "\r\n";
    }
    return text + "\r\n";
}

/// Says what is wrong with the answer to an upgrade, if something is.
std::string fault_of(const HttpHead& answer, const std::string& key) {
    if (answer.status != 101) {
        return "the server answered " + std::to_string(answer.status) + " " +
               std::string(http_reason(answer.status)) +
               (answer.status == 401 ? "; give it a token it knows" : "");
    }
    if (!answer.lists("Upgrade", "websocket") || !answer.lists("Connection", "upgrade") ||
        answer.header("Sec-WebSocket-Accept") != websocket_accept(key)) {
        return "the server's answer is no WebSocket handshake";
    }
    if (answer.header("Sec-WebSocket-Extensions") || answer.header("Sec-WebSocket-Protocol")) {
        return "the server wants an extension or a subprotocol that was not asked for";
    }
    return "";
}

class Dialer : public std::enable_shared_from_this<Dialer> {
public:
    Dialer(asio::io_context& loop, const Url& url, DialOptions options, DialHandler handler)
        : url_(url),
          options_(std::move(options)),
          handler_(std::move(handler)),
          socket_(loop),
          timer_(loop),
          resolver_(loop) {}

    void start() {
        timer_.expires_after(options_.timeout);
        timer_.async_wait([self = shared_from_this()](const std::error_code& cancelled) {
            if (!cancelled) {
                self->fail("no answer within " + std::to_string(self->options_.timeout.count()) +
                           " ms");
            }
        });
        // Later: the handler must not be called before dial() has returned.
        asio::post(socket_.get_executor(), [self = shared_from_this()] { self->resolve(); });
    }

    void cancel() {
        handler_ = nullptr;
        stop();
    }

private:
    [[nodiscard]] bool over() const noexcept { return handler_ == nullptr; }

    void resolve() {
        if (over()) {
            return;
        }
        if (url_.transport == Transport::unix_socket) {
            return resolve_path();
        }
        std::error_code error;
        const auto address = asio::ip::make_address(url_.host, error);
        if (!error) {
            endpoints_.emplace_back(tcp::endpoint(address, url_.port));
            return connect_next();
        }
        resolver_.async_resolve(
            url_.host, std::to_string(url_.port), tcp::resolver::numeric_service,
            [self = shared_from_this()](const std::error_code& failure,
                                        const tcp::resolver::results_type& found) {
                self->on_resolved(failure, found);
            });
    }

    void resolve_path() {
        try {
            endpoints_.emplace_back(asio::local::stream_protocol::endpoint(url_.path));
        } catch (const std::system_error&) {
            return fail("the path is too long for a Unix socket");
        }
        connect_next();
    }

    void on_resolved(const std::error_code& error, const tcp::resolver::results_type& found) {
        if (over()) {
            return;
        }
        if (error) {
            return fail("the host '" + url_.host + "' is not known: " + error.message());
        }
        for (const auto& entry : found) {
            endpoints_.emplace_back(entry.endpoint());
        }
        connect_next();
    }

    /// Tries one address after the other; `last_error_` is that of the last one.
    void connect_next() {
        if (next_endpoint_ == endpoints_.size()) {
            return fail(last_error_ ? last_error_.message() : "the host has no address");
        }
        std::error_code ignored;
        socket_.close(ignored);
        socket_.async_connect(endpoints_[next_endpoint_++],
                              [self = shared_from_this()](const std::error_code& error) {
                                  self->on_connected(error);
                              });
    }

    void on_connected(const std::error_code& error) {
        if (over()) {
            return;
        }
        if (error) {
            last_error_ = error;
            return connect_next();
        }
        if (url_.transport != Transport::unix_socket) {
            tune_tcp(socket_.native_handle());
        }
        if (url_.transport == Transport::websocket) {
            return ask_for_upgrade();
        }
        succeed(url_.transport == Transport::tcp ? length_framing() : line_framing(), "");
    }

    void ask_for_upgrade() {
        if (options_.token.find_first_of("\r\n") != std::string::npos) {
            return fail("the token has a line break");
        }
        key_ = new_websocket_key();
        output_ = upgrade_request(url_, key_, options_.token);
        asio::async_write(socket_, asio::buffer(output_),
                          [self = shared_from_this()](const std::error_code& error, std::size_t) {
                              if (!self->over()) {
                                  error ? self->fail(error.message()) : self->read_answer();
                              }
                          });
    }

    void read_answer() {
        socket_.async_read_some(
            asio::buffer(input_),
            [self = shared_from_this()](const std::error_code& error, std::size_t size) {
                self->on_answer(error, size);
            });
    }

    void on_answer(const std::error_code& error, std::size_t size) {
        if (over()) {
            return;
        }
        if (error) {
            return fail("the server closed the connection before it answered");
        }
        const auto result = reader_.take({input_.data(), size});
        if (result == HttpHeadReader::Result::incomplete) {
            return read_answer();
        }
        if (result != HttpHeadReader::Result::complete) {
            return fail("the server's answer is no HTTP");
        }
        if (const std::string fault = fault_of(reader_.head(), key_); !fault.empty()) {
            return fail(fault);
        }
        succeed(websocket_framing(WebSocketRole::client), reader_.leftover());
    }

    void succeed(std::unique_ptr<Framing> framing, std::string leftover) {
        timer_.cancel();
        Connection::Setup setup;
        setup.framing = std::move(framing);
        setup.leftover = std::move(leftover);
        setup.client = true;
        // A plain server sends frames of any length, and ours a welcome that may already be
        // as long as the one that it answers allows.
        setup.least_receive_limit_bytes = frame_limit_bytes;
        if (url_.transport == Transport::tcp) {
            setup.send_limit_bytes = tcp_frame_limit_bytes;
        }
        const DialHandler handler = std::exchange(handler_, nullptr);
        handler(std::make_shared<Connection>(std::move(socket_), std::move(setup)), "");
    }

    void fail(const std::string& cause) {
        stop();
        if (const DialHandler handler = std::exchange(handler_, nullptr)) {
            handler(nullptr, "connect to '" + without_query(url_.text) + "': " + cause);
        }
    }

    void stop() {
        std::error_code ignored;
        socket_.close(ignored);
        timer_.cancel();
        resolver_.cancel();
    }

    Url url_;
    DialOptions options_;
    DialHandler handler_;  // none when it is over
    Socket socket_;
    asio::steady_timer timer_;
    tcp::resolver resolver_;
    std::vector<Endpoint> endpoints_;
    std::size_t next_endpoint_ = 0;
    std::error_code last_error_;
    std::string key_;
    std::string output_;
    HttpHeadReader reader_{HttpKind::response};
    std::array<char, 2048> input_{};
};

}  // namespace

std::function<void()> dial(asio::io_context& loop,
                           const Url& url,
                           const DialOptions& options,
                           DialHandler handler) {
    const auto dialer = std::make_shared<Dialer>(loop, url, options, std::move(handler));
    dialer->start();
    return [weak = std::weak_ptr<Dialer>(dialer)] {
        if (const auto living = weak.lock()) {
            living->cancel();
        }
    };
}

}  // namespace aimdb::aimx
