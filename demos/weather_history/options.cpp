// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <array>

#include "command_line.hpp"

namespace weather {
namespace {

constexpr std::array<std::string_view, 6> known_options{"--db",   "--data",        "--help",
                                                        "--keep", "--report-only", "--speed"};
constexpr double speed_limit_days_per_second = 1e6;
constexpr int keep_limit_days = 100'000;

}  // namespace

Options parse_options(std::span<const char* const> arguments) {
    Options options;
    Arguments reading(arguments, known_options);
    while (reading.next()) {
        const std::string_view name = reading.name();
        if (name == "--db") {
            options.database = reading.value("/tmp/weather.db");
        } else if (name == "--data") {
            options.data = reading.value("weather.csv");
        } else if (name == "--speed") {
            options.days_per_second = reading.number(0.0, speed_limit_days_per_second, "100");
        } else if (name == "--keep") {
            options.keep = std::chrono::days(reading.number(1, keep_limit_days, "365"));
        } else if (name == "--report-only") {
            reading.expect_no_value();
            options.report_only = true;
        } else if (name == "--help" || name == "-h") {
            reading.expect_no_value();
            options.help = true;
        } else {
            reading.refuse("name the history with --db FILE and the observations with --data FILE");
        }
    }
    return options;
}

std::string_view help_text() {
    return R"(Usage: weather_history [option]...

Replays four years of daily weather of Seattle and New York through an aimdb
database, lets two simple models forecast the next day, validates every forecast
against what really came, and keeps the outcome in a SQLite file. Stop it or kill
it at any moment: the next start goes on where the file ends.

  --speed DAYS    days per second, 0 = as fast as it goes (default 300: 5 seconds)
  --db FILE       the history (default ./weather_history.db)
  --data FILE     the observations (default: the weather.csv of the source tree)
  --keep DAYS     keep only so many days of history (default: everything)
  --report-only   print what the history says, replay nothing
  -h, --help      print this

Examples:
  weather_history                          the whole story, in 5 seconds
  weather_history --speed 30               slowly, to kill it half-way and start again
  weather_history --report-only            once more what it found
  weather_history --db /tmp/w.db --speed 0 --keep 90
  sqlite3 weather_history.db 'SELECT * FROM record_history LIMIT 3'

Exit status: 0 done, 1 something failed, 2 wrong usage, 130 stopped by a signal
before the last day. Colours are used on terminals only, and never with NO_COLOR.
)";
}

}  // namespace weather
