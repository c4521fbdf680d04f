// SPDX-License-Identifier: Apache-2.0
//
// The plainest clients there can be: a socket, and how to tell frames apart in what
// comes out of it. AimX on its three transports, and what its peers speak.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

enum class Wire : std::uint8_t { line, length, websocket, resp, mqtt, nats };

/// Where to connect: a Unix socket's path, or a port on loopback. Lies in shared memory.
struct Address {
    Wire wire = Wire::line;
    std::uint16_t port = 0;
    std::array<char, 108> path{};

    [[nodiscard]] static Address unix_socket(Wire wire, const std::string& path);
    [[nodiscard]] static Address loopback(Wire wire, std::uint16_t port);
    /// Of an AimX server: "unix://…", "tcp://…" or "ws://…".
    [[nodiscard]] static Address of_url(const std::string& url);
};

/// One frame at the begin of some bytes.
struct Piece {
    std::size_t size = 0;   ///< Of all of it; 0: the bytes do not hold a whole one.
    std::string_view text;  ///< What it carries.
    bool message = true;    ///< Carries a value, as opposed to what keeps the protocol going.
};
[[nodiscard]] Piece first_frame(Wire wire, std::string_view bytes);

/// Appends an AimX frame as a client sends it.
void append_frame(Wire wire, std::string_view text, std::string& out);

/// A connection. Blocking: who has many waits for them with epoll.
class Line {
public:
    explicit Line(const Address& address);
    ~Line();
    Line(Line&& other) noexcept;
    Line& operator=(Line&&) = delete;
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    [[nodiscard]] Wire wire() const noexcept { return wire_; }
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    void send(std::string_view bytes) const;
    /// Reads once and calls `take(piece)` for each whole frame.
    template <typename Take>
    void receive(const Take& take) {
        std::string_view bytes = read_some();
        for (Piece piece = first_frame(wire_, bytes); piece.size > 0;
             piece = first_frame(wire_, bytes)) {
            take(piece);
            bytes.remove_prefix(piece.size);
        }
        rest_.assign(bytes);
    }
    /// Waits for one frame; what came behind it is lost.
    [[nodiscard]] std::string receive_one();

private:
    [[nodiscard]] std::string_view read_some();
    void upgrade();
    void greet();

    Wire wire_;
    int descriptor_ = -1;
    std::string rest_;  // begin of a frame
};

/// Subscribes to one record or topic, and returns when that is sure to be in effect.
void subscribe(Line& line, std::string_view topic);

}  // namespace bench
