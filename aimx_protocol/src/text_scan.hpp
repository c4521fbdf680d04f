// SPDX-License-Identifier: Apache-2.0
//
// The smallest steps over JSON text, for frame.cpp and skip_json.cpp.
#pragma once

#include <cstring>
#include <string_view>

namespace aimdb::aimx {

inline void skip_white_space(const char*& at, const char* end) noexcept {
    while (at != end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) {
        ++at;
    }
}

/// Takes `c` if it comes next, behind white space.
[[nodiscard]] inline bool take_char(const char*& at, const char* end, char c) noexcept {
    skip_white_space(at, end);
    if (at == end || *at != c) {
        return false;
    }
    ++at;
    return true;
}

[[nodiscard]] inline bool take_word(const char*& at,
                                    const char* end,
                                    std::string_view word) noexcept {
    if (static_cast<std::size_t>(end - at) < word.size() ||
        std::memcmp(at, word.data(), word.size()) != 0) {
        return false;
    }
    at += word.size();
    return true;
}

/// Moves from the opening quote behind the closing one. False for control
/// characters, wrong escapes and a missing end.
[[nodiscard]] bool skip_string(const char*& at, const char* end) noexcept;

}  // namespace aimdb::aimx
