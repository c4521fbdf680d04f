// SPDX-License-Identifier: Apache-2.0
#include "aimdb/aimx_protocol/detail/link_port.hpp"

#include <algorithm>
#include <utility>

#include <asio/async_result.hpp>

#include "aimdb/core/error.hpp"

#include "client_loop.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::size_t queue_limit_updates = 1'024;

// Whether a write that failed may have been done.
bool is_unknown(const std::exception_ptr& error, std::string& text) {
    try {
        std::rethrow_exception(error);
    } catch (const RemoteError& refusal) {
        text = refusal.what();
        return false;
    } catch (const UnsentError& unsent) {
        text = unsent.what();
        return false;
    } catch (const std::system_error& failure) {
        text = failure.what();
        return failure.code() == Errc::outcome_unknown || failure.code() == Errc::timed_out ||
               failure.code() == Errc::shutting_down;
    }
}

}  // namespace

LinkPort::LinkPort(StageKind kind,
                   std::string record,
                   std::string_view url,
                   const LinkOptions& options)
    : kind_(kind), record_(std::move(record)), url_(url), options_(options) {
    counts_.record = record_;
    counts_.url = shown_url(url);
    counts_.kind = kind;
}

LinkInfo LinkPort::info() const {
    ClientStatus status;
    if (core_) {
        status = core_->status();
    }
    const std::lock_guard lock(mutex_);
    LinkInfo info = counts_;
    info.state = status.state;
    info.reconnects = status.connections > 0 ? status.connections - 1 : 0;
    if (status.state != ClientState::connected && !status.last_error.empty()) {
        info.last_error = status.last_error;
    }
    return info;
}

void LinkPort::connect(std::shared_ptr<ClientCore> core, std::string remote_key) {
    core_ = std::move(core);
    remote_key_ = std::move(remote_key);
    core_->watch([weak = weak_from_this()](const ClientStatus& status) {
        if (const auto port = weak.lock()) {
            port->on_status(status);
        }
    });
}

void LinkPort::on_status(const ClientStatus& status) {
    std::unique_lock lock(mutex_);
    connected_ = status.state == ClientState::connected;
    if (!connected_ && !status.last_error.empty()) {
        counts_.last_error = status.last_error;
    }
    wake(lock);
}

void LinkPort::begin_stop() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    const std::shared_ptr<UpdateQueue> updates = updates_;
    wake(lock);
    if (updates) {
        updates->close();
    }
}

void LinkPort::finish_stop() {
    std::unique_lock lock(mutex_);
    finished_ = true;
    connected_ = false;
    wake(lock);
}

std::size_t LinkPort::room() const {
    const std::lock_guard lock(mutex_);
    return room_now();
}

std::size_t LinkPort::room_now() const noexcept {
    return connected_ && counts_.pending < options_.window
               ? options_.window - static_cast<std::size_t>(counts_.pending)
               : 0;
}

bool LinkPort::gives_up() const {
    const std::lock_guard lock(mutex_);
    return finished_ || (stopping_ && !connected_);
}

bool LinkPort::stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_ || finished_;
}

bool LinkPort::satisfied(bool for_answers) const {
    if (finished_) {
        return true;
    }
    const bool given_up = stopping_ && !connected_;
    return given_up || (for_answers ? counts_.pending == 0 : room_now() > 0);
}

bool LinkPort::begin_wait(bool for_answers) {
    const std::lock_guard lock(mutex_);
    waits_for_answers_ = for_answers;
    waiting_ = !satisfied(for_answers);
    return waiting_;
}

Awaitable<void> LinkPort::wait(bool for_answers) {
    auto initiation = [](auto handler, std::shared_ptr<LinkPort> port, bool answers) {
        port->wakeup_->arm(std::move(handler), asio::any_io_executor());
        if (!port->begin_wait(answers)) {
            port->wakeup_->fire();
        }
    };
    asio::use_awaitable_t<> token;
    return asio::async_initiate<asio::use_awaitable_t<>, void(std::error_code)>(
        initiation, token, shared_from_this(), for_answers);
}

void LinkPort::wake(std::unique_lock<std::mutex>& lock) {
    const bool fire = waiting_ && satisfied(waits_for_answers_);
    waiting_ = waiting_ && !fire;
    lock.unlock();
    if (fire) {
        wakeup_->fire();
    }
}

void LinkPort::write(std::string json) {
    {
        const std::lock_guard lock(mutex_);
        ++counts_.pending;
    }
    core_->write(remote_key_, std::move(json),
                 [port = shared_from_this()](const std::exception_ptr& error, const WriteOutcome&) {
                     port->on_written(error);
                 });
}

void LinkPort::on_written(const std::exception_ptr& error) {
    std::string text;
    const bool unknown = error && is_unknown(error, text);
    std::unique_lock lock(mutex_);
    --counts_.pending;
    ++(!error ? counts_.delivered : unknown ? counts_.unknown : counts_.lost);
    if (error) {
        counts_.last_error = text;
    }
    wake(lock);
}

Subscription LinkPort::subscribe(const SubscribeOptions& options) {
    SubscribeOptions wanted = options;
    wanted.queue_limit = queue_limit_updates;
    Subscription updates = core_->subscribe(remote_key_, wanted);
    std::unique_lock lock(mutex_);
    updates_ = updates.queue();
    if (stopping_) {
        lock.unlock();
        updates.queue()->close();
    }
    return updates;
}

void LinkPort::count_delivered() {
    const std::lock_guard lock(mutex_);
    ++counts_.delivered;
}

void LinkPort::count_interruption() {
    const std::lock_guard lock(mutex_);
    ++counts_.interruptions;
}

void LinkPort::count_lost(std::uint64_t values) {
    if (values != 0) {
        const std::lock_guard lock(mutex_);
        counts_.lost += values;
    }
}

void LinkPort::note_error(std::string_view text) {
    const std::lock_guard lock(mutex_);
    counts_.last_error = text;
}

}  // namespace aimdb::aimx
