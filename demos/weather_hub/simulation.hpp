// SPDX-License-Identifier: Apache-2.0
//
// Weather that is made up, but always the same for a seed: what a station measures
// depends on seed, station and hour only. So a restart goes on smoothly without
// anything remembered, and a program on another machine can take over a station.
#pragma once

#include <cstdint>
#include <string_view>

#include "weather_hub/hub_records.hpp"
#include "weather_hub/stations.hpp"

namespace hub {

/// Smooth seeded noise: values at whole numbers by a hash, between them a curve.
///
/// Threads: immutable.
class SmoothNoise {
public:
    SmoothNoise(std::uint64_t seed, std::string_view name);

    /// Between -1 and 1.
    [[nodiscard]] double at(double x) const noexcept;

private:
    [[nodiscard]] double lattice(std::int64_t point) const noexcept;
    std::uint64_t stream_;
};

/// The instruments of one simulated station: a yearly and a daily cycle, weather
/// fronts that its city shares, and something of its own.
///
/// Threads: immutable.
class SimulatedStation {
public:
    SimulatedStation(std::uint64_t seed, const Station& station);

    /// What it measures at `hour`, to a tenth of a degree and a whole percent.
    [[nodiscard]] Reading read(UnixTime hour) const;

private:
    Climate climate_;
    double solar_offset_h_;  // of its noon before that of Greenwich
    SmoothNoise fronts_;
    SmoothNoise moisture_;
    SmoothNoise own_;
};

}  // namespace hub
