// SPDX-License-Identifier: Apache-2.0
//
// The codec of types with nlohmann's to_json / from_json; NLOHMANN_DEFINE_TYPE_*
// is enough. A type that also has AIMDB_RECORD uses that, which is faster.
//
// Missing fields are what the macro makes of them: NLOHMANN_DEFINE_TYPE_* asks
// for strictness, its _WITH_DEFAULT forms take the default.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "aimdb/core/codec.hpp"
#include "aimdb/core/error.hpp"
#include "aimdb/json/record.hpp"
#include "aimdb/json/scanner.hpp"

namespace aimdb::json {

/// Types nlohmann can turn into JSON and back. A std::string_view would point into
/// the tree that is gone when decode() returns.
template <typename T>
concept NlohmannRecord = (std::is_class_v<T> ||
                          std::is_enum_v<T>)&&!std::same_as<T, std::string_view> &&
                         std::is_constructible_v<nlohmann::json, const T&> &&
                         requires(const nlohmann::json& tree) {
    { tree.template get<T>() } -> std::same_as<T>;
};

namespace detail {

/// The name of T as the compiler writes it, for messages.
template <typename T>
std::string_view compiler_type_name() noexcept {
    std::string_view text = __PRETTY_FUNCTION__;  // "... [with T = ns::Type; ...]"
    text.remove_prefix(text.find("T = ") + 4);
    return text.substr(0, text.find_first_of(";]"));
}

/// nlohmann's text without its "[json.exception.type_error.302] ", and without the
/// input it quotes, which may be long and need not be UTF-8.
inline std::string plain_message(const nlohmann::json::exception& error) {
    std::string_view text = error.what();
    if (const std::size_t end = text.find("] "); end != std::string_view::npos) {
        text.remove_prefix(end + 2);
    }
    return std::string(text.substr(0, text.find("; last read")));
}

inline std::uint64_t count_non_finite(const nlohmann::json& tree) {
    if (tree.is_structured()) {
        std::uint64_t count = 0;
        for (const nlohmann::json& member : tree) {
            count += count_non_finite(member);
        }
        return count;
    }
    return tree.is_number_float() && !std::isfinite(tree.get_ref<const double&>()) ? 1 : 0;
}

/// Replaces nulls by NaN where a T holds floating point numbers.
///
/// `model` is the tree of a default-constructed T: a null becomes NaN where the
/// model has such a number, and stays where it has anything else. Nothing is
/// known inside lists and maps, which are empty in the model (then it is null
/// here); there every null becomes NaN.
inline void restore_nan(nlohmann::json& tree, const nlohmann::json* model) {
    if (tree.is_null()) {
        if (model == nullptr || model->is_number_float()) {
            tree = std::numeric_limits<double>::quiet_NaN();
        }
    } else if (tree.is_array()) {
        for (std::size_t i = 0; i < tree.size(); ++i) {
            const bool known = model != nullptr && model->is_array() && i < model->size();
            restore_nan(tree[i], known ? &(*model)[i] : nullptr);
        }
    } else if (tree.is_object()) {
        for (auto& [name, member] : tree.items()) {
            const bool known = model != nullptr && model->contains(name);
            restore_nan(member, known ? &(*model)[name] : nullptr);
        }
    }
}

/// nlohmann parses any depth, but writes recursively; see nesting_limit_levels.
/// Malformed text passes, for nlohmann to report.
inline bool nested_too_deeply(std::string_view text) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            i += c == '\\' ? 1 : 0;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return deepest > nesting_limit_levels;
}

template <typename T>
[[noreturn]] void raise_decode_failed(const std::string& message) {
    throw Error(Errc::decode_failed,
                "decode " + std::string(compiler_type_name<T>()) + ": " + message);
}

template <typename T>
nlohmann::json parse(std::string_view text) {
    // Too short to hold that many brackets and their ends: no need to count.
    if (text.size() > 2 * nesting_limit_levels && nested_too_deeply(text)) {
        raise_decode_failed<T>("nested deeper than " + std::to_string(nesting_limit_levels) +
                               " levels");
    }
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::exception& error) {
        raise_decode_failed<T>(plain_message(error));
    }
}

/// What is left to try when T took a null for an error.
template <typename T>
T decode_with_nan(nlohmann::json& tree, const nlohmann::json::type_error& first_error) {
    try {
        if constexpr (std::default_initializable<T>) {
            const nlohmann::json model(T{});
            restore_nan(tree, &model);
        } else {
            restore_nan(tree, nullptr);
        }
        return tree.get<T>();
    } catch (const nlohmann::json::exception&) {
        raise_decode_failed<T>(plain_message(first_error));  // about the text as it came
    }
}

}  // namespace detail
}  // namespace aimdb::json

namespace aimdb {

/// The codec of types with nlohmann's to_json and from_json.
///
/// Non-finite numbers are written as null by nlohmann. Reading, a type that does
/// not take the null gets NaN instead, where a default-constructed T has a
/// floating point number in that place and everywhere inside lists and maps. So
/// an optional that is empty by default stays empty; a type for which this is
/// not enough wants AIMDB_RECORD.
template <typename T>
requires(!json::Direct<T> && json::NlohmannRecord<T>) struct Codec<T, void>
    : json::detail::BuiltInCodec {
    /// Appends JSON text, and returns how many non-finite numbers became null.
    /// Throws Error(Errc::value_rejected), with `out` as it was, when nlohmann
    /// refuses, as it does strings that are not UTF-8.
    static std::uint64_t encode(const T& value, std::string& out) {
        try {
            const nlohmann::json& tree = value;
            out += tree.dump();
            return json::detail::count_non_finite(tree);
        } catch (const nlohmann::json::exception& error) {
            throw Error(Errc::value_rejected,
                        "encode " + std::string(json::detail::compiler_type_name<T>()) + ": " +
                            json::detail::plain_message(error));
        }
    }

    /// Throws Error(Errc::decode_failed).
    static T decode(std::string_view text) {
        nlohmann::json tree = json::detail::parse<T>(text);
        try {
            return tree.get<T>();
        } catch (const nlohmann::json::type_error& error) {
            constexpr int wrong_type = 302;
            if (error.id != wrong_type) {
                json::detail::raise_decode_failed<T>(json::detail::plain_message(error));
            }
            return json::detail::decode_with_nan<T>(tree, error);
        } catch (const nlohmann::json::exception& error) {
            json::detail::raise_decode_failed<T>(json::detail::plain_message(error));
        }
    }
};

}  // namespace aimdb
