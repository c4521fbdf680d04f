// SPDX-License-Identifier: Apache-2.0
//
// A directory for the files of one store.
#pragma once

#include <memory>
#include <string>

#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "support/temp_dir.hpp"

namespace aimdb::sqlite_test {

class TempDirectory {
public:
    [[nodiscard]] std::string file(const std::string& name = "history.db") const {
        return directory_.file(name);
    }
    [[nodiscard]] std::unique_ptr<Backend> backend(const SqliteOptions& options = {}) const {
        return sqlite_history(file(), options);
    }

private:
    test::TempDir directory_;
};

}  // namespace aimdb::sqlite_test
