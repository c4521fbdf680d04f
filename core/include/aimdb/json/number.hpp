// SPDX-License-Identifier: Apache-2.0
//
// JSON numbers: one pass that checks the grammar and mostly has the value too.
// Used by scanner.hpp. Locale never matters here.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <system_error>

namespace aimdb::json::detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// A number as its text says it: mantissa * 10^exponent, both as far as they fit.
struct NumberText {
    const char* begin = nullptr;
    const char* end = nullptr;     // one past it, or where a digit is missing
    std::uint64_t mantissa = 0;    // only meaningful up to 19 significant digits
    std::int64_t significant = 0;  // digits without leading zeros
    std::int64_t exponent = 0;     // decimal, of the last digit
    bool negative = false;
    bool well_formed = false;
};

/// Reads digits into the mantissa; false when there is none.
inline bool take_digits(NumberText& number, const char* end) noexcept {
    const char* const first = number.end;
    for (; number.end != end && is_digit(*number.end); ++number.end) {
        number.mantissa = number.mantissa * 10 + static_cast<std::uint64_t>(*number.end - '0');
        number.significant += (number.significant != 0 || *number.end != '0') ? 1 : 0;
    }
    return number.end != first;
}

inline bool take_exponent(NumberText& number, const char* end) noexcept {
    constexpr std::int64_t saturation = 1'000'000'000;  // far outside of every type's range
    bool negative = false;
    if (number.end != end && (*number.end == '+' || *number.end == '-')) {
        negative = *number.end++ == '-';
    }
    const char* const first = number.end;
    std::int64_t exponent = 0;
    for (; number.end != end && is_digit(*number.end); ++number.end) {
        exponent = exponent < saturation ? exponent * 10 + (*number.end - '0') : saturation;
    }
    number.exponent += negative ? -exponent : exponent;
    return number.end != first;
}

/// Reads the number at `at` by JSON's grammar (RFC 8259 section 6).
inline NumberText scan_number(const char* at, const char* end) noexcept {
    NumberText number{.begin = at, .end = at};
    if (number.end != end && *number.end == '-') {
        number.negative = true;
        ++number.end;
    }
    if (number.end != end && *number.end == '0') {
        ++number.end;  // no digit may follow
    } else if (!take_digits(number, end)) {
        return number;
    }
    if (number.end != end && *number.end == '.') {
        const char* const first = ++number.end;
        if (!take_digits(number, end)) {
            return number;
        }
        number.exponent = first - number.end;
    }
    if (number.end != end && (*number.end == 'e' || *number.end == 'E')) {
        ++number.end;
        if (!take_exponent(number, end)) {
            return number;
        }
    }
    number.well_formed = true;
    return number;
}

/// The nearest Float, zero when too small; false when too large.
template <typename Float>
[[nodiscard]] bool to_float(const NumberText& number, Float& value) noexcept {
    // Clinger's fast path: both factors are exact, so the one rounding of the
    // operation is the right one. 10^22 is the largest exact power in a double.
    constexpr std::array<double, 23> powers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    constexpr std::uint64_t exact_limit = std::uint64_t{1} << 53;
    if constexpr (std::numeric_limits<Float>::digits == 53) {
        if (number.significant <= 19 && number.mantissa <= exact_limit && number.exponent >= -22 &&
            number.exponent <= 22) {
            const auto mantissa = static_cast<Float>(number.mantissa);
            const auto power = powers[static_cast<std::size_t>(
                number.exponent < 0 ? -number.exponent : number.exponent)];
            const Float size = number.exponent < 0 ? mantissa / power : mantissa * power;
            value = number.negative ? -size : size;
            return true;
        }
    }
    const std::errc error = std::from_chars(number.begin, number.end, value).ec;
    if (error == std::errc() && std::isfinite(value)) {
        return true;
    }
    // from_chars does not say which end of the range was left.
    value = number.negative ? Float{-0.0F} : Float{0};
    return number.significant + number.exponent <= 0;
}

}  // namespace aimdb::json::detail
