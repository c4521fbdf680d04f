// SPDX-License-Identifier: Apache-2.0
//
// The hub in this process, with three cities, on a real file: what it keeps is right.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/persistence/persistence.hpp"

#include "persistence_sqlite/plain_sqlite.hpp"
#include "support/deadline.hpp"
#include "support/temp_dir.hpp"
#include "weather_hub/hub.hpp"

namespace hub {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::days observed_days{60};
// Slow enough that nothing moves after the warm-up.
constexpr double hardly_moving = 0.001;

std::vector<Station> few_stations() {
    std::vector<Station> few;
    for (const char* key : {"seattle", "vienna_hohe_warte", "vienna_innere_stadt", "prague_karlov",
                            "prague_ruzyne", "lisbon_gago_coutinho"}) {
        few.push_back(*find_station(key));
    }
    return few;
}

Options options_in(const aimdb::test::TempDir& directory) {
    Options options;
    options.data_dir = directory.file("data");
    options.http_port = 0;
    options.tcp_port = 0;
    options.warm_up = observed_days;
    options.days_per_second = hardly_moving;
    options.observations = AIMDB_SOURCE_DIR "/demos/data/weather.csv";
    options.www = directory.path().string();
    return options;
}

// Runs until the clock has reached `until`, then stops in order.
void run_until(Hub& hub, UnixTime until) {
    aimdb::test::run_with_deadline(120s, [&] {
        auto clock = hub.database().reader<ClockTick>("hub.clock");
        hub.database().start(2);
        while (clock.recv(aimdb::blocking)->value.at < until) {
        }
        EXPECT_TRUE(hub.database().stop(60s).clean());
    });
}

const UnixTime last_warm_hour = first_hour + observed_days - 1h;

std::vector<std::string> rows(const Options& options, const std::string& condition) {
    return aimdb::sqlite_test::PlainSqlite(database_file(options))
        .lines("SELECT record_name, stored_at, value_json FROM record_history WHERE " + condition +
               " ORDER BY record_name, stored_at, id");
}

template <typename T>
T decode(const std::string& row) {
    return aimdb::Codec<T>::decode(std::string_view(row).substr(row.find('{')));
}

// By its definition, from all rows of the file.
WindowAccuracy by_hand(const std::vector<std::string>& accuracy,
                       const std::string& model,
                       UnixTime end,
                       std::chrono::hours length) {
    WindowAccuracy window;
    double signed_sum = 0;
    double absolute_sum = 0;
    double hits = 0;
    for (const std::string& row : accuracy) {
        const auto value = decode<ForecastValidation>(row);
        if (value.model == model && value.timestamp > end - length && value.timestamp <= end) {
            ++window.n;
            signed_sum += value.predicted_celsius - value.actual_celsius;
            absolute_sum += std::abs(value.predicted_celsius - value.actual_celsius);
            hits += value.within_tolerance ? 1 : 0;
        }
    }
    if (window.n > 0) {
        window.bias = signed_sum / static_cast<double>(window.n);
        window.mae = absolute_sum / static_cast<double>(window.n);
        window.hit_rate = hits / static_cast<double>(window.n);
    }
    return window;
}

void expect_equal(const WindowAccuracy& found, const WindowAccuracy& expected) {
    EXPECT_EQ(found.n, expected.n);
    ASSERT_EQ(found.mae.has_value(), expected.mae.has_value());
    if (found.mae) {
        EXPECT_NEAR(*found.mae, *expected.mae, 1e-9);
        EXPECT_NEAR(*found.bias, *expected.bias, 1e-9);
        EXPECT_NEAR(*found.hit_rate, *expected.hit_rate, 1e-9);
    }
}

void expect_summaries_by_hand(const Options& options) {
    for (const std::string city : {"vienna", "prague", "seattle"}) {
        const auto accuracy = rows(options, "record_name = 'accuracy." + city + "'");
        const auto stored = rows(options, "record_name = 'accuracy_summary." + city + "'");
        ASSERT_FALSE(stored.empty());
        const auto summary = decode<AccuracySummary>(stored.back());
        EXPECT_EQ(summary.at, decode<ForecastValidation>(accuracy.back()).timestamp);
        ASSERT_EQ(summary.models.size(), 2u);
        for (const ModelAccuracy& model : summary.models) {
            expect_equal(model.h24, by_hand(accuracy, model.model, summary.at, 24h));
            expect_equal(model.d7, by_hand(accuracy, model.model, summary.at, 7 * 24h));
            expect_equal(model.d30, by_hand(accuracy, model.model, summary.at, 30 * 24h));
        }
    }
}

class WeatherHubHistory : public ::testing::Test {
protected:
    aimdb::test::TempDir directory_;
    Options options_ = options_in(directory_);
};

TEST_F(WeatherHubHistory, HoldsEachHourAndEachDayOnce) {
    Hub hub(options_, few_stations());
    run_until(hub, last_warm_hour);

    for (const aimdb::HistoryAccount& account : aimdb::persistence(hub.database()).accounts()) {
        EXPECT_TRUE(account.balanced()) << account.record;
        EXPECT_EQ(account.produced, account.committed) << account.record;
    }
    EXPECT_EQ(rows(options_, "record_name = 'temp.vienna_hohe_warte'").size(), 60u * 24);
    EXPECT_EQ(rows(options_, "record_name = 'temp.prague_karlov'").size(), 60u * 24);
    EXPECT_EQ(rows(options_, "record_name = 'temp.seattle'").size(), 60u);
    EXPECT_EQ(rows(options_, "record_name = 'accuracy.vienna'").size(), 59u);
    EXPECT_EQ(rows(options_, "record_name = 'accuracy.seattle'").size(), 59u);
}

TEST_F(WeatherHubHistory, ValidatesWhatTheRealDataSay) {
    Hub hub(options_, few_stations());
    run_until(hub, last_warm_hour);

    // Seattle, 2012-01-01 and -02: means of 12.8 and 5.0, and of 10.6 and 2.8.
    const auto first =
        decode<ForecastValidation>(rows(options_, "record_name = 'accuracy.seattle'").front());

    EXPECT_EQ(first.city, "seattle");
    EXPECT_EQ(first.model, "persistence");
    EXPECT_DOUBLE_EQ(first.predicted_celsius, 8.9);
    EXPECT_DOUBLE_EQ(first.actual_celsius, 6.7);
    EXPECT_EQ(first.timestamp, first_hour + 36h);
    EXPECT_FALSE(first.within_tolerance);
}

TEST_F(WeatherHubHistory, KeepsSummariesThatItsRawRowsGive) {
    Hub hub(options_, few_stations());
    run_until(hub, last_warm_hour);

    expect_summaries_by_hand(options_);
}

// Goal: a stop in the middle of a day changes nothing.
// Method: one hub runs 60 days; another one is stopped after 20 and a half, and
// goes on from its file. The rows of the 60 days are the same.
TEST_F(WeatherHubHistory, GoesOnAfterAStopAsIfThereHadBeenNone) {
    {
        Hub reference(options_, few_stations());
        run_until(reference, last_warm_hour);
    }
    const aimdb::test::TempDir other;
    Options stopped = options_in(other);
    stopped.warm_up = 20 * std::chrono::days(1);
    stopped.days_per_second = 1000;
    {
        Hub hub(stopped, few_stations());
        run_until(hub, first_hour + 20 * 24h + 17h);
    }
    Hub hub(stopped, few_stations());
    run_until(hub, last_warm_hour);

    const std::string same_days =
        "(record_name LIKE 'temp.%' OR record_name LIKE 'accuracy.%') "
        "AND stored_at <= " +
        std::to_string(aimdb::to_unix_ms(last_warm_hour));
    const std::vector<std::string> found = rows(stopped, same_days);
    const std::vector<std::string> expected = rows(options_, same_days);
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
        ASSERT_EQ(found[i], expected[i]) << "row " << i;
    }
    EXPECT_EQ(found.size(), expected.size());
    expect_summaries_by_hand(stopped);
}

TEST_F(WeatherHubHistory, StandsStillWithoutSourcesAndServesWhatIsThere) {
    {
        Hub hub(options_, few_stations());
        run_until(hub, last_warm_hour);
    }
    options_.sources = false;
    Hub hub(options_, few_stations());
    run_until(hub, last_warm_hour);

    const auto tick = hub.database().latest<ClockTick>("hub.clock");
    ASSERT_TRUE(tick);
    EXPECT_EQ(tick->value.at, last_warm_hour);
    EXPECT_FALSE(tick->value.sources);
    EXPECT_EQ(tick->value.days_per_second, 0);
    EXPECT_EQ(rows(options_, "record_name = 'temp.vienna_hohe_warte'").size(), 60u * 24);
    EXPECT_TRUE(hub.database().latest<AccuracySummary>("accuracy_summary.vienna"));
    EXPECT_EQ(hub.database().latest<Location>("location.vienna_hohe_warte")->value.name,
              "Hohe Warte");
}

}  // namespace
}  // namespace hub
