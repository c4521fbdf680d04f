// SPDX-License-Identifier: Apache-2.0
//
// The weather hub: one process, a file of history, a live dashboard.
#include <cstdint>
#include <exception>
#include <iostream>

#include "aimdb/aimx_protocol/server.hpp"
#include "aimdb/persistence/persistence.hpp"

#include "command_line.hpp"
#include "terminal.hpp"
#include "weather_hub/hub.hpp"
#include "weather_hub/options.hpp"

namespace hub {
namespace {

enum ExitCode : int { done = 0, failed = 1, misused = 2 };

using weather::Style;
using weather::Terminal;

void print_banner(const Options& options, const Hub& hub, const Terminal& terminal) {
    const auto line = [&](const char* label, const std::string& text) {
        std::cout << "  " << terminal.styled(label, Style::dim) << text << '\n';
    };
    const bool fresh = hub.stored().empty();
    std::cout << '\n'
              << terminal.styled("Weather hub", Style::bold) << "  " << all_stations().size()
              << " stations, real and simulated\n\n";
    line("dashboard  ", terminal.styled(hub.dashboard_url(), Style::good));
    line("stations   ", hub.station_url());
    line("history    ", database_file(options) + (fresh ? " (new)" : ""));
    line("observed   ", weather::to_date(hub.next_hour()) +
                            (options.sources ? "" : ", standing still: --no-sources"));
    line("stop       ", "Ctrl-C");
    std::cout << std::endl;
}

// What became of every value; false if any was lost.
bool print_summary(aimdb::Database& database, bool clean, const Terminal& terminal) {
    std::uint64_t produced = 0;
    std::uint64_t committed = 0;
    std::uint64_t lost = 0;
    bool balanced = true;
    for (const aimdb::HistoryAccount& account : aimdb::persistence(database).accounts()) {
        produced += account.produced;
        committed += account.committed;
        lost += account.lost() + account.rejected();
        balanced = balanced && account.balanced() && account.pending == 0;
    }
    std::cout << "\nStopped. Of " << produced << " values produced for history, " << committed
              << " are stored and " << lost << " lost.\n";
    for (const aimdb::RecordInfo& record : database.records()) {
        for (const aimdb::StageInfo& stage : record.stages) {
            if (stage.state == aimdb::StageState::failed) {
                clean = false;
                std::cout << terminal.styled("stage " + stage.name + " of " + record.key +
                                                 " failed: " + stage.last_error,
                                             Style::bad)
                          << '\n';
            }
        }
    }
    return clean && balanced && lost == 0;
}

ExitCode run(Options options) {
    const Terminal terminal = Terminal::of_stdout();
    if (options.www.empty()) {
        options.www = AIMDB_HUB_WWW;
    }
    if (options.observations.empty()) {
        options.observations = AIMDB_WEATHER_DATA;
    }
    Hub hub(options);
    print_banner(options, hub, terminal);
    const aimdb::StopReport report = hub.database().run({.threads = 2, .handle_signals = true});
    for (const std::string& given_up : report.gave_up) {
        std::cout << given_up << '\n';
    }
    return print_summary(hub.database(), report.clean(), terminal) ? done : failed;
}

}  // namespace
}  // namespace hub

int main(int argc, char** argv) {
    try {
        const hub::Options options = hub::parse_options({argv + 1, argv + argc});
        if (options.help) {
            std::cout << hub::help_text();
            return hub::done;
        }
        return hub::run(options);
    } catch (const weather::UsageError& error) {
        std::cerr << "weather_hub: " << error.what() << "\nTry: weather_hub --help\n";
        return hub::misused;
    } catch (const std::exception& error) {
        std::cerr << "weather_hub: " << error.what() << '\n';
        return hub::failed;
    }
}
