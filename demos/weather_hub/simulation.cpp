// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <string>

namespace hub {
namespace {

// Steele, Lea and Flood's SplitMix64: every bit of the input moves all of the output.
std::uint64_t mix(std::uint64_t value) noexcept {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

double turn(double part) { return std::cos(2 * std::numbers::pi * part); }

}  // namespace

SmoothNoise::SmoothNoise(std::uint64_t seed, std::string_view name) : stream_(mix(seed)) {
    for (const char c : name) {
        stream_ = mix(stream_ ^ static_cast<unsigned char>(c));
    }
}

double SmoothNoise::lattice(std::int64_t point) const noexcept {
    constexpr double steps = 9007199254740992.0;  // 2^53: what a double holds exactly
    const std::uint64_t bits = mix(stream_ ^ static_cast<std::uint64_t>(point)) >> 11;
    return 2 * (static_cast<double>(bits) / steps) - 1;
}

double SmoothNoise::at(double x) const noexcept {
    const double below = std::floor(x);
    const double part = x - below;
    const double weight = part * part * (3 - 2 * part);
    const auto point = static_cast<std::int64_t>(below);
    return lattice(point) * (1 - weight) + lattice(point + 1) * weight;
}

SimulatedStation::SimulatedStation(std::uint64_t seed, const Station& station)
    : climate_(station.climate),
      solar_offset_h_(station.longitude / 15),
      fronts_(seed, "fronts of " + station.city),
      moisture_(seed, "moisture of " + station.city),
      own_(seed, "own " + station.key) {}

Reading SimulatedStation::read(UnixTime hour) const {
    constexpr double year_days = 365.25;
    constexpr double warmest_day = 199;  // the 19th of July
    constexpr double warmest_h = 15;
    const double days =
        std::chrono::duration<double, std::ratio<86'400>>(hour.time_since_epoch()).count();
    const double year = turn((std::fmod(days, year_days) - warmest_day) / year_days);
    const double day = turn((std::fmod(days, 1) * 24 + solar_offset_h_ - warmest_h) / 24);
    const double fronts = 4.5 * fronts_.at(days / 2.6) + 1.8 * fronts_.at(days / 0.7 + 0.5);
    const double own = 0.9 * own_.at(days / 0.35) + 0.5 * own_.at(days / 30);

    const double celsius = climate_.mean_celsius + climate_.yearly_celsius * year +
                           (4.0 + 1.4 * year) * day + fronts + own;
    const double percent = 70 - 8 * year - 12 * day + 16 * moisture_.at(days / 1.7) - 4 * own;
    return {.at = hour,
            .celsius = std::round(celsius * 10) / 10,
            .percent = std::clamp(std::round(percent), 15.0, 100.0)};
}

}  // namespace hub
