// SPDX-License-Identifier: Apache-2.0
#include "server_loop.hpp"

#include <algorithm>

#include <asio/post.hpp>
#include <pthread.h>

#include "aimdb/core/detail/exception_text.hpp"

#include "metrics.hpp"
#include "session.hpp"

namespace aimdb::aimx {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t stream_subscriptions = 32;
constexpr std::size_t websocket_subscriptions = 1'024;
constexpr auto close_poll = 2ms;
// Subscriptions that tell nothing for so long are not waited for at a stop.
constexpr auto feed_patience = 200ms;

std::int64_t steady_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

AimxOptions with_defaults(AimxOptions options) {
    for (AimxEndpoint& endpoint : options.endpoints) {
        const bool websocket = endpoint.url.starts_with("ws://");
        if (endpoint.subscription_limit == 0) {
            endpoint.subscription_limit =
                websocket ? websocket_subscriptions : stream_subscriptions;
        }
    }
    return options;
}

}  // namespace

ServerLoop::ServerLoop(Database& database,
                       const AimxOptions& options,
                       std::vector<std::unique_ptr<ServedRecord>> records)
    : loop_(std::make_shared<asio::io_context>(1)),
      work_(loop_->get_executor()),
      hub_(database, loop_, with_defaults(options), std::move(records), steady_ms),
      timer_(*loop_),
      close_timer_(*loop_) {
    for (std::size_t i = 0; i < hub_.options().endpoints.size(); ++i) {
        listeners_.push_back(listen(*loop_, hub_.options().endpoints[i], i, hub_.options(), *this));
    }
}

ServerLoop::~ServerLoop() {
    loop_->stop();
    if (thread_.joinable()) {
        thread_.join();
    }
    for (const auto& listener : listeners_) {
        listener->stop();
        listener->abort_connections();
    }
    listeners_.clear();
    // What connections still wait for ends with them, while the hub is there.
    try {
        loop_->restart();
        loop_->poll();
    } catch (...) {
        report_thrown();
    }
}

void ServerLoop::start() {
    hub_.start();
    hub_.timers().on_earlier([this] { arm_timer(); });
    for (const auto& listener : listeners_) {
        listener->start();
    }
    arm_timer();
    thread_ = std::thread([this] { run(); });
}

void ServerLoop::report_thrown() const noexcept {
    hub_.log().error("a handler threw: " + aimdb::detail::exception_text());
}

void ServerLoop::run() {
    pthread_setname_np(pthread_self(), "aimdb-aimx");
    for (;;) {
        try {
            loop_->run();
            return;
        } catch (...) {  // a connection's trouble is not the others'
            report_thrown();
        }
    }
}

void ServerLoop::arm_timer() {
    const auto due_ms = hub_.timers().next_due_ms();
    if (!due_ms) {
        return;
    }
    timer_.expires_after(
        std::chrono::milliseconds(std::max<std::int64_t>(1, *due_ms - hub_.timers().now_ms())));
    timer_.async_wait([this](std::error_code error) {
        if (error) {
            return;
        }
        try {
            hub_.timers().run();
        } catch (...) {
            report_thrown();
        }
        arm_timer();
    });
}

void ServerLoop::stop_accepting() {
    asio::post(*loop_, [this] {
        for (const auto& listener : listeners_) {
            listener->stop();
        }
    });
}

bool ServerLoop::stop(Module::Deadline deadline) {
    if (!thread_.joinable()) {
        return true;
    }
    asio::post(*loop_, [this, deadline] {
        for (const auto& listener : listeners_) {
            listener->stop();
        }
        hub_.end_replays();
        await_feeds(deadline, std::chrono::steady_clock::now(), 0);
    });
    thread_.join();
    return !cut_;
}

std::size_t ServerLoop::connections() const {
    std::size_t open = 0;
    for (const auto& listener : listeners_) {
        open += listener->connections();
    }
    return open;
}

// The records are closed by now: subscriptions end by themselves, once they have
// told what is left. Then the connections close; also when nobody takes anything,
// because a closing connection no longer waits for its peer to be done asking.
void ServerLoop::await_feeds(Module::Deadline deadline,
                             Module::Deadline last_told,
                             std::uint64_t told) {
    const auto now = std::chrono::steady_clock::now();
    const std::uint64_t told_now = hub_.counters.events_sent;
    if (told_now != told) {
        last_told = now;
    }
    // First, because what follows may throw; where it is the end, await_close()
    // takes the timer over.
    close_timer_.expires_after(close_poll);
    close_timer_.async_wait([this, deadline, last_told, told_now](std::error_code error) {
        if (!error) {
            await_feeds(deadline, last_told, told_now);
        }
    });
    if (hub_.counters.subscriptions_open == 0 || now >= deadline ||
        now - last_told >= feed_patience) {
        for (const auto& listener : listeners_) {
            listener->close_connections("the database stops");
        }
        await_close(deadline);
    }
}

void ServerLoop::await_close(Module::Deadline deadline) {
    close_timer_.expires_after(close_poll);
    close_timer_.async_wait([this, deadline](std::error_code error) {
        if (!error) {
            await_close(deadline);
        }
    });
    if (connections() == 0 || std::chrono::steady_clock::now() >= deadline) {
        cut_ = connections() > 0;
        for (const auto& listener : listeners_) {
            listener->abort_connections();
        }
        timer_.cancel();
        work_.reset();
        loop_->stop();
    }
}

std::vector<std::string> ServerLoop::urls() const {
    std::vector<std::string> urls;
    for (const auto& listener : listeners_) {
        urls.push_back(listener->url());
    }
    return urls;
}

ServerStats ServerLoop::stats() const {
    const Counters& counted = hub_.counters;
    ServerStats stats;
    stats.connections_open = counted.connections_open.load();
    stats.connections_accepted = counted.connections_accepted.load();
    stats.connections_refused = counted.connections_refused.load();
    stats.connections_cut = counted.connections_cut.load();
    stats.subscriptions_open = counted.subscriptions_open.load();
    stats.frames_in = counted.frames_in.load();
    stats.frames_malformed = counted.frames_malformed.load();
    stats.requests = counted.requests.load();
    stats.requests_failed = counted.requests_failed.load();
    stats.events_sent = counted.events_sent.load();
    stats.events_lost = counted.events_lost.load();
    stats.writes = counted.writes.load();
    stats.writes_refused = counted.writes_refused.load();
    return stats;
}

std::unique_ptr<Inlet> ServerLoop::open_session(const Peer& peer, Outlet& outlet) {
    const std::size_t subscriptions = hub_.options().endpoints[peer.endpoint].subscription_limit;
    return std::make_unique<Session>(hub_, peer, outlet, subscriptions);
}

bool ServerLoop::token_opens(std::size_t endpoint, std::string_view token) const {
    return hub_.token_opens(endpoint, token);
}

std::string ServerLoop::health_json() const { return hub_.health(false); }

std::string ServerLoop::metrics_text() const { return describe_metrics(hub_.database(), stats()); }

void ServerLoop::report(const Peer& peer, std::string_view what) {
    hub_.log().info(peer.name + ": " + std::string(what));
}

}  // namespace aimdb::aimx
