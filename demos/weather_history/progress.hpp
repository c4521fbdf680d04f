// SPDX-License-Identifier: Apache-2.0
//
// Where a replay goes on after it was stopped or killed.
//
// The records of a city may have got to different days when the program ended.
// What is in the file decides: the replay begins with the first day of which
// anything is missing, in a state as if it had seen all days before, and what the
// file has already is not written again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "forecast_models.hpp"
#include "observations.hpp"
#include "validation.hpp"

namespace weather {

/// What the file holds of one city.
class Progress {
public:
    Progress() = default;
    /// `newest_temperature` and `newest_validation` are the newest rows stored.
    Progress(std::optional<UnixTime> newest_temperature,
             std::optional<ForecastValidation> newest_validation)
        : temperature_(newest_temperature), validation_(std::move(newest_validation)) {}

    /// Whether the temperature of `day` is stored.
    [[nodiscard]] bool has_temperature(UnixTime day) const noexcept {
        return temperature_ && day <= *temperature_;
    }
    /// Whether the validation of that model's forecast for `day` is stored. They
    /// are written by day, and within a day in the order of `model_names`.
    [[nodiscard]] bool has_validation(UnixTime day, std::string_view model) const noexcept;

private:
    std::optional<UnixTime> temperature_;
    std::optional<ForecastValidation> validation_;
};

/// What the stages of one city remember from day to day.
struct CityState {
    explicit CityState(const City& city) : validation(city.name) {}
    /// The state after all days of `city` before `end`.
    CityState(const City& city, UnixTime end);

    /// Sees a day without publishing anything.
    void learn(const Observation& observation);

    BaselineModels models;
    ValidationState validation;
};

/// The first day of `city` of which anything is missing, or nothing.
[[nodiscard]] std::optional<UnixTime> first_missing_day(const City& city, const Progress& progress);

}  // namespace weather
