// SPDX-License-Identifier: Apache-2.0
//
// How a value becomes text and text a value. Declared here, chosen elsewhere:
// `aimdb/json.hpp` specialises it for types with nlohmann's to_json / from_json
// and for types named by AIMDB_RECORD; a program may specialise it for its own.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace aimdb {

/// The codec of T. A specialisation has:
///
///     static std::uint64_t encode(const T& value, std::string& out);  // appends JSON text
///     static T decode(std::string_view text);  // throws Error(decode_failed)
///
/// Non-finite floating point numbers are written as null and read back as NaN;
/// encode() returns how many it wrote so, and may return void when the type has
/// none. When it throws, what `out` held before must still be all it holds.
/// Unknown fields are ignored, missing ones keep the value of a
/// default-constructed T unless the type asks for strictness.
template <typename T, typename = void>
struct Codec {};  // deliberately empty: HasCodec<T> is false

template <typename T>
concept HasCodec = requires(const T& value, std::string& out, std::string_view text) {
    Codec<T>::encode(value, out);
    { Codec<T>::decode(text) } -> std::same_as<T>;
};

/// Gives `persist()`, typed queries and remote access one clear message.
template <typename T>
constexpr void require_codec() {
    static_assert(HasCodec<T>,
                  "aimdb: this type has no codec. Include <aimdb/json.hpp> and either name its "
                  "fields with AIMDB_RECORD(Type, field, ...) or give it nlohmann to_json and "
                  "from_json; or specialise aimdb::Codec<T>.");
}

}  // namespace aimdb
