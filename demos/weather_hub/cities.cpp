// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/cities.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "weather_hub/calendar.hpp"
#include "weather_hub/readings.hpp"

namespace hub {
namespace {

using std::chrono::hours;

constexpr double nobody_measures = std::numeric_limits<double>::quiet_NaN();

// The noon at which the day ends that `at` belongs to; a noon ends its own.
UnixTime end_of_day(UnixTime at) {
    return std::chrono::ceil<std::chrono::days>(at - hours(12)) + hours(12);
}

UnixTime first_noon_of_memory(UnixTime end) {
    return end_of_day(std::max(first_hour, end - pass_length - std::chrono::days(1)));
}

}  // namespace

void DayMeans::add(std::size_t station, const Temperature& temperature) {
    const UnixTime end = end_of_day(temperature.observed_at);
    Day& day = days_[end];
    day.sum[station] += temperature.celsius;
    ++day.samples[station];
    day.complete[station] = temperature.observed_at == end;
    if (days_.size() > days_limit) {
        days_.erase(days_.begin());
    }
}

std::vector<Observation> DayMeans::take_complete() {
    std::vector<Observation> complete;
    std::erase_if(days_, [&complete](const auto& entry) {
        const auto& [end, day] = entry;
        if (!std::all_of(day.complete.begin(), day.complete.end(), [](bool is) { return is; })) {
            return false;
        }
        double mean = 0;
        for (std::size_t i = 0; i < stations_per_city; ++i) {
            mean += day.sum[i] / day.samples[i] / static_cast<double>(stations_per_city);
        }
        complete.push_back({end, mean, nobody_measures, nobody_measures});
        return true;
    });
    return complete;
}

City::City(std::string key, std::vector<Observation> observations)
    : key_(std::move(key)), observations_(std::move(observations)) {}

City::City(std::string key, std::uint64_t seed, const std::vector<Station>& stations)
    : key_(std::move(key)), stations_(stations) {
    for (const Station& station : stations_) {
        instruments_.emplace_back(seed, station);
    }
}

std::optional<Observation> City::observation(UnixTime at) const {
    if (!is_noon(at)) {
        return std::nullopt;
    }
    if (simulated()) {
        DayMeans day = day_before(at);
        for (std::size_t i = 0; i < stations_.size(); ++i) {
            day.add(i, {station_celsius(stations_[i], instruments_[i], at), at});
        }
        return day.take_complete().at(0);
    }
    const UnixTime wanted = in_first_pass(at);
    const auto found =
        std::lower_bound(observations_.begin(), observations_.end(), wanted,
                         [](const Observation& seen, UnixTime time) { return seen.at < time; });
    if (found == observations_.end() || found->at != wanted) {
        return std::nullopt;
    }
    Observation today = *found;
    today.at = at;
    return today;
}

weather::CityState City::state_before(UnixTime end) const {
    weather::CityState state(weather::City{key_, key_, {}});
    for (UnixTime at = first_noon_of_memory(end); at < end; at += std::chrono::days(1)) {
        if (const auto seen = observation(at)) {
            state.learn(*seen);
        }
    }
    return state;
}

// Which models speak depends on which days were observed, not on what.
std::vector<std::string> City::models_due(UnixTime day) const {
    weather::CityState state(weather::City{key_, key_, {}});
    for (UnixTime at = first_noon_of_memory(day); at < day; at += std::chrono::days(1)) {
        if (simulated() || observation(at)) {
            state.learn({.at = at});
        }
    }
    return state.validation.waiting_for(day);
}

DayMeans City::day_before(UnixTime end,
                          const std::map<std::string, UnixTime>& newest_stored) const {
    DayMeans day;
    for (std::size_t i = 0; i < stations_.size(); ++i) {
        const auto stored = newest_stored.find(stations_[i].key);
        const UnixTime newest = stored == newest_stored.end() ? UnixTime{} : stored->second;
        const hours interval(stations_[i].sample_h);
        UnixTime at = std::max(first_hour, end_of_day(end) - hours(24) + interval);
        for (; at < end || at <= newest; at += interval) {
            day.add(i, {station_celsius(stations_[i], instruments_[i], at), at});
        }
    }
    return day;
}

double station_celsius(const Station& station, const SimulatedStation& instruments, UnixTime hour) {
    const double celsius = instruments.read(hour).celsius;
    return station.kind == StationKind::simulated_v1 ? *to_celsius(to_version_1(celsius)) : celsius;
}

std::vector<City> make_cities(const std::vector<Station>& stations,
                              const std::string& file,
                              std::uint64_t seed) {
    const std::vector<weather::City> real = weather::read_observations(file);
    std::vector<City> cities;
    for (auto station = stations.begin(); station != stations.end(); ++station) {
        if (station->kind == StationKind::observed) {
            const auto found =
                std::find_if(real.begin(), real.end(),
                             [&](const weather::City& city) { return city.key == station->city; });
            if (found == real.end()) {
                throw weather::InputError(file + ": holds no observations of " + station->name +
                                          "; give a file like demos/data/weather.csv");
            }
            cities.emplace_back(found->key, found->observations);
        } else if (station->kind != StationKind::remote) {
            cities.emplace_back(station->city, seed,
                                std::vector<Station>(station, station + stations_per_city));
            station += stations_per_city - 1;
        }
    }
    return cities;
}

}  // namespace hub
