// SPDX-License-Identifier: Apache-2.0
//
// The methods of a session that ask; record.query has a file of its own.
#include <algorithm>
#include <array>

#include "aimdb/core/key.hpp"

#include "session.hpp"
#include "text.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::string_view protocol_version = "3.0";

bool is_compatible(std::string_view version) noexcept {
    return version.substr(0, version.find('.')) == "3";
}

}  // namespace

void Session::request(const Frame& frame) {
    struct Method {
        std::string_view name;
        void (Session::*answer)(std::uint64_t, const Params&);
        bool looks_at_all = false;  // records, at the cost of as much
    };
    static constexpr std::array<Method, 12> methods{{
        {"record.get", &Session::get},
        {"record.set", &Session::set},
        {"record.list", &Session::list, true},
        {"record.query", &Session::query},
        {"record.drain", &Session::drain},
        {"hello", &Session::hello, true},
        {"health", &Session::health},
        {"graph.nodes", &Session::graph_nodes, true},
        {"graph.edges", &Session::graph_edges, true},
        {"graph.topo_order", &Session::graph_order, true},
        {"profiling.reset", &Session::reset_profiling, true},
        {"buffer_metrics.reset", &Session::reset_metrics, true},
    }};
    Counters::add(hub_.counters.requests);
    const auto found = std::find_if(methods.begin(), methods.end(), [&](const auto& method) {
        return method.name == frame.method;
    });
    if (found == methods.end()) {
        refuse(*frame.id, {err::not_found, "unknown_method",
                           "no method '" + std::string(frame.method.substr(0, 64)) + "'"});
        return;
    }
    gives_way_ = found->looks_at_all;
    (this->*found->answer)(*frame.id, Params(frame.params));
}

void Session::reply(std::uint64_t id, std::string_view ok_json) {
    scratch_.clear();
    append_reply(scratch_, id, ok_json);
    if (scratch_.size() > outlet_.send_limit()) {
        refuse(id, {err::internal, "too_large",
                    "the answer has more than " + std::to_string(outlet_.send_limit()) +
                        " bytes, as the peer takes: ask for less, or agree on max_frame in "
                        "hello"});
        return;
    }
    send(scratch_);
}

void Session::refuse(std::uint64_t id, const Refusal& refusal) {
    Counters::add(hub_.counters.requests_failed);
    scratch_.clear();
    append_refusal(scratch_, id, refusal);
    send(scratch_);
}

std::optional<Refusal> Session::refusal(Action action, const ServedRecord* record) const {
    switch (action) {
        case Action::read: break;  // who may connect may read what is served
        case Action::write:
            if (!peer_.may_write) {
                return Refusal{err::denied, "not_writable", "this endpoint is read-only"};
            }
            if (record == nullptr || !record->writable) {
                return Refusal{err::denied, "not_writable",
                               record == nullptr
                                   ? std::string("no writable record of that key is served here")
                                   : "record '" + record->key() +
                                         "' is served read-only: declare it with "
                                         ".remote_writable() to let clients write it"};
            }
            break;
        case Action::reset:
            if (!peer_.may_write) {
                return Refusal{err::denied, "not_writable", "this endpoint is read-only"};
            }
            break;
    }
    return std::nullopt;
}

Catalog::Shown Session::readable() const {
    return [this](const ServedRecord& record) { return !refusal(Action::read, &record); };
}

std::vector<ServedRecord*> Session::match_readable(std::string_view topic,
                                                   std::string& fault) const {
    std::vector<ServedRecord*> records = hub_.catalog().match(topic, fault);
    std::erase_if(records, [shown = readable()](const auto* record) { return !shown(*record); });
    return records;
}

void Session::hello(std::uint64_t id, const Params& params) {
    if (!is_compatible(params.text("version").value_or(""))) {
        refuse(id, {err::version_mismatch, "version_mismatch",
                    "this server speaks AimX 3.0: send \"version\":\"3.0\""});
        return;
    }
    extensions_ = params.number("extensions") == 1;
    std::size_t agreed = 0;
    if (const auto wish = params.number("max_frame"); wish && extensions_) {
        agreed = std::clamp<std::uint64_t>(*wish, tcp_frame_limit_bytes, agreed_frame_limit_bytes);
    }
    if (agreed != 0) {
        outlet_.set_frame_limit(agreed);  // the welcome may need it already
    }
    reply(id, welcome(agreed));
}

