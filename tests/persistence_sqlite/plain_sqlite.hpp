// SPDX-License-Identifier: Apache-2.0
//
// The file as another SQLite program sees it, while the store is closed.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace aimdb::sqlite_test {

class PlainSqlite {
public:
    explicit PlainSqlite(const std::string& path) {
        EXPECT_EQ(sqlite3_open(path.c_str(), &handle_), SQLITE_OK);
    }
    PlainSqlite(const PlainSqlite&) = delete;
    PlainSqlite& operator=(const PlainSqlite&) = delete;
    ~PlainSqlite() { sqlite3_close(handle_); }

    void run(const std::string& sql) {
        char* message = nullptr;
        const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &message);
        EXPECT_EQ(code, SQLITE_OK) << sql << ": " << (message != nullptr ? message : "");
        sqlite3_free(message);
    }
    /// All columns of all rows, joined by '|', a line per row.
    [[nodiscard]] std::vector<std::string> lines(const std::string& sql) {
        std::vector<std::string> lines;
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
            << sql << ": " << sqlite3_errmsg(handle_);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            std::string line;
            for (int column = 0; column < sqlite3_column_count(statement); ++column) {
                const auto* text = sqlite3_column_text(statement, column);
                line += column == 0 ? "" : "|";
                line += text != nullptr ? reinterpret_cast<const char*>(text) : "";
            }
            lines.push_back(line);
        }
        sqlite3_finalize(statement);
        return lines;
    }
    [[nodiscard]] std::string one(const std::string& sql) {
        const auto all = lines(sql);
        return all.empty() ? std::string() : all.front();
    }

private:
    sqlite3* handle_ = nullptr;
};

}  // namespace aimdb::sqlite_test
