// SPDX-License-Identifier: Apache-2.0
//
// Where the hub goes on after it was stopped or killed.
//
// The records may have got to different hours when it ended. What is in the file
// decides: observed time begins with the first hour of which anything is missing,
// in a state as if the hub had seen all hours before, and what the file has
// already is not written again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aimdb/core/database.hpp"

#include "progress.hpp"
#include "weather_hub/cities.hpp"
#include "weather_hub/hub_records.hpp"
#include "weather_hub/stations.hpp"
#include "weather_hub/summary.hpp"

namespace hub {

/// What the file holds.
struct Stored {
    std::optional<UnixTime> clock;                       ///< The newest tick.
    std::map<std::string, UnixTime> temperatures;        ///< Newest, by station.
    std::map<std::string, ForecastValidation> newest;    ///< Validation, by city.
    std::map<std::string, SummaryState> summaries;       ///< Rebuilt from validations, by city.
    std::map<std::string, AccuracySummary> as_stored{};  ///< Newest summary, by city.

    [[nodiscard]] bool empty() const noexcept { return !clock; }
    /// The newest observed time of anything.
    [[nodiscard]] UnixTime newest_hour() const;
    [[nodiscard]] std::optional<UnixTime> temperature(const std::string& station) const;
    /// What is stored of a city, as weather_history counts it.
    [[nodiscard]] weather::Progress progress(const std::string& city) const;
    /// Empty where nothing is stored.
    [[nodiscard]] SummaryState summary(const std::string& city) const;
};

/// Reads it all from a running database.
[[nodiscard]] Stored read_stored(aimdb::Database& history, const std::vector<City>& cities);

/// The first hour of which anything is missing, at most two days before the newest
/// tick: what is older stays away, as the data of a station that was added later.
[[nodiscard]] UnixTime first_missing_hour(const Stored& stored,
                                          const std::vector<Station>& stations,
                                          const std::vector<City>& cities);

}  // namespace hub
