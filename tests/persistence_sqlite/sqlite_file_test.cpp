// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "contract/backend_driver.hpp"
#include "counting_vfs.hpp"
#include "plain_sqlite.hpp"
#include "sqlite_backend.hpp"
#include "temp_directory.hpp"

namespace aimdb::sqlite_test {
namespace {

using contract::BackendDriver;

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

mode_t mode_of(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 0777U;
}

// What open() says when it refuses.
struct Refusal {
    std::error_code code;
    std::string text;
};
Refusal refusal_of(Backend& backend) {
    try {
        backend.open({});
    } catch (const Error& error) {
        return {error.code(), error.what()};
    }
    return {};
}

void make_store(const TempDirectory& directory) {
    BackendDriver driver(directory.backend(), {"plant.a"});
    driver.store("plant.a", 1'000, R"({"x":1})");
    driver.close();
}

TEST(SqliteFile, IsAPlainTableToAnyTool) {
    const TempDirectory directory;
    make_store(directory);

    PlainSqlite plain(directory.file());
    EXPECT_EQ(plain.one("SELECT * FROM record_history"), R"(1|plant.a|{"x":1}|1000)");
    EXPECT_EQ(plain.one("PRAGMA application_id"), std::to_string(0x61696D44));
    EXPECT_EQ(plain.one("PRAGMA user_version"), "1");
    EXPECT_EQ(plain.one("PRAGMA auto_vacuum"), "2");
    EXPECT_EQ(plain.one("PRAGMA page_size"), "4096");
    EXPECT_EQ(plain.one("PRAGMA journal_mode"), "wal");
    EXPECT_EQ(plain.one("SELECT count(*) FROM sqlite_master WHERE type='index' "
                        "AND tbl_name='history'"),
              "1");
    EXPECT_EQ(plain.one("SELECT length(value) FROM meta WHERE key='uuid'"), "32");
    EXPECT_EQ(plain.one("PRAGMA integrity_check"), "ok");
}

TEST(SqliteFile, GivesSpaceBackAlsoWhenAnotherToolMadeTheEmptyFile) {
    const TempDirectory directory;
    PlainSqlite(directory.file()).run("PRAGMA auto_vacuum=NONE; PRAGMA journal_mode=WAL; VACUUM");

    make_store(directory);

    EXPECT_EQ(PlainSqlite(directory.file()).one("PRAGMA auto_vacuum"), "2");
}

TEST(SqliteFile, IsReadableByItsOwnerOnlyWhateverTheUmask) {
    const TempDirectory directory;
    const mode_t before = ::umask(0);

    BackendDriver driver(directory.backend(), {"a"});
    driver.store("a", 1, "1");
    ::umask(before);

    EXPECT_EQ(mode_of(directory.file()), 0600U);
    EXPECT_EQ(mode_of(directory.file() + "-wal"), 0600U);
    EXPECT_EQ(mode_of(directory.file() + "-shm"), 0600U);
    EXPECT_EQ(mode_of(directory.file() + ".lock"), 0600U);
}

TEST(SqliteFile, StandsAloneAfterACleanStop) {
    const TempDirectory directory;

    make_store(directory);

    EXPECT_FALSE(std::filesystem::exists(directory.file() + "-wal"));
    EXPECT_FALSE(std::filesystem::exists(directory.file() + "-shm"));
}

TEST(SqliteFile, OfANewerProgramStaysAsItIsToTheLastByte) {
    const TempDirectory directory;
    make_store(directory);
    PlainSqlite(directory.file()).run("PRAGMA user_version=2");
    const std::string before = content_of(directory.file());

    const auto backend = directory.backend();
    const Refusal refusal = refusal_of(*backend);

    EXPECT_EQ(refusal.code, Errc::storage_too_new);
    EXPECT_NE(refusal.text.find(directory.file()), std::string::npos);
    EXPECT_EQ(content_of(directory.file()), before);
}

// Goal: also a newer version that only stands in the log is noticed, and not
// copied into the file.
TEST(SqliteFile, OfANewerProgramThatWasKilledKeepsItsLog) {
    const TempDirectory directory;
    make_store(directory);
    const pid_t child = ::fork();
    if (child == 0) {
        sqlite3* handle = nullptr;
        sqlite3_open(directory.file().c_str(), &handle);
        sqlite3_exec(handle, "PRAGMA user_version=2", nullptr, nullptr, nullptr);
        ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const std::string file = content_of(directory.file());
    const std::string log = content_of(directory.file() + "-wal");
    ASSERT_FALSE(log.empty());

    const auto backend = directory.backend();
    EXPECT_EQ(refusal_of(*backend).code, Errc::storage_too_new);

    EXPECT_EQ(content_of(directory.file()), file);
    EXPECT_EQ(content_of(directory.file() + "-wal"), log);
}

TEST(SqliteFile, OfAnotherProgramIsRefused) {
    const TempDirectory directory;
    PlainSqlite(directory.file()).run("CREATE TABLE notes(text); PRAGMA application_id=77");

    const auto backend = directory.backend();
    const Refusal refusal = refusal_of(*backend);

    EXPECT_EQ(refusal.code, Errc::storage_foreign);
    EXPECT_NE(refusal.text.find("choose another path"), std::string::npos);
}

TEST(SqliteFile, WithoutAMarkButWithOtherTablesIsRefused) {
    const TempDirectory directory;
    PlainSqlite(directory.file()).run("CREATE TABLE notes(text)");

    const auto backend = directory.backend();

    EXPECT_EQ(refusal_of(*backend).code, Errc::storage_foreign);
}

// Goal: a kill while the file is made does not keep the next start from working.
// Method: a child dies in its first transaction, with a synced rollback journal.
TEST(SqliteFile, WhoseCreationWasKilledIsMadeAnew) {
    const TempDirectory directory;
    const pid_t child = ::fork();
    if (child == 0) {
        sqlite3* connection = nullptr;
        sqlite3_open(directory.file().c_str(), &connection);
        // One page of cache: the transaction has to write to the file before its end.
        sqlite3_exec(connection,
                     "PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN; CREATE TABLE t(x);"
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) "
                     "INSERT INTO t SELECT randomblob(1000) FROM n;",
                     nullptr, nullptr, nullptr);
        ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ASSERT_FALSE(content_of(directory.file() + "-journal").empty());

    const auto backend = directory.backend();

    EXPECT_TRUE(backend->open({}).records.empty());
}

TEST(SqliteFile, ThatIsNoDatabaseIsRefusedUntouched) {
    const TempDirectory directory;
    std::ofstream(directory.file()) << std::string(5'000, 'x');

    const auto backend = directory.backend();
    const Refusal refusal = refusal_of(*backend);

    EXPECT_EQ(refusal.code, Errc::storage_corrupt);
    EXPECT_NE(refusal.text.find(directory.file()), std::string::npos);
    EXPECT_EQ(content_of(directory.file()), std::string(5'000, 'x'));
}

TEST(SqliteFile, ThatIsUnreadableIsSetAsideAndNothingIsLost) {
    const TempDirectory directory;
    std::ofstream(directory.file()) << std::string(5'000, 'x');
    std::ofstream(directory.file() + "-wal") << "log";
    auto backend = directory.backend();
    EXPECT_NE(refusal_of(*backend).code, std::error_code());

    const std::string name = backend->set_aside();
    BackendDriver driver(std::move(backend), {"a"});

    EXPECT_EQ(name.find(directory.file() + ".unreadable-"), 0u);
    EXPECT_EQ(content_of(name), std::string(5'000, 'x'));
    EXPECT_EQ(content_of(name + "-wal"), "log");
    EXPECT_TRUE(driver.report().clean);
}

TEST(SqliteFile, IsNotSetAsideWhileItIsOpen) {
    const TempDirectory directory;
    BackendDriver driver(directory.backend(), {"a"});

    EXPECT_THROW(driver.backend().set_aside(), Error);
    EXPECT_THROW(directory.backend()->set_aside(), Error);
}

TEST(SqliteFile, IsNotReachedThroughALinkOrUnderTwoNames) {
    const TempDirectory directory;
    make_store(directory);
    std::filesystem::create_symlink(directory.file(), directory.file("soft.db"));
    const auto soft = sqlite_history(directory.file("soft.db"));
    EXPECT_EQ(refusal_of(*soft).code, Errc::path_unsafe);

    std::filesystem::create_hard_link(directory.file(), directory.file("hard.db"));
    const auto hard = sqlite_history(directory.file("hard.db"));
    EXPECT_EQ(refusal_of(*hard).code, Errc::path_unsafe);
}

TEST(SqliteFile, NeedsADirectoryThatExists) {
    const TempDirectory directory;
    const auto backend = sqlite_history(directory.file("missing/history.db"));

    const Refusal refusal = refusal_of(*backend);

    EXPECT_EQ(refusal.code, Errc::storage_unavailable);
    EXPECT_NE(refusal.text.find("create it"), std::string::npos);
}

TEST(SqliteFile, NeedsADirectoryWhereNobodyElseSwapsFiles) {
    const TempDirectory directory;
    const std::string open_to_all = directory.file("open");
    std::filesystem::create_directory(open_to_all);
    std::filesystem::permissions(open_to_all, std::filesystem::perms::all);
    const auto backend = sqlite_history(open_to_all + "/history.db");

    EXPECT_EQ(refusal_of(*backend).code, Errc::path_unsafe);
}

TEST(SqliteFile, IsNotReplacedWhileItsLogIsStillThere) {
    const TempDirectory directory;
    std::ofstream(directory.file() + "-wal") << "log";
    const auto backend = directory.backend();

    EXPECT_EQ(refusal_of(*backend).code, Errc::storage_unavailable);
    EXPECT_EQ(content_of(directory.file() + "-wal"), "log");
}

TEST(SqliteFile, IsOpenOnceInAProcess) {
    const TempDirectory directory;
    BackendDriver driver(directory.backend(), {"a"});
    const auto second = directory.backend();

    const Refusal refusal = refusal_of(*second);

    EXPECT_EQ(refusal.code, Errc::storage_locked);
    EXPECT_NE(refusal.text.find("this process (" + std::to_string(::getpid())), std::string::npos);
}

// Goal: a second process is told who has the file, and gets it once that one died.
// Method: a child opens the store, says so through a pipe, and waits to be killed.
TEST(SqliteFile, IsOpenInOneProcessAtATime) {
    const TempDirectory directory;
    int ready[2] = {};
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto backend = directory.backend();
        backend->open({.records = {"a"}, .now = {}, .log = {}});
        static_cast<void>(::write(ready[1], "x", 1));
        ::pause();
        ::_exit(0);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);

    const auto backend = directory.backend();
    const Refusal refusal = refusal_of(*backend);
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);

    EXPECT_EQ(refusal.code, Errc::storage_locked);
    EXPECT_NE(refusal.text.find("process " + std::to_string(child)), std::string::npos);
    EXPECT_FALSE(backend->open({.records = {"a"}, .now = {}, .log = {}}).clean);
    ::close(ready[0]);
    ::close(ready[1]);
}

// Goal: what commit() returned for is there after the process died.
// Method: a child commits in groups and leaves without closing anything.
TEST(SqliteFile, HoldsEveryCommittedRowAfterAnAbruptEnd) {
    const TempDirectory directory;
    const pid_t child = ::fork();
    if (child == 0) {
        BackendDriver driver(directory.backend(), {"a"});
        for (int row = 1; row <= 500; ++row) {
            driver.put("a", row, std::to_string(row));
            if (row % 50 == 0) {
                driver.commit();
            }
        }
        driver.put("a", 501, "never committed");
        ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);

    BackendDriver driver(directory.backend(), {"a"}, 7);

    const HistoryPage page = driver.read("a", {.gaps = true});
    ASSERT_EQ(page.rows.size(), 500u);
    EXPECT_EQ(page.rows.back().value, "500");
    ASSERT_EQ(page.gaps.size(), 1u);
    EXPECT_EQ(page.gaps[0].first, 501u);
    EXPECT_EQ(page.gaps[0].last, 564u);
    EXPECT_EQ(page.gaps[0].cause, GapCause::crash);
    EXPECT_EQ(driver.put("a", 1, "next"), 565u);
}

TEST(SqliteFile, MergesTheGapsOfCrashesThatFollowOneAnother) {
    const TempDirectory directory;
    for (int round = 0; round < 3; ++round) {
        const auto backend = directory.backend();
        backend->open({.records = {"a"}, .now = from_unix_ms(round), .log = {}});
    }

    BackendDriver driver(directory.backend(), {"a"}, 3);

    ASSERT_EQ(driver.report().crash_gaps.size(), 1u);
    EXPECT_EQ(driver.report().crash_gaps[0].count, 64u);
    const auto gaps = driver.read("a", {.gaps = true}).gaps;
    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(gaps[0].last, 192u);
    EXPECT_EQ(gaps[0].count, 192u);
}

TEST(SqliteFile, TellsOfNoGapForARecordThatWasNotInUseWhenTheProcessDied) {
    const TempDirectory directory;
    make_store(directory);
    {
        const auto backend = directory.backend();
        backend->open({.records = {"other"}, .now = {}, .log = {}});
    }

    BackendDriver driver(directory.backend(), {"plant.a", "other"});

    ASSERT_EQ(driver.report().crash_gaps.size(), 1u);
    EXPECT_EQ(driver.report().crash_gaps[0].record, "other");
    EXPECT_EQ(driver.report().records[0].next_sequence, 2u);
}

// Goal: a program that has the file locked for a moment does not keep the store
// from opening.
// Method: another connection shuts everybody out until the store waits for it.
TEST(SqliteFile, IsOpenedOnceAProgramThatLockedItIsDone) {
    const TempDirectory directory;
    make_store(directory);
    auto other = std::make_unique<PlainSqlite>(directory.file());
    other->run("PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE");
    CountingVfs vfs("waiting");
    vfs.before_sleep = [&] { other.reset(); };

    sqlite::SqliteBackend backend(directory.file(), {}, vfs.name());
    const OpenReport report = backend.open({.records = {"plant.a"}, .now = {}, .log = {}});

    EXPECT_EQ(other, nullptr);
    EXPECT_TRUE(report.records[0].has_rows);
}

TEST(SqliteFile, RefusesToBeUsedBeforeItIsOpen) {
    const TempDirectory directory;
    const auto backend = directory.backend();

    EXPECT_THROW(backend->commit({}), Error);
    EXPECT_THROW(static_cast<void>(backend->open_reader()), Error);
    EXPECT_EQ(backend->describe(), "sqlite '" + directory.file() + "'");
    EXPECT_EQ(backend->stats().file_bytes, 0u);
}

}  // namespace
}  // namespace aimdb::sqlite_test
