// SPDX-License-Identifier: Apache-2.0
//
// Record keys, and the one matcher that live subscriptions, history and
// permissions share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aimdb {

/// A record key is 1-255 bytes of UTF-8: segments separated by `.` or `::`.
inline constexpr std::size_t key_limit_bytes = 255;
/// The most segments a key or a pattern may have.
inline constexpr std::size_t key_limit_segments = 32;

/// Says what is wrong with `key`, as a sentence that also says how to mend it,
/// or nothing when the key is good.
///
/// Refused: the empty key, more than `key_limit_bytes` or `key_limit_segments`,
/// bytes that are not UTF-8, white space, control characters, `"`, `\`, `*`,
/// `#`, empty segments, and a `:` that is not one of exactly two.
[[nodiscard]] std::optional<std::string> find_key_fault(std::string_view key);

namespace detail {

/// Offset of the first byte that is not well-formed UTF-8 (overlong forms and
/// surrogates included), or `text.size()`. Keys and the JSON codec share it.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text) noexcept;

}  // namespace detail

/// A parsed pattern: like a key, with `*` for exactly one segment and `#` for
/// zero or more, anywhere. A pattern without a wildcard is an exact key, never
/// a prefix, and is compared byte for byte; one with a wildcard sees only the
/// segments, so `a.*` matches `a.b` and `a::b`.
///
/// A text that is no valid key gives some answer, but never a crash.
///
/// Threads: immutable after construction.
/// Cost:    matching is O(pattern segments x key segments), without allocation.
class Pattern {
public:
    /// Throws Error(Errc::invalid_pattern) whose text says how to mend it.
    explicit Pattern(std::string_view text);

    [[nodiscard]] bool matches(std::string_view key) const noexcept;
    /// False when the pattern is an exact key.
    [[nodiscard]] bool has_wildcard() const noexcept { return has_wildcard_; }
    /// True for `#` alone.
    [[nodiscard]] bool matches_everything() const noexcept;
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    enum class Kind : std::uint8_t { literal, one, many };
    struct Segment {
        Kind kind;
        std::uint16_t begin;  // into text_
        std::uint16_t size;
    };

    [[nodiscard]] bool admits(const Segment& segment, std::string_view found) const noexcept;

    std::string text_;
    std::vector<Segment> segments_;
    bool has_wildcard_ = false;
};

}  // namespace aimdb
