// SPDX-License-Identifier: Apache-2.0
//
// AIMDB_RECORD: names the fields of a type once, and the type has a codec that
// reads and writes JSON without a tree in between. Does not include nlohmann.
//
//     struct Temperature { std::string city; double celsius = 0; };
//     AIMDB_RECORD(Temperature, city, celsius)
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "aimdb/core/codec.hpp"
#include "aimdb/json/containers.hpp"
#include "aimdb/json/detail/for_each.hpp"
#include "aimdb/json/fields.hpp"
#include "aimdb/json/scanner.hpp"
#include "aimdb/json/writer.hpp"

/// Gives `Type` a codec over the named public fields, in this order. At
/// namespace scope, in the namespace of `Type`, before the codec is first used.
/// At most `record_limit_fields` fields; a semicolon may follow.
///
/// Reading, unknown fields are checked and ignored, missing fields keep the
/// value they have in a default-constructed `Type`, and of a field that comes
/// twice the last one counts. For the types a field may have see
/// fields.hpp and containers.hpp.
/// Text in the order and form that encode() writes is read fastest.
#define AIMDB_RECORD(Type, ...) AIMDB_DETAIL_RECORD(Type, false, __VA_ARGS__)

/// Like AIMDB_RECORD, but unknown and missing fields are errors.
#define AIMDB_RECORD_STRICT(Type, ...) AIMDB_DETAIL_RECORD(Type, true, __VA_ARGS__)

