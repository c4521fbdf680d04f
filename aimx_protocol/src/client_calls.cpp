// SPDX-License-Identifier: Apache-2.0
#include "client_calls.hpp"

#include <algorithm>
#include <utility>

#include "aimdb/aimx_protocol/detail/client_answers.hpp"

namespace aimdb::aimx {

ClientCalls::ClientCalls(std::string where, std::size_t queue_limit, std::size_t queue_limit_bytes)
    : where_(std::move(where)), queue_limit_(queue_limit), queue_limit_bytes_(queue_limit_bytes) {}

std::string ClientCalls::operation(const ClientRequest& request) const {
    switch (request.kind) {
        case ClientRequest::Kind::call: return request.name + " at '" + where_ + "'";
        case ClientRequest::Kind::write: return "write '" + request.name + "' at '" + where_ + "'";
        case ClientRequest::Kind::ping: return "ping '" + where_ + "'";
        case ClientRequest::Kind::connected: break;
    }
    return "connect to '" + where_ + "'";
}

void ClientCalls::fail(ClientRequest& request, std::error_code code, std::string_view why) const {
    request.answer(
        std::make_exception_ptr(Error(code, operation(request) + ": " + std::string(why))), {});
}

void ClientCalls::queue(ClientRequest request) {
    if (queued_.size() >= queue_limit_) {
        fail(request, make_error_code(Errc::limit_exceeded),
             std::to_string(queued_.size()) +
                 " calls already wait for a connection; raise offline_queue_limit");
        return;
    }
    if (queued_bytes_ > queue_limit_bytes_) {
        fail(request, make_error_code(Errc::limit_exceeded),
             std::to_string(queued_bytes_) +
                 " bytes already wait for a connection; raise unsent_limit_bytes");
        return;
    }
    queued_bytes_ += request.body.size();
    queued_.push_back(std::move(request));
}

std::deque<ClientRequest> ClientCalls::take_queued() {
    queued_bytes_ = 0;
    return std::exchange(queued_, {});
}

void ClientCalls::add_sent(std::uint64_t id, ClientRequest request) {
    request.body = {};
    sent_.emplace_hint(sent_.end(), id, std::move(request));
}

void ClientCalls::add_ping(ClientRequest request) { pings_.push_back(std::move(request)); }

bool ClientCalls::on_reply(const Frame& frame) {
    const auto found = sent_.find(frame.id.value_or(0));
    if (found == sent_.end()) {
        return false;
    }
    const ClientRequest request = std::move(found->second);
    sent_.erase(found);
    if (frame.err.empty() || !frame.ok.empty()) {
        request.answer(nullptr, frame.ok.empty() ? std::string_view("null") : frame.ok);
        return true;
    }
    const std::string message = read_text(frame.more("msg")).value_or(std::string());
    request.answer(std::make_exception_ptr(RemoteError(frame.err, frame.more_text("code"), message,
                                                       operation(request))),
                   {});
    return true;
}

void ClientCalls::on_pong(SteadyTime now) {
    if (pings_.empty()) {
        return;
    }
    const ClientRequest request = std::move(pings_.front());
    pings_.pop_front();
    if (request.answer) {
        request.answer(nullptr, std::to_string((now - request.asked_at).count()));
    }
}

void ClientCalls::fail_sent(std::string_view why) {
    auto sent = std::exchange(sent_, {});
    auto pings = std::exchange(pings_, {});
    const std::string lost = "the connection was lost before the answer came: " + std::string(why);
    const std::string unknown =
        "the connection was lost before the outcome was known: " + std::string(why);
    for (auto& [id, request] : sent) {
        if (request.changes) {
            fail(request, make_error_code(Errc::outcome_unknown), unknown);
        } else {
            fail(request, std::make_error_code(std::errc::connection_reset), lost);
        }
    }
    for (ClientRequest& request : pings) {
        if (request.answer) {
            fail(request, std::make_error_code(std::errc::connection_reset), lost);
        }
    }
}

void ClientCalls::fail_queued(const MakeError& error) {
    for (ClientRequest& request : take_queued()) {
        request.answer(error(), {});
    }
}

void ClientCalls::fail_sent(const MakeError& error) {
    auto sent = std::exchange(sent_, {});
    auto pings = std::exchange(pings_, {});
    for (auto& [id, request] : sent) {
        request.answer(error(), {});
    }
    for (ClientRequest& request : pings) {
        if (request.answer) {
            request.answer(error(), {});
        }
    }
}

void ClientCalls::expire_queued(SteadyTime now, std::string_view trouble) {
    const std::string offline =
        trouble.empty() ? ": not connected yet" : ": not connected: " + std::string(trouble);
    while (!queued_.empty() && queued_.front().deadline <= now) {
        const ClientRequest request = std::move(queued_.front());
        queued_.pop_front();
        queued_bytes_ -= request.body.size();
        request.answer(std::make_exception_ptr(UnsentError(make_error_code(Errc::timed_out),
                                                           operation(request) + offline)),
                       {});
    }
}

// Their places are kept: pongs have no ids, a late one must not answer the next ping.
void ClientCalls::expire_pings(SteadyTime now) {
    for (ClientRequest& ping : pings_) {
        if (ping.deadline > now) {
            break;
        }
        if (ping.answer) {
            fail(ping, make_error_code(Errc::timed_out), "no answer in time");
            ping.answer = nullptr;
        }
    }
}

void ClientCalls::expire(SteadyTime now, std::string_view trouble) {
    expire_queued(now, trouble);
    expire_pings(now);
    while (!sent_.empty() && sent_.begin()->second.deadline <= now) {
        ClientRequest request = std::move(sent_.begin()->second);
        sent_.erase(sent_.begin());
        fail(request, make_error_code(Errc::timed_out), "no answer in time");
    }
}

std::optional<SteadyTime> ClientCalls::next_deadline() const {
    std::optional<SteadyTime> next;
    const auto consider = [&next](SteadyTime deadline) {
        next = next ? std::min(*next, deadline) : deadline;
    };
    if (!queued_.empty()) {
        consider(queued_.front().deadline);
    }
    if (!sent_.empty()) {
        consider(sent_.begin()->second.deadline);
    }
    const auto ping = std::find_if(pings_.begin(), pings_.end(),
                                   [](const ClientRequest& waiting) { return !!waiting.answer; });
    if (ping != pings_.end()) {
        consider(ping->deadline);
    }
    return next;
}

}  // namespace aimdb::aimx
