// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <system_error>

#include "aimdb/aimx_protocol/detail/client_answers.hpp"

namespace aimdb::aimx {
namespace {

struct Meaning {
    std::string_view word;
    std::error_code code;
};

// The finer words first; the four of plain AimX are what is left.
const std::array<Meaning, 28>& meanings() {
    static const std::array<Meaning, 28> table{
        {{"unknown_record", make_error_code(Errc::unknown_record)},
         {"no_value", make_error_code(Errc::unknown_record)},
         {"unknown_method", std::make_error_code(std::errc::function_not_supported)},
         {"not_writable", make_error_code(Errc::not_writable)},
         {"limit_exceeded", make_error_code(Errc::limit_exceeded)},
         {"duplicate_subscription", std::make_error_code(std::errc::file_exists)},
         {"not_authenticated", std::make_error_code(std::errc::permission_denied)},
         {"bad_params", std::make_error_code(std::errc::invalid_argument)},
         {"decode_failed", make_error_code(Errc::decode_failed)},
         {"no_history", make_error_code(Errc::no_persistence)},
         {"no_persistence", make_error_code(Errc::no_persistence)},
         {"too_large", make_error_code(Errc::limit_exceeded)},
         {"timed_out", make_error_code(Errc::timed_out)},
         {"busy", make_error_code(Errc::limit_exceeded)},
         {"shutting_down", make_error_code(Errc::shutting_down)},
         {"storage_unavailable", make_error_code(Errc::storage_unavailable)},
         {"storage_corrupt", make_error_code(Errc::storage_corrupt)},
         {"storage_locked", make_error_code(Errc::storage_locked)},
         {"storage_too_new", make_error_code(Errc::storage_too_new)},
         {"storage_foreign", make_error_code(Errc::storage_foreign)},
         {"storage_full", make_error_code(Errc::storage_full)},
         {"storage_read_only", make_error_code(Errc::storage_read_only)},
         {"storage_io", make_error_code(Errc::storage_io)},
         {"value_rejected", make_error_code(Errc::value_rejected)},
         {"not_found", make_error_code(Errc::unknown_record)},
         {"denied", make_error_code(Errc::not_writable)},
         {"version_mismatch", std::make_error_code(std::errc::protocol_not_supported)},
         {"internal", std::make_error_code(std::errc::protocol_error)}}};
    return table;
}

std::error_code find_meaning(std::string_view word, std::error_code otherwise) {
    const auto& table = meanings();
    const auto found = std::find_if(table.begin(), table.end(), [word](const Meaning& meaning) {
        return meaning.word == word;
    });
    return found == table.end() ? otherwise : found->code;
}

std::error_code meaning_of(std::string_view err, std::string_view code) {
    const std::error_code plain =
        find_meaning(err, std::make_error_code(std::errc::protocol_error));
    return code.empty() ? plain : find_meaning(code, plain);
}

std::string describe(std::string_view err, std::string_view code, std::string_view msg) {
    std::string text = ": the server says " + std::string(err);
    if (!code.empty() && code != err) {
        text += " (" + std::string(code) + ")";
    }
    if (!msg.empty()) {
        text += ", \"" + std::string(msg) + "\"";
    }
    return text;
}

}  // namespace

RemoteError::RemoteError(std::string_view err,
                         std::string_view code,
                         std::string_view msg,
                         const std::string& operation)
    : Error(meaning_of(err, code), operation + describe(err, code, msg)),
      err_(err),
      code_(code),
      msg_(msg) {}

}  // namespace aimdb::aimx
