// SPDX-License-Identifier: Apache-2.0
//
// A type's identity and readable name.
#pragma once

#include <string_view>
#include <typeindex>

namespace aimdb::detail {

/// "weather::Temperature", as the compiler spells it.
template <typename T>
constexpr std::string_view type_name() noexcept {
    constexpr std::string_view text = __PRETTY_FUNCTION__;
    constexpr std::string_view marker = "T = ";
    constexpr std::size_t begin = text.find(marker) + marker.size();
    constexpr std::size_t end = text.find_first_of(";]", begin);
    return text.substr(begin, end - begin);
}

struct TypeTag {
    std::type_index id;
    std::string_view name;

    template <typename T>
    static TypeTag of() noexcept {
        return {std::type_index(typeid(T)), type_name<T>()};
    }
    bool operator==(const TypeTag& other) const noexcept { return id == other.id; }
};

}  // namespace aimdb::detail
