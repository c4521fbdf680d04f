// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/history.hpp"

#include <array>
#include <charconv>

namespace aimdb {
namespace {

constexpr int cursor_base = 16;

void append_hex(std::string& out, std::uint64_t number) {
    std::array<char, 16> digits{};  // 64 bits are 16 hexadecimal digits
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), number, cursor_base);
    out.append(digits.data(), end.ptr);
}

/// Takes a number, and the `separator` after it unless that is '\0', off the
/// front of `text`. Nothing when the front is anything else.
template <typename Number>
std::optional<Number> take_hex(std::string_view& text, char separator) noexcept {
    Number number = 0;
    const char* const end = text.data() + text.size();
    auto [at, error] = std::from_chars(text.data(), end, number, cursor_base);
    if (error != std::errc() || number < 0) {
        return std::nullopt;
    }
    if (separator != '\0') {
        if (at == end || *at != separator) {
            return std::nullopt;
        }
        ++at;
    }
    text.remove_prefix(static_cast<std::size_t>(at - text.data()));
    return number;
}

}  // namespace

std::string_view to_string(GapCause cause) noexcept {
    switch (cause) {
        case GapCause::lagged: return "lagged";
        case GapCause::crash: return "crash";
        case GapCause::shutdown: return "shutdown";
        case GapCause::store_unavailable: return "store_unavailable";
        case GapCause::rejected_encode: return "rejected_encode";
        case GapCause::rejected_too_large: return "rejected_too_large";
    }
    return "unknown";
}

std::string Cursor::to_text() const {
    std::string text;
    append_hex(text, static_cast<std::uint64_t>(record_id));
    text += '-';
    append_hex(text, static_cast<std::uint64_t>(row_id));
    text += '-';
    append_hex(text, taken);
    return text;
}

std::optional<Cursor> Cursor::from_text(std::string_view text) noexcept {
    const auto record = take_hex<std::int64_t>(text, '-');
    const auto row = record ? take_hex<std::int64_t>(text, '-') : std::nullopt;
    const auto rows_taken = row ? take_hex<std::uint64_t>(text, '\0') : std::nullopt;
    if (!rows_taken || !text.empty()) {
        return std::nullopt;
    }
    return Cursor{*record, *row, *rows_taken};
}

}  // namespace aimdb
