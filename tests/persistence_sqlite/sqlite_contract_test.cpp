// SPDX-License-Identifier: Apache-2.0
#include "contract/backend_contract.hpp"
#include "temp_directory.hpp"

namespace aimdb::contract {

struct SqliteStore {
    static constexpr bool survives_closing = true;
    [[nodiscard]] std::unique_ptr<Backend> make() const { return directory.backend(); }

    sqlite_test::TempDirectory directory;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, BackendReading, SqliteStore);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, BackendUpkeep, SqliteStore);

}  // namespace aimdb::contract
