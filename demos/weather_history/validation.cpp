// SPDX-License-Identifier: Apache-2.0
#include "validation.hpp"

#include <algorithm>
#include <cmath>

namespace weather {
namespace {

// Temperatures are means of two decimals such as 8.9, whose binary difference
// may be a hair above an exact 2.0; far below what a thermometer can tell.
constexpr double rounding_celsius = 1e-9;

}  // namespace

std::optional<ForecastValidation> ValidationState::add(const Forecast& forecast) {
    newest_forecast_ = std::max(newest_forecast_, forecast.valid_for);
    forget_old_days();
    Outlook& day = days_[forecast.valid_for];
    auto candidate = std::find_if(
        day.candidates.begin(), day.candidates.end(),
        [&](const Candidate& other) { return other.forecast.model == forecast.model; });
    if (candidate == day.candidates.end()) {
        candidate = day.candidates.insert(candidate, Candidate{forecast});
    } else if (!candidate->validated) {
        candidate->forecast = forecast;
        ++candidate->revisions;
    }
    if (candidate->validated || !day.observation) {
        return std::nullopt;
    }
    return validate(*candidate, *day.observation);
}

std::vector<ForecastValidation> ValidationState::add(const Observation& observation) {
    newest_observation_ = std::max(newest_observation_, observation.at);
    forget_old_days();
    Outlook& day = days_[observation.at];
    day.observation = observation;
    std::vector<ForecastValidation> validations;
    for (Candidate& candidate : day.candidates) {
        if (!candidate.validated) {
            validations.push_back(validate(candidate, observation));
        }
    }
    return validations;
}

std::vector<std::string> ValidationState::waiting_for(UnixTime day) const {
    std::vector<std::string> waiting;
    if (const auto outlook = days_.find(day); outlook != days_.end()) {
        for (const Candidate& candidate : outlook->second.candidates) {
            if (!candidate.validated) {
                waiting.push_back(candidate.forecast.model);
            }
        }
    }
    return waiting;
}

ForecastValidation ValidationState::validate(Candidate& candidate,
                                             const Observation& observation) const {
    candidate.validated = true;
    const Forecast& forecast = candidate.forecast;
    const double error = forecast.celsius - observation.celsius;
    const auto horizon =
        std::chrono::duration_cast<std::chrono::hours>(forecast.valid_for - forecast.fetched_at);
    return {.city = city_,
            .model = forecast.model,
            .valid_for = forecast.valid_for,
            .fetched_at = forecast.fetched_at,
            .horizon_h = horizon.count(),
            .predicted_celsius = forecast.celsius,
            .actual_celsius = observation.celsius,
            .signed_error = error,
            .absolute_error = std::abs(error),
            .within_tolerance = std::abs(error) <= tolerance_celsius + rounding_celsius,
            .revisions = candidate.revisions,
            .timestamp = observation.at};
}

void ValidationState::forget_old_days() {
    const UnixTime reached = std::min(newest_forecast_, newest_observation_);
    days_.erase(days_.begin(), days_.lower_bound(reached - memory_days));
}

}  // namespace weather
