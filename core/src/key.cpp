// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/key.hpp"

#include <array>
#include <cstdio>
#include <utility>

#include "aimdb/core/error.hpp"

namespace aimdb {
namespace {

constexpr std::size_t npos = std::string_view::npos;

enum class Grammar : std::uint8_t { key, pattern };

/// Bytes of the separator at `at`, 0 when there is none. A lone `:` is none.
std::size_t separator_size(std::string_view text, std::size_t at) noexcept {
    if (text[at] == '.') {
        return 1;
    }
    return text.substr(at, 2) == "::" ? 2 : 0;
}

/// Walks the segments of a text without copying; any text has at least one.
class SegmentCursor {
public:
    explicit SegmentCursor(std::string_view text) noexcept : text_(text) { find_end(); }

    [[nodiscard]] bool at_end() const noexcept { return begin_ == npos; }
    [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
    [[nodiscard]] std::string_view segment() const noexcept {
        return text_.substr(begin_, end_ - begin_);
    }
    void advance() noexcept {
        if (end_ == text_.size()) {
            begin_ = npos;
            return;
        }
        begin_ = end_ + separator_size(text_, end_);
        find_end();
    }

private:
    void find_end() noexcept {
        end_ = begin_;
        while (end_ < text_.size() && separator_size(text_, end_) == 0) {
            ++end_;
        }
    }

    std::string_view text_;
    std::size_t begin_ = 0;  // npos once past the last segment
    std::size_t end_ = 0;
};

std::string noun(Grammar grammar) { return grammar == Grammar::key ? "the key" : "the pattern"; }

std::string at_byte(std::size_t at) { return " at byte " + std::to_string(at); }

std::string hex(unsigned char byte) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "0x%02x", byte);
    return text.data();
}

bool is_control(std::string_view text, std::size_t at) noexcept {
    const auto byte = static_cast<unsigned char>(text[at]);
    // U+0080 to U+009F are two bytes in UTF-8, the first of them 0xc2.
    return byte < 0x20 || byte == 0x7f ||
           (byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0);
}

bool is_white_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Faults of single characters. `text` is well-formed UTF-8.
std::optional<std::string> find_character_fault(std::string_view text, Grammar grammar) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (is_white_space(c)) {
            return noun(grammar) + " has white space" + at_byte(at) + "; use '-' or '_' instead";
        }
        if (is_control(text, at)) {
            return noun(grammar) + " has a control character" + at_byte(at) + "; leave it out";
        }
        if (c == '"' || c == '\\') {
            return noun(grammar) + " has a " + c + at_byte(at) + "; leave it out";
        }
        if (grammar == Grammar::key && (c == '*' || c == '#')) {
            return noun(grammar) + " has a '" + c + "'" + at_byte(at) +
                   "; wildcards belong in patterns, not in keys";
        }
    }
    return std::nullopt;
}

/// A wildcard that shares its segment with anything else.
std::optional<std::string> find_wildcard_fault(std::string_view segment) {
    const std::size_t at = segment.find_first_of("*#");
    if (at == npos || segment.size() == 1) {
        return std::nullopt;
    }
    const std::string stem(at == 0 ? "sensors" : segment.substr(0, at));
    return "a wildcard is a whole segment, '" + std::string(segment) + "' mixes it with others; " +
           (at == 0 ? "write for example '" : "write '") + stem + ".*' for one segment below '" +
           stem + "' or '" + stem + ".#' for all of them";
}

/// Faults of the form. `text` is free of character faults.
std::optional<std::string> find_segment_fault(std::string_view text, Grammar grammar) {
    std::size_t count = 0;
    for (SegmentCursor at(text); !at.at_end(); at.advance()) {
        const std::string_view segment = at.segment();
        if (segment.find(':') != npos) {
            return noun(grammar) + " has a ':'" + at_byte(at.begin() + segment.find(':')) +
                   " that is not one of exactly two; separate segments by '::' or '.'";
        }
        if (segment.empty()) {
            return noun(grammar) + " has an empty segment" + at_byte(at.begin()) +
                   "; put exactly one separator between two segments and none at the ends";
        }
        if (grammar == Grammar::pattern) {
            if (auto fault = find_wildcard_fault(segment)) {
                return fault;
            }
        }
        if (++count > key_limit_segments) {
            return noun(grammar) + " has more than " + std::to_string(key_limit_segments) +
                   " segments; join some of them by '-' or '/'";
        }
    }
    return std::nullopt;
}

