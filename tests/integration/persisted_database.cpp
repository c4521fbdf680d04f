// SPDX-License-Identifier: Apache-2.0
#include "persisted_database.hpp"

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

namespace aimdb::test {

Database persisted_database(const std::string& file) {
    Builder builder;
    builder.with_persistence(sqlite_history(file));
    builder.configure<double>("a").buffer(single_latest()).persist({.name = "stored.a"});
    return builder.build();
}

}  // namespace aimdb::test
