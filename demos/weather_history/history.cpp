// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <algorithm>

#include "aimdb/core/builder.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

namespace weather {

aimdb::Database open_history(const std::string& path, std::shared_ptr<aimdb::ManualClock> clock) {
    aimdb::Builder builder;
    builder.clock(clock).with_persistence(aimdb::sqlite_history(path));
    aimdb::Database history = builder.build();
    history.start();

    const aimdb::HistoryOptions newest{.limit_per_record = 1, .order = aimdb::Order::newest_first};
    for (const aimdb::HistoryRow& row : history.query_raw("#", newest, aimdb::blocking).rows) {
        clock->advance_to(std::max(clock->now(), row.stored_at));
    }
    return history;
}

Progress read_progress(aimdb::Database& history, const City& city) {
    const auto temperature =
        history.query_latest<Temperature>("temp." + city.key, 1, aimdb::blocking);
    const auto validation =
        history.query_latest<ForecastValidation>("accuracy." + city.key, 1, aimdb::blocking);
    return {temperature.empty() ? std::optional<UnixTime>() : temperature.front().stored_at,
            validation.empty() ? std::optional<ForecastValidation>() : validation.front().value};
}

}  // namespace weather
