// SPDX-License-Identifier: Apache-2.0
//
// Epochs of positions, as server and client compare them.
#pragma once

#include <string_view>

namespace aimdb::aimx {

/// Whether positions of these two epochs mean the same. A store never gives out a position
/// twice, also not after a crash: its earlier epochs, `<store>.<n>`, still mean something.
[[nodiscard]] inline bool are_comparable(std::string_view a, std::string_view b) noexcept {
    const std::size_t dot = a.find('.');
    return a == b ||
           (dot != std::string_view::npos && a.substr(0, dot + 1) == b.substr(0, dot + 1));
}

}  // namespace aimdb::aimx
