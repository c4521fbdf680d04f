// SPDX-License-Identifier: Apache-2.0
#include "aimx_support.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bench {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void watch(int poll, int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    if (::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        fail("epoll_ctl");
    }
}

int listen_at(const std::string& path) {
    const Address address = Address::unix_socket(Wire::line, path);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::copy(address.path.begin(), address.path.end(), name.sun_path);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto* const where = static_cast<const void*>(&name);
    if (listener < 0 || ::bind(listener, static_cast<const sockaddr*>(where), sizeof name) != 0 ||
        ::listen(listener, SOMAXCONN) != 0) {
        fail("listen at " + path);
    }
    return listener;
}

// A begun line stays in `held`; the whole ones go back in one write.
void echo(int connection, std::string& held) {
    static thread_local const std::unique_ptr<std::array<char, 65'536>> buffer(
        new std::array<char, 65'536>);
    const ssize_t got = ::recv(connection, buffer->data(), buffer->size(), 0);
    if (got <= 0) {
        ::close(connection);
        return;
    }
    held.append(buffer->data(), static_cast<std::size_t>(got));
    std::size_t done = 0;
    for (std::size_t end = held.find('\n'); end != std::string::npos; end = held.find('\n', done)) {
        done = end + 1;
    }
    if (done > 0 && ::send(connection, held.data(), done, MSG_NOSIGNAL) < 0) {
        ::close(connection);
    }
    held.erase(0, done);
}

// Some port that nobody listens at now.
std::uint16_t free_port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto* const where = static_cast<sockaddr*>(static_cast<void*>(&address));
    const bool known =
        probe >= 0 && ::bind(probe, where, size) == 0 && ::getsockname(probe, where, &size) == 0;
    ::close(probe);
    if (!known) {
        fail("find a free port");
    }
    return ntohs(address.sin_port);
}

pid_t spawn(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (const std::string& word : command) {
        arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: as exec has it
    }
    arguments.push_back(nullptr);
    const pid_t number = ::fork();
    if (number == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int nowhere = ::open("/dev/null", O_RDWR);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        ::execvp(arguments.front(), arguments.data());
        ::_exit(127);
    }
    return number;
}

}  // namespace

bool with_peers() {
    return std::getenv("AIMDB_BENCH_PEERS") != nullptr;  // NOLINT(concurrency-mt-unsafe): at start
}

aimdb::AimxOptions three_endpoints(const ScratchDirectory& directory) {
    aimdb::AimxOptions options;
    options.endpoints = {"unix://" + directory.path("aimx.sock"), "tcp://127.0.0.1:0",
                         "ws://127.0.0.1:0/ws"};
    for (aimdb::AimxEndpoint& endpoint : options.endpoints) {
        endpoint.connection_limit = 20'000;
    }
    return options;
}

std::vector<Address> addresses(const aimdb::Database& database) {
    std::vector<Address> all;
    for (const std::string& url : aimdb::aimx::server(database).urls()) {
        all.push_back(Address::of_url(url));
    }
    return all;
}

LineEcho::LineEcho(const std::string& path)
    : listener_(listen_at(path)), stop_(::eventfd(0, EFD_CLOEXEC)), thread_([this] { run(); }) {}

LineEcho::~LineEcho() {
    const std::uint64_t one = 1;
    static_cast<void>(::write(stop_, &one, sizeof one) == sizeof one);
    thread_.join();
    ::close(listener_);
    ::close(stop_);
}

void LineEcho::run() const {
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(poll, listener_);
    watch(poll, stop_);
    std::string held;  // there is one connection
    std::array<epoll_event, 16> events{};
    for (bool goes_on = true; goes_on;) {
        const int count = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const int ready = events[static_cast<std::size_t>(i)].data.fd;
            if (ready == stop_) {
                goes_on = false;
            } else if (ready == listener_) {
                watch(poll, ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
            } else {
                echo(ready, held);
            }
        }
    }
    ::close(poll);
}

Peer::Peer(const std::vector<std::string>& command, const Address& address)
    : address_(address), number_(spawn(command)) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    for (;;) {
        try {
            const Line probe(address_);
            return;
        } catch (const std::exception& error) {
            if (::waitpid(number_, nullptr, WNOHANG) == number_) {
                number_ = -1;
                throw std::runtime_error("cannot start '" + command.front() +
                                         "': is it installed? Try scripts/install-deps peers");
            }
            if (std::chrono::steady_clock::now() >= deadline) {
                throw std::runtime_error("'" + command.front() +
                                         "' does not listen: " + error.what());
            }
        }
        std::this_thread::sleep_for(10ms);
    }
}

Peer::Peer(Peer&& other) noexcept
    : address_(other.address_), number_(std::exchange(other.number_, -1)) {}

Peer::~Peer() {
    if (number_ > 0) {
        ::kill(number_, SIGKILL);
        ::waitpid(number_, nullptr, 0);
    }
}

Peer Peer::redis(const ScratchDirectory& directory) {
    const std::string path = directory.path("redis.sock");
    return {{"redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly",
             "no", "--daemonize", "no"},
            Address::unix_socket(Wire::resp, path)};
}

// Nothing is to be thrown away, as nothing of ours is.
Peer Peer::mosquitto(const ScratchDirectory& directory) {
    const std::uint16_t port = free_port();
    const std::string path = directory.path("mosquitto.conf");
    std::ofstream(path) << "listener " << port << " 127.0.0.1\n"
                        << "allow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
                        << "max_queued_messages 0\nlog_dest none\n";
    return {{"/usr/sbin/mosquitto", "-c", path}, Address::loopback(Wire::mqtt, port)};
}

Peer Peer::nats() {
    const std::uint16_t port = free_port();
    return {{"/usr/sbin/nats-server", "-a", "127.0.0.1", "-p", std::to_string(port)},
            Address::loopback(Wire::nats, port)};
}

}  // namespace bench
