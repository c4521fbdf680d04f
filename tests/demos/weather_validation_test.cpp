// SPDX-License-Identifier: Apache-2.0
//
// The logic of demos/weather_history, without a database.
#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "forecast_models.hpp"
#include "observations.hpp"
#include "progress.hpp"
#include "validation.hpp"

namespace weather {
namespace {

constexpr std::string_view header = "location,date,precipitation,temp_max,temp_min,wind,weather\n";

UnixTime day(int year, unsigned month, unsigned number) {
    return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) /
                                 std::chrono::day(number)) +
           std::chrono::hours(12);
}

Observation observed(UnixTime at, double celsius) { return {.at = at, .celsius = celsius}; }

Forecast forecast(std::string_view model, UnixTime valid_for, double celsius) {
    return {std::string(model), valid_for, valid_for - forecast_horizon, celsius};
}

std::string fault_of(const std::string& lines) {
    std::istringstream text(std::string(header) + lines);
    try {
        static_cast<void>(read_observations(text, "w.csv"));
    } catch (const InputError& error) {
        return error.what();
    }
    return "read without a fault";
}

TEST(BaselineModels, PersistenceSaysThatTomorrowIsAsToday) {
    BaselineModels models;

    const auto forecasts = models.observe(observed(day(2012, 2, 28), 7.5));

    ASSERT_EQ(forecasts.size(), 1u);
    EXPECT_EQ(forecasts[0].model, "persistence");
    EXPECT_EQ(forecasts[0].celsius, 7.5);
    EXPECT_EQ(forecasts[0].fetched_at, day(2012, 2, 28));
    EXPECT_EQ(forecasts[0].valid_for, day(2012, 2, 29));
}

TEST(BaselineModels, ClimatologyIsTheMeanOfTheSameDateInEarlierYears) {
    BaselineModels models;
    EXPECT_EQ(models.observe(observed(day(2012, 3, 2), 10.0)).size(), 1u);
    EXPECT_EQ(models.observe(observed(day(2013, 3, 1), 0.0)).back().celsius, 10.0);
    EXPECT_EQ(models.observe(observed(day(2013, 3, 2), 13.0)).size(), 1u);

    const auto forecasts = models.observe(observed(day(2014, 3, 1), 0.0));

    ASSERT_EQ(forecasts.size(), 2u);
    EXPECT_EQ(forecasts[1].model, "climatology");
    EXPECT_EQ(forecasts[1].celsius, 11.5);
    EXPECT_EQ(forecasts[1].valid_for, day(2014, 3, 2));
}

TEST(BaselineModels, ClimatologyIsSilentForALeapDayNeverSeen) {
    BaselineModels models;
    EXPECT_EQ(models.observe(observed(day(2013, 2, 28), 1.0)).size(), 1u);
    EXPECT_EQ(models.observe(observed(day(2013, 3, 1), 1.0)).size(), 1u);

    EXPECT_EQ(models.observe(observed(day(2016, 2, 28), 1.0)).size(), 1u);
}

TEST(ValidationState, ValidatesAForecastWhenItsDayIsObserved) {
    ValidationState state("Seattle");
    EXPECT_FALSE(state.add(forecast("persistence", day(2012, 1, 2), 4.5)));

    const auto matured = state.add(observed(day(2012, 1, 2), 5.75));

    ASSERT_EQ(matured.size(), 1u);
    EXPECT_EQ(matured[0].city, "Seattle");
    EXPECT_EQ(matured[0].model, "persistence");
    EXPECT_EQ(matured[0].valid_for, day(2012, 1, 2));
    EXPECT_EQ(matured[0].fetched_at, day(2012, 1, 1));
    EXPECT_EQ(matured[0].horizon_h, 24);
    EXPECT_EQ(matured[0].predicted_celsius, 4.5);
    EXPECT_EQ(matured[0].actual_celsius, 5.75);
    EXPECT_EQ(matured[0].signed_error, -1.25);
    EXPECT_EQ(matured[0].absolute_error, 1.25);
    EXPECT_TRUE(matured[0].within_tolerance);
    EXPECT_EQ(matured[0].revisions, 0u);
    EXPECT_EQ(matured[0].timestamp, day(2012, 1, 2));
}

