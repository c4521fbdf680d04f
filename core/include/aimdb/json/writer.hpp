// SPDX-License-Identifier: Apache-2.0
//
// Writes JSON text straight to the end of a string, without a tree.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "aimdb/core/key.hpp"
#include "aimdb/json/fault.hpp"
#include "aimdb/json/text.hpp"

namespace aimdb::json {

/// Appends JSON text to a string, all of it at finish() or nothing.
///
/// Text collects in a small buffer inside the writer, because appending to a
/// std::string piece by piece costs several times as much as formatting. Commas
/// and colons are the caller's. Calls that return bool are false at a fault,
/// which raise() then throws.
class Writer {
public:
    explicit Writer(std::string& out) noexcept : out_(out), start_size_(out.size()) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() {
        if (!finished_) {
            out_.resize(start_size_);
        }
    }

    /// Writes `text` as it is.
    void raw(std::string_view text) {
        if (text.size() > room()) [[unlikely]] {
            flush();
            if (text.size() > room()) {
                out_.append(text);
                return;
            }
        }
        at_ += text.copy(at_, text.size());
    }
    void raw(char c) {
        make_room(1);
        *at_++ = c;
    }
    void boolean(bool value) { raw(value ? std::string_view("true") : std::string_view("false")); }
    template <std::integral Integer>
    void integer(Integer value) {
        make_room(20);  // digits of -2^63, or of 2^64 - 1
        using Wide = std::conditional_t<std::is_signed_v<Integer>, std::int64_t, std::uint64_t>;
        at_ = std::to_chars(at_, buffer_end(), static_cast<Wide>(value)).ptr;
    }
    /// The shortest text that reads back as the same Float; always with a point
    /// or an exponent, so that readers with two number types see which it is.
    /// Non-finite numbers become null and are counted.
    template <std::floating_point Float>
    void floating(Float value);
    /// Writes a quoted and escaped string; false when `text` is not UTF-8.
    [[nodiscard]] bool string(std::string_view text) {
        const char* const end = text.data() + text.size();
        if (text.size() + 2 > buffer_bytes || detail::find_special(text.data(), end) != end)
            [[unlikely]] {
            return string_with_specials(text);
        }
        make_room(text.size() + 2);
        *at_++ = '"';
        at_ += text.copy(at_, text.size());
        *at_++ = '"';
        return true;
    }

    /// Opens an object (`{`) or an array (`[`).
    [[nodiscard]] bool enter(char bracket) {
        if (++depth_ > nesting_limit_levels) [[unlikely]] {
            return fail("nested deeper than " + std::to_string(nesting_limit_levels) + " levels");
        }
        raw(bracket);
        return true;
    }
    void leave(char bracket) {
        --depth_;
        raw(bracket);
    }
    /// Lets `append` write to the string itself.
    template <typename Append>
    void append_by(Append&& append) {
        flush();
        std::forward<Append>(append)(out_);
    }
    /// For numbers that became null outside of this writer.
    void add_non_finite(std::uint64_t count) noexcept { non_finite_count_ += count; }

    /// Makes the text final. Returns how many non-finite numbers became null.
    std::uint64_t finish() {
        flush();
        finished_ = true;
        return non_finite_count_;
    }

    /// Reports a fault. Always false.
    bool fail(std::string message) {
        fault_.set(std::move(message));
        return false;
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
    /// Throws Error(Errc::value_rejected) about the fault that was reported.
    [[noreturn]] void raise(std::string_view type) const {
        fault_.raise(Errc::value_rejected, "encode " + std::string(type), "");
    }

private:
    static constexpr std::size_t buffer_bytes = 512;  // most records fit, and it is cheap to have

    [[nodiscard]] char* buffer_end() noexcept { return buffer_.data() + buffer_.size(); }
    [[nodiscard]] std::size_t room() noexcept {
        return static_cast<std::size_t>(buffer_end() - at_);
    }
    void make_room(std::size_t size) {
        if (room() < size) [[unlikely]] {
            flush();
        }
    }
    void flush() {
        out_.append(buffer_.data(), static_cast<std::size_t>(at_ - buffer_.data()));
        at_ = buffer_.data();
    }
    bool string_with_specials(std::string_view text);
    void escape(char c);

    std::string& out_;
    const std::size_t start_size_;
    std::array<char, buffer_bytes> buffer_;  // not initialised: only what is written is read
    char* at_ = buffer_.data();
    std::size_t depth_ = 0;
    std::uint64_t non_finite_count_ = 0;
    bool finished_ = false;
    detail::Fault fault_;
};

template <std::floating_point Float>
void Writer::floating(Float value) {
    constexpr std::size_t longest_bytes = 24 + 2;  // -2.2250738585072014e-308, and ".0"
    if (!std::isfinite(value)) [[unlikely]] {
        raw("null");
        ++non_finite_count_;
        return;
    }
    make_room(longest_bytes);
    char* const first = at_;
    at_ = std::to_chars(at_, buffer_end(), value).ptr;
    if (std::none_of(first, at_, [](char c) { return c == '.' || c == 'e'; })) {
        *at_++ = '.';
        *at_++ = '0';
    }
}

inline bool Writer::string_with_specials(std::string_view text) {
    if (const std::size_t invalid = aimdb::detail::find_invalid_utf8(text);
        invalid != text.size()) {
        return fail("byte " + std::to_string(invalid) + " of the string is not UTF-8");
    }
    raw('"');
    std::size_t run = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
            raw(text.substr(run, i - run));
            escape(c);
            run = i + 1;
        }
    }
    raw(text.substr(run));
    raw('"');
    return true;
}

inline void Writer::escape(char c) {
    constexpr std::string_view characters = "\"\\\b\f\n\r\t";
    constexpr std::string_view letters = "\"\\bfnrt";
    constexpr std::string_view digits = "0123456789abcdef";
    raw('\\');
    if (const std::size_t index = characters.find(c); index != std::string_view::npos) {
        raw(letters[index]);
        return;
    }
    raw("u00");
    raw(digits[static_cast<unsigned char>(c) >> 4]);
    raw(digits[static_cast<unsigned char>(c) & 0x0f]);
}

}  // namespace aimdb::json
