// SPDX-License-Identifier: Apache-2.0
//
// The hub: every record, what derives from what, the history and the endpoints.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "aimdb/core/database.hpp"

#include "weather_hub/calendar.hpp"
#include "weather_hub/cities.hpp"
#include "weather_hub/options.hpp"
#include "weather_hub/resume.hpp"

namespace hub {

/// Where the history lies.
[[nodiscard]] std::string database_file(const Options& options);

/// Builds everything; the caller runs the database.
///
/// Threads:   thread-confined; the database is what it says it is.
/// Ownership: owns the database, whose stages refer to the hub.
class Hub {
public:
    /// Makes the directory, looks into the history, and opens history and endpoints.
    /// Throws aimdb::Error, weather::InputError or std::system_error, each saying
    /// what is wrong.
    explicit Hub(const Options& options, const std::vector<Station>& stations = all_stations());
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;
    ~Hub() = default;

    [[nodiscard]] aimdb::Database& database() noexcept { return *database_; }
    /// "http://127.0.0.1:8080/", with the port that is really used.
    [[nodiscard]] std::string dashboard_url() const;
    /// "tcp://127.0.0.1:7433"
    [[nodiscard]] std::string station_url() const;
    /// What the file held when the hub began.
    [[nodiscard]] const Stored& stored() const noexcept { return stored_; }
    /// The first hour it goes on with.
    [[nodiscard]] UnixTime next_hour() const noexcept { return plan_.next; }

private:
    [[nodiscard]] Stored look_into_history() const;
    void plan();
    void declare(aimdb::Builder& builder);
    void declare_station(aimdb::Builder& builder, const Station& station);
    void declare_temperature(aimdb::Builder& builder, const Station& station);
    void declare_humidity(aimdb::Builder& builder, const Station& station);
    void declare_older_station(aimdb::Builder& builder, const Station& station);
    void declare_observation(aimdb::Builder& builder, const City& city);
    void declare_city(aimdb::Builder& builder, const City& city);
    void declare_summary(aimdb::Builder& builder, const City& city);
    void declare_machine(aimdb::Builder& builder);
    void declare_contracts(aimdb::Builder& builder);
    void publish_fixed();

    Options options_;
    std::vector<Station> stations_;
    std::vector<City> cities_;
    std::shared_ptr<aimdb::ManualClock> clock_;
    Stored stored_;
    ClockPlan plan_;
    std::atomic<std::uint64_t> migrated_{0};
    std::unique_ptr<aimdb::Database> database_;  // last: its stages refer to the rest
};

}  // namespace hub
