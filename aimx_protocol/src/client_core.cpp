// SPDX-License-Identifier: Apache-2.0
#include "aimdb/aimx_protocol/detail/client_core.hpp"

#include <algorithm>
#include <utility>

#include "aimdb/core/error.hpp"
#include "aimdb/core/key.hpp"

#include "client_answers.hpp"
#include "client_flows.hpp"
#include "client_loop.hpp"
#include "text.hpp"
#include "text_scan.hpp"

namespace aimdb::aimx {
namespace {

// Decodes on the client's thread what was answered.
template <typename R, typename Read>
ClientRequest::Answer reading(ClientCore::Handler<R> handler, Read read) {
    return [handler = std::move(handler), read](std::exception_ptr error, std::string_view json) {
        R result{};
        if (!error) {
            try {
                result = read(json);
            } catch (const std::exception&) {  // handed on to the caller
                error = std::current_exception();
            }
        }
        handler(std::move(error), std::move(result));
    };
}

bool changes_something(std::string_view method) noexcept {
    return method == "record.set" || method == "record.drain" || method.ends_with(".reset");
}

ClientRequest request_for(std::string method, std::string params, ClientRequest::Answer answer) {
    ClientRequest request;
    request.changes = changes_something(method);
    request.name = std::move(method);
    request.body = std::move(params);
    request.answer = std::move(answer);
    return request;
}

Error cannot_travel(Errc code, const char* what, std::string_view text) {
    return {code, std::string(what) + " '" + std::string(text) +
                      "': quotes, backslashes and control characters cannot travel in AimX"};
}

// Checks what is sent as it is. Line breaks would end the line on a Unix socket; outside
// of strings, where JSON forbids them, they are white space like any other.
bool fit_json(std::string& json) {
    const char* at = json.data();
    const char* const end = at + json.size();
    if (!skip_json(at, end)) {
        return false;
    }
    skip_white_space(at, end);
    if (at != end || aimdb::detail::find_invalid_utf8(json) != json.size()) {
        return false;
    }
    std::replace_if(
        json.begin(), json.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return true;
}

std::exception_ptr no_json(const std::string& operation) {
    return std::make_exception_ptr(Error(std::make_error_code(std::errc::invalid_argument),
                                         operation + ": this is no JSON text"));
}

}  // namespace

std::string name_params(std::string_view key) {
    std::string params = R"({"name":)";
    append_text(params, key);
    params += '}';
    return params;
}

ClientCore::ClientCore(std::string_view url, ClientOptions options)
    : loop_(std::make_unique<ClientLoop>(url, std::move(options))) {}

ClientCore::~ClientCore() = default;

void ClientCore::close() {
    loop_->post([](ClientSession& session) { session.close("the client is closed"); });
}

void ClientCore::stop() { loop_->stop(); }

ClientStatus ClientCore::status() const { return loop_->status(); }

const asio::any_io_executor& ClientCore::executor() const noexcept { return loop_->executor(); }

void ClientCore::watch(std::function<void(const ClientStatus&)> watcher) {
    loop_->watch(std::move(watcher));
}

void ClientCore::call(std::string method, std::string params, Handler<std::string> handler) {
    if (!fits_envelope(method)) {
        handler(std::make_exception_ptr(cannot_travel(Errc::invalid_key, "call", method)), {});
        return;
    }
    if (!params.empty() && !fit_json(params)) {
        handler(no_json("call " + method), {});
        return;
    }
    loop_->submit(request_for(
        std::move(method), std::move(params),
        reading(std::move(handler), [](std::string_view json) { return std::string(json); })));
}

void ClientCore::when_connected(Done handler) {
    ClientRequest request;
    request.kind = ClientRequest::Kind::connected;
    request.answer = [handler = std::move(handler)](std::exception_ptr error, std::string_view) {
        handler(std::move(error));
    };
    loop_->submit(std::move(request));
}

void ClientCore::ping(Handler<std::chrono::nanoseconds> handler) {
    ClientRequest request;
    request.kind = ClientRequest::Kind::ping;
    request.answer = reading(std::move(handler), [](std::string_view json) {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(read_number(json).value_or(0)));
    });
    loop_->submit(std::move(request));
}

void ClientCore::list(std::string pattern, Handler<std::vector<RemoteRecord>> handler) {
    list_records(*loop_, std::move(pattern), std::move(handler));
}

void ClientCore::query(HistoryQuery query, Handler<HistoryPage> handler) {
    query_history(*loop_, std::move(query), std::move(handler));
}

void ClientCore::set(std::string_view key, std::string json, Handler<std::string> handler) {
    if (!fit_json(json)) {
        handler(no_json("set '" + std::string(key) + "'"), {});
        return;
    }
    std::string params = name_params(key);
    params.pop_back();
    append_name(params, "value");
    params += json;
    params += '}';
    loop_->submit(
        request_for("record.set", std::move(params), reading(std::move(handler), read_set_value)));
}

void ClientCore::drain(std::string_view key,
                       std::optional<std::uint64_t> limit,
                       Handler<DrainResult> handler) {
    std::string params = name_params(key);
    if (limit) {
        params.pop_back();
        append_name(params, "limit");
        append_number(params, *limit);
        params += '}';
    }
    loop_->submit(
        request_for("record.drain", std::move(params), reading(std::move(handler), read_drain)));
}

void ClientCore::write(std::string_view key, std::string json, Handler<WriteOutcome> handler) {
    if (!fits_envelope(key)) {
        handler(std::make_exception_ptr(cannot_travel(Errc::invalid_key, "write", key)), {});
        return;
    }
    if (!fit_json(json)) {
        handler(no_json("write '" + std::string(key) + "'"), {});
        return;
    }
    ClientRequest request = request_for(
        std::string(key), std::move(json), reading(std::move(handler), [](std::string_view answer) {
            return answer.empty() ? WriteOutcome() : read_outcome(answer);
        }));
    request.kind = ClientRequest::Kind::write;
    request.changes = true;
    loop_->submit(std::move(request));
}

Subscription ClientCore::subscribe(std::string_view topic, const SubscribeOptions& options) {
    if (!fits_envelope(topic)) {
        throw cannot_travel(Errc::invalid_pattern, "subscribe to", topic);
    }
    const std::uint64_t number = loop_->new_number();
    auto follow = std::make_shared<std::unique_ptr<ClientFollow>>(
        std::make_unique<ClientFollow>(topic, options, loop_->options().subscription_queue_limit));
    std::shared_ptr<UpdateQueue> queue = (*follow)->queue();
    queue->on_room([weak = weak_from_this(), number] {
        if (const auto core = weak.lock()) {
            core->loop_->post([number](ClientSession& session) { session.take_up(number); });
        }
    });
    loop_->post(
        [follow, number](ClientSession& session) { session.follow(number, std::move(*follow)); });
    return {shared_from_this(), std::move(queue), number};
}

void ClientCore::unsubscribe(std::uint64_t number) {
    loop_->post([number](ClientSession& session) { session.unfollow(number); });
}

}  // namespace aimdb::aimx
