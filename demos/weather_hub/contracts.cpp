// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/contracts.hpp"

namespace hub {
namespace {

constexpr const char* time = "unix ms";
constexpr const char* text = "string";
constexpr const char* number = "number";
constexpr const char* integer = "integer";

const ContractField observed_at{"observed_at", integer, time, "When it was measured."};
const ContractField wall_at{"at", integer, time, "When it was sampled, by this machine's clock."};

Contract observed(std::string name, std::string records, std::string unit, std::string doc) {
    return {.name = std::move(name),
            .version = 1,
            .records = std::move(records),
            .unit = std::move(unit),
            .clock = "observed",
            .doc = std::move(doc),
            .fields = {},
            .accepts = {},
            .migrated = 0};
}

Contract wall(std::string name, std::string records, std::string unit, std::string doc) {
    Contract contract =
        observed(std::move(name), std::move(records), std::move(unit), std::move(doc));
    contract.clock = "wall";
    return contract;
}

Contract with(Contract contract, std::vector<ContractField> fields) {
    contract.fields = std::move(fields);
    return contract;
}

void add_stations(std::vector<Contract>& all) {
    all.push_back(
        with(observed("clock", "hub.clock", "", "The observed time, one tick per hour."),
             {{"at", integer, time, "The observed hour."},
              {"pass", integer, "", "How often the four years have begun anew."},
              {"days_per_second", number, "d/s", "Observed days per second; 0: not moving."},
              {"wall_at", integer, time, "When it ticked, by this machine's clock."},
              {"sources", "boolean", "", "Whether anything new is measured."}}));
    all.push_back(
        with(observed("location", "location.*", "", "Where a station stands and how it measures."),
             {{"station", text, "", "Key of the station."},
              {"name", text, "", "Its name."},
              {"city", text, "", "Key of its city."},
              {"city_name", text, "", "Name of its city."},
              {"country", text, "", "ISO 3166 code of its country."},
              {"latitude", number, "°", "North of the equator."},
              {"longitude", number, "°", "East of Greenwich."},
              {"elevation_m", number, "m", "Above the sea."},
              {"simulated", "boolean", "", "True: its values are made up."},
              {"remote", "boolean", "", "True: a program of its own, linked over TCP."},
              {"sample_h", integer, "h", "Between two temperatures that are kept."},
              {"contract_version", integer, "", "Of the temperature contract it sends."}}));
    all.push_back(with(observed("reading", "reading.*", "", "What a station sends, each hour."),
                       {{"at", integer, time, "When it was measured."},
                        {"celsius", number, "°C", "Temperature of the air."},
                        {"percent", number, "%", "Relative humidity."}}));
    Contract temperature =
        with(observed("temperature", "temp.*", "°C",
                      "Temperature of the air. Version 1 was {temp, unit} with unit C, F or K."),
             {{"celsius", number, "°C", "Temperature of the air."}, observed_at});
    temperature.version = 2;
    temperature.accepts = {1};
    all.push_back(std::move(temperature));
    all.push_back(with(observed("humidity", "humidity.*", "%", "Relative humidity."),
                       {{"percent", number, "%", "Relative humidity."}, observed_at}));
    all.push_back(with(observed("dew_point", "dew_point.*", "°C",
                                "Where the air would begin to drip, by the Magnus formula."),
                       {{"celsius", number, "°C", "Dew point."}, observed_at}));
}

const std::vector<ContractField>& accuracy_fields() {
    static const std::vector<ContractField> fields{
        {"city", text, "", "Key of the city."},
        {"model", text, "", "Who made the forecast."},
        {"valid_for", integer, time, "The day it was for, by its noon."},
        {"fetched_at", integer, time, "When it was made."},
        {"horizon_h", integer, "h", "How far it looked ahead."},
        {"predicted_celsius", number, "°C", "What it said."},
        {"actual_celsius", number, "°C", "What came."},
        {"signed_error", number, "°C", "Predicted minus actual."},
        {"absolute_error", number, "°C", "The same without its sign."},
        {"within_tolerance", "boolean", "", "A hit: off by at most 2 °C."},
        {"revisions", integer, "", "Forecasts that this one replaced."},
        {"timestamp", integer, time, "When it was validated."}};
    return fields;
}

void add_cities(std::vector<Contract>& all) {
    all.push_back(with(
        observed("observation", "observation.*", "",
                 "A day in a city. Simulated: the mean of its stations over the 24 h up to noon."),
        {{"at", integer, time, "Noon of the day."},
         {"celsius", number, "°C", "Mean temperature."},
         {"wind_m_s", number, "m/s", "Wind; null where nobody measures it."},
         {"precipitation_mm", number, "mm", "Rain and snow; null where nobody measures it."}}));
    all.push_back(
        with(observed("forecast", "forecast.*", "°C", "What a model expects of the next day."),
             {{"model", text, "", "persistence: as today. climatology: as in earlier years."},
              {"valid_for", integer, time, "The day it is for, by its noon."},
              {"fetched_at", integer, time, "When it was made."},
              {"celsius", number, "°C", "Expected mean temperature."}}));
    all.push_back(with(observed("accuracy", "accuracy.*", "°C",
                                "A forecast that has matured, beside what really came."),
                       accuracy_fields()));
    all.push_back(
        with(observed("accuracy_summary", "accuracy_summary.*", "°C",
                      "Errors of the forecasts over 24 h, 7 d and 30 d of observed time."),
             {{"city", text, "", "Key of the city."},
              {"at", integer, time, "Time of the newest validation; the windows end here."},
              {"models", "array", "",
               "Per model and window h24, d7, d30: n, mae (°C), bias (°C), hit_rate (0 to 1)."}}));
}

void add_host(std::vector<Contract>& all) {
    all.push_back(with(wall("host_cpu", "host.cpu", "%", "Load of the processors, 10 Hz."),
                       {wall_at,
                        {"total_percent", number, "%", "Mean over the cores."},
                        {"core_percent", "array", "%", "Of each core."}}));
    all.push_back(with(wall("host_memory", "host.memory", "bytes", "Main memory, 10 Hz."),
                       {wall_at,
                        {"total_bytes", integer, "bytes", "Installed."},
                        {"available_bytes", integer, "bytes", "Free or easily freed."},
                        {"used_percent", number, "%", "Share that is not available."}}));
    all.push_back(with(wall("host_load", "host.load", "", "Load average, 10 Hz."),
                       {wall_at,
                        {"one", number, "", "Over one minute."},
                        {"five", number, "", "Over five minutes."},
                        {"fifteen", number, "", "Over fifteen minutes."}}));
    all.push_back(with(wall("host_disk", "host.disk", "bytes/s", "All disks together, 10 Hz."),
                       {wall_at,
                        {"read_bytes_s", number, "bytes/s", "Read."},
                        {"written_bytes_s", number, "bytes/s", "Written."}}));
    all.push_back(with(wall("host_network", "host.network", "bytes/s",
                            "All network interfaces but loopback together, 10 Hz."),
                       {wall_at,
                        {"received_bytes_s", number, "bytes/s", "Received."},
                        {"sent_bytes_s", number, "bytes/s", "Sent."}}));
}

void add_hub(std::vector<Contract>& all) {
    all.push_back(
        with(wall("store", "hub.store", "", "How the store does, counted since the hub started."),
             {wall_at,
              {"state", text, "", "ok, degraded or failed."},
              {"reason", text, "", "Why it is not ok."},
              {"queue_rows", integer, "rows", "On their way to the file."},
              {"queue_bytes", integer, "bytes", "The same in bytes."},
              {"rows_in", integer, "rows", "Handed to the store."},
              {"rows_committed", integer, "rows", "Safely stored."},
              {"rows_per_s", number, "rows/s", "Stored, over the last half second."},
              {"group_rows_mean", integer, "rows", "Per commit."},
              {"commit_ms_mean", number, "ms", "Time of a commit."},
              {"commit_ms_p99", number, "ms", "99 of 100 are faster, of the last 1024."},
              {"sync_ms_mean", number, "ms", "The part of it that waits for the disk."},
              {"file_bytes", integer, "bytes", "Size of the file."},
              {"wal_bytes", integer, "bytes", "Size of its write-ahead log, whose file is reused."},
              {"gaps", integer, "", "Gaps recorded."},
              {"lost_values", integer, "", "Values in them."},
              {"rows_purged", integer, "rows", "Removed by retention."},
              {"oldest_row", integer, time, "Observed time of the oldest row, or null."},
              {"queries", integer, "", "Answered."},
              {"query_ms_p99", number, "ms", "99 of 100 are faster, of the last 1024."},
              {"retries", integer, "", "Commits tried again."}}));
    all.push_back(with(wall("stages", "hub.stages", "", "What every stage does, 1 Hz."),
                       {wall_at,
                        {"stages", "array", "",
                         "record, stage, kind, state, calls, rate_s (1/s), lagged (values missed "
                         "by readers of the record), failures, mean_us, p99_us."}}));
}

}  // namespace

std::vector<Contract> all_contracts() {
    std::vector<Contract> all;
    add_stations(all);
    add_cities(all);
    add_host(all);
    add_hub(all);
    return all;
}

}  // namespace hub
