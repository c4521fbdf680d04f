// SPDX-License-Identifier: Apache-2.0
#include "aimx_wire.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bench {
namespace {

constexpr std::size_t read_bytes = std::size_t{256} << 10;
constexpr std::size_t longest_rest = std::size_t{64} << 10;

// Of one client process.
char* read_buffer() {
    static const std::unique_ptr<char[]> buffer(new char[longest_rest + read_bytes]);
    return buffer.get();
}

int connect_to(const Address& address) {
    const bool local = address.path[0] != '\0';
    sockaddr_un path{};
    path.sun_family = AF_UNIX;
    std::memcpy(path.sun_path, address.path.data(), sizeof path.sun_path);
    sockaddr_in port{};
    port.sin_family = AF_INET;
    port.sin_port = htons(address.port);
    port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* const where = local ? static_cast<const void*>(&path) : &port;
    const auto size = static_cast<socklen_t>(local ? sizeof path : sizeof port);
    const int descriptor = ::socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || ::connect(descriptor, static_cast<const sockaddr*>(where), size) != 0) {
        const int error = errno;
        ::close(descriptor);
        throw std::system_error(error, std::generic_category(), "connect");
    }
    const int one = 1;
    if (!local) {
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return descriptor;
}

void expect(const std::string& got, std::string_view wanted) {
    if (got.find(wanted) == std::string::npos) {
        throw std::runtime_error("expected " + std::string(wanted) + ", got " + got);
    }
}

std::string mqtt_packet(char kind, std::string_view body) {
    return {kind + std::string(1, static_cast<char>(body.size())) + std::string(body)};
}

}  // namespace

Address Address::unix_socket(Wire wire, const std::string& path) {
    Address address{.wire = wire};
    if (path.size() >= address.path.size()) {
        throw std::runtime_error("the path of a Unix socket is too long: " + path);
    }
    std::copy(path.begin(), path.end(), address.path.begin());
    return address;
}

Address Address::loopback(Wire wire, std::uint16_t port) { return {wire, port, {}}; }

Address Address::of_url(const std::string& url) {
    if (url.starts_with("unix://")) {
        return unix_socket(Wire::line, url.substr(7));
    }
    const Wire wire = url.starts_with("ws://") ? Wire::websocket : Wire::length;
    return loopback(wire, static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1))));
}

Line::Line(const Address& address) : wire_(address.wire), descriptor_(connect_to(address)) {
    try {
        greet();
    } catch (...) {
        ::close(descriptor_);
        throw;
    }
}

Line::~Line() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

Line::Line(Line&& other) noexcept
    : wire_(other.wire_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      rest_(std::move(other.rest_)) {}

void Line::greet() {
    if (wire_ == Wire::websocket) {
        upgrade();
    } else if (wire_ == Wire::mqtt) {  // 3.1.1, a clean session, nobody's name
        using namespace std::string_view_literals;
        send(mqtt_packet('\x10', "\0\4MQTT\4\2\0\0\0\0"sv));
        expect(receive_one(), "\0\0"sv);
    } else if (wire_ == Wire::nats) {
        expect(receive_one(), "INFO");
        send("CONNECT {\"verbose\":false,\"pedantic\":false}\r\nPING\r\n");
        expect(receive_one(), "PONG");
    }
}

void Line::upgrade() {
    send(
        "GET /ws?v=3.0 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    std::string answer;
    while (answer.find("\r\n\r\n") == std::string::npos) {
        char one = 0;
        if (::recv(descriptor_, &one, 1, 0) != 1) {
            throw std::runtime_error("no answer to the upgrade: " + answer);
        }
        answer += one;
    }
    expect(answer, " 101 ");
}

void Line::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            throw std::system_error(errno, std::generic_category(), "send");
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string_view Line::read_some() {
    char* const buffer = read_buffer();
    if (rest_.size() > longest_rest) {
        throw std::runtime_error("a frame is too long for this client");
    }
    std::memcpy(buffer, rest_.data(), rest_.size());
    const ssize_t got = ::recv(descriptor_, buffer + rest_.size(), read_bytes, 0);
    if (got < 0) {
        throw std::system_error(errno, std::generic_category(), "recv");
    }
    if (got == 0) {
        throw std::runtime_error("the server closed a connection");
    }
    return {buffer, rest_.size() + static_cast<std::size_t>(got)};
}

std::string Line::receive_one() {
    std::string text;
    bool found = false;
    while (!found) {
        receive([&](const Piece& piece) {
            text = found ? text : std::string(piece.text);
            found = true;
        });
    }
    return text;
}

void subscribe(Line& line, std::string_view topic) {
    std::string out;
    std::string_view last = "pong";
    if (line.wire() == Wire::mqtt) {
        const std::string name(topic);
        out = mqtt_packet('\x82', std::string("\0\1\0", 3) + static_cast<char>(name.size()) + name +
                                      std::string(1, '\0'));
        last = {};
    } else if (line.wire() == Wire::nats) {
        out = "SUB " + std::string(topic) + " 1\r\nPING\r\n";
        last = "PONG";
    } else {
        append_frame(line.wire(), R"({"t":"sub","id":1,"topic":")" + std::string(topic) + R"("})",
                     out);
        append_frame(line.wire(), R"({"t":"ping"})", out);
    }
    line.send(out);
    bool done = false;
    while (!done) {
        line.receive([&](const Piece& piece) {
            done = done || piece.text.find(last) != std::string_view::npos;
        });
    }
}

}  // namespace bench
