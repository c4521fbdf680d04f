// SPDX-License-Identifier: Apache-2.0
//
// What the library shows of itself, as values of records.
#pragma once

#include <map>
#include <string>

#include "aimdb/core/database.hpp"

#include "weather_hub/hub_records.hpp"

namespace hub {

/// Makes `hub.store`. Rates are between two calls.
///
/// Threads: thread-confined.
class StoreObserver {
public:
    [[nodiscard]] StoreHealth look(const aimdb::Database& database, double seconds);

private:
    std::uint64_t committed_ = 0;
};

/// Makes `hub.stages`.
///
/// Threads: thread-confined.
class StageObserver {
public:
    [[nodiscard]] StageTable look(const aimdb::Database& database, double seconds);

private:
    std::map<std::string, std::uint64_t> calls_;  // by record and stage
};

}  // namespace hub
