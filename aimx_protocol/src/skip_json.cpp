// SPDX-License-Identifier: Apache-2.0
//
// Passing over a JSON value without recursion: what it is nested in is kept in bits.
#include <bitset>
#include <vector>

#include "aimdb/json/number.hpp"
#include "aimdb/json/text.hpp"

#include "frame.hpp"
#include "text_scan.hpp"

namespace aimdb::aimx {
namespace {

class Skipper {
public:
    Skipper(const char*& at, const char* end) noexcept : at_(at), end_(end) {}

    bool run() noexcept {
        if (!value()) {
            return false;
        }
        while (depth_ > 0) {
            if (!(opened_ ? first() : next())) {
                return false;
            }
        }
        return true;
    }

private:
    // Takes a scalar, or the bracket that opens something.
    bool value() noexcept {
        skip_white_space(at_, end_);
        if (at_ == end_) {
            return false;
        }
        switch (*at_) {
            case '{': return open(true);
            case '[': return open(false);
            case '"': return skip_string(at_, end_);
            case 't': return take_word(at_, end_, "true");
            case 'f': return take_word(at_, end_, "false");
            case 'n': return take_word(at_, end_, "null");
            default: return number();
        }
    }

    bool open(bool object) noexcept {
        ++at_;
        if (depth_ < shallow_levels) {
            shallow_[depth_] = object;
        } else {
            deep_.push_back(object);
        }
        ++depth_;
        opened_ = true;
        return true;
    }

    // Behind an opening bracket: the first element, or the end.
    bool first() noexcept {
        opened_ = false;
        return close() || element();
    }

    // Behind an element: a comma and the next one, or the end.
    bool next() noexcept { return close() || (take_char(at_, end_, ',') && element()); }

    bool close() noexcept {
        if (!take_char(at_, end_, in_object() ? '}' : ']')) {
            return false;
        }
        if (depth_ > shallow_levels) {
            deep_.pop_back();
        }
        --depth_;
        return true;
    }

    bool element() noexcept {
        if (in_object()) {
            skip_white_space(at_, end_);
            if (at_ == end_ || *at_ != '"' || !skip_string(at_, end_) ||
                !take_char(at_, end_, ':')) {
                return false;
            }
        }
        return value();
    }

    [[nodiscard]] bool in_object() const noexcept {
        return depth_ <= shallow_levels ? shallow_[depth_ - 1] : deep_.back();
    }

    bool number() noexcept {
        if (*at_ != '-' && !json::detail::is_digit(*at_)) {
            return false;
        }
        const json::detail::NumberText number = json::detail::scan_number(at_, end_);
        at_ = number.end;
        return number.well_formed;
    }

    const char*& at_;
    const char* end_;
    std::size_t depth_ = 0;
    bool opened_ = false;
    // What is open is an object, not an array; few texts are deeper than 64 levels.
    static constexpr std::size_t shallow_levels = 64;
    std::bitset<shallow_levels> shallow_;
    std::vector<bool> deep_;
};

bool is_hex(char c) noexcept {
    return json::detail::is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Behind a backslash.
bool skip_escape(const char*& at, const char* end) noexcept {
    constexpr std::string_view simple = "\"\\/bfnrt";
    if (at == end) {
        return false;
    }
    const char kind = *at++;
    if (kind != 'u') {
        return simple.find(kind) != std::string_view::npos;
    }
    for (int digit = 0; digit < 4; ++digit) {
        if (at == end || !is_hex(*at++)) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool skip_string(const char*& at, const char* end) noexcept {
    ++at;
    for (;;) {
        at = json::detail::find_special(at, end);
        if (at == end || static_cast<unsigned char>(*at) < 0x20) {
            return false;
        }
        const char c = *at++;
        if (c == '"') {
            return true;
        }
        if (c == '\\' && !skip_escape(at, end)) {
            return false;
        }
    }
}

bool skip_json(const char*& at, const char* end) noexcept { return Skipper(at, end).run(); }

}  // namespace aimdb::aimx
