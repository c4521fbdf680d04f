// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "contract/backend_driver.hpp"
#include "counting_vfs.hpp"
#include "plain_sqlite.hpp"
#include "sqlite_backend.hpp"
#include "temp_directory.hpp"

namespace aimdb::sqlite_test {
namespace {

using contract::BackendDriver;

// A file as AimDB writes it. Times are doubled, and of every tenth row go back.
void make_aimdb_file(const std::string& path, int rows) {
    PlainSqlite plain(path);
    plain.run(
        "PRAGMA journal_mode=WAL;"
        "CREATE TABLE record_history(id INTEGER PRIMARY KEY AUTOINCREMENT, "
        "record_name TEXT NOT NULL, value_json TEXT NOT NULL, stored_at INTEGER NOT NULL);"
        "CREATE INDEX idx_record_time ON record_history(record_name, stored_at DESC);");
    plain.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
              std::to_string(rows) +
              ") INSERT INTO record_history(record_name, value_json, stored_at) "
              "SELECT 'temp.city' || (i % 7), '{\"celsius\":' || (i % 400) / 10.0 || '}', "
              "1600000000000 + i / 2 - CASE WHEN i % 10 = 0 THEN 1000 ELSE 0 END FROM n");
}

const char* const rows_by_name =
    "SELECT record_name, value_json, stored_at FROM record_history ORDER BY record_name, id";

TEST(SqliteImport, KeepsEveryRowOfAnAimdbFileInItsOrder) {
    const TempDirectory directory;
    make_aimdb_file(directory.file(), 10'000);
    const auto expected = PlainSqlite(directory.file()).lines(rows_by_name);
    ASSERT_EQ(expected.size(), 10'000u);

    BackendDriver driver(directory.backend(), {"temp.city1"});

    EXPECT_TRUE(driver.report().clean);
    EXPECT_EQ(driver.report().records[0].next_sequence, 1'430u);
    std::vector<std::string> found;
    std::map<std::string, std::uint64_t> sequences;
    for (const HistoryRow& row : driver.read("#").rows) {
        EXPECT_EQ(row.sequence, ++sequences[row.record]);
        found.push_back(row.record + "|" + row.value + "|" +
                        std::to_string(to_unix_ms(row.stored_at)));
    }
    EXPECT_EQ(found, expected);
    driver.store("temp.city1", 1, "1");
    EXPECT_EQ(driver.values("temp.city1", {.limit_per_record = 1, .order = Order::newest_first}),
              (std::vector<std::string>{"1"}));
}

TEST(SqliteImport, KeepsTheOldFileUnderAnotherName) {
    const TempDirectory directory;
    make_aimdb_file(directory.file(), 100);
    make_aimdb_file(directory.file("history.db.aimdb-original"), 5);

    BackendDriver driver(directory.backend(), {});
    driver.close();

    PlainSqlite old(directory.file("history.db.aimdb-original-2"));
    EXPECT_EQ(old.one("SELECT count(*) FROM record_history"), "100");
    PlainSqlite untouched(directory.file("history.db.aimdb-original"));
    EXPECT_EQ(untouched.one("SELECT count(*) FROM record_history"), "5");
    PlainSqlite imported(directory.file());
    EXPECT_EQ(imported.one("SELECT count(*) FROM record_history"), "100");
    EXPECT_EQ(imported.one("PRAGMA auto_vacuum"), "2");
    EXPECT_FALSE(std::filesystem::exists(directory.file("history.db.migrating")));
}

TEST(SqliteImport, WaitsForNobodyWhoHasTheOldFileOpen) {
    const TempDirectory directory;
    make_aimdb_file(directory.file(), 10);
    PlainSqlite other(directory.file());
    EXPECT_EQ(other.one("SELECT count(*) FROM record_history"), "10");

    try {
        directory.backend({.busy_timeout = std::chrono::milliseconds(1)})->open({});
        FAIL() << "imported a file that is in use";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::storage_locked);
    }

    EXPECT_EQ(other.one("SELECT count(*) FROM record_history"), "10");
}

// Goal: whenever the import is killed, one file or the other is there, whole, and
// the next start completes it.
// Method: a child dies before the n-th change to a file, for every fourth n (each
// takes several syncs of the disk) until none does; then the store is opened in the
// ordinary way.
TEST(SqliteImport, MayBeKilledAtAnyPoint) {
    bool completed = false;
    int kills = 0;
    for (int fatal = 1; !completed; fatal += 4) {
        const TempDirectory directory;
        make_aimdb_file(directory.file(), 40);
        const pid_t child = ::fork();
        if (child == 0) {
            CountingVfs vfs("dying");
            int changes = 0;
            vfs.before_change = [&] {
                if (++changes == fatal) {
                    ::_exit(1);
                }
            };
            sqlite::SqliteBackend(directory.file(), {}, vfs.name()).open({});
            ::_exit(0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status)) << "died of itself at " << fatal;
        completed = WEXITSTATUS(status) == 0;
        kills += completed ? 0 : 1;

        BackendDriver driver(directory.backend(), {});
        ASSERT_EQ(driver.read("#").rows.size(), 40u) << "killed at " << fatal;
    }
    EXPECT_GE(kills, 15);
}

TEST(SqliteImport, MendsTheSecondNameItGaveTheOldFileBeforeItWasKilled) {
    const TempDirectory directory;
    make_aimdb_file(directory.file(), 10);
    std::filesystem::create_hard_link(directory.file(),
                                      directory.file("history.db.aimdb-original"));
    make_aimdb_file(directory.file("history.db.migrating"), 3);

    BackendDriver driver(directory.backend(), {});

    EXPECT_EQ(driver.read("#").rows.size(), 10u);
    EXPECT_TRUE(std::filesystem::exists(directory.file("history.db.aimdb-original")));
}

}  // namespace
}  // namespace aimdb::sqlite_test
