// SPDX-License-Identifier: Apache-2.0
//
// A record whose clock once ran ahead: every later row is late.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "contract/backend_driver.hpp"
#include "temp_directory.hpp"

namespace aimdb::sqlite_test {
namespace {

using contract::BackendDriver;

std::int64_t& steps() {
    static std::int64_t all = 0;
    return all;
}

int count_steps(unsigned, void*, void* statement, void*) {
    steps() +=
        sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
    return 0;
}

int trace_connection(sqlite3* connection, const char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(connection, SQLITE_TRACE_PROFILE, count_steps, nullptr);
}

class SqliteLate : public testing::Test {
protected:
    static constexpr int late_rows = 30'000;

    SqliteLate() {
        sqlite3_auto_extension(hook_);
        driver_ = std::make_unique<BackendDriver>(directory_.backend(), std::vector{name_});
        driver_->put(name_, 1'000'000, "ahead");
        for (int row = 1; row <= late_rows; ++row) {
            // Pairs change places, so that neither order of the index is the right one.
            driver_->put(name_, row % 2 == 0 ? row - 1 : row + 1, std::to_string(row));
        }
        driver_->commit();
    }
    ~SqliteLate() override {
        driver_.reset();
        sqlite3_cancel_auto_extension(hook_);
    }
    SqliteLate(const SqliteLate&) = delete;
    SqliteLate& operator=(const SqliteLate&) = delete;

    /// All pages of the range, of four rows each.
    std::vector<std::string> read(std::int64_t start, std::int64_t end, Order order) {
        std::vector<std::string> values;
        HistoryOptions options{.start = from_unix_ms(start),
                               .end = from_unix_ms(end),
                               .total_limit = 4,
                               .order = order};
        do {
            const HistoryPage page = driver_->read(name_, options);
            for (const HistoryRow& row : page.rows)
                values.push_back(row.value);
            options.after = page.next;
        } while (options.after);
        return values;
    }

    const std::string name_ = "a";
    TempDirectory directory_;
    std::unique_ptr<BackendDriver> driver_;

private:
    void (*hook_)() = reinterpret_cast<void (*)()>(&trace_connection);
};

// Goal:   a short range costs what is in it, not the late rows of the record.
// Method: SQLite counts the steps of its machine.
TEST_F(SqliteLate, RowsOfAShortRangeAreFoundWithoutPassingTheOthers) {
    static_cast<void>(driver_->read(name_, {.total_limit = 1}));  // opens the reader
    for (const std::int64_t start : {101, 15'001, 29'901}) {
        const auto first = static_cast<int>(start);
        std::vector<std::string> expected;
        for (int row = first; row < first + 10; ++row)
            expected.push_back(std::to_string(row));
        steps() = 0;

        EXPECT_EQ(read(start, start + 9, Order::oldest_first), expected);
        std::reverse(expected.begin(), expected.end());
        EXPECT_EQ(read(start, start + 9, Order::newest_first), expected);

        EXPECT_GT(steps(), 0);
        EXPECT_LT(steps(), 5'000);
    }
}

TEST_F(SqliteLate, RowsOfALongRangeComeInTheOrderOfTheirSequence) {
    HistoryOptions options{.start = from_unix_ms(1), .total_limit = 100'000};

    const HistoryPage page = driver_->read(name_, options);

    ASSERT_EQ(page.rows.size(), late_rows + 1u);
    EXPECT_EQ(page.rows.front().value, "ahead");
    for (std::size_t i = 0; i < page.rows.size(); ++i)
        ASSERT_EQ(page.rows[i].sequence, i + 1);
}

}  // namespace
}  // namespace aimdb::sqlite_test
