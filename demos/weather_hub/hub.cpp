// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/hub.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include "aimdb/aimx_protocol/server.hpp"
#include "aimdb/core/builder.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "weather_hub/hub_parts.hpp"

namespace hub {
namespace {

// Its owner's alone, like the file in it.
void make_directory(const std::filesystem::path& directory) {
    if (std::filesystem::is_directory(directory)) {
        return;
    }
    if (directory.has_parent_path()) {
        std::filesystem::create_directories(directory.parent_path());
    }
    if (::mkdir(directory.c_str(), 0700) != 0) {
        throw std::system_error(
            errno, std::generic_category(),
            "create directory '" + directory.string() + "' (choose another with --data-dir)");
    }
}

std::string authority(const Options& options, std::uint16_t port) {
    const bool ipv6 = options.host.find(':') != std::string::npos;
    return (ipv6 ? '[' + options.host + ']' : options.host) + ':' + std::to_string(port);
}

aimdb::AimxOptions endpoints(const Options& options) {
    constexpr std::size_t station_limit = 64;
    constexpr std::size_t page_limit = 256;
    aimdb::AimxEndpoint tcp("tcp://" + authority(options, options.tcp_port));
    tcp.connection_limit = station_limit;
    aimdb::AimxEndpoint web("ws://" + authority(options, options.http_port) + "/ws");
    web.directory = options.www;
    web.may_write = false;
    web.connection_limit = page_limit;
    aimdb::AimxOptions served;
    served.endpoints.push_back(std::move(tcp));
    served.endpoints.push_back(std::move(web));
    return served;
}

}  // namespace

std::string database_file(const Options& options) {
    return (std::filesystem::path(options.data_dir) / "weather.db").string();
}

Hub::Hub(const Options& options, const std::vector<Station>& stations)
    : options_(options),
      stations_(stations),
      cities_(make_cities(stations_, options_.observations, options_.seed)),
      clock_(std::make_shared<aimdb::ManualClock>(first_hour)) {
    make_directory(options_.data_dir);
    stored_ = look_into_history();
    plan();

    aimdb::Builder builder;
    builder.clock(clock_)
        .with_persistence(aimdb::sqlite_history(database_file(options_)))
        .with_aimx(endpoints(options_));
    declare(builder);
    database_ = std::make_unique<aimdb::Database>(builder.build());
    publish_fixed();
}

Stored Hub::look_into_history() const {
    if (!std::filesystem::exists(database_file(options_))) {
        return {};
    }
    aimdb::Builder builder;
    builder.clock(clock_).with_persistence(aimdb::sqlite_history(database_file(options_)));
    aimdb::Database history = builder.build();
    history.start();
    return read_stored(history, cities_);
}

void Hub::plan() {
    plan_.clock = clock_;
    plan_.sources = options_.sources;
    plan_.days_per_second = options_.days_per_second;
    if (!options_.sources) {
        plan_.next = stored_.newest_hour();
    } else if (!stored_.empty()) {
        plan_.next = first_missing_hour(stored_, stations_, cities_);
    }
    plan_.fast_until = first_hour + options_.warm_up;
    clock_->advance_to(plan_.next);
}

void Hub::declare(aimdb::Builder& builder) {
    const auto clock = builder.configure<ClockTick>("hub.clock")
                           .buffer(aimdb::single_latest())
                           .lossless()
                           .persist({.retention = keep(clock_age)})
                           .remote();
    declare_clock_source(clock, plan_);
    for (const Station& station : stations_) {
        builder.configure<Location>("location." + station.key)
            .buffer(aimdb::single_latest())
            .remote();
        declare_station(builder, station);
    }
    for (const City& city : cities_) {
        declare_city(builder, city);
        declare_summary(builder, city);
    }
    declare_machine(builder);
    declare_contracts(builder);
}

void Hub::publish_fixed() {
    for (const Station& station : stations_) {
        static_cast<void>(
            database_->producer<Location>("location." + station.key).produce(location_of(station)));
    }
}

std::string Hub::dashboard_url() const {
    const std::string socket = aimdb::aimx::server(*database_).urls().at(1);
    const std::size_t host = socket.find("//");
    return "http:" + socket.substr(host, socket.find('/', host + 2) - host) + "/";
}

std::string Hub::station_url() const { return aimdb::aimx::server(*database_).urls().at(0); }

}  // namespace hub
