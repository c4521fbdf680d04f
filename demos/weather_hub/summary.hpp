// SPDX-License-Identifier: Apache-2.0
//
// How good the forecasts of a city were lately.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "weather_hub/hub_records.hpp"

namespace hub {

/// The state behind `accuracy_summary.<city>`. A validation of time t lies in the
/// window of length w that ends at `at` if at - w < t <= at.
///
/// Threads: thread-confined.
/// Limits:  remembers 30 days of observed time.
class SummaryState {
public:
    static constexpr std::chrono::days longest_window{30};

    explicit SummaryState(std::string city) : city_(std::move(city)) {}

    /// Validations come in the order of their times.
    void add(const ForecastValidation& validation);
    /// Nothing before the first validation. Summed up anew, so that the figures do
    /// not depend on how often the hub was started.
    [[nodiscard]] std::optional<AccuracySummary> summary() const;

private:
    [[nodiscard]] WindowAccuracy window(const std::string& model, std::chrono::hours length) const;

    std::string city_;
    std::deque<ForecastValidation> validations_;
};

}  // namespace hub