std::optional<std::string> find_fault(std::string_view text, Grammar grammar) {
    if (text.empty()) {
        return noun(grammar) + " is empty; give it at least one segment, such as " +
               (grammar == Grammar::key ? "'temp.vienna'" : "'temp.*', or '#' for everything");
    }
    if (text.size() > key_limit_bytes) {
        return noun(grammar) + " is " + std::to_string(text.size()) +
               " bytes long; shorten it to " + std::to_string(key_limit_bytes);
    }
    if (const std::size_t at = detail::find_invalid_utf8(text); at != text.size()) {
        return noun(grammar) + " has " + hex(static_cast<unsigned char>(text[at])) + at_byte(at) +
               ", which is not UTF-8; encode it as UTF-8";
    }
    if (auto fault = find_character_fault(text, grammar)) {
        return fault;
    }
    return find_segment_fault(text, grammar);
}

/// Bytes of the well-formed UTF-8 sequence at the front of `text`, or 0.
std::size_t utf8_sequence_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (text.size() < size) {
        return 0;
    }
    // The second byte's range also excludes overlong forms, surrogates and
    // everything above U+10FFFF (Unicode standard, table 3-7).
    const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) {
        return 0;
    }
    for (std::size_t i = 2; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

}  // namespace

std::size_t detail::find_invalid_utf8(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t size = utf8_sequence_size(text.substr(at));
        if (size == 0) {
            return at;
        }
        at += size;
    }
    return at;
}

std::optional<std::string> find_key_fault(std::string_view key) {
    return find_fault(key, Grammar::key);
}

Pattern::Pattern(std::string_view text) : text_(text) {
    if (auto fault = find_fault(text, Grammar::pattern)) {
        throw Error(Errc::invalid_pattern, "parse pattern: " + *fault);
    }
    for (SegmentCursor at(text_); !at.at_end(); at.advance()) {
        const std::string_view segment = at.segment();
        const Kind kind = segment == "*" ? Kind::one : segment == "#" ? Kind::many : Kind::literal;
        has_wildcard_ |= kind != Kind::literal;
        segments_.push_back({kind, static_cast<std::uint16_t>(at.begin()),
                             static_cast<std::uint16_t>(segment.size())});
    }
}

bool Pattern::matches_everything() const noexcept { return text_ == "#"; }

bool Pattern::admits(const Segment& segment, std::string_view found) const noexcept {
    return segment.kind == Kind::one ||
           (segment.kind == Kind::literal &&
            std::string_view(text_).substr(segment.begin, segment.size) == found);
}

bool Pattern::matches(std::string_view key) const noexcept {
    if (!has_wildcard_) {
        return key == text_;
    }
    std::size_t next = 0;  // into segments_
    SegmentCursor at(key);
    // One backtrack point is enough: what an earlier `#` could absorb, the most
    // recent one can absorb as well.
    std::size_t resume = segments_.size();  // the segment after the most recent `#`
    SegmentCursor absorbed = at;            // first key segment that `#` has not absorbed
    bool may_resume = false;
    while (!at.at_end()) {
        if (next < segments_.size() && segments_[next].kind == Kind::many) {
            resume = ++next;
            absorbed = at;
            may_resume = true;
        } else if (next < segments_.size() && admits(segments_[next], at.segment())) {
            ++next;
            at.advance();
        } else if (may_resume) {
            absorbed.advance();
            at = absorbed;
            next = resume;
        } else {
            return false;
        }
    }
    while (next < segments_.size() && segments_[next].kind == Kind::many) {
        ++next;
    }
    return next == segments_.size();
}

}  // namespace aimdb
