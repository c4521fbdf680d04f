// SPDX-License-Identifier: Apache-2.0
//
// The types of all records of the demo. Times are Unix milliseconds in JSON.
#pragma once

#include <cstdint>
#include <string>

#include "aimdb/core/time.hpp"
#include "aimdb/json/record.hpp"

namespace weather {

using aimdb::UnixTime;

/// `calendar`: a day that the replay has reached; its noon in UTC stands for it.
struct Day {
    UnixTime at{};
};
AIMDB_RECORD(Day, at)

/// `observation.<city>`: what was observed on one day, as it stands in the file.
struct Observation {
    UnixTime at{};
    double celsius = 0;  ///< Mean of the day's extremes.
    double wind_m_s = 0;
    double precipitation_mm = 0;
};
AIMDB_RECORD(Observation, at, celsius, wind_m_s, precipitation_mm)

/// `temp.<city>`
struct Temperature {
    double celsius = 0;
    UnixTime observed_at{};
};
AIMDB_RECORD(Temperature, celsius, observed_at)

/// `wind.<city>`
struct Wind {
    double metres_per_second = 0;
    UnixTime observed_at{};
};
AIMDB_RECORD(Wind, metres_per_second, observed_at)

/// `precipitation.<city>`
struct Precipitation {
    double millimetres = 0;
    UnixTime observed_at{};
};
AIMDB_RECORD(Precipitation, millimetres, observed_at)

/// `forecast.<city>`: what one model expects the mean of a day to be.
struct Forecast {
    std::string model;
    UnixTime valid_for{};
    UnixTime fetched_at{};  ///< When it was made.
    double celsius = 0;
};
AIMDB_RECORD(Forecast, model, valid_for, fetched_at, celsius)

/// `accuracy.<city>`: a forecast that has matured, beside what really came.
struct ForecastValidation {
    std::string city;
    std::string model;
    UnixTime valid_for{};
    UnixTime fetched_at{};
    std::int64_t horizon_h = 0;
    double predicted_celsius = 0;
    double actual_celsius = 0;
    double signed_error = 0;  ///< Predicted minus actual.
    double absolute_error = 0;
    bool within_tolerance = false;
    std::uint32_t revisions = 0;  ///< Forecasts for that day that a later one replaced.
    UnixTime timestamp{};         ///< When it matured.
};
AIMDB_RECORD(ForecastValidation,
             city,
             model,
             valid_for,
             fetched_at,
             horizon_h,
             predicted_celsius,
             actual_celsius,
             signed_error,
             absolute_error,
             within_tolerance,
             revisions,
             timestamp)

}  // namespace weather
