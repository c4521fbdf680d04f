// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <algorithm>

namespace weather {
namespace {

std::ptrdiff_t rank(std::string_view model) noexcept {
    return std::find(model_names.begin(), model_names.end(), model) - model_names.begin();
}

}  // namespace

bool Progress::has_validation(UnixTime day, std::string_view model) const noexcept {
    if (!validation_ || day != validation_->valid_for) {
        return validation_ && day < validation_->valid_for;
    }
    return rank(model) <= rank(validation_->model);
}

CityState::CityState(const City& city, UnixTime end) : CityState(city) {
    for (const Observation& observation : city.observations) {
        if (observation.at >= end) {
            break;
        }
        learn(observation);
    }
}

void CityState::learn(const Observation& observation) {
    (void)validation.add(observation);
    for (const Forecast& forecast : models.observe(observation)) {
        (void)validation.add(forecast);
    }
}

std::optional<UnixTime> first_missing_day(const City& city, const Progress& progress) {
    CityState state(city);
    for (const Observation& today : city.observations) {
        const std::vector<std::string> due = state.validation.waiting_for(today.at);
        const bool complete = progress.has_temperature(today.at) &&
                              std::all_of(due.begin(), due.end(), [&](const std::string& model) {
                                  return progress.has_validation(today.at, model);
                              });
        if (!complete) {
            return today.at;
        }
        state.learn(today);
    }
    return std::nullopt;
}

}  // namespace weather
