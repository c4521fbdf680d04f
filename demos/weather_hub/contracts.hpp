// SPDX-License-Identifier: Apache-2.0
//
// What the hub says about its own records.
#pragma once

#include <vector>

#include "weather_hub/hub_records.hpp"

namespace hub {

/// The contracts of all records, in the order of README.md.
[[nodiscard]] std::vector<Contract> all_contracts();

}  // namespace hub