TEST(ValidationState, GivesTheSameWhenTheObservationComesFirst) {
    ValidationState state("Seattle");
    EXPECT_TRUE(state.add(observed(day(2012, 1, 2), 5.75)).empty());

    const auto matured = state.add(forecast("persistence", day(2012, 1, 2), 4.5));

    ASSERT_TRUE(matured);
    EXPECT_EQ(matured->signed_error, -1.25);
    EXPECT_EQ(matured->timestamp, day(2012, 1, 2));
}

TEST(ValidationState, CountsRevisionsAndJudgesTheLastForecast) {
    ValidationState state("Seattle");
    for (const double celsius : {1.0, 2.0, 3.0}) {
        EXPECT_FALSE(state.add(forecast("persistence", day(2012, 1, 2), celsius)));
    }

    const auto matured = state.add(observed(day(2012, 1, 2), 3.5));

    ASSERT_EQ(matured.size(), 1u);
    EXPECT_EQ(matured[0].revisions, 2u);
    EXPECT_EQ(matured[0].predicted_celsius, 3.0);
}

TEST(ValidationState, ValidatesOnceWhateverComesLater) {
    ValidationState state("Seattle");
    EXPECT_FALSE(state.add(forecast("persistence", day(2012, 1, 2), 4.5)));
    EXPECT_EQ(state.add(observed(day(2012, 1, 2), 5.0)).size(), 1u);

    EXPECT_FALSE(state.add(forecast("persistence", day(2012, 1, 2), 5.0)));
    EXPECT_TRUE(state.add(observed(day(2012, 1, 2), 6.0)).empty());
}

TEST(ValidationState, KeepsModelsApartAndInTheOrderInWhichTheySpoke) {
    ValidationState state("Seattle");
    EXPECT_FALSE(state.add(forecast("persistence", day(2012, 1, 2), 4.0)));
    EXPECT_FALSE(state.add(forecast("climatology", day(2012, 1, 2), 6.0)));
    EXPECT_EQ(state.waiting_for(day(2012, 1, 2)),
              (std::vector<std::string>{"persistence", "climatology"}));

    const auto matured = state.add(observed(day(2012, 1, 2), 5.0));

    ASSERT_EQ(matured.size(), 2u);
    EXPECT_EQ(matured[0].signed_error, -1.0);
    EXPECT_EQ(matured[1].signed_error, 1.0);
    EXPECT_TRUE(state.waiting_for(day(2012, 1, 2)).empty());
}

TEST(ValidationState, CountsAnErrorOfExactlyTwoDegreesAsAHit) {
    ValidationState state("Seattle");
    // In binary 13.35 - 11.35 is 2.0 exactly or a hair beside it; both are hits.
    for (const auto& [predicted, actual] : {std::pair(8.9, 6.9), std::pair(6.9, 8.9),
                                            std::pair(13.35, 11.35), std::pair(-0.3, -2.3)}) {
        ValidationState fresh("Seattle");
        EXPECT_FALSE(fresh.add(forecast("persistence", day(2012, 1, 2), predicted)));
        EXPECT_TRUE(fresh.add(observed(day(2012, 1, 2), actual)).at(0).within_tolerance);
    }
    EXPECT_FALSE(state.add(forecast("persistence", day(2012, 1, 2), 5.0)));
    EXPECT_FALSE(state.add(observed(day(2012, 1, 2), 2.999)).at(0).within_tolerance);
}

// One input of a join may run far ahead of the other: a replay once lost four
// validations of five because the observations were forgotten too early.
TEST(ValidationState, WaitsForAnInputThatIsAYearBehind) {
    ValidationState state("Seattle");
    for (int i = 0; i < 366; ++i) {
        EXPECT_TRUE(state.add(observed(day(2012, 1, 1) + std::chrono::days(i), i)).empty());
    }

    for (int i = 0; i < 366; ++i) {
        const auto matured =
            state.add(forecast("persistence", day(2012, 1, 1) + std::chrono::days(i), i));
        ASSERT_TRUE(matured) << i;
        EXPECT_EQ(matured->signed_error, 0.0);
    }
}

