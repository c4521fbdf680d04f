// SPDX-License-Identifier: Apache-2.0
//
// The part of a client's session that sends and takes frames.
#include <utility>

#include "aimdb/aimx_protocol/detail/client_answers.hpp"

#include "client_session.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::string_view reason_stopping = "closed";

std::string describe_refusal(const Frame& frame) {
    const std::string_view code = frame.more_text("code");
    std::string text(code.empty() ? frame.err : code);
    if (const std::optional<std::string> message = read_text(frame.more("msg"))) {
        text += ": " + *message;
    }
    return text;
}

}  // namespace

void ClientSession::submit(ClientRequest request) {
    request.asked_at = host_.now();
    request.deadline = request.asked_at + options_.call_timeout;
    if (phase_ == Phase::closed) {
        calls_.fail(request, make_error_code(Errc::shutting_down), "the client is closed");
    } else if (phase_ == Phase::open && outlet_->takes_frames()) {
        send(std::move(request));
    } else {
        calls_.queue(std::move(request));
    }
}

void ClientSession::refuse(ClientRequest& request, std::string_view why) const {
    calls_.fail(request, make_error_code(Errc::limit_exceeded), why);
}

void ClientSession::send(ClientRequest request) {
    switch (request.kind) {
        case ClientRequest::Kind::connected: request.answer(nullptr, "null"); return;
        case ClientRequest::Kind::write: send_write(std::move(request)); return;
        case ClientRequest::Kind::ping:
            send_frame(ping_frame);
            calls_.add_ping(std::move(request));
            return;
        case ClientRequest::Kind::call: break;
    }
    const std::uint64_t id = next_id_++;
    make_request(frame_, id, request.name, request.body);
    if (fits(request)) {
        send_frame(frame_);
        calls_.add_sent(id, std::move(request));
    }
}

// A plain server says nothing about a write, so it is done once its bytes have gone.
void ClientSession::send_write(ClientRequest request) {
    std::optional<std::uint64_t> id;
    if (status_.extensions) {
        id = next_id_++;
    }
    make_write(frame_, id, request.name, request.body, transport_ != Transport::websocket);
    if (!fits(request)) {
        return;
    }
    send_frame(frame_);
    if (id) {
        calls_.add_sent(*id, std::move(request));
    } else {
        unsent_writes_.push_back({std::move(request), taken_bytes_});
    }
}

void ClientSession::send_ping(ClientRequest::Answer answer) {
    ClientRequest request;
    request.kind = ClientRequest::Kind::ping;
    request.answer = std::move(answer);
    submit(std::move(request));
}

bool ClientSession::fits(ClientRequest& request) {
    if (calls_.sent_count() + unsent_writes_.size() >= options_.sent_limit) {
        refuse(request, std::to_string(options_.sent_limit) +
                            " calls already wait for an answer; raise sent_limit");
    } else if (outlet_->unsent() > options_.unsent_limit_bytes) {
        refuse(request, std::to_string(outlet_->unsent()) +
                            " bytes are unsent, the server takes too little; raise "
                            "unsent_limit_bytes");
    } else if (frame_.size() > outlet_->send_limit()) {
        refuse(request, "a frame of " + std::to_string(frame_.size()) +
                            " bytes; the server takes " + std::to_string(outlet_->send_limit()));
    } else {
        return true;
    }
    return false;
}

void ClientSession::send_frame(std::string_view frame) {
    const std::size_t before = outlet_->unsent();
    outlet_->send(frame);
    taken_bytes_ += outlet_->unsent() - before;
    unflushed_ = true;
}

void ClientSession::on_room() {
    finish_writes();
    flush();
}

// What a connection kept at its end may have gone or not: that is for lose() to say.
void ClientSession::finish_writes() {
    while (!unsent_writes_.empty() && outlet_ != nullptr && outlet_->takes_frames() &&
           unsent_writes_.front().end + outlet_->unsent() <= taken_bytes_) {
        const ClientRequest request = std::move(unsent_writes_.front().request);
        unsent_writes_.pop_front();
        request.answer(nullptr, {});
    }
}

