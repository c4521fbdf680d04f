// SPDX-License-Identifier: Apache-2.0
//
// How containers become JSON; see fields.hpp for everything else.
//
//     std::optional<U>            null or U (so an engaged NaN comes back empty)
//     std::vector, std::array     array; the latter of exactly its size
//     std::map<std::string, U>    object
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aimdb/json/fields.hpp"
#include "aimdb/json/scanner.hpp"
#include "aimdb/json/writer.hpp"

namespace aimdb::json::detail {

template <typename U>
struct FieldCodec<std::optional<U>> {
    static bool encode(Writer& writer, const std::optional<U>& value) {
        if (!value) {
            writer.raw("null");
            return true;
        }
        return encode_value(writer, *value);
    }
    static bool decode(Scanner& scanner, std::optional<U>& value) {
        if (scanner.peek() == 'n') {
            value.reset();
            return scanner.read_null();
        }
        return decode_value(scanner, value.emplace());
    }
};

/// Writes a list; `Element` is named because std::vector<bool> has proxies.
template <typename Element, typename Elements>
bool encode_elements(Writer& writer, const Elements& elements) {
    if (!writer.enter('[')) {
        return false;
    }
    std::size_t index = 0;
    for (const auto& element : elements) {
        if (index != 0) {
            writer.raw(',');
        }
        if (!encode_value<Element>(writer, element)) {
            return writer.fail_in_element(index);
        }
        ++index;
    }
    writer.leave(']');
    return true;
}

/// Reads a list; `take_element(index)` reads one element.
template <typename TakeElement>
bool decode_elements(Scanner& scanner, const TakeElement& take_element) {
    if (!scanner.enter('[')) {
        return false;
    }
    bool more = !scanner.leave(']');
    for (std::size_t index = 0; more; ++index) {
        if (!take_element(index)) {
            return scanner.fail_in_element(index);
        }
        if (!scanner.advance(']', more)) {
            return false;
        }
    }
    return true;
}

template <typename U, typename Allocator>
struct FieldCodec<std::vector<U, Allocator>> {
    static bool encode(Writer& writer, const std::vector<U, Allocator>& value) {
        return encode_elements<U>(writer, value);
    }
    static bool decode(Scanner& scanner, std::vector<U, Allocator>& value) {
        value.clear();
        return decode_elements(scanner, [&](std::size_t) {
            U element{};
            if (!decode_value(scanner, element)) {
                return false;
            }
            value.push_back(std::move(element));
            return true;
        });
    }
};

template <typename U, std::size_t N>
struct FieldCodec<std::array<U, N>> {
    static bool encode(Writer& writer, const std::array<U, N>& value) {
        return encode_elements<U>(writer, value);
    }
    static bool decode(Scanner& scanner, std::array<U, N>& value) {
        std::size_t count = 0;
        const bool read = decode_elements(scanner, [&](std::size_t index) {
            count = index + 1;
            return index < N ? decode_value(scanner, value[index]) : fail_count(scanner);
        });
        return read && (count == N || fail_count(scanner));
    }

private:
    static bool fail_count(Scanner& scanner) {
        return scanner.fail("expected exactly " + std::to_string(N) + " elements");
    }
};

template <typename U, typename Compare, typename Allocator>
struct FieldCodec<std::map<std::string, U, Compare, Allocator>> {
    using Map = std::map<std::string, U, Compare, Allocator>;

    static bool encode(Writer& writer, const Map& value) {
        if (!writer.enter('{')) {
            return false;
        }
        std::size_t index = 0;
        for (const auto& [key, element] : value) {
            if (index != 0) {
                writer.raw(',');
            }
            if (!writer.string(key)) {
                return writer.fail_in_element(index);
            }
            writer.raw(':');
            if (!encode_value<U>(writer, element)) {
                return writer.fail_in_element(index);
            }
            ++index;
        }
        writer.leave('}');
        return true;
    }
    static bool decode(Scanner& scanner, Map& value) {
        value.clear();
        if (!scanner.enter('{')) {
            return false;
        }
        bool more = !scanner.leave('}');
        for (std::size_t index = 0; more; ++index) {
            if (!decode_entry(scanner, value)) {
                return scanner.fail_in_element(index);
            }
            if (!scanner.advance('}', more)) {
                return false;
            }
        }
        return true;
    }

private:
    static bool decode_entry(Scanner& scanner, Map& value) {
        std::string_view key;
        if (!scanner.read_key(key)) {
            return false;
        }
        std::string owned_key(key);
        U element{};
        if (!decode_value(scanner, element)) {
            return false;
        }
        value.insert_or_assign(std::move(owned_key), std::move(element));
        return true;
    }
};

}  // namespace aimdb::json::detail
