// SPDX-License-Identifier: Apache-2.0
//
// Reads JSON text in one pass, without a tree. The codec of AIMDB_RECORD types
// is built on it, and so is every other reader of small documents.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "aimdb/core/key.hpp"
#include "aimdb/json/fault.hpp"
#include "aimdb/json/number.hpp"
#include "aimdb/json/text.hpp"

namespace aimdb::json {

/// A cursor over one JSON text, strict by RFC 8259.
///
/// Every call that reads returns false at the first fault and leaves the scanner
/// in no state to go on; what the fault is, raise() throws. White space in front
/// of what is asked for is skipped. Bytes are counted from 0.
///
/// Lifetime: the text must outlive the scanner.
/// Limits:   `nesting_limit_levels`.
class Scanner {
public:
    explicit Scanner(std::string_view text) noexcept
        : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

    /// The next character that is not white space, `\0` at the end of the text.
    [[nodiscard]] char peek() noexcept {
        skip_white_space();
        return at_ != end_ ? *at_ : '\0';
    }
    /// Takes `c` if it comes next.
    [[nodiscard]] bool take(char c) noexcept {
        skip_white_space();
        if (at_ == end_ || *at_ != c) {
            return false;
        }
        ++at_;
        return true;
    }
    /// Takes `text` if it comes next, byte for byte.
    [[nodiscard]] bool take(std::string_view text) noexcept {
        skip_white_space();
        if (remaining() < text.size() || std::memcmp(at_, text.data(), text.size()) != 0) {
            return false;
        }
        at_ += text.size();
        return true;
    }

    /// Opens an object (`{`) or an array (`[`).
    [[nodiscard]] bool enter(char bracket) {
        if (!take(bracket)) {
            return fail_expected(bracket == '{' ? "an object" : "an array");
        }
        return ++depth_ <= nesting_limit_levels || fail_nesting();
    }
    /// Closes what enter() opened, if its end comes next.
    [[nodiscard]] bool leave(char bracket) noexcept {
        if (!take(bracket)) {
            return false;
        }
        --depth_;
        return true;
    }
    /// After a member or element: takes the comma, or closes and clears `more`.
    [[nodiscard]] bool advance(char bracket, bool& more) {
        if (take(',')) {
            return true;
        }
        more = false;
        return leave(bracket) || fail_expected(bracket == '}' ? "',' or '}'" : "',' or ']'");
    }
    /// Reads a member's name and the colon. `key` lives until the next read.
    [[nodiscard]] bool read_key(std::string_view& key) {
        if (peek() != '"') {
            return fail_expected("a field name");
        }
        return scan_string(key) && (take(':') || fail_expected("':'"));
    }

    [[nodiscard]] bool read_null() { return take("null") || fail_expected("null"); }
    [[nodiscard]] bool read_bool(bool& value) {
        value = peek() == 't';
        return take(value ? "true" : "false") || fail_expected("true or false");
    }
    template <std::integral Integer>
    [[nodiscard]] bool read_integer(Integer& value);
    /// Null is read as NaN, the way non-finite numbers are written.
    template <std::floating_point Float>
    [[nodiscard]] bool read_float(Float& value);
    [[nodiscard]] bool read_string(std::string& value) {
        if (peek() != '"') {
            return fail_expected("a string");
        }
        std::string_view text;
        if (!scan_string(text)) {
            return false;
        }
        value.assign(text);
        return true;
    }
    /// Checks one value of any kind and passes over it.
    [[nodiscard]] bool skip_value();
    /// Like skip_value(), and gives the text of the value.
    [[nodiscard]] bool read_raw(std::string_view& text) {
        skip_white_space();
        const char* const first = at_;
        if (!skip_value()) {
            return false;
        }
        text = {first, static_cast<std::size_t>(at_ - first)};
        return true;
    }
    /// Nothing but white space may be left.
    [[nodiscard]] bool finish() {
        skip_white_space();
        return at_ == end_ || fail_expected("the end of the text");
    }

    /// Reports a fault at the current position. Always false.
    bool fail(std::string message) {
        fault_.set(std::move(message));
        return false;
    }
    bool fail_expected(const char* what) {
        return fail("expected " + std::string(what) + ", found " + describe_next());
    }
    /// Says through which field or element a fault was reached. Always false.
    bool fail_in_field(std::string_view name) {
        fault_.prepend_field(name);
        return false;
    }
    bool fail_in_element(std::size_t index) {
        fault_.prepend_element(index);
        return false;
    }
    /// Throws Error(Errc::decode_failed) about the fault that was reported.
    [[noreturn]] void raise(std::string_view type) const {
        fault_.raise(Errc::decode_failed, "decode " + std::string(type),
                     " at byte " + std::to_string(at_ - begin_));
    }

private:
    [[nodiscard]] std::size_t remaining() const noexcept {
        return static_cast<std::size_t>(end_ - at_);
    }
    void skip_white_space() noexcept {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) {
            ++at_;
        }
    }
    [[nodiscard]] std::string describe_next() const {
        if (at_ == end_) {
            return "the end of the text";
        }
        const auto byte = static_cast<unsigned char>(*at_);
        if (byte >= 0x20 && byte < 0x7f) {
            return std::string("'") + *at_ + "'";
        }
        std::array<char, 8> text{};
        std::snprintf(text.data(), text.size(), "0x%02x", byte);
        return text.data();
    }
    bool fail_nesting() {
        return fail("nested deeper than " + std::to_string(nesting_limit_levels) + " levels");
    }
    template <std::integral Integer>
    bool fail_range() {
        return fail("the number is out of range (" +
                    std::to_string(std::numeric_limits<Integer>::min()) + " to " +
                    std::to_string(std::numeric_limits<Integer>::max()) + ")");
    }

