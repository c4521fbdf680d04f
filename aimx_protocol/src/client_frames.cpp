// SPDX-License-Identifier: Apache-2.0
#include "client_frames.hpp"

#include <algorithm>

#include "aimdb/core/key.hpp"

#include "text.hpp"

namespace aimdb::aimx {
namespace {

void append_position(std::string& out, const ClientPosition& position) {
    out += R"({"epoch":)";
    append_text(out, position.epoch);
    append_name(out, "pos");
    append_number(out, position.pos);
    out += '}';
}

// One record by itself, or several by key.
void append_from(std::string& out, std::string_view topic, const ClientPositions& from) {
    append_name(out, "from");
    if (!is_topic_pattern(topic)) {
        append_position(out, from.begin()->second);
        return;
    }
    char separator = '{';
    for (const auto& [key, position] : from) {
        out += separator;
        append_text(out, key);
        out += ':';
        append_position(out, position);
        separator = ',';
    }
    out += '}';
}

}  // namespace

bool fits_envelope(std::string_view text) noexcept {
    const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
    });
    return plain && aimdb::detail::find_invalid_utf8(text) == text.size();
}

void make_request(std::string& out,
                  std::uint64_t id,
                  std::string_view method,
                  std::string_view params) {
    out = R"({"t":"req","id":)";
    append_number(out, id);
    append_name(out, "method");
    append_plain(out, method);
    append_name(out, "params");
    out += params.empty() ? std::string_view("null") : params;
    out += '}';
}

void make_hello(std::string& out, std::uint64_t id, const ClientOptions& options) {
    std::string params = R"({"client":)";
    append_text(params, options.name);
    params += R"(,"version":"3.0","extensions":1)";
    append_name(params, "max_frame");
    append_number(params, options.max_frame_bytes);
    if (!options.token.empty()) {
        append_name(params, "auth_token");
        append_text(params, options.token);
    }
    params += '}';
    make_request(out, id, "hello", params);
}

void make_unsub(std::string& out, std::uint64_t id) {
    out = R"({"t":"unsub","sub":")";
    append_number(out, id);
    out += "\"}";
}

void make_write(std::string& out,
                std::optional<std::uint64_t> id,
                std::string_view key,
                std::string_view json,
                bool wrapped) {
    out = R"({"t":"write")";
    if (id) {
        append_name(out, "id");
        append_number(out, *id);
    }
    append_name(out, "topic");
    append_plain(out, key);
    append_name(out, "payload");
    out += wrapped ? R"({"value":)" : "";
    out += json;
    out += wrapped ? "}}" : "}";
}

void make_sub(std::string& out, std::uint64_t id, std::string_view topic, const SubRequest& asked) {
    out = R"({"t":"sub","id":)";
    append_number(out, id);
    append_name(out, "topic");
    append_plain(out, topic);
    if (asked.since) {
        append_name(out, "since");
        append_number(out, std::max<std::int64_t>(0, to_unix_ms(*asked.since)));
    }
    if (asked.from != nullptr && !asked.from->empty()) {
        append_from(out, topic, *asked.from);
    }
    if (asked.every.count() > 0) {
        append_name(out, "every_ms");
        append_number(out, asked.every.count());
    }
    if (asked.gaps) {
        out += R"(,"gaps":true)";
    }
    out += '}';
}

}  // namespace aimdb::aimx