TEST(ValidationState, ForgetsADayThatBothInputsHaveLeftBehind) {
    ValidationState state("Seattle");
    EXPECT_FALSE(state.add(forecast("persistence", day(2012, 1, 2), 5.0)));
    EXPECT_TRUE(state.add(observed(day(2012, 2, 2), 5.0)).empty());
    EXPECT_TRUE(state.add(forecast("persistence", day(2012, 2, 1), 5.0)) == std::nullopt);
    EXPECT_EQ(state.waiting_for(day(2012, 1, 2)).size(), 1u);  // 30 days behind

    EXPECT_TRUE(state.add(forecast("persistence", day(2012, 2, 2), 5.0)).has_value());

    EXPECT_TRUE(state.waiting_for(day(2012, 1, 2)).empty());
}

// Three days of one city: temperatures on each, validations of persistence on
// the second and third.
City three_days() {
    return {
        "x",
        "X",
        {observed(day(2012, 1, 1), 1), observed(day(2012, 1, 2), 2), observed(day(2012, 1, 3), 3)}};
}

ForecastValidation validation(std::string_view model, UnixTime valid_for) {
    ForecastValidation value;
    value.model = model;
    value.valid_for = valid_for;
    return value;
}

TEST(Progress, BeginsWithTheFirstDayOfWhichAnythingIsMissing) {
    const City city = three_days();
    const auto second = validation("persistence", day(2012, 1, 2));
    const auto third = validation("persistence", day(2012, 1, 3));

    EXPECT_EQ(first_missing_day(city, {}), day(2012, 1, 1));
    EXPECT_EQ(first_missing_day(city, {day(2012, 1, 1), std::nullopt}), day(2012, 1, 2));
    EXPECT_EQ(first_missing_day(city, {day(2012, 1, 3), std::nullopt}), day(2012, 1, 2));
    EXPECT_EQ(first_missing_day(city, {day(2012, 1, 3), second}), day(2012, 1, 3));
    EXPECT_EQ(first_missing_day(city, {day(2012, 1, 1), third}), day(2012, 1, 2));
    EXPECT_EQ(first_missing_day(city, {std::nullopt, third}), day(2012, 1, 1));
    EXPECT_EQ(first_missing_day(city, {day(2012, 1, 3), third}), std::nullopt);
}

TEST(Progress, KnowsWhichModelOfADayIsStored) {
    const Progress progress({}, validation("persistence", day(2013, 1, 2)));

    EXPECT_TRUE(progress.has_validation(day(2013, 1, 1), "climatology"));
    EXPECT_TRUE(progress.has_validation(day(2013, 1, 2), "persistence"));
    EXPECT_FALSE(progress.has_validation(day(2013, 1, 2), "climatology"));
    EXPECT_FALSE(progress.has_validation(day(2013, 1, 3), "persistence"));
    EXPECT_FALSE(progress.has_temperature(day(2013, 1, 1)));
}

TEST(Progress, StateOfEarlierDaysHoldsTheForecastForTheNext) {
    const City city = three_days();

    CityState state(city, day(2012, 1, 3));
    const auto matured = state.validation.add(city.observations[2]);

    ASSERT_EQ(matured.size(), 1u);
    EXPECT_EQ(matured[0].predicted_celsius, 2.0);
    EXPECT_EQ(matured[0].fetched_at, day(2012, 1, 2));
}