    bool scan_string(std::string_view& text);
    bool scan_string_with_specials(const char* first, std::string_view& text);
    bool skip_members();
    bool skip_elements();
    bool skip_number();

    const char* begin_;
    const char* at_;
    const char* end_;
    std::size_t depth_ = 0;
    std::string unescaped_;  // the last string that had escapes
    detail::Fault fault_;
};

template <std::integral Integer>
bool Scanner::read_integer(Integer& value) {
    constexpr std::uint64_t tenth = std::numeric_limits<std::uint64_t>::max() / 10;
    skip_white_space();
    const char* const first = at_;
    const bool negative = at_ != end_ && *at_ == '-';
    at_ += negative ? 1 : 0;
    if (at_ == end_ || !detail::is_digit(*at_)) {
        return fail_expected("an integer");
    }
    const bool zero = *at_ == '0';
    std::uint64_t size = 0;
    bool overflowed = false;
    do {
        const auto digit = static_cast<std::uint64_t>(*at_++ - '0');
        overflowed |= size > tenth || (size == tenth && digit > 5);  // 2^64 - 1 ends in 5
        size = size * 10 + digit;
    } while (!zero && at_ != end_ && detail::is_digit(*at_));
    if (at_ != end_ && (*at_ == '.' || *at_ == 'e' || *at_ == 'E')) {
        return fail_expected("an integer");
    }
    // -2^63 has no positive counterpart in 64 bits, its two's complement is itself.
    const auto signed_size = static_cast<std::int64_t>(negative ? 0 - size : size);
    const bool fits = negative ? signed_size <= 0 && std::in_range<Integer>(signed_size)
                               : std::in_range<Integer>(size);
    if (overflowed || !fits || (negative && size > std::uint64_t{1} << 63)) {
        at_ = first;
        return fail_range<Integer>();
    }
    value = negative ? static_cast<Integer>(signed_size) : static_cast<Integer>(size);
    return true;
}

template <std::floating_point Float>
bool Scanner::read_float(Float& value) {
    const char next = peek();
    if (next == 'n') {
        value = std::numeric_limits<Float>::quiet_NaN();
        return read_null();
    }
    if (next != '-' && !detail::is_digit(next)) {
        return fail_expected("a number");
    }
    const detail::NumberText number = detail::scan_number(at_, end_);
    if (!number.well_formed) {
        at_ = number.end;
        return fail_expected("a digit");
    }
    if (!detail::to_float(number, value)) {
        return fail("the number is out of range");
    }
    at_ = number.end;
    return true;
}

/// Reads the string at the current position, which is a quote.
inline bool Scanner::scan_string(std::string_view& text) {
    const char* const first = ++at_;
    at_ = detail::find_special(at_, end_);
    if (at_ == end_ || *at_ != '"') [[unlikely]] {
        return scan_string_with_specials(first, text);
    }
    text = {first, static_cast<std::size_t>(at_ - first)};
    ++at_;
    return true;
}

inline bool Scanner::scan_string_with_specials(const char* first, std::string_view& text) {
    bool escaped = false;
    while (at_ != end_ && *at_ != '"') {
        if (static_cast<unsigned char>(*at_) < 0x20) {
            return fail_expected("an escape instead of a control character");
        }
        const bool escape = *at_ == '\\';
        escaped |= escape;
        ++at_;
        if (escape && at_ != end_) {
            ++at_;  // whatever it is, not the end of the string
        }
        at_ = detail::find_special(at_, end_);
    }
    if (at_ == end_) {
        return fail_expected("'\"'");
    }
    text = {first, static_cast<std::size_t>(at_ - first)};
    if (const std::size_t invalid = aimdb::detail::find_invalid_utf8(text);
        invalid != text.size()) {
        at_ = first + invalid;
        return fail_expected("UTF-8");
    }
    if (escaped) {
        detail::Unescaper unescaper(text, unescaped_);
        if (!unescaper.run()) {
            at_ = first + unescaper.at();
            return fail_expected(unescaper.expected());
        }
        text = unescaped_;
    }
    ++at_;
    return true;
}

inline bool Scanner::skip_value() {
    std::string_view text;
    bool truth = false;
    switch (peek()) {
        case '{': return skip_members();
        case '[': return skip_elements();
        case '"': return scan_string(text);
        case 't':
        case 'f': return read_bool(truth);
        case 'n': return read_null();
        default: return skip_number();
    }
}

inline bool Scanner::skip_members() {
    std::string_view key;
    if (!enter('{')) {
        return false;
    }
    bool more = !leave('}');
    while (more) {
        if (!read_key(key) || !skip_value() || !advance('}', more)) {
            return false;
        }
    }
    return true;
}

inline bool Scanner::skip_elements() {
    if (!enter('[')) {
        return false;
    }
    bool more = !leave(']');
    while (more) {
        if (!skip_value() || !advance(']', more)) {
            return false;
        }
    }
    return true;
}

inline bool Scanner::skip_number() {
    if (const char next = peek(); next != '-' && !detail::is_digit(next)) {
        return fail_expected("a value");
    }
    const detail::NumberText number = detail::scan_number(at_, end_);
    at_ = number.end;
    return number.well_formed || fail_expected("a digit");
}

}  // namespace aimdb::json
