// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/options.hpp"

#include <array>
#include <limits>

#include "command_line.hpp"

namespace hub {
namespace {

constexpr std::array<std::string_view, 11> known_options{
    "--data-dir", "--help",  "--host", "--http",    "--no-sources", "--observations",
    "--seed",     "--speed", "--tcp",  "--warm-up", "--www"};

constexpr double least_days_per_second = 0.001;
constexpr double most_days_per_second = 1'000;
constexpr int warm_up_limit_days = 36'500;
constexpr std::uint16_t no_port = 0;
constexpr auto last_port = std::numeric_limits<std::uint16_t>::max();
constexpr auto most_seed = std::numeric_limits<std::uint64_t>::max();

// False: not one of those that take a number.
bool read_number(weather::Arguments& reading, Options& options) {
    const std::string_view name = reading.name();
    if (name == "--http") {
        options.http_port = reading.number(no_port, last_port, "8080");
    } else if (name == "--tcp") {
        options.tcp_port = reading.number(no_port, last_port, "7433");
    } else if (name == "--speed") {
        options.days_per_second =
            reading.number(least_days_per_second, most_days_per_second, "0.25");
    } else if (name == "--warm-up") {
        options.warm_up = std::chrono::days(reading.number(0, warm_up_limit_days, "400"));
    } else if (name == "--seed") {
        options.seed = reading.number(std::uint64_t{0}, most_seed, "1");
    } else {
        return false;
    }
    return true;
}

void read_other(weather::Arguments& reading, Options& options) {
    const std::string_view name = reading.name();
    if (name == "--data-dir") {
        options.data_dir = reading.value("/var/lib/weather_hub");
    } else if (name == "--host") {
        options.host = reading.value("127.0.0.1");
    } else if (name == "--www") {
        options.www = reading.value("/usr/share/weather_hub/www");
    } else if (name == "--observations") {
        options.observations = reading.value("weather.csv");
    } else if (name == "--no-sources") {
        reading.expect_no_value();
        options.sources = false;
    } else if (name == "--help" || name == "-h") {
        reading.expect_no_value();
        options.help = true;
    } else {
        reading.refuse("name the directory of the history with --data-dir DIR");
    }
}

}  // namespace

Options parse_options(std::span<const char* const> arguments) {
    Options options;
    weather::Arguments reading(arguments, known_options);
    while (reading.next()) {
        if (!read_number(reading, options)) {
            read_other(reading, options);
        }
    }
    return options;
}

std::string_view help_text() {
    return R"(Usage: weather_hub [option]...

Collects weather from 27 stations, validates forecasts as they mature, keeps the
history in a SQLite file and serves a live dashboard to your browser. Everything
works offline. Observed time runs faster than yours: four years of real data of
Seattle and New York and simulated stations in 12 European cities, a day in four
seconds. Stop it or kill it at any moment: the next start goes on where the file ends.

  --http PORT       dashboard and WebSocket (default 8080; 0 = any free port)
  --tcp PORT        stations and other programs (default 7433; 0 = any free port)
  --host ADDRESS    where to listen (default 127.0.0.1; only loopback is allowed)
  --data-dir DIR    the history, made if missing (default ./weather_hub_data)
  --speed DAYS      observed days per second (default 0.25)
  --warm-up DAYS    the first so many days pass as fast as they go (default 400)
  --seed N          another number, another simulated weather (default 1)
  --no-sources      measure nothing new: serve the history as it is
  --www DIR         the page's files (default: as built with this program)
  --observations F  the real data (default: the weather.csv of the source tree)
  -h, --help        print this

Examples:
  weather_hub                              open http://127.0.0.1:8080/ in a browser
  weather_hub --speed 5 --data-dir ~/hub  five days per second, somewhere else
  weather_hub --no-sources                 what the history says, nothing else
  weather_station --hub tcp://127.0.0.1:7433   a station of its own, from another shell
  sqlite3 weather_hub_data/weather.db 'SELECT * FROM record_history LIMIT 3'

Exit status: 0 stopped by a signal, in order; 1 something failed; 2 wrong usage.
Colours are used on terminals only, and never with NO_COLOR.
)";
}

}  // namespace hub
