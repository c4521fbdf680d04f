// SPDX-License-Identifier: Apache-2.0
#include "client_loop.hpp"

#include <algorithm>
#include <utility>

#include <asio/post.hpp>
#include <pthread.h>

#include "aimdb/core/assert.hpp"
#include "aimdb/core/detail/exception_text.hpp"

#include "dial.hpp"

namespace aimdb::aimx {
namespace {

/// How long a closed client waits for what it has sent to leave.
constexpr std::chrono::seconds farewell_limit{1};

// So that a moment and a time always have a sum.
ClientOptions within_limits(ClientOptions options) {
    for (std::chrono::milliseconds* const time :
         {&options.call_timeout, &options.dial_timeout, &options.ping_after, &options.pong_timeout,
          &options.reconnect.initial, &options.reconnect.cap}) {
        *time = std::clamp(*time, std::chrono::milliseconds(0), option_time_limit);
    }
    return options;
}

// The connection owns its inlet, but the session outlives connections.
class SessionInlet final : public Inlet {
public:
    explicit SessionInlet(ClientSession& session) : session_(session) {}
    bool on_frame(std::string_view frame) override { return session_.on_frame(frame); }
    void on_room() override { session_.on_room(); }

private:
    ClientSession& session_;
};

}  // namespace

std::string shown_url(std::string_view url) {
    const std::size_t query = url.find('?');
    if (query == std::string_view::npos) {
        return std::string(url);
    }
    const std::size_t fragment = url.find('#', query);
    std::string shown(url.substr(0, query));
    if (fragment != std::string_view::npos) {
        shown += url.substr(fragment);
    }
    return shown;
}

ClientLoop::ClientLoop(std::string_view url, ClientOptions options)
    : options_(within_limits(std::move(options))),
      url_(parse_url(url)),
      executor_(io_.get_executor()),
      work_(io_.get_executor()),
      timer_(io_),
      closing_timer_(io_),
      session_(shown_url(url), options_, *this) {
    posted_.reserve(16);
    asio::post(io_, [this] { session_.start(); });
    thread_ = std::thread([this] { run(); });
}

ClientLoop::~ClientLoop() { stop(); }

// Completions and callbacks are the program's own: what they throw is no reason to end
// it, nor for the others not to be called.
void ClientLoop::run() {
    pthread_setname_np(pthread_self(), "aimdb-aimx-cli");
    for (;;) {
        try {
            io_.run();
            return;
        } catch (...) {
            report_thrown();
        }
    }
}

void ClientLoop::report_thrown() const noexcept {
    options_.log.error("a callback threw: " + aimdb::detail::exception_text());
}

void ClientLoop::post(Task task) { add(std::unique_lock(mutex_), std::move(task)); }

void ClientLoop::add(std::unique_lock<std::mutex> lock, Task task) {
    if (stopped_) {
        lock.unlock();
        task(session_);  // closed: it only says so
        return;
    }
    posted_.push_back(std::move(task));
    if (posted_.size() == 1) {
        asio::post(io_, [this] { run_posted(); });
    }
}

void ClientLoop::submit(ClientRequest request) {
    std::unique_lock lock(mutex_);
    if (posted_.size() >= options_.sent_limit || posted_bytes_ > options_.unsent_limit_bytes) {
        lock.unlock();
        session_.refuse(request,
                        "too many calls wait for the client's thread; make fewer at "
                        "once, or raise sent_limit and unsent_limit_bytes");
        return;
    }
    posted_bytes_ += request.body.size();
    add(std::move(lock), [request = std::move(request)](ClientSession& session) mutable {
        session.submit(std::move(request));
    });
}

void ClientLoop::run_posted() {
    std::vector<Task> tasks;
    {
        const std::lock_guard lock(mutex_);
        tasks.swap(posted_);
        posted_bytes_ = 0;
    }
    for (const Task& task : tasks) {
        task(session_);
    }
    session_.flush();
}

void ClientLoop::stop() {
    if (!thread_.joinable()) {
        return;
    }
    AIMDB_ASSERT(thread_.get_id() != std::this_thread::get_id());
    post([this](ClientSession& session) {
        session.close("the client is closed");
        finish();
    });
    thread_.join();
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    run_posted();
}

// What is left to do is bounded: a connection that closes, and completions.
void ClientLoop::finish() {
    timer_.cancel();
    work_.reset();
    if (connection_) {
        closing_timer_.expires_after(farewell_limit);
        closing_timer_.async_wait([this](std::error_code error) {
            if (!error && connection_) {
                connection_->abort("the peer takes nothing");
            }
        });
    }
}

ClientStatus ClientLoop::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

void ClientLoop::watch(Watcher watcher) {
    post([this, watcher = std::move(watcher)](ClientSession& session) {
        watcher(session.status());
        watchers_.push_back(watcher);
    });
}

std::uint64_t ClientLoop::new_number() {
    const std::lock_guard lock(mutex_);
    return ++last_number_;
}

void ClientLoop::on_status(const ClientStatus& status) {
    {
        const std::lock_guard lock(mutex_);
        status_ = status;
    }
    try {
        if (options_.on_state) {
            options_.on_state(status);
        }
    } catch (...) {
        report_thrown();
    }
    for (const Watcher& watcher : watchers_) {
        watcher(status);
    }
}

double ClientLoop::random() { return std::uniform_real_distribution<double>(0.0, 1.0)(random_); }

void ClientLoop::dial() {
    const std::uint64_t generation = ++generation_;
    DialOptions how;
    how.timeout = options_.dial_timeout;
    how.token = options_.token;
    cancel_dial_ = aimx::dial(
        io_, url_, how,
        [this, generation](const std::shared_ptr<Connection>& connection, const std::string& why) {
            if (generation != generation_) {
                return;
            }
            cancel_dial_ = nullptr;
            if (connection) {
                start_connection(connection);
            } else {
                session_.disconnected(why);
            }
        });
}

void ClientLoop::start_connection(std::shared_ptr<Connection> connection) {
    connection_ = std::move(connection);
    connection_->start(std::make_unique<SessionInlet>(session_),
                       [this, generation = generation_](std::string_view reason) {
                           on_closed(generation, reason);
                       });
    session_.connected(*connection_, url_.transport);
}

void ClientLoop::on_closed(std::uint64_t generation, std::string_view reason) {
    if (generation == generation_) {
        connection_.reset();
        session_.disconnected(reason.empty() ? "the server closed the connection" : reason);
    } else if (session_.status().state == ClientState::closed) {
        connection_.reset();
        closing_timer_.cancel();
    }
}

void ClientLoop::hang_up(std::string_view reason) {
    ++generation_;
    if (const auto cancel = std::exchange(cancel_dial_, nullptr)) {
        cancel();
    }
    if (!connection_) {
        return;
    }
    // Where everything is answered there is no need to see it out.
    const ClientStatus& status = session_.status();
    if (status.state == ClientState::closed && !status.extensions) {
        connection_->close(reason);
    } else {
        std::exchange(connection_, nullptr)->abort(reason);
    }
}

SteadyTime ClientLoop::last_received() const {
    return connection_ ? connection_->last_received() : SteadyTime();
}

void ClientLoop::wake_at(SteadyTime when) {
    timer_.expires_at(when);
    timer_.async_wait([this](std::error_code error) {
        if (!error) {
            session_.tick();
        }
    });
}

}  // namespace aimdb::aimx
