// SPDX-License-Identifier: Apache-2.0
//
// A listener with a host that records, and clients that speak bytes.
#pragma once

#include <arpa/inet.h>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "connection_rig.hpp"
#include "host.hpp"
#include "listener.hpp"
#include "url.hpp"

namespace aimdb::aimx::test {

/// Answers each frame with "re " and the frame.
class EchoInlet final : public Inlet {
public:
    EchoInlet(Outlet& outlet, std::size_t& living) : outlet_(outlet), living_(living) { ++living_; }
    ~EchoInlet() override { --living_; }
    bool on_frame(std::string_view frame) override {
        outlet_.send("re " + std::string(frame));
        return true;
    }
    void on_room() override {}

private:
    Outlet& outlet_;
    std::size_t& living_;
};

class FakeHost final : public Host {
public:
    std::unique_ptr<Inlet> open_session(const Peer& peer, Outlet& outlet) override {
        peers.push_back(peer);
        if (std::exchange(throws, false)) {
            throw std::runtime_error("of the host");
        }
        return refuses ? nullptr : std::make_unique<EchoInlet>(outlet, sessions);
    }
    bool token_opens(std::size_t endpoint, std::string_view token) const override {
        return endpoint == 3 && token == "open sesame";
    }
    std::string health_json() const override { return R"({"status":"ok"})"; }
    std::string metrics_text() const override { return "aimx_sessions 1\n"; }
    void report(const Peer& peer, std::string_view what) override {
        reports.push_back(peer.name + ": " + std::string(what));
    }

    void count_cut() override { ++cut; }

    std::vector<Peer> peers;
    std::vector<std::string> reports;
    std::size_t cut = 0;
    std::size_t sessions = 0;
    bool refuses = false;
    bool throws = false;  // once
};

class ListenerRig {
public:
    explicit ListenerRig(const AimxEndpoint& endpoint, const AimxOptions& options = {})
        : listener(listen(loop, endpoint, 3, options, host)) {
        listener->start();
    }
    ~ListenerRig() {
        clean_up(loop, [this] { listener.reset(); });
    }
    ListenerRig(const ListenerRig&) = delete;
    ListenerRig& operator=(const ListenerRig&) = delete;

    /// A raw connection to the listener's address.
    [[nodiscard]] Wire connect() {
        const Url url = parse_url(listener->url());
        return {loop, url.transport == Transport::unix_socket ? connect_unix(url.path)
                                                              : connect_tcp(url)};
    }
    void run_until_open(std::size_t count) {
        run_until(loop, [&] { return listener->connections() == count; });
    }

    static int connect_unix(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        return connected(AF_UNIX, &address, sizeof(address));
    }
    static int connect_tcp(const Url& url) {
        if (url.host.find(':') != std::string::npos) {
            sockaddr_in6 address{};
            address.sin6_family = AF_INET6;
            address.sin6_port = htons(url.port);
            address.sin6_addr = in6addr_loopback;
            return connected(AF_INET6, &address, sizeof(address));
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(url.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return connected(AF_INET, &address, sizeof(address));
    }

private:
    static int connected(int family, const void* address, std::size_t size) {
        const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(descriptor, static_cast<const sockaddr*>(address),
                      static_cast<socklen_t>(size)) != 0) {
            const int number = errno;
            ::close(descriptor);
            throw std::system_error(number, std::generic_category(), "connect");
        }
        return descriptor;
    }

public:
    asio::io_context loop;
    FakeHost host;
    std::unique_ptr<Listener> listener;
};

}  // namespace aimdb::aimx::test
