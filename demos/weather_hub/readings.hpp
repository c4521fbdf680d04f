// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a station's reading.
#pragma once

#include <map>
#include <optional>

#include "weather_hub/hub_records.hpp"

namespace hub {

/// A temperature of contract version 1 in degrees Celsius; nothing when its unit
/// is unknown or it is no number.
[[nodiscard]] std::optional<double> to_celsius(const TemperatureV1& reading);
/// The same the other way: what the older station sends, to a tenth of a degree Fahrenheit.
[[nodiscard]] TemperatureV1 to_version_1(double celsius);

/// Where moist air begins to drip, by the Magnus formula. `percent` is above 0.
[[nodiscard]] double dew_point_celsius(double celsius, double percent);

/// Lets one value per sample interval pass, each later than the one before.
///
/// Threads: thread-confined.
class Sampler {
public:
    /// `last` is the newest one stored.
    Sampler(int interval_h, std::optional<UnixTime> last) : interval_h_(interval_h), last_(last) {}

    /// True once for each time that is due.
    [[nodiscard]] bool take(UnixTime at);

private:
    int interval_h_;
    std::optional<UnixTime> last_;
};

/// The state of the join behind `dew_point.<station>`: temperature and humidity of
/// one instant belong together, whichever comes first.
///
/// Threads: thread-confined.
/// Limits:  an instant that lacks one of the two is forgotten `pairs_limit` later ones.
class DewPointState {
public:
    static constexpr std::size_t pairs_limit = 128;

    [[nodiscard]] std::optional<DewPoint> add(const Temperature& temperature);
    [[nodiscard]] std::optional<DewPoint> add(const Humidity& humidity);

private:
    struct Pair {
        std::optional<double> celsius;
        std::optional<double> percent;
    };
    std::optional<DewPoint> complete(UnixTime at);
    std::map<UnixTime, Pair> pairs_;
};

}  // namespace hub
