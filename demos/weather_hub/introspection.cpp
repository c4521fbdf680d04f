// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/introspection.hpp"

#include <chrono>
#include <utility>

#include "aimdb/persistence/persistence.hpp"

namespace hub {
namespace {

double to_ms(std::chrono::microseconds duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

double to_us(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
}

double rate(std::uint64_t before, std::uint64_t after, double seconds) {
    return after < before ? 0 : static_cast<double>(after - before) / seconds;
}

}  // namespace

StoreHealth StoreObserver::look(const aimdb::Database& database, double seconds) {
    const aimdb::PersistenceStats stats = aimdb::persistence(database).stats();
    const std::uint64_t before = std::exchange(committed_, stats.rows_committed);
    return {.at = {},
            .state = std::string(to_string(stats.health.state)),
            .reason = stats.health.reason,
            .queue_rows = stats.queue_rows,
            .queue_bytes = stats.queue_bytes,
            .rows_in = stats.rows_in,
            .rows_committed = stats.rows_committed,
            .rows_per_s = rate(before, stats.rows_committed, seconds),
            .group_rows_mean = stats.group_rows_mean,
            .commit_ms_mean = to_ms(stats.commit.mean),
            .commit_ms_p99 = to_ms(stats.commit.p99),
            .sync_ms_mean = to_ms(stats.backend.sync_mean),
            .file_bytes = stats.backend.file_bytes,
            .wal_bytes = stats.backend.wal_bytes,
            .gaps = stats.gaps,
            .lost_values = stats.health.lost_values,
            .rows_purged = stats.rows_purged,
            .oldest_row = stats.oldest_row,
            .queries = stats.queries,
            .query_ms_p99 = to_ms(stats.query.p99),
            .retries = stats.retries};
}

StageTable StageObserver::look(const aimdb::Database& database, double seconds) {
    StageTable table;
    for (const aimdb::RecordInfo& record : database.records()) {
        for (const aimdb::StageInfo& stage : record.stages) {
            const std::uint64_t before =
                std::exchange(calls_[record.key + ' ' + stage.name], stage.timings.calls);
            table.stages.push_back({.record = record.key,
                                    .stage = stage.name,
                                    .kind = std::string(to_string(stage.kind)),
                                    .state = std::string(to_string(stage.state)),
                                    .calls = stage.timings.calls,
                                    .rate_s = rate(before, stage.timings.calls, seconds),
                                    .lagged = record.counters.lagged,
                                    .failures = stage.failures,
                                    .mean_us = to_us(stage.timings.mean),
                                    .p99_us = to_us(stage.timings.p99)});
        }
    }
    return table;
}

}  // namespace hub
