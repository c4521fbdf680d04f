// SPDX-License-Identifier: Apache-2.0
#include "stream_listener.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <utility>

#include "tcp_socket.hpp"
#include "unix_socket.hpp"

namespace aimdb::aimx {
namespace {

class StreamListener : public Listener {
public:
    StreamListener(const ListenerSetup& setup, std::string url)
        : endpoint_(setup.endpoint),
          index_(setup.index),
          stall_limit_(setup.options.stall_limit),
          unsent_limit_bytes_(setup.options.unsent_limit_bytes),
          url_(std::move(url)),
          open_(std::make_shared<OpenConnections>(setup.host,
                                                  endpoint_.connection_limit != 0
                                                      ? endpoint_.connection_limit
                                                      : stream_connection_limit)) {}
    ~StreamListener() override {
        stop_accepting();
        open_->forget_host();
        open_->abort_all();
    }

    void start() override {
        acceptor_->start(
            {.on_socket = [this](Socket socket) { on_socket(std::move(socket)); },
             .on_trouble = [this](std::string_view what) { open_->report(peer(url_), what); }});
    }
    void stop() override { stop_accepting(); }
    [[nodiscard]] const std::string& url() const noexcept override { return url_; }
    [[nodiscard]] std::size_t connections() const noexcept override { return open_->size(); }
    void close_connections(std::string_view reason) override { open_->close_all(reason); }
    void abort_connections() override { open_->abort_all(); }

protected:
    void accept_from(std::shared_ptr<Acceptor> acceptor) { acceptor_ = std::move(acceptor); }
    [[nodiscard]] const AimxEndpoint& endpoint() const noexcept { return endpoint_; }
    [[nodiscard]] Peer peer(std::string name) const {
        return {.transport = transport(),
                .name = std::move(name),
                .authenticated = endpoint_.tokens.empty(),
                .may_write = endpoint_.may_write,
                .endpoint = index_};
    }
    void report(const Peer& peer, std::string_view what) const { open_->report(peer, what); }

private:
    [[nodiscard]] virtual Transport transport() const noexcept = 0;
    [[nodiscard]] virtual Connection::Setup framing() const = 0;
    /// Nothing: is not let in.
    [[nodiscard]] virtual std::optional<Peer> admit(Socket& socket) = 0;

    void on_socket(Socket socket) {
        if (open_->full()) {
            return;
        }
        const auto admitted = admit(socket);
        if (!admitted) {
            return;
        }
        Connection::Setup setup = framing();
        setup.stall_limit = stall_limit_;
        setup.unsent_limit_bytes = unsent_limit_bytes_;
        if (!admitted->authenticated) {
            setup.framing->set_receive_limit(unknown_peer_limit_bytes);
        }
        open_->open(std::move(socket), std::move(setup), *admitted);
    }
    void stop_accepting() {
        if (acceptor_) {
            acceptor_->stop();
        }
    }

    AimxEndpoint endpoint_;
    std::size_t index_;
    std::chrono::milliseconds stall_limit_;
    std::size_t unsent_limit_bytes_;
    std::string url_;
    std::shared_ptr<OpenConnections> open_;
    std::shared_ptr<Acceptor> acceptor_;
};

class UnixListener final : public StreamListener {
public:
    UnixListener(const ListenerSetup& setup, const Url& url)
        : StreamListener(setup, "unix://" + url.path),
          file_(url.path, static_cast<mode_t>(setup.endpoint.socket_mode)) {
        accept_from(std::make_shared<Acceptor>(setup.loop, AF_UNIX, file_.release()));
    }

    void stop() override {
        StreamListener::stop();
        file_.remove();
    }

private:
    [[nodiscard]] Transport transport() const noexcept override { return Transport::unix_socket; }
    [[nodiscard]] Connection::Setup framing() const override {
        Connection::Setup setup;
        setup.framing = line_framing();
        return setup;
    }
    [[nodiscard]] std::optional<Peer> admit(Socket& socket) override {
        const auto who = credentials_of(socket.native_handle());
        if (!who) {
            return std::nullopt;
        }
        const Peer found =
            peer("unix uid " + std::to_string(who->user) + " pid " + std::to_string(who->process));
        const auto& allowed = endpoint().uids;
        if (!allowed.empty() &&
            std::find(allowed.begin(), allowed.end(), who->user) == allowed.end()) {
            report(found, "is not among the users allowed at " + url() + "; add its uid to `uids`");
            return std::nullopt;
        }
        return found;
    }

    UnixSocketFile file_;
};

class TcpListener final : public StreamListener {
public:
    TcpListener(const ListenerSetup& setup, const Url& url, const TcpListening& listening)
        : StreamListener(setup, "tcp://" + host_and_port(url.host, listening.port)) {
        accept_from(std::make_shared<Acceptor>(setup.loop, listening.family, listening.descriptor));
    }

private:
    [[nodiscard]] Transport transport() const noexcept override { return Transport::tcp; }
    [[nodiscard]] Connection::Setup framing() const override {
        Connection::Setup setup;
        setup.framing = length_framing();
        setup.send_limit_bytes = tcp_frame_limit_bytes;
        return setup;
    }
    [[nodiscard]] std::optional<Peer> admit(Socket& socket) override {
        tune_tcp(socket.native_handle());
        return peer("tcp " + remote_name(socket.native_handle()));
    }
};

}  // namespace

std::unique_ptr<Listener> listen_unix(const ListenerSetup& setup, const Url& url) {
    return std::make_unique<UnixListener>(setup, url);
}

std::unique_ptr<Listener> listen_tcp(const ListenerSetup& setup, const Url& url) {
    require_safe_bind(url, setup.endpoint);
    return std::make_unique<TcpListener>(setup, url, listen_tcp(url));
}

}  // namespace aimdb::aimx
