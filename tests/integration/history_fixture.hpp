// SPDX-License-Identifier: Apache-2.0
//
// A database with a real SQLite file and a clock in the test's hand.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "support/temp_dir.hpp"

namespace aimdb::test {

struct Reading {
    double value = 0.0;
    std::string note;
};
AIMDB_RECORD(Reading, value, note)

struct Number {
    std::int64_t number = 0;
};
AIMDB_RECORD(Number, number)

class HistoryFixture : public testing::Test {
protected:
    [[nodiscard]] std::string file() const { return (directory_.path() / "history.db").string(); }

    [[nodiscard]] aimdb::Builder builder() const {
        aimdb::Builder made;
        made.clock(clock).with_persistence(aimdb::sqlite_history(file()));
        return made;
    }

    static void declare(aimdb::Builder& builder, const std::vector<std::string>& keys) {
        for (const std::string& key : keys) {
            builder.configure<Number>(key).buffer(aimdb::spmc_ring(64)).persist();
        }
    }

    static std::vector<std::string> keys_of(const std::vector<aimdb::HistoryRow>& rows) {
        std::vector<std::string> keys;
        for (const aimdb::HistoryRow& row : rows) {
            keys.push_back(row.record);
        }
        return keys;
    }

    static std::vector<std::int64_t> numbers_of(const aimdb::QueryResult<Number>& result) {
        std::vector<std::int64_t> numbers;
        for (const auto& row : result) {
            numbers.push_back(row.value.number);
        }
        return numbers;
    }

    TempDir directory_;
    std::shared_ptr<aimdb::ManualClock> clock =
        std::make_shared<aimdb::ManualClock>(aimdb::from_unix_ms(1'000'000));
};

}  // namespace aimdb::test
