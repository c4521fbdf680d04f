// SPDX-License-Identifier: Apache-2.0
#include "observations.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <istream>
#include <system_error>

namespace weather {
namespace {

constexpr std::string_view header = "location,date,precipitation,temp_max,temp_min,wind,weather";
constexpr std::size_t column_count = 7;
enum Column : std::size_t { location, date, precipitation, temp_max, temp_min, wind };
constexpr std::array<std::string_view, 6> column_names{"location", "date",     "precipitation",
                                                       "temp_max", "temp_min", "wind"};

using Fields = std::array<std::string_view, column_count>;

// One line and where it stands, so that every complaint can say so.
class Line {
public:
    Line(std::string_view file, std::size_t number, std::string_view text)
        : file_(file), number_(number) {
        std::size_t count = 0;
        for (std::size_t begin = 0; begin <= text.size(); ++count) {
            const std::size_t end = std::min(text.find(',', begin), text.size());
            if (count < column_count) {
                fields_[count] = text.substr(begin, end - begin);
            }
            begin = end + 1;
        }
        if (count != column_count) {
            fail(std::to_string(count) + " columns instead of " + std::to_string(column_count),
                 "the columns are " + std::string(header));
        }
    }

    [[noreturn]] void fail(const std::string& wrong, const std::string& mend) const {
        throw InputError(std::string(file_) + ":" + std::to_string(number_) + ": " + wrong + "; " +
                         mend);
    }

    [[nodiscard]] std::string_view text(Column column) const { return fields_[column]; }

    [[nodiscard]] double number(Column column) const {
        const std::string_view field = fields_[column];
        double value = 0;
        const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
        if (error != std::errc{} || end != field.data() + field.size() || !std::isfinite(value)) {
            fail(named(column) + " is not a number", "write it like 12.8");
        }
        return value;
    }

    [[nodiscard]] double amount(Column column) const {
        const double value = number(column);
        if (value < 0) {
            fail(named(column) + " is negative", "write an amount of 0.0 or more");
        }
        return value;
    }

    // A day's noon in UTC, which has the same date in both cities.
    [[nodiscard]] UnixTime day() const {
        const std::string_view field = fields_[date];
        const auto digits = [field](std::size_t begin, std::size_t length, int& value) {
            const char* first = field.data() + begin;
            return std::from_chars(first, first + length, value).ptr == first + length;
        };
        int year = 0;
        int month = 0;
        int day = 0;
        const bool formed = field.size() == 10 && field[4] == '-' && field[7] == '-' &&
                            digits(0, 4, year) && digits(5, 2, month) && digits(8, 2, day) &&
                            month > 0 && day > 0;
        const std::chrono::year_month_day found =
            std::chrono::year(year) / month / (formed ? day : 0);
        if (!formed || !found.ok()) {
            fail(named(date) + " is not a day", "write it like 2012-01-31");
        }
        return std::chrono::sys_days(found) + std::chrono::hours(12);
    }

    // "New York" becomes "new_york", a segment of a record key.
    [[nodiscard]] std::string key() const {
        const auto is_letter = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        };
        std::string key(fields_[location]);
        for (char& c : key) {
            if (is_letter(c)) {
                c = static_cast<char>(c | 0x20);
            } else if (c == ' ') {
                c = '_';
            } else if (c < '0' || c > '9') {
                fail(named(location) + " cannot be part of a record key",
                     "use letters, digits and blanks");
            }
        }
        if (key.empty()) {
            fail("location is empty", "write the name of the city");
        }
        return key;
    }

    [[nodiscard]] std::string named(Column column) const {
        return std::string(column_names[column]) + " '" + std::string(fields_[column]) + "'";
    }

private:
    std::string_view file_;
    std::size_t number_;
    Fields fields_{};
};

City& city_of(std::vector<City>& cities, const Line& line) {
    const std::string key = line.key();
    const auto known = std::find_if(cities.begin(), cities.end(),
                                    [&key](const City& city) { return city.key == key; });
    if (known != cities.end()) {
        return *known;
    }
    return cities.emplace_back(City{key, std::string(line.text(location)), {}});
}

void read_line(const Line& line, std::vector<City>& cities) {
    City& city = city_of(cities, line);
    Observation today{.at = line.day(),
                      .celsius = (line.number(temp_max) + line.number(temp_min)) / 2,
                      .wind_m_s = line.amount(wind),
                      .precipitation_mm = line.amount(precipitation)};
    if (line.number(temp_max) < line.number(temp_min)) {
        line.fail(line.named(temp_max) + " is below " + line.named(temp_min), "exchange the two");
    }
    if (!city.observations.empty() && city.observations.back().at >= today.at) {
        line.fail(line.named(date) + " does not come after " +
                      to_date(city.observations.back().at) + ", the day before it in the file",
                  "sort the lines of each city by date and keep one per day");
    }
    city.observations.push_back(today);
}

}  // namespace

std::vector<City> read_observations(std::istream& text, std::string_view file) {
    std::vector<City> cities;
    std::string content;
    std::size_t number = 0;
    while (std::getline(text, content)) {
        ++number;
        if (!content.empty() && content.back() == '\r') {
            content.pop_back();
        }
        if (number > 1) {
            read_line(Line(file, number, content), cities);
        } else if (content != header) {
            throw InputError(std::string(file) + ":1: not the expected header; begin with " +
                             std::string(header));
        }
    }
    if (text.bad()) {
        throw InputError("read '" + std::string(file) +
                         "': " + std::generic_category().message(errno));
    }
    if (cities.empty()) {
        throw InputError(std::string(file) + ": holds no observations; give a file like " +
                         "demos/data/weather.csv");
    }
    return cities;
}

std::vector<City> read_observations(const std::string& file) {
    std::ifstream text(file);
    if (!text) {
        throw InputError("open '" + file + "': " + std::generic_category().message(errno) +
                         "; name the file of observations with --data");
    }
    return read_observations(text, file);
}

std::vector<UnixTime> observed_days(const std::vector<City>& cities) {
    std::vector<UnixTime> days;
    for (const City& city : cities) {
        for (const Observation& observation : city.observations) {
            days.push_back(observation.at);
        }
    }
    std::sort(days.begin(), days.end());
    days.erase(std::unique(days.begin(), days.end()), days.end());
    return days;
}

std::string to_date(UnixTime at) {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(at));
    std::array<char, 32> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace weather
