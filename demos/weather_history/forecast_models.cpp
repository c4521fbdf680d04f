// SPDX-License-Identifier: Apache-2.0
#include "forecast_models.hpp"

#include <string>

namespace weather {
namespace {

std::chrono::month_day day_of_year(UnixTime at) {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(at));
    return date.month() / date.day();
}

}  // namespace

std::vector<Forecast> BaselineModels::observe(const Observation& today) {
    Sum& sum = climate_[day_of_year(today.at)];
    sum.celsius += today.celsius;
    ++sum.years;

    const UnixTime tomorrow = today.at + forecast_horizon;
    std::vector<Forecast> forecasts;
    forecasts.push_back({std::string(persistence_model), tomorrow, today.at, today.celsius});
    if (const auto known = climate_.find(day_of_year(tomorrow)); known != climate_.end()) {
        forecasts.push_back({std::string(climatology_model), tomorrow, today.at,
                             known->second.celsius / known->second.years});
    }
    return forecasts;
}

}  // namespace weather
