// SPDX-License-Identifier: Apache-2.0
//
// The main job of the library on real input: four years of weather pass through
// typed records, forecasts are validated as they mature, and what is persisted is
// still there after a kill.
#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>

#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "command_line.hpp"
#include "history.hpp"
#include "options.hpp"
#include "pipeline.hpp"
#include "progress_bar.hpp"
#include "report.hpp"

namespace weather {
namespace {

enum ExitCode : int { done = 0, failed = 1, misused = 2, interrupted = 130 };

// A month of the replay passes in it, so that --keep shows.
constexpr std::chrono::milliseconds sweep_interval{100};

/// What the file holds when the program starts.
struct Found {
    std::vector<Progress> progress;  // in the order of the cities
    std::optional<UnixTime> first_missing_day;
};

Found look_into_history(const Options& options,
                        const std::vector<City>& cities,
                        const std::shared_ptr<aimdb::ManualClock>& clock,
                        const Terminal& terminal) {
    const bool exists = std::filesystem::exists(options.database);
    if (options.report_only && !exists) {
        throw std::runtime_error("there is no history yet in '" + options.database +
                                 "'; run without --report-only first");
    }
    aimdb::Database history = open_history(options.database, clock);
    Found found;
    for (const City& city : cities) {
        found.progress.push_back(read_progress(history, city));
        const auto missing = first_missing_day(city, found.progress.back());
        if (missing && (!found.first_missing_day || *missing < *found.first_missing_day)) {
            found.first_missing_day = missing;
        }
    }
    if (exists) {
        print_report(std::cout, history, terminal);
    }
    return found;
}

ExitCode replay(const Options& options,
                const std::vector<City>& cities,
                const Found& found,
                const std::shared_ptr<aimdb::ManualClock>& clock,
                const Terminal& terminal) {
    std::vector<UnixTime> days = observed_days(cities);
    std::erase_if(days, [&](UnixTime day) { return day < *found.first_missing_day; });
    const UnixTime first = days.front();
    const UnixTime last = days.back();

    aimdb::Builder builder;
    builder.clock(clock).with_persistence(
        aimdb::sqlite_history(options.database),
        {.retention = {.age = options.keep}, .sweep_interval = sweep_interval});
    declare_calendar(builder, std::move(days), options.days_per_second, clock);
    for (std::size_t i = 0; i < cities.size(); ++i) {
        declare_city(builder, cities[i], CityState(cities[i], first), found.progress[i]);
    }
    aimdb::Database db = builder.build();

    std::cout << "\nReplaying " << to_date(first) << " to " << to_date(last) << " into '"
              << options.database << "'" << std::endl;
    {
        const ProgressBar bar(db, first, last, terminal);
        db.run({.handle_signals = true});
    }

    if (!print_accounts(std::cout, db, terminal)) {
        return failed;
    }
    const auto reached = db.latest<Day>("calendar");
    if (!reached || reached->value.at < last) {
        std::cout << "\nStopped" << (reached ? " at " + to_date(reached->value.at) : "")
                  << ". Run the same command to go on.\n";
        return interrupted;
    }
    return done;
}

ExitCode run(const Options& options) {
    const Terminal terminal = Terminal::of_stdout();
    const std::vector<City> cities = read_observations(options.data);
    const auto clock = std::make_shared<aimdb::ManualClock>();

    const Found found = look_into_history(options, cities, clock, terminal);
    if (options.report_only) {
        return done;
    }
    if (!found.first_missing_day) {
        std::cout << "\nAll days have been replayed: there is nothing new.\n";
        return done;
    }
    const ExitCode outcome = replay(options, cities, found, clock, terminal);
    if (outcome == done) {
        aimdb::Database history = open_history(options.database, clock);
        print_report(std::cout, history, terminal);
    }
    return outcome;
}

}  // namespace
}  // namespace weather

int main(int argc, char** argv) {
    try {
        const weather::Options options = weather::parse_options({argv + 1, argv + argc});
        if (options.help) {
            std::cout << weather::help_text();
            return weather::done;
        }
        return weather::run(options);
    } catch (const weather::UsageError& error) {
        std::cerr << "weather_history: " << error.what() << "\nTry: weather_history --help\n";
        return weather::misused;
    } catch (const std::exception& error) {
        std::cerr << "weather_history: " << error.what() << '\n';
        return weather::failed;
    }
}
