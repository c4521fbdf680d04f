// SPDX-License-Identifier: Apache-2.0
//
// Two honest baselines: every real forecast has to beat them.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <string_view>
#include <vector>

#include "records.hpp"

namespace weather {

/// Tomorrow will be as today.
inline constexpr std::string_view persistence_model = "persistence";
/// Tomorrow will be as the mean of that day in earlier years.
inline constexpr std::string_view climatology_model = "climatology";

/// In the order in which a day's forecasts are made, and so also validated.
inline constexpr std::array<std::string_view, 2> model_names{persistence_model, climatology_model};

/// How far ahead both look.
inline constexpr std::chrono::hours forecast_horizon{24};

/// The baseline models of one city.
///
/// Threads: thread-confined.
class BaselineModels {
public:
    /// Learns what was observed today and says what to expect tomorrow: one
    /// forecast per model, in the order of `model_names`. Climatology is silent until
    /// tomorrow's date has been observed in an earlier year. Days come in order.
    [[nodiscard]] std::vector<Forecast> observe(const Observation& today);

private:
    struct Sum {
        double celsius = 0;
        int years = 0;
    };
    std::map<std::chrono::month_day, Sum> climate_;
};

}  // namespace weather
