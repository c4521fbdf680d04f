// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "contract/backend_driver.hpp"
#include "plain_sqlite.hpp"
#include "temp_directory.hpp"

namespace aimdb::sqlite_test {
namespace {

using contract::BackendDriver;

std::set<std::string>& statements() {
    static std::set<std::string> all;
    return all;
}

int note_statement(unsigned, void*, void*, void* sql) {
    const std::string text = static_cast<const char*>(sql);
    if (text.rfind("--", 0) != 0) {
        statements().insert(text);
    }
    return 0;
}

int trace_connection(sqlite3* connection, const char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, note_statement, nullptr);
}

// Everything a backend does, with late rows, gaps, damaged and removed rows.
void use_everything(const TempDirectory& directory) {
    BackendDriver driver(directory.backend(), {"a", "b", "c.d"});
    for (const char* name : {"a", "b"}) {
        for (const int at : {1, 2, 3, 10, 4, 5, 11}) {
            driver.put(name, name[0] == 'a' ? at : at / 4 * 4, "1");
        }
        driver.lose(name, 1, GapCause::lagged, 1);
        driver.lose(name, 1, GapCause::lagged, 1);
        driver.lose(name, 1, GapCause::shutdown, 1);
    }
    driver.commit();
    for (const Order order : {Order::oldest_first, Order::newest_first}) {
        for (const char* pattern : {"#", "a", "b"}) {
            HistoryOptions options{.total_limit = 1, .order = order, .gaps = true};
            do {
                options.after = driver.read(pattern, options).next;
            } while (options.after);
            static_cast<void>(driver.read(pattern, {.limit_per_record = 1, .order = order}));
            options.after = {.record_id = 1, .row_id = 1, .taken = 1};
            static_cast<void>(driver.purge("a", 3));
            static_cast<void>(driver.read(pattern, options));
        }
    }
    static_cast<void>(driver.backend().open_reader()->oldest());
    static_cast<void>(driver.backend().next_sequence(1));
    static_cast<void>(driver.backend().maintain());
    driver.close();
}

// Goal: no statement's cost grows with the rows stored.
// Method: SQLite tells the plan of every statement that was really run.
TEST(SqlitePlan, SeeksWhereverTheTablesThatGrowAreRead) {
    const TempDirectory directory;
    statements().clear();
    const auto hook = reinterpret_cast<void (*)()>(&trace_connection);
    ASSERT_EQ(sqlite3_auto_extension(hook), SQLITE_OK);
    use_everything(directory);
    ASSERT_EQ(sqlite3_cancel_auto_extension(hook), 1);
    ASSERT_GT(statements().size(), 30u);

    PlainSqlite plain(directory.file());
    int looked_at = 0;
    for (const std::string& sql : statements()) {
        const bool is_query = sql.find("history") != std::string::npos ||
                              sql.find("gap") != std::string::npos ||
                              sql.find("late") != std::string::npos;
        if (!is_query || sql.rfind("CREATE", 0) == 0 || sql.rfind("INSERT", 0) == 0) {
            continue;
        }
        for (const std::string& line : plain.lines("EXPLAIN QUERY PLAN " + sql)) {
            const std::string plan = line.substr(line.rfind('|') + 1);
            const bool reads = plan.rfind("SCAN", 0) == 0 || plan.rfind("USE TEMP", 0) == 0;
            const bool small_table = plan == "SCAN record" || plan.rfind("SCAN sqlite_", 0) == 0 ||
                                     plan.rfind("SCAN pragma_", 0) == 0;
            EXPECT_TRUE(!reads || small_table) << sql << "\n  " << plan;
            ++looked_at;
        }
    }
    EXPECT_GT(looked_at, 20);
}

}  // namespace
}  // namespace aimdb::sqlite_test
