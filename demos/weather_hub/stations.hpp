// SPDX-License-Identifier: Apache-2.0
//
// Who measures where.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weather_hub/hub_records.hpp"

namespace hub {

enum class StationKind : std::uint8_t {
    simulated,
    simulated_v1,  ///< Sends version 1 of the temperature contract.
    observed,      ///< One of the cities with real data.
    remote,        ///< A program of its own, on the other end of a connection.
};

/// The climate of a city, as the simulation needs it.
struct Climate {
    double mean_celsius = 10;
    double yearly_celsius = 10;  ///< How far the warmest day lies above the mean.
};

struct Station {
    std::string key;
    std::string name;
    std::string city;
    std::string city_name;
    std::string country;
    double latitude = 0;
    double longitude = 0;
    double elevation_m = 0;
    int sample_h = 1;
    StationKind kind = StationKind::simulated;
    Climate climate{};
};

/// Every station of the hub, in the order in which it declares them; the two of a
/// simulated city follow each other.
[[nodiscard]] const std::vector<Station>& all_stations();
/// Null when there is none of that key.
[[nodiscard]] const Station* find_station(std::string_view key);

[[nodiscard]] Location location_of(const Station& station);

}  // namespace hub
