// SPDX-License-Identifier: Apache-2.0
//
// Brings forecasts and observations of one city together.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "records.hpp"

namespace weather {

/// A forecast is a hit when it is off by at most this much.
inline constexpr double tolerance_celsius = 2.0;

/// The state of the join behind `accuracy.<city>`.
///
/// A forecast matures when it and the observation of its day have both arrived,
/// in whatever order. Of several forecasts of one model for one day the last one
/// counts, the ones it replaced are its revisions; what comes after the
/// validation changes nothing any more.
///
/// Threads: thread-confined.
/// Limits:  days that lie `memory_days` behind both inputs are forgotten. Behind
///          both, as one input may run far ahead of the other.
class ValidationState {
public:
    static constexpr std::chrono::days memory_days{30};

    explicit ValidationState(std::string city) : city_(std::move(city)) {}

    /// Takes a forecast; returns its validation if its day has been observed.
    [[nodiscard]] std::optional<ForecastValidation> add(const Forecast& forecast);
    /// Takes an observation; returns the validations of all forecasts for its
    /// day, in the order in which their models first spoke.
    [[nodiscard]] std::vector<ForecastValidation> add(const Observation& observation);

    /// Models whose forecast for `day` waits for its observation.
    [[nodiscard]] std::vector<std::string> waiting_for(UnixTime day) const;

private:
    struct Candidate {
        Forecast forecast;  // the last one
        std::uint32_t revisions = 0;
        bool validated = false;
    };
    struct Outlook {
        std::optional<Observation> observation;
        std::vector<Candidate> candidates;  // one per model
    };

    ForecastValidation validate(Candidate& candidate, const Observation& observation) const;
    void forget_old_days();

    std::string city_;
    std::map<UnixTime, Outlook> days_;
    UnixTime newest_forecast_{};  // the newest day forecast
    UnixTime newest_observation_{};
};

}  // namespace weather
