// SPDX-License-Identifier: Apache-2.0
//
// One remote station: its own database, linked to that of the hub.
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "aimdb/aimx_protocol/link.hpp"
#include "aimdb/core/core.hpp"

#include "command_line.hpp"
#include "station_options.hpp"
#include "weather_hub/calendar.hpp"
#include "weather_hub/hub_records.hpp"
#include "weather_hub/simulation.hpp"
#include "weather_hub/stations.hpp"

namespace station {
namespace {

enum ExitCode : int { done = 0, failed = 1, misused = 2 };

// Readings wait here while there is no connection: two and a half days of them.
constexpr std::size_t capacity_readings = 64;
constexpr std::chrono::milliseconds look_interval{200};
// A station is to be there again soon after its hub is.
constexpr aimdb::aimx::ReconnectOptions reconnect{.cap = std::chrono::milliseconds(2'000)};

void declare(aimdb::Builder& builder, const Options& options) {
    aimdb::LinkOptions linking;
    linking.reconnect = reconnect;
    builder.configure<hub::ClockTick>("hub.clock")
        .buffer(aimdb::single_latest())
        .link_from(options.hub + "/hub.clock", linking);
    const std::string reading = "reading." + options.station;
    builder.configure<hub::Reading>(reading)
        .buffer(aimdb::spmc_ring(capacity_readings))
        .transform("hub.clock", [instruments = hub::SimulatedStation(
                                     options.seed, *hub::find_station(options.station))](
                                    const hub::ClockTick& now) { return instruments.read(now.at); })
        .link_to(options.hub + "/" + reading, linking);
}

void print_link(const aimdb::aimx::LinkInfo& link) {
    std::cout << (link.kind == aimdb::StageKind::link_in ? "from " : "to   ") << link.url << ": "
              << to_string(link.state);
    if (link.state != aimdb::aimx::ClientState::connected && !link.last_error.empty()) {
        std::cout << " (" << link.last_error << ')';
    }
    std::cout << std::endl;
}

// Prints a line whenever a link gets into another state.
aimdb::Task report(aimdb::Context context, const aimdb::Database* const* database) {
    using State = aimdb::aimx::ClientState;
    std::vector<State> shown;
    do {
        const std::vector<aimdb::aimx::LinkInfo> links = aimdb::aimx::links(**database);
        shown.resize(links.size(), State::closed);
        for (std::size_t i = 0; i < links.size(); ++i) {
            if (std::exchange(shown[i], links[i].state) != links[i].state) {
                print_link(links[i]);
            }
        }
    } while (co_await hub::wait_until(context, std::chrono::steady_clock::now() + look_interval));
}

ExitCode run(const Options& options) {
    const aimdb::Database* running = nullptr;
    aimdb::Builder builder;
    declare(builder, options);
    builder.configure<hub::ClockTick>("hub.clock")
        .tap([&running](aimdb::Context context,
                        aimdb::Reader<hub::ClockTick>) { return report(context, &running); },
             "report");
    aimdb::Database database = builder.build();
    running = &database;

    std::cout << "Weather station " << options.station << ". Stop it with Ctrl-C." << std::endl;
    const aimdb::StopReport report = database.run({.handle_signals = true});
    for (const aimdb::aimx::LinkInfo& link : aimdb::aimx::links(database)) {
        std::cout << link.record << ": " << link.delivered << " delivered, " << link.lost
                  << " lost, " << link.unknown << " unknown, " << link.reconnects
                  << " reconnects\n";
    }
    for (const std::string& given_up : report.gave_up) {
        std::cout << given_up << '\n';
    }
    return report.clean() ? done : failed;
}

}  // namespace
}  // namespace station

int main(int argc, char** argv) {
    try {
        const station::Options options = station::parse_options({argv + 1, argv + argc});
        if (options.help) {
            std::cout << station::help_text();
            return station::done;
        }
        return station::run(options);
    } catch (const weather::UsageError& error) {
        std::cerr << "weather_station: " << error.what() << "\nTry: weather_station --help\n";
        return station::misused;
    } catch (const std::exception& error) {
        std::cerr << "weather_station: " << error.what() << '\n';
        return station::failed;
    }
}