// The tag lets argument-dependent lookup find the description of exactly Type;
// a `const Type*` would let derived types find the one of their base as well.
#define AIMDB_DETAIL_RECORD(Type, strict, ...)                                   \
    [[maybe_unused]] constexpr auto aimdb_describe_record(                       \
        ::aimdb::json::detail::RecordTag<Type>) noexcept {                       \
        return ::aimdb::json::detail::describe<Type, strict>(                    \
            #Type AIMDB_DETAIL_FOR_EACH(AIMDB_DETAIL_FIELD, Type, __VA_ARGS__)); \
    }
#define AIMDB_DETAIL_FIELD(Type, field) \
    , ::aimdb::json::detail::describe_field(",\"" #field "\":", &Type::field)

namespace aimdb::json {

/// The most fields AIMDB_RECORD takes; more belong into nested types.
inline constexpr std::size_t record_limit_fields = 32;

namespace detail {

template <typename T>
struct RecordTag {};

template <typename Class, typename Member>
struct FieldDescription {
    std::string_view text;  // `,"name":`, what encode() writes
    Member Class::*member;

    /// `"name":`
    [[nodiscard]] constexpr std::string_view label() const noexcept { return text.substr(1); }
    [[nodiscard]] constexpr std::string_view name() const noexcept {
        return text.substr(2, text.size() - 4);
    }
};

template <typename Class, typename Member>
constexpr auto describe_field(std::string_view text, Member Class::*member) noexcept {
    return FieldDescription<Class, Member>{text, member};
}

template <typename T, bool Strict, typename... Fields>
struct RecordDescription {
    static constexpr bool strict = Strict;
    static constexpr std::size_t field_count = sizeof...(Fields);
    std::string_view type_name;
    std::tuple<Fields...> fields;
};

template <typename T, bool Strict, typename... Fields>
constexpr auto describe(std::string_view type_name, Fields... fields) noexcept {
    static_assert(sizeof...(Fields) <= record_limit_fields,
                  "aimdb: AIMDB_RECORD takes at most 32 fields; nest some of them in a type");
    return RecordDescription<T, Strict, Fields...>{type_name, {fields...}};
}

template <typename T>
concept DescribedRecord = requires {
    aimdb_describe_record(RecordTag<T>{});
};

template <DescribedRecord T>
inline constexpr auto record_of = aimdb_describe_record(RecordTag<T>{});

/// Reads one object into one T.
template <typename T>
class RecordReader {
public:
    RecordReader(Scanner& scanner, T& value) noexcept : scanner_(scanner), value_(value) {}

    [[nodiscard]] bool run() {
        if (!scanner_.enter('{')) {
            return false;
        }
        more_ = !scanner_.leave('}');
        bool in_order = more_;
        bool good = true;
        for_each_field([&](auto index) {
            return in_order && more_ && (good = read_if_next(index, in_order));
        });
        while (good && more_) {
            good = read_any() && scanner_.advance('}', more_);
        }
        return good && (!description.strict || check_missing());
    }

private:
    static constexpr const auto& description = record_of<T>;
    using Mask = std::uint32_t;
    static_assert(record_limit_fields <= 32);

    /// Calls `visit` with the index of each field, until one returns false.
    template <typename Visit>
    static void for_each_field(const Visit& visit) {
        [&]<std::size_t... Is>(std::index_sequence<Is...>) {
            (void)(visit(std::integral_constant<std::size_t, Is>{}) && ...);
        }
        (std::make_index_sequence<description.field_count>{});
    }

    /// The way of text we wrote ourselves: one comparison says that the next
    /// member is the next declared field. Any other member ends it.
    template <typename Index>
    bool read_if_next(Index index, bool& in_order) {
        in_order = scanner_.take(std::get<index>(description.fields).label());
        return !in_order || (read_field(index) && scanner_.advance('}', more_));
    }

    bool read_any() {
        std::string_view key;
        if (!scanner_.read_key(key)) {
            return false;
        }
        bool known = false;
        bool good = true;
        for_each_field([&](auto index) {
            if (std::get<index>(description.fields).name() != key) {
                return true;
            }
            known = true;
            good = read_field(index);
            return false;
        });
        return known ? good : pass_over(key);
    }

    template <typename Index>
    bool read_field(Index index) {
        constexpr auto& field = std::get<index>(description.fields);
        constexpr Mask bit = Mask{1} << index;
        auto& member = value_.*field.member;
        if ((seen_ & bit) != 0) [[unlikely]] {
            member = T{}.*field.member;  // or a nested record would keep fields of the first
        }
        seen_ |= bit;
        return decode_value(scanner_, member) || scanner_.fail_in_field(field.name());
    }

    bool pass_over(std::string_view key) {
        if constexpr (description.strict) {
            constexpr std::size_t shown_limit_bytes = 64;
            return key.size() <= shown_limit_bytes
                       ? scanner_.fail("unknown field '" + std::string(key) + "'")
                       : scanner_.fail("unknown field with a name of " +
                                       std::to_string(key.size()) + " bytes");
        } else {
            return scanner_.skip_value();
        }
    }

    bool check_missing() {
        bool complete = true;
        for_each_field([&](auto index) {
            complete = (seen_ & (Mask{1} << index)) != 0;
            return complete ||
                   scanner_.fail("missing field '" +
                                 std::string(std::get<index>(description.fields).name()) + "'");
        });
        return complete;
    }

    Scanner& scanner_;
    T& value_;
    Mask seen_ = 0;  // bit i: field i has been read
    bool more_ = false;
};

template <DescribedRecord T>
struct FieldCodec<T> {
    static bool encode(Writer& writer, const T& value) {
        constexpr auto& fields = record_of<T>.fields;
        if (!writer.enter('{')) {
            return false;
        }
        const bool good = [&]<std::size_t... Is>(std::index_sequence<Is...>) {
            return (encode_field(writer, value, std::get<Is>(fields), Is == 0) && ...);
        }
        (std::make_index_sequence<record_of<T>.field_count>{});
        writer.leave('}');
        return good;
    }
    static bool decode(Scanner& scanner, T& value) { return RecordReader<T>(scanner, value).run(); }

private:
    template <typename Field>
    static bool encode_field(Writer& writer, const T& value, const Field& field, bool first) {
        writer.raw(first ? field.label() : field.text);
        return encode_value(writer, value.*field.member) || writer.fail_in_field(field.name());
    }
};

/// Types whose own codec is ours whether or not nlohmann is included. Not
/// enumerations: NLOHMANN_JSON_SERIALIZE_ENUM gives those names.
template <typename T>
inline constexpr bool is_direct =
    DescribedRecord<T> || std::integral<T> || std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, std::string> || std::same_as<T, UnixTime>;
template <typename Rep, typename Period>
inline constexpr bool is_direct<std::chrono::duration<Rep, Period>> = is_direct<Rep>;
template <typename U>
inline constexpr bool is_direct<std::optional<U>> = is_direct<U>;
template <typename U>
inline constexpr bool is_direct<std::vector<U>> = is_direct<U>;
template <typename U, std::size_t N>
inline constexpr bool is_direct<std::array<U, N>> = is_direct<U>;
template <typename U>
inline constexpr bool is_direct<std::map<std::string, U>> = is_direct<U>;

template <typename T>
constexpr std::string_view type_name() noexcept {
    if constexpr (DescribedRecord<T>) {
        return record_of<T>.type_name;
    } else {
        return "value";
    }
}

}  // namespace detail

/// Types that are read and written without a tree: AIMDB_RECORD types, numbers,
/// std::string, times, and lists, maps and optionals of these.
template <typename T>
concept Direct = detail::is_direct<T>;

}  // namespace aimdb::json

namespace aimdb {

/// The codec of AIMDB_RECORD types and of plain values such as double.
template <json::Direct T>
struct Codec<T, void> : json::detail::BuiltInCodec {
    /// Appends JSON text, and returns how many non-finite numbers became null.
    /// Throws Error(Errc::value_rejected), with `out` as it was, when a string is
    /// not UTF-8 or the value is nested too deeply.
    static std::uint64_t encode(const T& value, std::string& out) {
        json::Writer writer(out);
        if (!json::detail::encode_value(writer, value)) [[unlikely]] {
            writer.raise(json::detail::type_name<T>());
        }
        return writer.finish();
    }

    /// Throws Error(Errc::decode_failed) that says which field, where and why.
    static T decode(std::string_view text) {
        static_assert(std::default_initializable<T>,
                      "aimdb: a type with AIMDB_RECORD needs a default constructor");
        T value{};
        json::Scanner scanner(text);
        if (!json::detail::decode_value(scanner, value) || !scanner.finish()) [[unlikely]] {
            scanner.raise(json::detail::type_name<T>());
        }
        return value;
    }
};

}  // namespace aimdb
