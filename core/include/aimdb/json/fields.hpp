// SPDX-License-Identifier: Apache-2.0
//
// How each C++ type that may be a field of an AIMDB_RECORD type becomes JSON:
//
//     bool                        true, false
//     integers, enumerations      integer, checked against the range
//     float, double               number; null when not finite, null is NaN
//     std::string                 string, UTF-8
//     std::chrono::duration       number: its count
//     sys_time<milliseconds>      integer: Unix milliseconds
//     lists, maps, optionals      see containers.hpp
//     AIMDB_RECORD types          object; see record.hpp
//     anything else               by its Codec
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "aimdb/core/codec.hpp"
#include "aimdb/core/error.hpp"
#include "aimdb/core/time.hpp"
#include "aimdb/json/scanner.hpp"
#include "aimdb/json/writer.hpp"

namespace aimdb::json::detail {

/// The fixed mapping of a type: `encode(writer, value)` and `decode(scanner,
/// value)`, both false at a fault. Not defined for a type that has none.
template <typename T>
struct FieldCodec;

template <typename T>
concept HasFieldCodec = requires {
    sizeof(FieldCodec<T>);
};

/// Base of the Codec specialisations this library brings, to tell them from a
/// program's own, which win wherever the type appears.
struct BuiltInCodec {};

template <typename T>
concept HasCodecOfItsOwn = HasCodec<T> && !std::derived_from<Codec<T>, BuiltInCodec>;

template <typename T>
bool encode_by_codec(Writer& writer, const T& value) {
    writer.append_by([&](std::string& out) {
        if constexpr (std::integral<decltype(Codec<T>::encode(value, out))>) {
            writer.add_non_finite(Codec<T>::encode(value, out));
        } else {
            Codec<T>::encode(value, out);
        }
    });
    return true;
}

template <typename T>
bool decode_by_codec(Scanner& scanner, T& value) {
    std::string_view text;
    if (!scanner.read_raw(text)) {
        return false;
    }
    try {
        value = Codec<T>::decode(text);
    } catch (const Error& error) {
        return scanner.fail(error.what());  // the outer fields are added on the way up
    }
    return true;
}

template <typename T>
[[nodiscard]] bool encode_value(Writer& writer, const T& value) {
    if constexpr (HasFieldCodec<T> && !HasCodecOfItsOwn<T>) {
        return FieldCodec<T>::encode(writer, value);
    } else {
        require_codec<T>();
        return encode_by_codec(writer, value);
    }
}

template <typename T>
[[nodiscard]] bool decode_value(Scanner& scanner, T& value) {
    if constexpr (HasFieldCodec<T> && !HasCodecOfItsOwn<T>) {
        return FieldCodec<T>::decode(scanner, value);
    } else {
        require_codec<T>();
        return decode_by_codec(scanner, value);
    }
}

template <>
struct FieldCodec<bool> {
    static bool encode(Writer& writer, bool value) {
        writer.boolean(value);
        return true;
    }
    static bool decode(Scanner& scanner, bool& value) { return scanner.read_bool(value); }
};

template <std::integral T>
struct FieldCodec<T> {
    // Character types are numbers too, but no types of the standard's integer functions.
    using Number = typename std::
        conditional_t<std::is_signed_v<T>, std::make_signed<T>, std::make_unsigned<T>>::type;

    static bool encode(Writer& writer, T value) {
        writer.integer(static_cast<Number>(value));
        return true;
    }
    static bool decode(Scanner& scanner, T& value) {
        Number number{};
        if (!scanner.read_integer(number)) {
            return false;
        }
        value = static_cast<T>(number);
        return true;
    }
};

template <typename T>
requires std::same_as<T, float> || std::same_as<T, double>
struct FieldCodec<T> {
    static bool encode(Writer& writer, T value) {
        writer.floating(value);
        return true;
    }
    static bool decode(Scanner& scanner, T& value) { return scanner.read_float(value); }
};

template <>
struct FieldCodec<std::string> {
    static bool encode(Writer& writer, const std::string& value) { return writer.string(value); }
    static bool decode(Scanner& scanner, std::string& value) { return scanner.read_string(value); }
};

template <typename T>
requires std::is_enum_v<T>
struct FieldCodec<T> {
    using Number = std::underlying_type_t<T>;

    static bool encode(Writer& writer, T value) {
        return FieldCodec<Number>::encode(writer, static_cast<Number>(value));
    }
    static bool decode(Scanner& scanner, T& value) {
        Number number{};
        if (!FieldCodec<Number>::decode(scanner, number)) {
            return false;
        }
        value = static_cast<T>(number);
        return true;
    }
};

template <typename Rep, typename Period>
struct FieldCodec<std::chrono::duration<Rep, Period>> {
    using Duration = std::chrono::duration<Rep, Period>;

    static bool encode(Writer& writer, Duration value) {
        return encode_value<Rep>(writer, value.count());
    }
    static bool decode(Scanner& scanner, Duration& value) {
        Rep count{};
        if (!decode_value(scanner, count)) {
            return false;
        }
        value = Duration(count);
        return true;
    }
};

template <>
struct FieldCodec<UnixTime> {
    static bool encode(Writer& writer, UnixTime value) {
        writer.integer(to_unix_ms(value));
        return true;
    }
    static bool decode(Scanner& scanner, UnixTime& value) {
        std::int64_t milliseconds = 0;
        if (!scanner.read_integer(milliseconds)) {
            return false;
        }
        value = from_unix_ms(milliseconds);
        return true;
    }
};

}  // namespace aimdb::json::detail
