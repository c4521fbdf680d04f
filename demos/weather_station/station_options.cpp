// SPDX-License-Identifier: Apache-2.0
#include "station_options.hpp"

#include <array>
#include <limits>

#include "command_line.hpp"
#include "weather_hub/stations.hpp"

namespace station {
namespace {

constexpr std::array<std::string_view, 4> known_options{"--help", "--hub", "--seed", "--station"};
constexpr auto most_seed = std::numeric_limits<std::uint64_t>::max();

void check(const Options& options) {
    const hub::Station* const known = hub::find_station(options.station);
    if (known == nullptr || known->kind != hub::StationKind::remote) {
        throw weather::UsageError("--station does not take '" + options.station +
                                  "': the hub expects no such station from outside; give " +
                                  "lisbon_gago_coutinho");
    }
    if (!options.hub.starts_with("tcp://")) {
        throw weather::UsageError("--hub does not take '" + options.hub +
                                  "'; give the address that the hub prints, for example " +
                                  "tcp://127.0.0.1:7433");
    }
}

}  // namespace

Options parse_options(std::span<const char* const> arguments) {
    Options options;
    weather::Arguments reading(arguments, known_options);
    while (reading.next()) {
        const std::string_view name = reading.name();
        if (name == "--hub") {
            options.hub = reading.value("tcp://127.0.0.1:7433");
        } else if (name == "--station") {
            options.station = reading.value("lisbon_gago_coutinho");
        } else if (name == "--seed") {
            options.seed = reading.number(std::uint64_t{0}, most_seed, "1");
        } else if (name == "--help" || name == "-h") {
            reading.expect_no_value();
            options.help = true;
        } else {
            reading.refuse("name the hub with --hub URL and the station with --station KEY");
        }
    }
    while (options.hub.ends_with('/')) {
        options.hub.pop_back();
    }
    check(options);
    return options;
}

std::string_view help_text() {
    return R"(Usage: weather_station [option]...

One remote station of weather_hub, in a process of its own. It follows the hub's
clock and sends a reading for each observed hour, over TCP. Kill or restart either
side at any moment: the other one waits, and both go on.

  --hub URL      the hub (default tcp://127.0.0.1:7433)
  --station KEY  which station this is (default lisbon_gago_coutinho)
  --seed N       another number, another simulated weather (default 1)
  -h, --help     print this

Examples:
  weather_station                             beside a hub with its usual ports
  weather_station --hub tcp://127.0.0.1:9000  a hub that runs with --tcp 9000

Exit status: 0 stopped by a signal, in order; 1 something failed; 2 wrong usage.
)";
}

}  // namespace station
