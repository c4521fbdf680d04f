// SPDX-License-Identifier: Apache-2.0
#include "client_session.hpp"

#include <algorithm>
#include <utility>

#include "aimdb/core/error.hpp"

#include "client_answers.hpp"
#include "client_backoff.hpp"

namespace aimdb::aimx {

std::string_view to_string(ClientState state) noexcept {
    switch (state) {
        case ClientState::connecting: return "connecting";
        case ClientState::connected: return "connected";
        case ClientState::reconnecting: return "reconnecting";
        case ClientState::closed: return "closed";
    }
    return "unknown";
}

ClientSession::ClientSession(std::string where, const ClientOptions& options, ClientHost& host)
    : where_(std::move(where)),
      options_(options),
      host_(host),
      calls_(where_, options.offline_queue_limit, options.unsent_limit_bytes) {}

ClientSession::~ClientSession() = default;

void ClientSession::start() {
    dial();
    host_.on_status(status_);
    arm();
}

void ClientSession::close(std::string_view reason) {
    if (phase_ == Phase::closed) {
        return;
    }
    const bool was_up = phase_ != Phase::waiting && phase_ != Phase::idle;
    phase_ = Phase::closed;
    if (outlet_ != nullptr) {
        outlet_->flush();
    }
    status_.state = ClientState::closed;
    host_.on_status(status_);  // first: who sends while it is connected must see that it is not
    finish_writes();
    outlet_ = nullptr;
    const std::string why = "talk to '" + where_ + "': " + std::string(reason);
    const auto error = [&why] { return std::make_exception_ptr(Error(Errc::shutting_down, why)); };
    for (const UnsentWrite& write : std::exchange(unsent_writes_, {})) {
        write.request.answer(error(), {});
    }
    calls_.fail_sent(error);
    calls_.fail_queued([&why] {
        return std::make_exception_ptr(UnsentError(make_error_code(Errc::shutting_down), why));
    });
    by_wire_id_.clear();
    for (const auto& [number, follow] : std::exchange(follows_, {})) {
        follow->end(std::string(reason));
    }
    if (was_up) {
        host_.hang_up(reason);
    }
}

void ClientSession::dial() {
    phase_ = Phase::dialing;
    due_ = host_.now() + options_.dial_timeout;
    host_.dial();
}

void ClientSession::connected(Outlet& outlet, Transport transport) {
    outlet_ = &outlet;
    taken_bytes_ = 0;
    transport_ = transport;
    phase_ = Phase::greeting;
    greet();
    flush();
}

void ClientSession::greet() {
    hello_id_ = next_id_++;
    make_hello(frame_, hello_id_, options_);
    send_frame(frame_);
}

void ClientSession::on_hello(const Frame& frame) {
    Welcome welcome;
    if (!frame.err.empty() && frame.ok.empty()) {
        if (frame.err != "not_found") {  // which means: AimDB's WebSocket server, no hello
            const std::string message = read_text(frame.more("msg")).value_or(std::string());
            refuse(frame.err, frame.more_text("code"), message);
            return;
        }
    } else {
        welcome = read_welcome(frame.ok);
        if (!is_compatible_version(welcome.version)) {
            refuse("version_mismatch", "",
                   "it speaks AimX '" + welcome.version + "', we speak 3.0");
            return;
        }
    }
    open(welcome);
}

void ClientSession::open(const Welcome& welcome) {
    phase_ = Phase::open;
    failures_ = 0;
    awaits_pong_ = false;
    if (welcome.extensions && welcome.max_frame != 0) {
        outlet_->set_frame_limit(std::min(welcome.max_frame, agreed_frame_limit_bytes));
    }
    status_.state = ClientState::connected;
    status_.attempts = 0;
    ++status_.connections;
    status_.server = welcome.server;
    status_.epoch = welcome.epoch;
    status_.extensions = welcome.extensions;
    status_.authenticated = welcome.authenticated;
    status_.max_subscriptions = welcome.max_subscriptions;
    status_.permissions = welcome.permissions;
    status_.writable_records = welcome.writable_records;
    host_.on_status(status_);  // first: who waits to be connected looks at it
    for (const auto& [number, follow] : follows_) {
        if (!follow->paused()) {
            open_follow(number, *follow);
        }
    }
    for (ClientRequest& request : calls_.take_queued()) {
        send(std::move(request));
    }
}

// What waits would wait in vain; who calls later may find a mended server.
void ClientSession::refuse(std::string_view err, std::string_view code, std::string_view message) {
    const auto error = [&, operation = "greet '" + where_ + "'"] {
        return RemoteError(err, code, message, operation);
    };
    const std::string why = error().what();
    calls_.fail_queued([&error] { return std::make_exception_ptr(error()); });
    break_off(why);
}

void ClientSession::break_off(std::string_view why) {
    const std::string reason(why);
    outlet_ = nullptr;
    host_.hang_up(reason);
    lose(reason);
}

void ClientSession::disconnected(std::string_view why) {
    if (phase_ == Phase::dialing || phase_ == Phase::greeting || phase_ == Phase::open) {
        lose(why);
    }
    arm();
}

void ClientSession::lose(std::string_view why) {
    outlet_ = nullptr;
    unflushed_ = false;
    phase_ = Phase::waiting;
    status_.last_error = why;
    status_.attempts = ++failures_;
    status_.state = status_.connections > 0 ? ClientState::reconnecting : ClientState::connecting;
    by_wire_id_.clear();
    for (const auto& [number, follow] : follows_) {
        follow->forget_connection();
    }
    // First: whoever is told of a failure must not think that the next call could be sent.
    host_.on_status(status_);
    for (UnsentWrite& write : std::exchange(unsent_writes_, {})) {
        calls_.fail(write.request, make_error_code(Errc::outcome_unknown),
                    "the connection was lost");
    }
    calls_.fail_sent(why);
    if (options_.reconnect.attempts != 0 && failures_ >= options_.reconnect.attempts) {
        close(status_.last_error + " (gave up after " + std::to_string(failures_) + " attempts)");
        return;
    }
    due_ = host_.now() + backoff_delay(options_.reconnect, failures_, host_.random());
}

void ClientSession::tick() {
    armed_.reset();
    const SteadyTime now = host_.now();
    if (phase_ == Phase::waiting && now >= due_) {
        dial();
    } else if ((phase_ == Phase::dialing || phase_ == Phase::greeting) && now >= due_) {
        break_off(phase_ == Phase::dialing ? "connecting took too long"
                                           : "no answer to hello in time");
    } else if (phase_ == Phase::open) {
        keep_alive(now);
    }
    calls_.expire(now, status_.last_error);
    flush();
}

void ClientSession::keep_alive(SteadyTime now) {
    awaits_pong_ = awaits_pong_ && host_.last_received() <= pinged_;
    if (now < keep_alive_due()) {
        return;
    }
    if (awaits_pong_) {
        break_off("no pong came in time");
        return;
    }
    awaits_pong_ = true;
    pinged_ = now;
    send_ping([](const std::exception_ptr&, std::string_view) {});
}

SteadyTime ClientSession::keep_alive_due() const {
    return awaits_pong_ ? pinged_ + options_.pong_timeout
                        : host_.last_received() + options_.ping_after;
}

void ClientSession::flush() {
    while (std::exchange(unflushed_, false) && outlet_ != nullptr) {
        outlet_->flush();
        finish_writes();  // an answer may ask for more
    }
    arm();
}

void ClientSession::arm() {
    if (phase_ == Phase::closed) {
        return;
    }
    std::optional<SteadyTime> next = calls_.next_deadline();
    const auto consider = [&next](SteadyTime when) { next = next ? std::min(*next, when) : when; };
    if (phase_ == Phase::open) {
        consider(keep_alive_due());
    } else if (phase_ != Phase::idle) {
        consider(due_);
    }
    // A wish for earlier is enough: when it comes true all is looked at again.
    if (next && (!armed_ || *next < *armed_)) {
        armed_ = next;
        host_.wake_at(*next);
    }
}

}  // namespace aimdb::aimx
