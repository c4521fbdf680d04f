// SPDX-License-Identifier: Apache-2.0
//
// The types of the hub's records, beside those of weather_history/records.hpp.
// README.md is the contract; times are Unix milliseconds in JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aimdb/core/time.hpp"
#include "aimdb/json/record.hpp"

#include "records.hpp"

namespace hub {

using aimdb::UnixTime;
using weather::Forecast;
using weather::ForecastValidation;
using weather::Observation;
using weather::Temperature;

/// `hub.clock`: the observed time has reached `at`.
struct ClockTick {
    UnixTime at{};
    std::int64_t pass = 0;
    double days_per_second = 0;
    UnixTime wall_at{};
    bool sources = true;
};
AIMDB_RECORD(ClockTick, at, pass, days_per_second, wall_at, sources)

/// `location.<station>`
struct Location {
    std::string station;
    std::string name;
    std::string city;
    std::string city_name;
    std::string country;
    double latitude = 0;
    double longitude = 0;
    double elevation_m = 0;
    bool simulated = false;
    bool remote = false;
    std::int64_t sample_h = 1;
    std::int64_t contract_version = 2;
};
AIMDB_RECORD(Location,
             station,
             name,
             city,
             city_name,
             country,
             latitude,
             longitude,
             elevation_m,
             simulated,
             remote,
             sample_h,
             contract_version)

/// `reading.<station>`: what a station sends.
struct Reading {
    UnixTime at{};
    double celsius = 0;
    double percent = 0;
};
AIMDB_RECORD(Reading, at, celsius, percent)

/// `reading_v1.<station>`: what the older station sends, in version 1 of the contract.
struct TemperatureV1 {
    double temp = 0;
    std::string unit;  ///< "C", "F" or "K"
};
AIMDB_RECORD(TemperatureV1, temp, unit)

/// `humidity.<station>`
struct Humidity {
    double percent = 0;
    UnixTime observed_at{};
};
AIMDB_RECORD(Humidity, percent, observed_at)

/// `dew_point.<station>`
struct DewPoint {
    double celsius = 0;
    UnixTime observed_at{};
};
AIMDB_RECORD(DewPoint, celsius, observed_at)

/// How good the validations of one window were; nothing without validations.
struct WindowAccuracy {
    std::int64_t n = 0;
    std::optional<double> mae;
    std::optional<double> bias;
    std::optional<double> hit_rate;  ///< 0 to 1

    bool operator==(const WindowAccuracy&) const = default;
};
AIMDB_RECORD(WindowAccuracy, n, mae, bias, hit_rate)

struct ModelAccuracy {
    std::string model;
    WindowAccuracy h24;
    WindowAccuracy d7;
    WindowAccuracy d30;

    bool operator==(const ModelAccuracy&) const = default;
};
AIMDB_RECORD(ModelAccuracy, model, h24, d7, d30)

/// `accuracy_summary.<city>`
struct AccuracySummary {
    std::string city;
    UnixTime at{};
    std::vector<ModelAccuracy> models;

    bool operator==(const AccuracySummary&) const = default;
};
AIMDB_RECORD(AccuracySummary, city, at, models)

/// `host.cpu`
struct HostCpu {
    UnixTime at{};
    double total_percent = 0;
    std::vector<double> core_percent;
};
AIMDB_RECORD(HostCpu, at, total_percent, core_percent)

/// `host.memory`
struct HostMemory {
    UnixTime at{};
    std::int64_t total_bytes = 0;
    std::int64_t available_bytes = 0;
    double used_percent = 0;
};
AIMDB_RECORD(HostMemory, at, total_bytes, available_bytes, used_percent)

/// `host.load`
struct HostLoad {
    UnixTime at{};
    double one = 0;
    double five = 0;
    double fifteen = 0;
};
AIMDB_RECORD(HostLoad, at, one, five, fifteen)

/// `host.disk`
struct HostDisk {
    UnixTime at{};
    double read_bytes_s = 0;
    double written_bytes_s = 0;
};
AIMDB_RECORD(HostDisk, at, read_bytes_s, written_bytes_s)

/// `host.network`
struct HostNetwork {
    UnixTime at{};
    double received_bytes_s = 0;
    double sent_bytes_s = 0;
};
AIMDB_RECORD(HostNetwork, at, received_bytes_s, sent_bytes_s)

/// `hub.store`: how persistence is doing, counted since the hub started.
struct StoreHealth {
    UnixTime at{};
    std::string state;
    std::string reason;
    std::uint64_t queue_rows = 0;
    std::uint64_t queue_bytes = 0;
    std::uint64_t rows_in = 0;
    std::uint64_t rows_committed = 0;
    double rows_per_s = 0;
    std::uint64_t group_rows_mean = 0;
    double commit_ms_mean = 0;
    double commit_ms_p99 = 0;
    double sync_ms_mean = 0;  ///< The part of a commit that waits for the disk.
    std::uint64_t file_bytes = 0;
    std::uint64_t wal_bytes = 0;
    std::uint64_t gaps = 0;
    std::uint64_t lost_values = 0;
    std::uint64_t rows_purged = 0;
    std::optional<UnixTime> oldest_row;
    std::uint64_t queries = 0;
    double query_ms_p99 = 0;
    std::uint64_t retries = 0;
};
AIMDB_RECORD(StoreHealth,
             at,
             state,
             reason,
             queue_rows,
             queue_bytes,
             rows_in,
             rows_committed,
             rows_per_s,
             group_rows_mean,
             commit_ms_mean,
             commit_ms_p99,
             sync_ms_mean,
             file_bytes,
             wal_bytes,
             gaps,
             lost_values,
             rows_purged,
             oldest_row,
             queries,
             query_ms_p99,
             retries)

struct StageActivity {
    std::string record;
    std::string stage;
    std::string kind;
    std::string state;
    std::uint64_t calls = 0;
    double rate_s = 0;
    std::uint64_t lagged = 0;  ///< Values that readers of this record have missed.
    std::uint64_t failures = 0;
    double mean_us = 0;
    double p99_us = 0;
};
AIMDB_RECORD(
    StageActivity, record, stage, kind, state, calls, rate_s, lagged, failures, mean_us, p99_us)

/// `hub.stages`
struct StageTable {
    UnixTime at{};
    std::vector<StageActivity> stages;
};
AIMDB_RECORD(StageTable, at, stages)

struct ContractField {
    std::string name;
    std::string type;
    std::string unit;
    std::string doc;
};
AIMDB_RECORD(ContractField, name, type, unit, doc)

/// `contract.<name>`: what the values of some records mean.
struct Contract {
    std::string name;
    std::int64_t version = 1;
    std::string records;  ///< The pattern of their keys.
    std::string unit;
    std::string clock;  ///< "observed" or "wall"
    std::string doc;
    std::vector<ContractField> fields;
    std::vector<std::int64_t> accepts;  ///< Older versions that are migrated.
    std::uint64_t migrated = 0;         ///< Values migrated since the hub started.
};
AIMDB_RECORD(Contract, name, version, records, unit, clock, doc, fields, accepts, migrated)

}  // namespace hub
