// SPDX-License-Identifier: Apache-2.0
//
// How frames become bytes and bytes frames: a line each on Unix sockets, a length
// in front on TCP, a message each on WebSocket. No sockets here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace aimdb::aimx {

/// Longest frame on TCP unless `hello` agreed on more; clients take in longer ones.
inline constexpr std::size_t tcp_frame_limit_bytes = 65'536;
/// Longest frame `hello` can agree on.
inline constexpr std::size_t agreed_frame_limit_bytes = std::size_t{1} << 20;
/// Longest line and longest WebSocket message taken in, and longest frame a client takes in.
inline constexpr std::size_t frame_limit_bytes = std::size_t{16} << 20;
/// The same before a peer has shown its token, where the endpoint wants one.
inline constexpr std::size_t unknown_peer_limit_bytes = 4'096;

enum class Transport : std::uint8_t { unix_socket, tcp, websocket };
[[nodiscard]] std::string_view to_string(Transport transport) noexcept;

/// Turns one connection's bytes into frames and back.
///
/// Threads: thread-confined.
/// Limits:  holds at most one unfinished frame of `receive_limit` bytes.
class Framing {
public:
    /// Gets each whole frame; the text lives until it returns. False: take no more.
    /// Must not throw: a C library may stand between.
    using Sink = std::function<bool(std::string_view frame)>;

    virtual ~Framing() = default;

    /// Takes bytes as they came. False: the stream has ended and fault() says why,
    /// or nothing when the peer said goodbye as it should; what is to be sent before
    /// closing (a WebSocket close frame) is in `out`.
    /// When the sink said no more, the rest is kept for the next call, which may be
    /// one with no bytes.
    [[nodiscard]] virtual bool decode(std::string_view bytes,
                                      std::string& out,
                                      const Sink& sink) = 0;
    /// The peer will send no more: a last line without its LF is still a frame.
    virtual void finish(const Sink& sink) = 0;
    /// Appends one frame to `out`.
    virtual void encode(std::string_view frame, std::string& out) = 0;
    /// Appends what says goodbye, if the transport has something like it.
    virtual void close(std::string_view reason, std::string& out) = 0;
    /// From now on longer frames break the stream.
    virtual void set_receive_limit(std::size_t bytes) = 0;

    [[nodiscard]] virtual const std::string& fault() const noexcept = 0;
};

[[nodiscard]] std::unique_ptr<Framing> line_framing();
[[nodiscard]] std::unique_ptr<Framing> length_framing();
enum class WebSocketRole : std::uint8_t { server, client };  ///< A client masks what it sends.
[[nodiscard]] std::unique_ptr<Framing> websocket_framing(WebSocketRole role);

}  // namespace aimdb::aimx
