// SPDX-License-Identifier: Apache-2.0
//
// What a session sees of its connection, and the connection of its session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "framing.hpp"

namespace aimdb::aimx {

/// Who is at the other end, as the endpoint knows it.
struct Peer {
    Transport transport = Transport::unix_socket;
    std::string name;            ///< For logs: "unix uid 1000 pid 4711", "tcp 127.0.0.1:40312".
    bool authenticated = false;  ///< The endpoint wants no token, or the upgrade carried it.
    bool may_write = false;      ///< The endpoint's policy.
    std::size_t endpoint = 0;    ///< Index of the endpoint, whose tokens hello is held against.
};

/// Where a session's frames go. Implemented by connections and by tests.
///
/// Threads: thread-confined (the connection's loop).
class Outlet {
public:
    virtual ~Outlet() = default;
    /// Takes one frame; never waits, never fails. What cannot be sent yet is kept.
    virtual void send(std::string_view frame) = 0;
    /// False: the connection is on its way to its end, and drops what it is given.
    [[nodiscard]] virtual bool takes_frames() const noexcept { return true; }
    /// Bytes taken and not yet given to the kernel.
    [[nodiscard]] virtual std::size_t unsent() const noexcept = 0;
    /// Gives the kernel what it takes now. Called once after a batch of send().
    virtual void flush() = 0;
    /// Longest frame the peer takes.
    [[nodiscard]] virtual std::size_t send_limit() const noexcept = 0;
    /// Agreed on in hello: longest frame from now on, both ways.
    virtual void set_frame_limit(std::size_t bytes) = 0;
    /// Ends the connection once what was sent before is out. `reason` is for the
    /// log and, where the transport can say it, for the peer.
    virtual void close(std::string_view reason) = 0;
};

/// The protocol's side of a connection. Implemented by Session.
///
/// Threads: thread-confined (the connection's loop).
class Inlet {
public:
    virtual ~Inlet() = default;
    /// One frame came. False: take no more for now (too much is unsent); the next one
    /// comes after on_room().
    [[nodiscard]] virtual bool on_frame(std::string_view frame) = 0;
    /// Answers will come by themselves, so a peer that has ended its own sending is
    /// still served.
    [[nodiscard]] virtual bool owes_answers() const noexcept { return false; }
    /// There is room again: unsent() has fallen below `send_low_bytes`. A client's inlet
    /// also hears of it below that, until nothing is unsent.
    virtual void on_room() = 0;
};

/// A session sends no events while more than this is unsent, and takes no frames.
inline constexpr std::size_t send_high_bytes = std::size_t{256} << 10;
/// It goes on when less than this is unsent.
inline constexpr std::size_t send_low_bytes = std::size_t{64} << 10;

}  // namespace aimdb::aimx
