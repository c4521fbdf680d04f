// SPDX-License-Identifier: Apache-2.0
//
// The other end of a connection, driven by the test itself on the same thread.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <poll.h>

#include "connection.hpp"
#include "descriptor.hpp"

namespace aimdb::aimx::test {

/// Runs the loop until `done()`. Throws when that takes long.
inline void run_until(asio::io_context& loop, const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
        loop.restart();
        loop.run_one_for(std::chrono::milliseconds(5));
        if (std::chrono::steady_clock::now() > limit) {
            throw std::runtime_error("what the test waits for does not happen");
        }
    }
}

/// Runs what is ready, and what that makes ready.
inline void settle(asio::io_context& loop) {
    do {
        loop.restart();
    } while (loop.poll() > 0);
}

/// The same for destructors: a failure ends the program.
inline void clean_up(asio::io_context& loop, const std::function<void()>& first) noexcept {
    try {
        first();
        settle(loop);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "clean up: %s\n", error.what());
        std::abort();
    }
}

/// A raw socket of the test.
class Wire {
public:
    Wire(asio::io_context& loop, int descriptor) : loop_(loop), socket_(descriptor) {}

    /// Sends all of it, running the loop while there is no room.
    void send(std::string_view bytes) {
        run_until(loop_, [&] {
            bytes.remove_prefix(send_some(bytes));
            return bytes.empty();
        });
    }
    std::size_t send_some(std::string_view bytes) const {
        const ssize_t sent =
            ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    /// What has been received and not been taken yet.
    const std::string& received() {
        std::string piece(65'536, '\0');
        for (;;) {
            const ssize_t size = ::recv(socket_.number(), piece.data(), piece.size(), MSG_DONTWAIT);
            if (size <= 0) {
                ended_ |= size == 0 || (errno != EAGAIN && errno != EINTR);
                return received_;
            }
            received_.append(piece, 0, static_cast<std::size_t>(size));
        }
    }
    /// Runs the loop until the other side has sent this much, and takes it.
    std::string receive(std::size_t size) {
        run_until(loop_, [&] { return received().size() >= size || ended_; });
        return take(size);
    }
    /// Up to and with `mark`.
    std::string receive_through(std::string_view mark) {
        run_until(loop_, [&] { return received().find(mark) != std::string::npos || ended_; });
        const std::size_t found = received_.find(mark);
        return take(found == std::string::npos ? received_.size() : found + mark.size());
    }
    /// All until the other side has closed.
    std::string receive_all() {
        run_until(loop_, [&] {
            static_cast<void>(received());
            return ended_;
        });
        return std::exchange(received_, {});
    }
    [[nodiscard]] bool has_ended() {
        static_cast<void>(received());
        return ended_;
    }
    void end_sending() const { ::shutdown(socket_.number(), SHUT_WR); }
    void close() { socket_.close(); }
    [[nodiscard]] int descriptor() const noexcept { return socket_.number(); }

private:
    std::string take(std::size_t size) {
        std::string taken = received_.substr(0, size);
        received_.erase(0, taken.size());
        return taken;
    }

    asio::io_context& loop_;
    Descriptor socket_;
    std::string received_;
    bool ended_ = false;
};

/// What an inlet has been told, and how it answers. Outlives the inlet.
struct Told {
    std::vector<std::string> frames;
    int rooms = 0;
    bool destroyed = false;
    bool takes_more = true;
    bool owes_answers = false;
    std::function<void(std::string_view)> on_frame = [](std::string_view) {};
    std::function<void()> on_room = [] {};
};

class RecordingInlet final : public Inlet {
public:
    explicit RecordingInlet(Told& told) : told_(told) {}
    ~RecordingInlet() override { told_.destroyed = true; }

    bool on_frame(std::string_view frame) override {
        told_.frames.emplace_back(frame);
        told_.on_frame(frame);
        return told_.takes_more;
    }
    [[nodiscard]] bool owes_answers() const noexcept override { return told_.owes_answers; }
    void on_room() override {
        ++told_.rooms;
        told_.on_room();
    }

private:
    Told& told_;
};

/// A connection under test with a wire at its other end.
class ConnectionRig {
public:
    explicit ConnectionRig(Connection::Setup setup = with_lines()) : ConnectionRig(pair(), setup) {}
    ~ConnectionRig() {
        clean_up(loop, [this] { connection->abort(""); });
    }
    ConnectionRig(const ConnectionRig&) = delete;
    ConnectionRig& operator=(const ConnectionRig&) = delete;

    static Connection::Setup with_lines() {
        Connection::Setup setup;
        setup.framing = line_framing();
        return setup;
    }
    void start() {
        connection->start(std::make_unique<RecordingInlet>(told), [this](std::string_view why) {
            closed_after_inlet = told.destroyed;
            closed.emplace_back(why);
        });
    }
    void run_until_closed() {
        run_until(loop, [this] { return !closed.empty(); });
    }

private:
    struct Pair {
        int one = -1;
        int other = -1;
    };
    static Pair pair() {
        int both[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) != 0) {
            throw std::system_error(errno, std::generic_category(), "socketpair");
        }
        return {both[0], both[1]};
    }
    ConnectionRig(Pair sockets, Connection::Setup& setup)
        : wire(loop, sockets.other),
          connection(std::make_shared<Connection>(
              Socket(loop, asio::generic::stream_protocol(AF_UNIX, 0), sockets.one),
              std::move(setup))) {}

public:
    asio::io_context loop;
    Told told;
    std::vector<std::string> closed;  // the reasons on_closed was called with
    bool closed_after_inlet = false;
    Wire wire;
    std::shared_ptr<Connection> connection;
};

}  // namespace aimdb::aimx::test
