// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/readings.hpp"

#include <chrono>
#include <cmath>

namespace hub {

std::optional<double> to_celsius(const TemperatureV1& reading) {
    constexpr double zero_kelvin = 273.15;
    if (!std::isfinite(reading.temp)) {
        return std::nullopt;
    }
    if (reading.unit == "C") {
        return reading.temp;
    }
    if (reading.unit == "F") {
        return (reading.temp - 32) * 5 / 9;
    }
    if (reading.unit == "K") {
        return reading.temp - zero_kelvin;
    }
    return std::nullopt;
}

TemperatureV1 to_version_1(double celsius) {
    return {.temp = std::round((celsius * 9 / 5 + 32) * 10) / 10, .unit = "F"};
}

double dew_point_celsius(double celsius, double percent) {
    constexpr double b = 17.62;  // Magnus over water, WMO guide no. 8
    constexpr double c = 243.12;
    const double gamma = std::log(percent / 100) + b * celsius / (c + celsius);
    return c * gamma / (b - gamma);
}

bool Sampler::take(UnixTime at) {
    const auto hours = std::chrono::duration_cast<std::chrono::hours>(at.time_since_epoch());
    if (hours != at.time_since_epoch() || hours.count() % interval_h_ != 0 ||
        (last_ && at <= *last_)) {
        return false;
    }
    last_ = at;
    return true;
}

std::optional<DewPoint> DewPointState::add(const Temperature& temperature) {
    pairs_[temperature.observed_at].celsius = temperature.celsius;
    return complete(temperature.observed_at);
}

std::optional<DewPoint> DewPointState::add(const Humidity& humidity) {
    pairs_[humidity.observed_at].percent = humidity.percent;
    return complete(humidity.observed_at);
}

std::optional<DewPoint> DewPointState::complete(UnixTime at) {
    const Pair pair = pairs_[at];
    if (pairs_.size() > pairs_limit) {
        pairs_.erase(pairs_.begin());
    }
    if (!pair.celsius || !pair.percent) {
        return std::nullopt;
    }
    pairs_.erase(at);
    return DewPoint{dew_point_celsius(*pair.celsius, *pair.percent), at};
}

}  // namespace hub
