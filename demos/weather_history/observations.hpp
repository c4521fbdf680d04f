// SPDX-License-Identifier: Apache-2.0
//
// Reads the daily observations of demos/data/weather.csv. Strict: a line that is
// not exactly as expected ends the reading with an error that says where, what
// and how to mend it.
#pragma once

#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "records.hpp"

namespace weather {

/// What is wrong with an input file: "FILE:LINE: what; how to mend it".
class InputError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct City {
    std::string key;                        ///< Last segment of its records' keys: "new_york".
    std::string name;                       ///< As in the file: "New York".
    std::vector<Observation> observations;  ///< In order, at most one per day.
};

/// All cities of `text`, in the order of their first line. `file` is for messages.
/// Throws InputError.
[[nodiscard]] std::vector<City> read_observations(std::istream& text, std::string_view file);
/// The same from a file.
[[nodiscard]] std::vector<City> read_observations(const std::string& file);

/// Every day that any of `cities` has observed, in order.
[[nodiscard]] std::vector<UnixTime> observed_days(const std::vector<City>& cities);

/// "2015-12-31"
[[nodiscard]] std::string to_date(UnixTime at);

}  // namespace weather
