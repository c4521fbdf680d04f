// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/readings.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "weather_hub/calendar.hpp"
#include "weather_hub/cities.hpp"
#include "weather_hub/summary.hpp"

namespace hub {
namespace {

using std::chrono::hours;

TEST(WeatherHubMigration, KnowsCelsiusFahrenheitAndKelvin) {
    EXPECT_DOUBLE_EQ(*to_celsius({21.5, "C"}), 21.5);
    EXPECT_DOUBLE_EQ(*to_celsius({212, "F"}), 100);
    EXPECT_DOUBLE_EQ(*to_celsius({-40, "F"}), -40);
    EXPECT_DOUBLE_EQ(*to_celsius({273.15, "K"}), 0);
    EXPECT_DOUBLE_EQ(*to_celsius({0, "K"}), -273.15);
}

TEST(WeatherHubMigration, RefusesOtherUnitsAndWhatIsNoNumber) {
    EXPECT_EQ(to_celsius({10, "R"}), std::nullopt);
    EXPECT_EQ(to_celsius({10, ""}), std::nullopt);
    EXPECT_EQ(to_celsius({std::numeric_limits<double>::quiet_NaN(), "C"}), std::nullopt);
}

TEST(WeatherHubMigration, TheOlderStationSendsTenthsOfADegreeFahrenheit) {
    EXPECT_EQ(to_version_1(21.5).temp, 70.7);
    EXPECT_EQ(to_version_1(-3.1).temp, 26.4);
    EXPECT_EQ(to_version_1(0).unit, "F");
}

// The literals are from the formula of the WMO guide, calculated apart.
TEST(WeatherHubDewPoint, FollowsTheMagnusFormula) {
    EXPECT_NEAR(dew_point_celsius(20, 50), 9.2552, 5e-5);
    EXPECT_NEAR(dew_point_celsius(30, 80), 26.1688, 5e-5);
    EXPECT_NEAR(dew_point_celsius(0, 100), 0, 1e-9);
    EXPECT_NEAR(dew_point_celsius(-5, 100), -5, 1e-9);
}

TEST(WeatherHubDewPoint, PairsWhatWasMeasuredAtTheSameTime) {
    DewPointState state;
    EXPECT_FALSE(state.add(Temperature{20, first_hour}));
    EXPECT_FALSE(state.add(Humidity{50, first_hour + hours(1)}));

    const auto first = state.add(Humidity{50, first_hour});
    const auto second = state.add(Temperature{30, first_hour + hours(1)});

    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->observed_at, first_hour);
    EXPECT_NEAR(first->celsius, 9.2552, 5e-5);
    EXPECT_EQ(second->observed_at, first_hour + hours(1));
}

TEST(WeatherHubSampler, TakesEachIntervalOnceAndNeverGoesBack) {
    Sampler sampler(3, first_hour);

    EXPECT_FALSE(sampler.take(first_hour));
    EXPECT_FALSE(sampler.take(first_hour + hours(1)));
    EXPECT_TRUE(sampler.take(first_hour + hours(3)));
    EXPECT_FALSE(sampler.take(first_hour + hours(3)));
    EXPECT_TRUE(sampler.take(first_hour + hours(9)));
    EXPECT_FALSE(sampler.take(first_hour + hours(6)));
    EXPECT_FALSE(sampler.take(first_hour + hours(12) + std::chrono::minutes(1)));
}

TEST(WeatherHubDayMeans, AreTheMeanOfTheStationsMeansOverTheDayUpToNoon) {
    DayMeans days;
    const UnixTime noon = first_hour + hours(36);
    for (int i = 1; i <= 24; ++i) {
        days.add(0, {static_cast<double>(i), noon - hours(24) + hours(i)});  // mean 12.5
    }
    EXPECT_TRUE(days.take_complete().empty());
    for (int i = 3; i <= 24; i += 3) {
        days.add(1, {20.0, noon - hours(24) + hours(i)});
    }

    const auto complete = days.take_complete();

    ASSERT_EQ(complete.size(), 1u);
    EXPECT_EQ(complete[0].at, noon);
    EXPECT_DOUBLE_EQ(complete[0].celsius, 16.25);
    EXPECT_TRUE(std::isnan(complete[0].wind_m_s));
    EXPECT_TRUE(days.take_complete().empty());
}

ForecastValidation validation(const char* model, UnixTime at, double error) {
    ForecastValidation value;
    value.model = model;
    value.timestamp = at;
    value.signed_error = error;
    value.absolute_error = std::abs(error);
    value.within_tolerance = value.absolute_error <= 2;
    return value;
}

TEST(WeatherHubSummary, HasEachWindowOfEachModel) {
    const UnixTime end = first_hour + std::chrono::days(40);
    SummaryState state("vienna");
    state.add(validation("persistence", end - std::chrono::days(30), 100));  // just outside
    state.add(validation("persistence", end - std::chrono::days(29), -6));
    state.add(validation("persistence", end - std::chrono::days(7), 100));
    state.add(validation("persistence", end - std::chrono::days(6), 3));
    state.add(validation("persistence", end - std::chrono::days(1), -1));
    state.add(validation("persistence", end, 2));

    const auto summary = state.summary();

    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->city, "vienna");
    EXPECT_EQ(summary->at, end);
    ASSERT_EQ(summary->models.size(), 2u);
    EXPECT_EQ(summary->models[0].model, "persistence");
    EXPECT_EQ(summary->models[0].h24, (WindowAccuracy{1, 2.0, 2.0, 1.0}));
    EXPECT_EQ(summary->models[0].d7, (WindowAccuracy{3, 2.0, 4.0 / 3, 2.0 / 3}));
    EXPECT_EQ(summary->models[0].d30, (WindowAccuracy{5, 22.4, 19.6, 0.4}));
    EXPECT_EQ(summary->models[1].model, "climatology");
    EXPECT_EQ(summary->models[1].d30, WindowAccuracy{});
}

TEST(WeatherHubSummary, SaysNothingBeforeTheFirstValidation) {
    EXPECT_EQ(SummaryState("vienna").summary(), std::nullopt);
}

}  // namespace
}  // namespace hub
