// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "http_exchange.hpp"
#include "http_routes.hpp"
#include "stream_listener.hpp"
#include "tcp_socket.hpp"

namespace aimdb::aimx {
namespace {

/// HTTP connections that are no WebSockets (yet), at one endpoint.
constexpr std::size_t exchange_limit = 256;

class WebSocketListener final : public Listener {
public:
    WebSocketListener(const ListenerSetup& setup, const Url& url, std::string_view path)
        : index_(setup.index),
          may_write_(setup.endpoint.may_write),
          stall_limit_(setup.options.stall_limit),
          unsent_limit_bytes_(setup.options.unsent_limit_bytes),
          routes_(setup.endpoint, setup.index, path, setup.host),
          open_(std::make_shared<OpenConnections>(setup.host,
                                                  setup.endpoint.connection_limit != 0
                                                      ? setup.endpoint.connection_limit
                                                      : websocket_connection_limit)) {
        const TcpListening listening = listen_tcp(url);
        url_ = "ws://" + host_and_port(url.host, listening.port) + std::string(path);
        acceptor_ = std::make_shared<Acceptor>(setup.loop, listening.family, listening.descriptor);
    }
    ~WebSocketListener() override {
        acceptor_->stop();
        cancel_exchanges();
        open_->forget_host();
        open_->abort_all();
    }

    void start() override {
        acceptor_->start(
            {.on_socket = [this](Socket socket) { on_socket(std::move(socket)); },
             .on_trouble = [this](std::string_view what) { open_->report(peer(url_), what); }});
    }
    void stop() override {
        acceptor_->stop();
        cancel_exchanges();
    }
    [[nodiscard]] const std::string& url() const noexcept override { return url_; }
    [[nodiscard]] std::size_t connections() const noexcept override { return open_->size(); }
    void close_connections(std::string_view reason) override { open_->close_all(reason); }
    void abort_connections() override { open_->abort_all(); }

private:
    [[nodiscard]] Peer peer(std::string name) const {
        return {.transport = Transport::websocket,
                .name = std::move(name),
                .authenticated = true,  // who is not gets no upgrade
                .may_write = may_write_,
                .endpoint = index_};
    }

    void on_socket(Socket socket) {
        if (exchanges_.size() >= exchange_limit) {
            return;
        }
        tune_tcp(socket.native_handle());
        const std::string name = "ws " + remote_name(socket.native_handle());
        // Known to its own handlers, which are gone when it ends.
        const auto key = std::make_shared<std::weak_ptr<HttpExchange>>();
        const auto exchange = std::make_shared<HttpExchange>(
            std::move(socket), stall_limit_,
            HttpExchange::Handlers{
                .answer = [this](const HttpHead& request) { return answer(request); },
                .upgraded =
                    [this, name](Socket upgraded, std::string leftover) {
                        on_upgraded(std::move(upgraded), std::move(leftover), name);
                    },
                .done = [this, key] { exchanges_.erase(key->lock()); }});
        *key = exchange;
        exchanges_.insert(exchange);
        exchange->start();
    }

    HttpAnswer answer(const HttpHead& request) {
        HttpAnswer answer = routes_.answer(request);
        if (answer.status == 101 && open_->full()) {
            return text_answer(503, "too many connections\n");
        }
        return answer;
    }

    void on_upgraded(Socket socket, std::string leftover, const std::string& name) {
        Connection::Setup setup;
        setup.framing = websocket_framing(WebSocketRole::server);
        setup.stall_limit = stall_limit_;
        setup.unsent_limit_bytes = unsent_limit_bytes_;
        setup.leftover = std::move(leftover);
        open_->open(std::move(socket), std::move(setup), peer(name));
    }

    void cancel_exchanges() {
        for (const auto& exchange : std::exchange(exchanges_, {})) {
            exchange->cancel();
        }
    }

    std::size_t index_;
    bool may_write_;
    std::chrono::milliseconds stall_limit_;
    std::size_t unsent_limit_bytes_;
    HttpRoutes routes_;
    std::string url_;
    std::shared_ptr<OpenConnections> open_;
    std::shared_ptr<Acceptor> acceptor_;
    std::unordered_set<std::shared_ptr<HttpExchange>> exchanges_;
};

}  // namespace

std::unique_ptr<Listener> listen_websocket(const ListenerSetup& setup, const Url& url) {
    require_safe_bind(url, setup.endpoint);
    const std::string_view path = std::string_view(url.path).substr(0, url.path.find('?'));
    return std::make_unique<WebSocketListener>(setup, url, path);
}

}  // namespace aimdb::aimx
