// SPDX-License-Identifier: Apache-2.0
//
// Putting JSON text together.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace aimdb::aimx {

template <std::integral Integer>
void append_number(std::string& out, Integer number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

/// Appends a quoted and escaped string; bytes that are no UTF-8 become '?'.
void append_text(std::string& out, std::string_view text);

/// Appends `text` in quotes as it is: for keys, numbers and words of our own,
/// which never need an escape.
inline void append_plain(std::string& out, std::string_view text) {
    out += '"';
    out += text;
    out += '"';
}

/// Appends `,"name":` for a member that is not the first.
inline void append_name(std::string& out, std::string_view name) {
    out += ",\"";
    out += name;
    out += "\":";
}

}  // namespace aimdb::aimx
