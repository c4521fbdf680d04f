// SPDX-License-Identifier: Apache-2.0
//
// Names that two stores or two runs hardly ever share.
#pragma once

#include <string>

namespace aimdb::detail {

/// Eight hexadecimal digits from the system's source of randomness.
[[nodiscard]] std::string random_name();

}  // namespace aimdb::detail