std::string Session::welcome(std::size_t agreed_frame) const {
    bool writes = false;
    std::string writable;
    // What does not fit is in record.list, page by page.
    const std::size_t budget = outlet_.send_limit() - reply_margin_bytes - key_limit_bytes;
    for (const auto& record : hub_.catalog().records()) {
        if (writable.size() < budget && !refusal(Action::write, record.get())) {
            writable += writes ? "," : "";
            append_plain(writable, record->key());
            writes = true;
        }
    }
    std::string text = R"({"version":")";
    text += protocol_version;
    text += R"(","server":"aimdb","permissions":)";
    text += writes ? R"(["read","write"])" : R"(["read"])";
    text += R"(,"writable_records":[)" + writable + R"(],"max_subscriptions":)";
    append_number(text, subscription_limit_);
    text += R"(,"authenticated":)";
    text += hub_.wants_token(peer_.endpoint) ? "true" : "false";
    if (extensions_) {
        text += R"(,"extensions":1,"max_frame":)";
        append_number(text, agreed_frame != 0 ? agreed_frame : outlet_.send_limit());
        append_name(text, "epoch");
        append_plain(text, hub_.run_epoch());
    }
    return text + '}';
}

void Session::list(std::uint64_t id, const Params& params) {
    const bool paged = params.has("pattern") || params.has("limit") || params.has("after");
    std::string fault;
    const auto records = match_readable(params.text("pattern").value_or("#"), fault);
    const std::uint64_t limit = params.number("limit").value_or(records.size());
    const std::string after = params.text("after").value_or("");
    auto at = records.begin();
    if (!after.empty()) {
        const auto found = std::find_if(records.begin(), records.end(),
                                        [&](auto* record) { return record->key() == after; });
        at = found == records.end() ? records.end() : found + 1;
    }
    std::string rows = "[";
    std::uint64_t count = 0;
    std::string next;
    for (; at != records.end(); ++at, ++count) {
        const std::size_t before = rows.size();
        if (count < limit) {
            rows += count > 0 ? "," : "";
            hub_.catalog().append_row(**at, !refusal(Action::write, *at), extensions_ || paged,
                                      rows);
        }
        const bool fits =
            rows.size() + reply_margin_bytes + key_limit_bytes <= outlet_.send_limit();
        if (!paged && !fits && rows.size() > outlet_.send_limit()) {
            break;  // it is refused as it is
        }
        if (count == limit || (paged && count > 0 && !fits)) {
            rows.resize(before);
            next = count > 0 ? (*(at - 1))->key() : after;
            break;
        }
    }
    rows += ']';
    if (!paged) {
        reply(id, rows);
        return;
    }
    std::string page = R"({"records":)" + rows;
    if (!next.empty()) {
        append_name(page, "next");
        append_plain(page, next);
    }
    if (!fault.empty()) {
        append_name(page, "msg");
        append_text(page, fault);
    }
    reply(id, page + '}');
}

void Session::get(std::uint64_t id, const Params& params) {
    const std::optional<std::string> name = params.text("name");
    ServedRecord* const record = name ? hub_.catalog().find(*name) : nullptr;
    if (record == nullptr) {
        refuse(id, unknown_record(name.value_or("")));
        return;
    }
    if (const auto refused = refusal(Action::read, record)) {
        refuse(id, *refused);
        return;
    }
    const bool meta = params.flag("meta");
    std::string text = meta ? R"({"value":)" : "";
    const std::size_t begin = text.size();
    Stamp stamp;
    try {
        if (!record->latest(text, stamp) || (!meta && text == "null")) {
            refuse(id,
                   {err::not_found, "no_value", "record '" + record->key() + "' has no value yet"});
            return;
        }
    } catch (...) {
        refuse(id, refusal_of(std::current_exception()));
        return;
    }
    if (meta && text.size() > begin) {
        append_position(text, *record, stamp);
        text += '}';
    }
    reply(id, text);
}

void Session::health(std::uint64_t id, const Params&) { reply(id, hub_.health(true)); }

void Session::graph_nodes(std::uint64_t id, const Params&) {
    std::string text;
    hub_.catalog().append_nodes(text, outlet_.send_limit(), readable());
    reply(id, text);
}

void Session::graph_edges(std::uint64_t id, const Params&) {
    std::string text;
    hub_.catalog().append_edges(text, outlet_.send_limit(), readable());
    reply(id, text);
}

void Session::graph_order(std::uint64_t id, const Params&) {
    std::string text;
    hub_.catalog().append_order(text, outlet_.send_limit(), readable());
    reply(id, text);
}

void Session::reset_profiling(std::uint64_t id, const Params&) { reset(id, true); }
void Session::reset_metrics(std::uint64_t id, const Params&) { reset(id, false); }

void Session::reset(std::uint64_t id, bool timings) {
    if (const auto refused = refusal(Action::reset, nullptr)) {
        refuse(id, *refused);
        return;
    }
    if (timings) {
        hub_.catalog().reset_timings();
    } else {
        hub_.catalog().reset_counters();
    }
    reply(id, R"({"reset":true})");
}

}  // namespace aimdb::aimx
