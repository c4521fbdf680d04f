// SPDX-License-Identifier: Apache-2.0
#include "aimx_fanout.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <vector>

#include "aimx_support.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

/// How many connections have how many events: tells what the slowest has.
class Standings {
public:
    explicit Standings(std::size_t connections) : at_{} { at_[0] = connections; }

    void advance(std::uint64_t from, std::uint64_t to) {
        --at_[from % at_.size()];
        ++at_[to % at_.size()];
        while (at_[slowest_ % at_.size()] == 0) {
            ++slowest_;
        }
    }
    [[nodiscard]] std::uint64_t slowest() const noexcept { return slowest_; }

private:
    std::array<std::size_t, 2 * fanout_window> at_;  // no two are further apart than a window
    std::uint64_t slowest_ = 0;
};

/// The number an event has for its subscriber: `seq` of AimX; peers carry our own.
std::uint64_t number_of(Wire wire, std::string_view text) {
    const bool aimx = wire <= Wire::websocket;
    const std::string_view before = aimx ? R"({"t":"event","seq":)" : R"({"number":)";
    std::uint64_t number = 0;
    if (text.size() <= before.size() || text.substr(0, before.size()) != before ||
        std::from_chars(text.data() + before.size(), text.data() + text.size(), number).ec !=
            std::errc()) {
        throw std::runtime_error("not an event: " + std::string(text.substr(0, 200)));
    }
    return number;
}

struct Subscriber {
    explicit Subscriber(const Address& server) : line(server) {}

    /// How many events have come altogether, after one read.
    std::uint64_t read() {
        line.receive([this](const Piece& piece) {
            if (piece.message && number_of(line.wire(), piece.text) != ++count) {
                throw std::runtime_error("event " + std::to_string(count) +
                                         " is missing: " + std::string(piece.text.substr(0, 80)));
            }
        });
        return count;
    }

    Line line;
    std::uint64_t count = 0;
};

[[noreturn]] void count_events(std::vector<Subscriber>& subscribers,
                               Window& window,
                               const Bell& room) {
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < subscribers.size(); ++i) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, subscribers[i].line.descriptor(), &event);
    }
    Standings standings(subscribers.size());
    std::array<epoll_event, 1'024> events{};
    for (;;) {
        const int count = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            Subscriber& subscriber = subscribers[events[static_cast<std::size_t>(i)].data.u64];
            const std::uint64_t before = subscriber.count;
            standings.advance(before, subscriber.read());
        }
        window.slowest.store(standings.slowest());
        const std::uint64_t wanted = window.wanted.load();
        if (wanted != 0 && standings.slowest() >= wanted && window.wanted.exchange(0) != 0) {
            room.ring();
        }
    }
}

}  // namespace

Subscribers::Subscribers(std::size_t connections, std::uint64_t window)
    : connections_(connections), window_(window), process_([this] { serve(); }) {}

void Subscribers::serve() {
    go_.wait();
    std::vector<Subscriber> subscribers;
    subscribers.reserve(connections_);
    for (std::size_t i = 0; i < connections_; ++i) {
        subscribers.emplace_back(state_->server);
        subscribe(subscribers.back().line, event_key);
    }
    room_.ring();
    count_events(subscribers, state_->window, room_);
}

void Subscribers::connect(const Address& server) {
    state_->server = server;
    go_.ring();
    room_.wait();
    process_.check();
}

void Subscribers::wait_for(std::uint64_t count) {
    Window& window = state_->window;
    while (window.slowest.load() < count) {
        window.wanted.store(count);
        if (window.slowest.load() >= count && window.wanted.exchange(0) != 0) {
            return;
        }
        room_.wait();
    }
}

double Subscribers::run(double seconds, const std::function<void(std::uint64_t)>& produce) {
    const auto deadline = Clock::now() + std::chrono::duration<double>(seconds);
    const Clock::time_point begin = Clock::now();
    const std::uint64_t first = produced_;
    while (Clock::now() < deadline) {
        const std::uint64_t room = state_->window.slowest.load() + window_ - produced_;
        if (room == 0) {
            wait_for(produced_ - window_ + 1);
            continue;
        }
        produce(room);
        produced_ += room;
    }
    wait_for(produced_);
    const std::chrono::duration<double> took = Clock::now() - begin;
    return static_cast<double>((produced_ - first) * connections_) / took.count();
}

}  // namespace bench
