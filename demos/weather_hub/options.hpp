// SPDX-License-Identifier: Apache-2.0
//
// The command line of the hub.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hub {

struct Options {
    std::string data_dir = "weather_hub_data";
    std::string host = "127.0.0.1";
    std::uint16_t http_port = 8080;  ///< 0: any free one.
    std::uint16_t tcp_port = 7433;   ///< The same.
    double days_per_second = 0.25;   ///< A day in four seconds.
    std::chrono::days warm_up{400};  ///< The first so many days pass as fast as they go.
    std::uint64_t seed = 1;          ///< Of the simulated weather.
    bool sources = true;             ///< False: nothing new is measured.
    std::string www;                 ///< Empty: the page that was built with the program.
    std::string observations;        ///< Empty: those of the source tree.
    bool help = false;
};

/// Reads the arguments after the program's name. Throws weather::UsageError.
[[nodiscard]] Options parse_options(std::span<const char* const> arguments);

[[nodiscard]] std::string_view help_text();

}  // namespace hub
