// SPDX-License-Identifier: Apache-2.0
//
// One connected socket with its framing: bytes from the kernel to an Inlet, frames
// from its Outlet to the kernel. The same class on both sides of the wire.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "outlet.hpp"

namespace aimdb::aimx {

using Socket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

/// How long a closed connection waits for the peer to close its side too.
inline constexpr std::chrono::milliseconds linger_limit{250};
/// How long answers may still come for a peer that sends no more, but listens.
inline constexpr std::chrono::milliseconds half_closed_grace{200};

/// Neither the inlet nor `on_closed` is ever destroyed or called while one of the
/// functions below runs: what they lead to comes later, on the loop.
///
/// Threads:   thread-confined (the loop of its io_context).
/// Ownership: lives while it is open (its pending operations keep it), or is held.
/// Cost:      one read and one write per batch, no allocation per frame once warm;
///            an idle one holds about 1 KiB of buffer.
class Connection final : public Outlet, public std::enable_shared_from_this<Connection> {
public:
    struct Setup {
        std::unique_ptr<Framing> framing;
        std::size_t send_limit_bytes = frame_limit_bytes;  ///< tcp_frame_limit_bytes on TCP.
        std::chrono::milliseconds stall_limit{30'000};
        std::size_t unsent_limit_bytes = 0;  ///< With more, the peer is cut; 0: no limit.
        std::string leftover;                ///< Bytes that came with the upgrade.
        /// The side that dialled. It reads on however much is unsent (one of two peers has to,
        /// or both wait for ever), is over when the peer ends its sending, and tells its inlet
        /// when what had to wait has gone.
        bool client = false;
        /// Frames of so much are taken in whatever limit is set.
        std::size_t least_receive_limit_bytes = 0;
    };
    /// Called once when it is closed, after the inlet is gone. The reason is empty
    /// when the peer simply ended the connection.
    using OnClosed = std::function<void(std::string_view reason)>;

    Connection(Socket socket, Setup setup);
    ~Connection() override;

    /// Begins to read. The connection owns the inlet from now on.
    void start(std::unique_ptr<Inlet> inlet, OnClosed on_closed);
    /// Closes at once, without what is unsent.
    void abort(std::string_view reason);
    /// Time of the last byte that came in.
    [[nodiscard]] std::chrono::steady_clock::time_point last_received() const noexcept;
    /// Whether it was closed because the peer took too little of what there was.
    [[nodiscard]] bool was_too_slow() const noexcept { return was_too_slow_; }

    void send(std::string_view frame) override;
    [[nodiscard]] bool takes_frames() const noexcept override {
        return phase_ <= Phase::half_closed;
    }
    [[nodiscard]] std::size_t unsent() const noexcept override;
    void flush() override;
    [[nodiscard]] std::size_t send_limit() const noexcept override;
    void set_frame_limit(std::size_t bytes) override;
    void close(std::string_view reason) override;

private:
    enum class Phase : std::uint8_t {
        open,
        half_closed,  // the peer sends no more, but may still listen
        closing,      // nothing is taken any more; what was sent goes out
        lingering,    // all is out, waiting for the peer to close
        closed,
    };

    [[nodiscard]] bool wants_bytes() const noexcept;
    [[nodiscard]] bool owes_answers() const noexcept { return inlet_ && inlet_->owes_answers(); }

    void read_next();
    void on_read(std::error_code error, std::size_t size);
    void take(std::string_view bytes);
    [[nodiscard]] bool deliver(std::string_view frame);
    void on_end_of_stream();

    void write_some();
    void wait_until_writable();
    void drop_sent();
    void shut_down_when_sent();

    void call_for_room();
    void give_room();

    void begin_close(std::string_view reason);
    void close_as_thrown();
    void cut(std::string_view reason);
    void arm_timer(std::chrono::milliseconds delay);
    void restart_timer(std::chrono::milliseconds delay);
    void on_timer();
    void finish();

    Socket socket_;
    asio::steady_timer timer_;  // stall, grace or linger, as the phase says
    std::unique_ptr<Framing> framing_;
    Framing::Sink sink_;
    std::unique_ptr<Inlet> inlet_;
    OnClosed on_closed_;
    std::string leftover_;
    std::string reason_;
    std::string output_;
    std::size_t output_sent_ = 0;  // of output_, given to the kernel
    std::size_t send_limit_bytes_;
    const std::size_t least_receive_limit_bytes_;
    std::chrono::milliseconds stall_limit_;
    const std::size_t unsent_limit_bytes_;
    const bool client_;
    std::chrono::steady_clock::time_point last_received_;
    std::chrono::steady_clock::time_point last_progress_;
    Phase phase_ = Phase::open;
    bool reading_ = false;      // an operation of ours is pending
    bool writing_ = false;      // the same
    bool timing_ = false;       // the same
    bool decoding_ = false;     // bytes of input_ are being looked at
    bool paused_ = false;       // the inlet took no more
    bool moved_ = false;        // something was sent since it was paused
    bool was_high_ = false;     // unsent() was above send_high_bytes
    bool room_called_ = false;  // give_room() is on its way
    bool was_too_slow_ = false;
    std::array<char, 1024> input_;
};

}  // namespace aimdb::aimx
