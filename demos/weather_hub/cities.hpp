// SPDX-License-Identifier: Apache-2.0
//
// What is observed in a city, day by day: real data, or the mean over its stations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "observations.hpp"
#include "progress.hpp"
#include "weather_hub/hub_records.hpp"
#include "weather_hub/simulation.hpp"
#include "weather_hub/stations.hpp"

namespace hub {

/// Stations of a simulated city.
inline constexpr std::size_t stations_per_city = 2;

/// A simulated city's mean over the 24 hours that end at a noon: of each station
/// the mean of its samples, then the mean of these.
///
/// Threads: thread-confined.
/// Limits:  a day that a station skipped is forgotten `days_limit` days later.
class DayMeans {
public:
    static constexpr std::size_t days_limit = 40;

    /// Takes a sample of a station; samples of one station come in order.
    void add(std::size_t station, const Temperature& temperature);
    /// The days of which every station has given its sample at noon, each once.
    [[nodiscard]] std::vector<Observation> take_complete();

private:
    struct Day {
        std::array<double, stations_per_city> sum{};
        std::array<int, stations_per_city> samples{};
        std::array<bool, stations_per_city> complete{};
    };
    std::map<UnixTime, Day> days_;  // by the noon at which they end
};

/// A city that forecasts are made for.
///
/// Threads: immutable.
class City {
public:
    /// A city with real data, which repeats with each pass.
    City(std::string key, std::vector<Observation> observations);
    /// A city of simulated stations.
    City(std::string key, std::uint64_t seed, const std::vector<Station>& stations);

    [[nodiscard]] const std::string& key() const noexcept { return key_; }
    [[nodiscard]] bool simulated() const noexcept { return !stations_.empty(); }
    /// Of a simulated city.
    [[nodiscard]] const std::vector<Station>& stations() const noexcept { return stations_; }

    /// What is observed at `at`; nothing unless it is a noon with data.
    [[nodiscard]] std::optional<Observation> observation(UnixTime at) const;
    /// What its stages remember after all days before `end`: the last four years.
    [[nodiscard]] weather::CityState state_before(UnixTime end) const;
    /// The models that have made a forecast for `day`, in their order.
    [[nodiscard]] std::vector<std::string> models_due(UnixTime day) const;
    /// What a simulated city's stations have measured since the last noon before
    /// `end`: all until then, and of each what is stored already.
    [[nodiscard]] DayMeans day_before(
        UnixTime end, const std::map<std::string, UnixTime>& newest_stored = {}) const;

private:
    std::string key_;
    std::vector<Observation> observations_;
    std::vector<Station> stations_;
    std::vector<SimulatedStation> instruments_;
};

/// What the hub takes for the temperature of a simulated station at `hour`.
[[nodiscard]] double station_celsius(const Station& station,
                                     const SimulatedStation& instruments,
                                     UnixTime hour);

/// The cities of `stations`, in their order, with the real data read from `file`.
/// Throws weather::InputError, also when a city with real data is not in the file.
[[nodiscard]] std::vector<City> make_cities(const std::vector<Station>& stations,
                                            const std::string& file,
                                            std::uint64_t seed);

}  // namespace hub
