// SPDX-License-Identifier: Apache-2.0
#include "reply.hpp"

#include "aimdb/core/detail/exception_text.hpp"
#include "aimdb/core/error.hpp"

#include "text.hpp"

namespace aimdb::aimx {
namespace {

std::string_view code_of(const std::error_code& code) noexcept {
    if (code.category() != error_category()) {
        return "internal";
    }
    switch (static_cast<Errc>(code.value())) {
        case Errc::unknown_record: return "unknown_record";
        case Errc::not_writable: return "not_writable";
        case Errc::invalid_pattern: return "bad_pattern";
        case Errc::decode_failed: return "decode_failed";
        case Errc::no_persistence: return "no_history";
        case Errc::shutting_down: return "shutting_down";
        case Errc::storage_unavailable: return "storage_unavailable";
        case Errc::storage_corrupt: return "storage_corrupt";
        case Errc::storage_full: return "storage_full";
        case Errc::storage_io: return "storage_io";
        case Errc::value_lost: return "value_lost";
        case Errc::value_rejected: return "value_rejected";
        case Errc::timed_out: return "timed_out";
        case Errc::limit_exceeded: return "busy";
        default: return "internal";
    }
}

}  // namespace

Refusal refusal_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const RefusedRequest& refused) {
        return refused.refusal;
    } catch (const Error& known) {
        return {err::internal, code_of(known.code()), known.what()};
    } catch (...) {
        return {err::internal, "internal", aimdb::detail::exception_text()};
    }
}

void append_reply(std::string& out, std::uint64_t id, std::string_view ok_json) {
    out += R"({"t":"reply","id":)";
    append_number(out, id);
    out += R"(,"ok":)";
    out += ok_json;
    out += '}';
}

void append_refusal(std::string& out, std::uint64_t id, const Refusal& refusal) {
    out += R"({"t":"reply","id":)";
    append_number(out, id);
    append_name(out, "err");
    append_plain(out, refusal.err);
    append_name(out, "code");
    append_plain(out, refusal.code);
    append_name(out, "msg");
    append_text(out, refusal.message);
    out += '}';
}

Refusal unknown_record(std::string_view key) {
    return {err::not_found, "unknown_record",
            "no record '" + std::string(key.substr(0, 64)) + "' is served here: see record.list"};
}

}  // namespace aimdb::aimx
