// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/summary.hpp"

#include "forecast_models.hpp"

namespace hub {

void SummaryState::add(const ForecastValidation& validation) {
    validations_.push_back(validation);
    while (validations_.front().timestamp <= validation.timestamp - longest_window) {
        validations_.pop_front();
    }
}

std::optional<AccuracySummary> SummaryState::summary() const {
    using std::chrono::days;
    if (validations_.empty()) {
        return std::nullopt;
    }
    AccuracySummary summary{city_, validations_.back().timestamp, {}};
    for (const std::string_view name : weather::model_names) {
        const std::string model(name);
        summary.models.push_back(
            {model, window(model, days(1)), window(model, days(7)), window(model, longest_window)});
    }
    return summary;
}

WindowAccuracy SummaryState::window(const std::string& model, std::chrono::hours length) const {
    const UnixTime begin = validations_.back().timestamp - length;
    std::int64_t hits = 0;
    double signed_sum = 0;
    double absolute_sum = 0;
    WindowAccuracy found;
    for (const ForecastValidation& validation : validations_) {
        if (validation.model == model && validation.timestamp > begin) {
            ++found.n;
            hits += validation.within_tolerance ? 1 : 0;
            signed_sum += validation.signed_error;
            absolute_sum += validation.absolute_error;
        }
    }
    if (found.n > 0) {
        const auto count = static_cast<double>(found.n);
        found.mae = absolute_sum / count;
        found.bias = signed_sum / count;
        found.hit_rate = static_cast<double>(hits) / count;
    }
    return found;
}

}  // namespace hub
