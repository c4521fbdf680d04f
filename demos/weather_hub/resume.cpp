// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/resume.hpp"

#include <algorithm>
#include <chrono>

#include "aimdb/persistence/persistence.hpp"

#include "weather_hub/calendar.hpp"

namespace hub {
namespace {

using std::chrono::hours;

constexpr std::chrono::days redo_limit{2};

// "temp.vienna_hohe_warte" -> "vienna_hohe_warte"
std::string last_segment(const std::string& record) { return record.substr(record.rfind('.') + 1); }

UnixTime missing_of_station(const Station& station, const Stored& stored) {
    const std::optional<UnixTime> newest = stored.temperature(station.key);
    if (!newest) {
        return first_hour;
    }
    // The real cities observe once a day, at noon.
    return *newest + hours(station.sample_h);
}

// The newest day is complete if the model that speaks last on it is stored.
UnixTime missing_of_city(const City& city, const Stored& stored) {
    const auto newest = stored.newest.find(city.key());
    if (newest == stored.newest.end()) {
        return first_hour;
    }
    const UnixTime day = newest->second.valid_for;
    const weather::Progress progress = stored.progress(city.key());
    const auto due = city.models_due(day);
    const bool complete = std::all_of(due.begin(), due.end(), [&](const std::string& model) {
        return progress.has_validation(day, model);
    });
    return complete ? day + std::chrono::days(1) : day;
}

}  // namespace

UnixTime Stored::newest_hour() const {
    UnixTime hour = clock.value_or(first_hour);
    for (const auto& [station, newest_here] : temperatures) {
        hour = std::max(hour, newest_here);
    }
    return hour;
}

std::optional<UnixTime> Stored::temperature(const std::string& station) const {
    const auto found = temperatures.find(station);
    return found == temperatures.end() ? std::nullopt : std::optional(found->second);
}

weather::Progress Stored::progress(const std::string& city) const {
    const auto found = newest.find(city);
    return {temperature(city), found == newest.end() ? std::nullopt : std::optional(found->second)};
}

SummaryState Stored::summary(const std::string& city) const {
    const auto found = summaries.find(city);
    return found == summaries.end() ? SummaryState(city) : found->second;
}

Stored read_stored(aimdb::Database& history, const std::vector<City>& cities) {
    Stored stored;
    for (const auto& row : history.query_latest<ClockTick>("hub.clock", 1, aimdb::blocking)) {
        stored.clock = row.value.at;
    }
    for (const auto& row : history.query_latest<Temperature>("temp.*", 1, aimdb::blocking)) {
        stored.temperatures[last_segment(row.record)] = row.value.observed_at;
    }
    for (const auto& row :
         history.query_latest<ForecastValidation>("accuracy.*", 1, aimdb::blocking)) {
        stored.newest.insert_or_assign(last_segment(row.record), row.value);
    }
    for (const auto& row :
         history.query_latest<AccuracySummary>("accuracy_summary.*", 1, aimdb::blocking)) {
        stored.as_stored.insert_or_assign(last_segment(row.record), row.value);
    }
    for (const City& city : cities) {
        const auto newest = stored.newest.find(city.key());
        if (newest == stored.newest.end()) {
            continue;
        }
        const UnixTime end = newest->second.timestamp;
        SummaryState summary(city.key());
        for (const auto& row : history.query_range<ForecastValidation>(
                 "accuracy." + city.key(), end - SummaryState::longest_window, end, {},
                 aimdb::blocking)) {
            summary.add(row.value);
        }
        stored.summaries.emplace(city.key(), std::move(summary));
    }
    return stored;
}

UnixTime first_missing_hour(const Stored& stored,
                            const std::vector<Station>& stations,
                            const std::vector<City>& cities) {
    if (stored.empty()) {
        return first_hour;
    }
    UnixTime first = *stored.clock + hours(1);
    for (const Station& station : stations) {
        if (station.kind != StationKind::remote) {
            first = std::min(first, missing_of_station(station, stored));
        }
    }
    for (const City& city : cities) {
        first = std::min(first, missing_of_city(city, stored));
    }
    return std::max({first, first_hour, *stored.clock - redo_limit});
}

}  // namespace hub
