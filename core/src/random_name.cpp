// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/detail/random_name.hpp"

#include <random>
#include <string_view>

namespace aimdb::detail {

std::string random_name() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::random_device random;
    std::string name;
    for (int i = 0; i < 8; ++i) {
        name += digits[random() % digits.size()];
    }
    return name;
}

}  // namespace aimdb::detail
