// SPDX-License-Identifier: Apache-2.0
//
// A TCP connection with somebody in the middle who cuts it.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>

namespace aimdb::aimx::test {

/// Passes bytes on between its own port and another, until it is told to cut.
class Relay {
public:
    explicit Relay(std::uint16_t target) : target_(target) {
        accept();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Relay() {
        io_.stop();
        thread_.join();
    }
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    [[nodiscard]] std::string url() const {
        return "tcp://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }
    /// Cuts every connection there is, wherever in a frame that may be.
    void cut() {
        asio::post(io_, [this] {
            for (const std::weak_ptr<Pair>& weak : pairs_) {
                if (const auto pair = weak.lock()) {
                    pair->close();
                }
            }
            pairs_.clear();
        });
    }

private:
    using Socket = asio::ip::tcp::socket;
    struct Pair : std::enable_shared_from_this<Pair> {
        Pair(Socket from, asio::io_context& io) : near(std::move(from)), far(io) {}
        void start() {
            pass(near, far, to_far);
            pass(far, near, to_near);
        }
        void pass(Socket& from, Socket& to, std::array<char, 4'096>& bytes) {
            from.async_read_some(
                asio::buffer(bytes), [this, self = shared_from_this(), &from, &to, &bytes](
                                         std::error_code error, std::size_t size) {
                    if (error) {
                        return close();
                    }
                    asio::async_write(
                        to, asio::buffer(bytes.data(), size),
                        [this, self, &from, &to, &bytes](std::error_code failure, std::size_t) {
                            failure ? close() : pass(from, to, bytes);
                        });
                });
        }
        void close() {
            std::error_code ignored;
            near.close(ignored);
            far.close(ignored);
        }
        Socket near;
        Socket far;
        std::array<char, 4'096> to_far{};
        std::array<char, 4'096> to_near{};
    };

    void accept() {
        acceptor_.async_accept([this](std::error_code error, Socket socket) {
            if (error) {
                return;
            }
            auto pair = std::make_shared<Pair>(std::move(socket), io_);
            std::error_code failure;
            pair->far.connect({asio::ip::address_v4::loopback(), target_}, failure);
            if (!failure) {
                pair->start();
                pairs_.push_back(pair);
            }
            accept();
        });
    }

    const std::uint16_t target_;
    asio::io_context io_{1};
    asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
    std::list<std::weak_ptr<Pair>> pairs_;
    std::thread thread_;
};

/// The port in "tcp://127.0.0.1:7433".
inline std::uint16_t port_in(const std::string& url) {
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

}  // namespace aimdb::aimx::test
