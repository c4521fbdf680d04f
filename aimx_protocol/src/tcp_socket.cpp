// SPDX-License-Identifier: Apache-2.0
#include "tcp_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <netdb.h>

#include "aimdb/core/error.hpp"

#include "descriptor.hpp"

namespace aimdb::aimx {
namespace {

using asio::ip::tcp;

constexpr int backlog = 128;
// A vanished peer is noticed after about two minutes.
constexpr int keepalive_idle_s = 60;
constexpr int keepalive_interval_s = 15;
constexpr int keepalive_count = 4;

[[noreturn]] void fail(const Url& url, const std::string& cause) {
    throw Error(Errc::invalid_configuration,
                "serve '" + url.text.substr(0, url.text.find('?')) + "': " + cause);
}

/// What `url` means, IPv4 first: that is what people mean by "localhost".
std::vector<tcp::endpoint> addresses_of(const Url& url) {
    asio::io_context unused;
    std::error_code error;
    const auto found = tcp::resolver(unused).resolve(
        url.host, std::to_string(url.port), tcp::resolver::passive | tcp::resolver::numeric_service,
        error);
    if (error || found.empty()) {
        fail(url, "the host '" + url.host + "' is not known: " + error.message() +
                      "; name an address of this machine, such as 127.0.0.1");
    }
    std::vector<tcp::endpoint> endpoints;
    for (const auto& entry : found) {
        endpoints.push_back(entry.endpoint());
    }
    std::stable_partition(endpoints.begin(), endpoints.end(),
                          [](const tcp::endpoint& one) { return one.address().is_v4(); });
    return endpoints;
}

void set_option(int socket, int level, int name, int value) noexcept {
    // What is not supported is merely missed.
    static_cast<void>(::setsockopt(socket, level, name, &value, sizeof(value)));
}

/// The port of a bound socket.
std::uint16_t port_of(int socket) {
    tcp::endpoint bound;
    auto size = static_cast<socklen_t>(bound.capacity());
    if (::getsockname(socket, bound.data(), &size) != 0) {
        return 0;
    }
    bound.resize(size);
    return bound.port();
}

}  // namespace

bool is_loopback(const Url& url) { return addresses_of(url).front().address().is_loopback(); }

TcpListening listen_tcp(const Url& url) {
    const tcp::endpoint endpoint = addresses_of(url).front();
    const int family = endpoint.protocol().family();
    Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    set_option(socket.number(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (socket.number() < 0 ||
        ::bind(socket.number(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
        ::listen(socket.number(), backlog) != 0) {
        fail(url, std::generic_category().message(errno) +
                      "; choose another port (0 takes any free one) or another address");
    }
    const std::uint16_t port = port_of(socket.number());
    return {.descriptor = socket.release(), .family = family, .port = port};
}

void tune_tcp(int socket) noexcept {
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_s);
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_s);
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, keepalive_count);
}

std::string remote_name(int socket) {
    tcp::endpoint remote;
    auto size = static_cast<socklen_t>(remote.capacity());
    if (::getpeername(socket, remote.data(), &size) != 0) {
        return "?";
    }
    remote.resize(size);
    return host_and_port(remote.address().to_string(), remote.port());
}

std::string host_and_port(const std::string& host, std::uint16_t port) {
    const bool brackets = host.find(':') != std::string::npos;
    return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace aimdb::aimx
