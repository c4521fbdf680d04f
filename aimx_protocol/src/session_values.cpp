// SPDX-License-Identifier: Apache-2.0
//
// Values in and out: record.set, `write` and record.drain.
#include <utility>

#include "session.hpp"
#include "text.hpp"

namespace aimdb::aimx {

// What was written is written, whether or not it can be told.
void Session::append_echo(const ServedRecord& record, std::string& out) const {
    std::string echo;
    Stamp stamp;
    try {
        if (record.kind() != BufferKind::spmc_ring && record.latest(echo, stamp) &&
            echo.size() + reply_margin_bytes < outlet_.send_limit()) {
            append_name(out, "value");
            out += echo;
        }
    } catch (...) {  // its codec cannot write it: AimX lets `value` be absent
    }
}

void Session::set(std::uint64_t id, const Params& params) {
    const std::optional<std::string> name = params.text("name");
    const std::string_view value = params.raw("value");
    if (!name || value.empty()) {
        refuse(id, {err::internal, "bad_params",
                    name ? "record.set wants a member value" : "record.set wants a string name"});
        return;
    }
    const ServedRecord* const record = hub_.catalog().find(*name);
    if (const auto refused = refusal(Action::write, record)) {
        Counters::add(hub_.counters.writes_refused);
        refuse(id, *refused);
        return;
    }
    try {
        const Position position = record->write(value);
        Counters::add(hub_.counters.writes);
        if (!position) {
            throw Error(Errc::shutting_down, "write '" + *name + "'");
        }
        std::string text = R"({"status":"success")";
        append_echo(*record, text);
        if (extensions_) {
            append_name(text, "pos");
            append_number(text, position.sequence);
            append_name(text, "epoch");
            append_plain(text, record->epoch);
        }
        reply(id, text + '}');
    } catch (...) {
        refuse(id, refusal_of(std::current_exception()));
    }
}

void Session::drain(std::uint64_t id, const Params& params) {
    const std::optional<std::string> name = params.text("name");
    const ServedRecord* const record = name ? hub_.catalog().find(*name) : nullptr;
    if (!name) {
        refuse(id, {err::internal, "bad_params", "record.drain wants a string name"});
    } else if (record == nullptr) {
        refuse(id, unknown_record(*name));
    } else if (const auto refused = refusal(Action::read, record)) {
        refuse(id, *refused);
    } else {
        std::string text = R"({"record_name":)";
        append_plain(text, record->key());
        append_name(text, "values");
        drain_into(*record, params.number("limit").value_or(~std::uint64_t{0}), text);
        reply(id, text);
    }
}

// What does not fit the frame stays for the next drain.
void Session::drain_into(const ServedRecord& record, std::uint64_t limit, std::string& out) {
    Drain& drain = drains_[&record];
    if (!drain.stream) {
        drain.stream = record.open(ReadFrom::standard());
    }
    const std::size_t budget = outlet_.send_limit() - reply_margin_bytes;
    const bool conflates = record.kind() == BufferKind::single_latest;
    std::uint64_t count = 0;
    bool more = false;
    std::string json;
    out += '[';
    while (count < limit && !more) {
        Stamp stamp;
        Took took = Took::value;
        if (drain.put_back) {
            json = std::move(*drain.put_back);
            drain.put_back.reset();
        } else {
            took = drain.stream->take(json, stamp);
        }
        if (took == Took::nothing) {
            break;
        }
        drain.lost += (conflates ? 0 : stamp.skipped) + (took == Took::unencodable ? 1 : 0);
        if (took == Took::unencodable) {
            continue;
        }
        if (out.size() + json.size() > budget) {
            more = count > 0;
            if (more) {
                drain.put_back = std::move(json);
            } else {
                ++drain.lost;  // no frame could carry it
            }
            continue;
        }
        out += count++ > 0 ? "," : "";
        out += json;
    }
    out += R"(],"count":)";
    append_number(out, count);
    const std::uint64_t lost = std::exchange(drain.lost, 0);
    if (extensions_) {
        append_name(out, "lost");
        append_number(out, lost);
        append_name(out, "more");
        out += more ? "true" : "false";
    }
    out += '}';
}

void Session::write(const Frame& frame) {
    const ServedRecord* const record = hub_.catalog().find(frame.topic);
    std::optional<Refusal> refused = refusal(Action::write, record);
    Position position;
    if (!refused) {
        try {
            position = write_payload(*record, frame.payload.empty() ? "null" : frame.payload);
            if (!position) {
                throw Error(Errc::shutting_down, "write '" + record->key() + "'");
            }
        } catch (...) {
            refused = refusal_of(std::current_exception());
        }
    }
    Counters::add(refused ? hub_.counters.writes_refused : hub_.counters.writes);
    if (!frame.id) {
        return;
    }
    if (refused) {
        refuse(*frame.id, *refused);
        return;
    }
    std::string text = R"({"status":"success","pos":)";
    append_number(text, position.sequence);
    append_name(text, "epoch");
    append_plain(text, record->epoch);
    reply(*frame.id, text + '}');
}

// On Unix sockets and TCP a member `value` of the payload is the value; but some
// clients send a record bare that has such a member itself.
Position Session::write_payload(const ServedRecord& record, std::string_view payload) const {
    if (peer_.transport == Transport::websocket || payload[0] != '{') {
        return record.write(payload);
    }
    const std::string_view value = Params(payload).raw("value");
    if (value.empty()) {
        return record.write(payload);
    }
    try {
        return record.write(value);
    } catch (const Error&) {
        if (!record.takes_member(payload, "value")) {
            throw;
        }
        return record.write(payload);
    }
}

}  // namespace aimdb::aimx