TEST(Observations, TakeTheMeanOfTheExtremesAtNoon) {
    std::istringstream text(std::string(header) +
                            "Seattle,2012-01-01,0.5,12.8,5.0,4.7,drizzle\r\n"
                            "New York,2012-01-01,1.8,10.0,3.3,5.1,rain\n"
                            "New York,2012-01-03,0.0,-7.7,-16.0,5.1,sun\n");

    const auto cities = read_observations(text, "w.csv");

    ASSERT_EQ(cities.size(), 2u);
    EXPECT_EQ(cities[0].key, "seattle");
    EXPECT_EQ(cities[1].key, "new_york");
    EXPECT_EQ(cities[1].name, "New York");
    EXPECT_EQ(cities[0].observations.at(0).at, day(2012, 1, 1));
    EXPECT_DOUBLE_EQ(cities[0].observations.at(0).celsius, 8.9);
    EXPECT_EQ(cities[0].observations.at(0).precipitation_mm, 0.5);
    EXPECT_EQ(cities[0].observations.at(0).wind_m_s, 4.7);
    EXPECT_DOUBLE_EQ(cities[1].observations.at(1).celsius, -11.85);
    EXPECT_EQ(observed_days(cities), (std::vector{day(2012, 1, 1), day(2012, 1, 3)}));
    EXPECT_EQ(to_date(day(2012, 1, 3)), "2012-01-03");
}

TEST(Observations, SayWhereAndWhatIsWrongAndHowToMendIt) {
    EXPECT_EQ(fault_of("Seattle,2012-01-01,0.0,12.8,5.0,4.7\n"),
              "w.csv:2: 6 columns instead of 7; the columns are "
              "location,date,precipitation,temp_max,temp_min,wind,weather");
    EXPECT_EQ(
        fault_of("Seattle,2012-01-01,0.0,12.8,5.0,4.7,sun\nSeattle,2012-01-02,0,1,0,x4,sun\n"),
        "w.csv:3: wind 'x4' is not a number; write it like 12.8");
    EXPECT_EQ(fault_of("Seattle,2012-01-01,0.0,12.8,5.0,nan,sun\n"),
              "w.csv:2: wind 'nan' is not a number; write it like 12.8");
    EXPECT_EQ(fault_of("Seattle,2012-01-01,-0.1,12.8,5.0,4.7,sun\n"),
              "w.csv:2: precipitation '-0.1' is negative; write an amount of 0.0 or more");
    EXPECT_EQ(fault_of("Seattle,2013-02-29,0.0,12.8,5.0,4.7,sun\n"),
              "w.csv:2: date '2013-02-29' is not a day; write it like 2012-01-31");
    EXPECT_EQ(fault_of("Seattle,2013/02/01,0.0,12.8,5.0,4.7,sun\n"),
              "w.csv:2: date '2013/02/01' is not a day; write it like 2012-01-31");
    EXPECT_EQ(fault_of("Seattle,2012-01-01,0.0,5.0,12.8,4.7,sun\n"),
              "w.csv:2: temp_max '5.0' is below temp_min '12.8'; exchange the two");
    EXPECT_EQ(
        fault_of("S.E.,2012-01-01,0.0,12.8,5.0,4.7,sun\n"),
        "w.csv:2: location 'S.E.' cannot be part of a record key; use letters, digits and blanks");
    EXPECT_EQ(fault_of(",2012-01-01,0.0,12.8,5.0,4.7,sun\n"),
              "w.csv:2: location is empty; write the name of the city");
    EXPECT_EQ(fault_of("A,2012-01-02,0.0,12.8,5.0,4.7,sun\nA,2012-01-02,0.0,12.8,5.0,4.7,sun\n"),
              "w.csv:3: date '2012-01-02' does not come after 2012-01-02, the day before it in the "
              "file; sort the lines of each city by date and keep one per day");
    EXPECT_EQ(fault_of(""),
              "w.csv: holds no observations; give a file like demos/data/weather.csv");
}

TEST(Observations, RefuseAForeignHeaderAndAMissingFile) {
    std::istringstream text("date,rain\n2012-01-01,0.0\n");
    EXPECT_THROW(static_cast<void>(read_observations(text, "w.csv")), InputError);
    EXPECT_THROW(static_cast<void>(read_observations(std::string("/nowhere/w.csv"))), InputError);
}

}  // namespace
}  // namespace weather
