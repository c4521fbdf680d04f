// SPDX-License-Identifier: Apache-2.0
//
// The command line of a station.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace station {

struct Options {
    std::string hub = "tcp://127.0.0.1:7433";
    std::string station = "lisbon_gago_coutinho";
    std::uint64_t seed = 1;  ///< Of the simulated weather.
    bool help = false;
};

/// Reads the arguments after the program's name. Throws weather::UsageError.
[[nodiscard]] Options parse_options(std::span<const char* const> arguments);

[[nodiscard]] std::string_view help_text();

}  // namespace station
