// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "aimdb/core/key.hpp"

#include "weather_hub/calendar.hpp"

namespace hub {
namespace {

using std::chrono::hours;

const Station& station(std::string_view key) { return *find_station(key); }

TEST(WeatherHubStations, AreTwoInEachOfTwelveCitiesAndEachHasAKeyOfItsOwn) {
    std::map<std::string, int> per_city;
    std::set<std::string> keys;
    for (const Station& each : all_stations()) {
        EXPECT_TRUE(keys.insert(each.key).second) << each.key;
        EXPECT_EQ(aimdb::find_key_fault("temp." + each.key), std::nullopt);
        if (location_of(each).simulated && !location_of(each).remote) {
            ++per_city[each.city];
        }
    }

    EXPECT_EQ(per_city.size(), 12u);
    EXPECT_TRUE(std::all_of(per_city.begin(), per_city.end(),
                            [](const auto& city) { return city.second == 2; }));
    EXPECT_EQ(location_of(station("prague_karlov")).contract_version, 1);
    EXPECT_TRUE(location_of(station("lisbon_gago_coutinho")).remote);
    EXPECT_FALSE(location_of(station("seattle")).simulated);
    EXPECT_EQ(find_station("atlantis"), nullptr);
}

TEST(WeatherHubSimulation, GivesTheSameForTheSameSeedStationAndHour) {
    const SimulatedStation one(1, station("vienna_hohe_warte"));
    const SimulatedStation again(1, station("vienna_hohe_warte"));

    for (int i = 0; i < 24 * 30; ++i) {
        const UnixTime hour = first_hour + hours(i);
        EXPECT_EQ(one.read(hour).celsius, again.read(hour).celsius);
        EXPECT_EQ(one.read(hour).percent, again.read(hour).percent);
        EXPECT_EQ(one.read(hour).at, hour);
    }
}

TEST(WeatherHubSimulation, DiffersBetweenSeedsAndStations) {
    const SimulatedStation one(1, station("vienna_hohe_warte"));
    const SimulatedStation other_seed(2, station("vienna_hohe_warte"));
    const SimulatedStation other_station(1, station("vienna_innere_stadt"));
    int same_as_seed = 0;
    int same_as_station = 0;

    for (int i = 0; i < 1000; ++i) {
        const UnixTime hour = first_hour + hours(i);
        same_as_seed += one.read(hour).celsius == other_seed.read(hour).celsius ? 1 : 0;
        same_as_station += one.read(hour).celsius == other_station.read(hour).celsius ? 1 : 0;
    }

    EXPECT_LT(same_as_seed, 100);
    EXPECT_LT(same_as_station, 200);
}

TEST(WeatherHubSimulation, IsWeatherThatAHumanWouldBelieve) {
    const SimulatedStation vienna(1, station("vienna_hohe_warte"));
    double january = 0;
    double july = 0;
    double before = vienna.read(first_hour).celsius;

    for (int i = 0; i < 24 * 365; ++i) {
        const Reading reading = vienna.read(first_hour + hours(i));
        EXPECT_LT(std::abs(reading.celsius - before), 5.0) << i;
        EXPECT_GE(reading.percent, 15);
        EXPECT_LE(reading.percent, 100);
        before = reading.celsius;
        january += i < 24 * 31 ? reading.celsius / (24 * 31) : 0;
        july += i >= 24 * 182 && i < 24 * 213 ? reading.celsius / (24 * 31) : 0;
    }

    EXPECT_GT(july, january + 12);
    EXPECT_GT(january, -10);
    EXPECT_LT(july, 30);
}

TEST(WeatherHubCalendar, RepeatsTheFourYearsWithTheSameDates) {
    const UnixTime leap_day =
        std::chrono::sys_days(std::chrono::year(2016) / std::chrono::February / 29) + hours(12);

    EXPECT_EQ(pass_of(first_hour), 0);
    EXPECT_EQ(pass_of(first_hour + pass_length - hours(1)), 0);
    EXPECT_EQ(pass_of(first_hour + pass_length), 1);
    EXPECT_EQ(
        in_first_pass(leap_day),
        std::chrono::sys_days(std::chrono::year(2012) / std::chrono::February / 29) + hours(12));
    EXPECT_TRUE(is_noon(leap_day));
    EXPECT_FALSE(is_noon(leap_day + hours(1)));
}

}  // namespace
}  // namespace hub