void ClientSession::follow(std::uint64_t number, std::unique_ptr<ClientFollow> follow) {
    if (phase_ == Phase::closed) {
        follow->end("the client is closed");
        return;
    }
    ClientFollow& added = *follow;
    follows_.emplace(number, std::move(follow));
    if (phase_ == Phase::open) {
        open_follow(number, added);
    }
}

void ClientSession::open_follow(std::uint64_t number, ClientFollow& follow) {
    const std::uint64_t id = next_id_++;
    follow.open(frame_, id, status_.extensions, outlet_->send_limit());
    by_wire_id_.emplace(id, number);
    send_frame(frame_);
}

void ClientSession::unfollow(std::uint64_t number) {
    const auto found = follows_.find(number);
    if (found != follows_.end()) {
        leave(*found->second);
        follows_.erase(found);
    }
}

void ClientSession::take_up(std::uint64_t number) {
    const auto found = follows_.find(number);
    if (found == follows_.end() || !found->second->paused()) {
        return;
    }
    if (phase_ == Phase::open) {
        open_follow(number, *found->second);
    } else {
        found->second->resume();  // the queue says it once: the next connection opens it
    }
}

// Ends the server's side of it.
void ClientSession::leave(ClientFollow& follow) {
    if (follow.wire_id() != 0 && outlet_ != nullptr) {
        by_wire_id_.erase(follow.wire_id());
        make_unsub(frame_, follow.wire_id());
        send_frame(frame_);
    }
    follow.forget_connection();
}

bool ClientSession::on_frame(std::string_view text) {
    if (outlet_ == nullptr) {
        return false;
    }
    awaits_pong_ = false;
    Frame frame;
    if (read_frame(text, frame)) {
        switch (frame.kind) {
            case FrameKind::reply: on_reply(frame); break;
            case FrameKind::pong: calls_.on_pong(host_.now()); break;
            case FrameKind::event:
            case FrameKind::snap:
            case FrameKind::subscribed:
            case FrameKind::live:
            case FrameKind::gap:
            case FrameKind::ended: on_update(frame); break;
            default: break;  // a server does not send the others
        }
    }
    flush();
    return outlet_ != nullptr;
}

void ClientSession::on_reply(const Frame& frame) {
    if (phase_ == Phase::greeting) {
        if (frame.id == hello_id_) {
            on_hello(frame);
        }
        return;
    }
    if (calls_.on_reply(frame) || frame.err.empty()) {
        return;  // an `ok` for a subscription says nothing
    }
    const std::uint64_t id = frame.id.value_or(0);
    const bool stopping = frame.more_text("code") == "shutting_down";
    end_follow(id, stopping ? std::string(reason_stopping) : describe_refusal(frame));
}

ClientFollow* ClientSession::followed(std::string_view sub) const {
    const auto found = by_wire_id_.find(read_number(sub).value_or(0));
    return found == by_wire_id_.end() ? nullptr : follows_.at(found->second).get();
}

void ClientSession::on_update(const Frame& frame) {
    ClientFollow* const follow = followed(frame.sub);
    if (follow == nullptr) {
        return;
    }
    switch (frame.kind) {
        case FrameKind::event:
        case FrameKind::snap:
            if (!follow->on_value(frame, frame.kind == FrameKind::snap ? UpdateKind::snapshot
                                                                       : UpdateKind::event)) {
                leave(*follow);
            }
            break;
        case FrameKind::subscribed: follow->on_subscribed(frame); break;
        case FrameKind::live: follow->on_live(); break;
        case FrameKind::gap:
            if (!follow->on_gap(frame)) {
                leave(*follow);
            }
            break;
        default: end_follow(follow->wire_id(), std::string(frame.more_text("reason"))); break;
    }
}

// A server that stops ends its subscriptions; the next connection opens them again.
void ClientSession::end_follow(std::uint64_t wire_id, std::string reason) {
    const auto found = by_wire_id_.find(wire_id);
    if (found == by_wire_id_.end()) {
        return;
    }
    const std::uint64_t number = found->second;
    by_wire_id_.erase(found);
    if (reason == reason_stopping) {
        follows_.at(number)->forget_connection();
        return;
    }
    follows_.at(number)->end(std::move(reason));
    follows_.erase(number);
}

}  // namespace aimdb::aimx
