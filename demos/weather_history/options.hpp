// SPDX-License-Identifier: Apache-2.0
//
// The command line.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weather {

struct Options {
    std::string database = "weather_history.db";
    std::string data = AIMDB_WEATHER_DATA;
    double days_per_second = 300;  ///< 0: as fast as it goes.
    std::optional<std::chrono::days> keep;
    bool report_only = false;
    bool help = false;
};

/// Reads the arguments after the program's name. Throws UsageError.
[[nodiscard]] Options parse_options(std::span<const char* const> arguments);

[[nodiscard]] std::string_view help_text();

}  // namespace weather
