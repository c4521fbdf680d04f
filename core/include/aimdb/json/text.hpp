// SPDX-License-Identifier: Apache-2.0
//
// Characters of JSON strings: finding the ones that need attention eight at a
// time, and resolving escapes. Used by scanner.hpp and writer.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace aimdb::json::detail {

/// True for what may stand in a JSON string as it is and is ASCII.
constexpr bool is_plain(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

/// The first byte of [at, end) that is not plain, or `end`.
inline const char* find_special(const char* at, const char* end) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101u;
    constexpr std::uint64_t high_bits = ones * 0x80;
    const auto zero_bytes = [](std::uint64_t word) { return (word - ones) & ~word; };
    // The lowest marked byte is exact; only bytes above it may be marked by a borrow.
    while (std::endian::native == std::endian::little && end - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        const std::uint64_t marks =
            (word | zero_bytes(word ^ (ones * '"')) | zero_bytes(word ^ (ones * '\\')) |
             ((word - ones * 0x20) & ~word)) &
            high_bits;
        if (marks != 0) {
            return at + std::countr_zero(marks) / 8;
        }
        at += 8;
    }
    while (at != end && is_plain(*at)) {
        ++at;
    }
    return at;
}

inline void append_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | (code >> 6));
        put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        put(0xe0 | (code >> 12));
        put(0x80 | ((code >> 6) & 0x3f));
        put(0x80 | (code & 0x3f));
    } else {
        put(0xf0 | (code >> 18));
        put(0x80 | ((code >> 12) & 0x3f));
        put(0x80 | ((code >> 6) & 0x3f));
        put(0x80 | (code & 0x3f));
    }
}

/// Resolves the escapes of a string's inside.
class Unescaper {
public:
    Unescaper(std::string_view text, std::string& out) noexcept : text_(text), out_(out) {}

    /// False at a malformed escape; expected() and at() then tell about it.
    [[nodiscard]] bool run() {
        out_.clear();
        while (at_ < text_.size()) {
            const std::size_t escape = text_.find('\\', at_);
            out_.append(text_.substr(at_, escape - at_));
            at_ = std::min(escape, text_.size());
            if (at_ < text_.size() && !resolve()) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] const char* expected() const noexcept { return expected_; }
    [[nodiscard]] std::size_t at() const noexcept { return at_; }

private:
    bool resolve() {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        ++at_;
        const char letter = at_ < text_.size() ? text_[at_] : '\0';
        if (letter == 'u') {
            ++at_;
            return resolve_code();
        }
        const std::size_t index = letters.find(letter);
        if (index == std::string_view::npos) {
            return fail("one of \"\\/bfnrtu");
        }
        out_ += meanings[index];
        ++at_;
        return true;
    }

    bool resolve_code() {
        std::uint32_t code = 0;
        if (!read_hex(code)) {
            return false;
        }
        if (code >= 0xdc00 && code < 0xe000) {
            at_ -= 6;
            return fail("the first half of a surrogate pair");
        }
        if (code >= 0xd800 && code < 0xdc00) {
            std::uint32_t low = 0;
            if (text_.substr(at_, 2) != "\\u") {
                return fail("the second half of a surrogate pair");
            }
            at_ += 2;
            if (!read_hex(low)) {
                return false;
            }
            if (low < 0xdc00 || low >= 0xe000) {
                at_ -= 6;
                return fail("the second half of a surrogate pair");
            }
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        append_utf8(out_, code);
        return true;
    }

    bool read_hex(std::uint32_t& code) {
        for (int digit = 0; digit < 4; ++digit, ++at_) {
            const char c = at_ < text_.size() ? text_[at_] : '\0';
            const char lower = static_cast<char>(c | 0x20);
            if (c >= '0' && c <= '9') {
                code = code * 16 + static_cast<std::uint32_t>(c - '0');
            } else if (lower >= 'a' && lower <= 'f') {
                code = code * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
            } else {
                return fail("four hexadecimal digits");
            }
        }
        return true;
    }

    bool fail(const char* expected) noexcept {
        expected_ = expected;
        return false;
    }

    std::string_view text_;
    std::string& out_;
    std::size_t at_ = 0;
    const char* expected_ = "";
};

}  // namespace aimdb::json::detail
