// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "contract/backend_driver.hpp"
#include "counting_vfs.hpp"
#include "sqlite_backend.hpp"
#include "temp_directory.hpp"

namespace aimdb::sqlite_test {
namespace {

using contract::BackendDriver;

class SqliteSync : public testing::Test {
protected:
    [[nodiscard]] BackendDriver open(const SqliteOptions& options = {}) {
        return BackendDriver(
            std::make_unique<sqlite::SqliteBackend>(directory_.file(), options, vfs_.name()),
            {"a", "b"});
    }

    /// A connection of somebody else, which holds the log until it is closed.
    [[nodiscard]] sqlite3* open_foreign_reader() const {
        sqlite3* reader = nullptr;
        sqlite3_open(directory_.file().c_str(), &reader);
        sqlite3_exec(reader, "BEGIN; SELECT * FROM record", nullptr, nullptr, nullptr);
        return reader;
    }
    static void write_rows(BackendDriver& driver, int rows) {
        for (int row = 0; row < rows; ++row) {
            driver.put("a", row, std::string(500, '7'));
        }
        driver.commit();
        static_cast<void>(driver.backend().maintain());
    }

    TempDirectory directory_;
    CountingVfs vfs_{"counting"};
};

TEST_F(SqliteSync, OfTheLogHappensOncePerGroupBeforeItsAcknowledgement) {
    auto driver = open();

    for (int group = 1; group <= 20; ++group) {
        for (int row = 0; row < 10 * group; ++row) {
            driver.put("a", row, std::string(100, '7'));
        }
        vfs_.log_syncs = 0;
        vfs_.database_syncs = 0;
        driver.commit();
        // The first group after a checkpoint also syncs the log's new header.
        EXPECT_EQ(vfs_.log_syncs, 1) << "group " << group;
        EXPECT_EQ(vfs_.database_syncs, 0) << "group " << group;
    }
}

TEST_F(SqliteSync, OfTheDatabaseHappensOnlyInHousekeeping) {
    auto driver = open({.checkpoint_pages = 10});
    vfs_.database_syncs = 0;
    for (int row = 0; row < 1'000; ++row) {
        driver.put("a", row, std::string(100, '7'));
    }
    driver.commit();
    static_cast<void>(driver.purge("a", 10));
    static_cast<void>(driver.read("#"));
    EXPECT_EQ(vfs_.database_syncs, 0);

    EXPECT_FALSE(driver.backend().maintain());

    EXPECT_EQ(vfs_.database_syncs, 1);
    EXPECT_EQ(driver.backend().stats().checkpoints, 1u);
}

TEST_F(SqliteSync, TakesTimeThatTheStatsTell) {
    auto driver = open();
    EXPECT_EQ(driver.backend().stats().sync_mean.count(), 0);

    driver.put("a", 1, "1");
    driver.commit();

    EXPECT_GT(driver.backend().stats().sync_mean.count(), 0);
}

TEST_F(SqliteSync, ThatFailsLeavesTheOutcomeUnknownAndNothingTwiceAfterwards) {
    auto driver = open();
    driver.store("a", 1, "1");
    driver.put("a", 2, "2");
    driver.put("b", 3, "3");

    vfs_.fail_log_syncs = true;
    for (int attempt = 0; attempt < 3; ++attempt) {
        try {
            driver.commit();
            FAIL() << "a commit without a sync was acknowledged";
        } catch (const BackendError& error) {
            EXPECT_EQ(error.code(), Errc::storage_io);
            EXPECT_EQ(error.outcome(), BackendError::Outcome::unknown);
        }
        EXPECT_EQ(driver.backend().next_sequence(driver.id("a")), 2u);
    }
    vfs_.fail_log_syncs = false;
    driver.commit();

    EXPECT_EQ(driver.values("#"), (std::vector<std::string>{"1", "2", "3"}));
    EXPECT_EQ(driver.backend().next_sequence(driver.id("a")), 3u);
    const HistoryPage page = driver.read("#");
    EXPECT_NE(page.rows[1].id, page.rows[2].id);
}

TEST_F(SqliteSync, ThatFailsInACheckpointIsCountedAndToldUntilOneSucceeds) {
    auto driver = open({.checkpoint_pages = 1});
    driver.store("a", 1, "1");

    vfs_.fail_log_syncs = true;
    EXPECT_THROW(driver.backend().maintain(), BackendError);
    EXPECT_THROW(driver.backend().maintain(), BackendError);  // as long as it is so
    vfs_.fail_log_syncs = false;
    EXPECT_FALSE(driver.backend().maintain());

    EXPECT_EQ(driver.backend().stats().checkpoint_failures, 2u);
    EXPECT_EQ(driver.backend().stats().checkpoints, 1u);
    EXPECT_EQ(driver.values("a"), (std::vector<std::string>{"1"}));
}

// Goal: a write that is refused before COMMIT is known not to be there.
// Method: another connection holds the write lock.
TEST_F(SqliteSync, IsNotReachedWhileAnotherProgramHoldsTheLock) {
    auto driver = open({.busy_timeout = std::chrono::milliseconds(1)});
    driver.put("a", 1, "1");
    sqlite3* other = nullptr;
    sqlite3_open(directory_.file().c_str(), &other);
    sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);

    try {
        driver.commit();
        FAIL() << "two writers at once";
    } catch (const BackendError& error) {
        EXPECT_EQ(error.code(), Errc::storage_locked);
        EXPECT_EQ(error.outcome(), BackendError::Outcome::not_written);
    }
    sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
    driver.commit();
    sqlite3_close(other);

    EXPECT_EQ(driver.values("a"), (std::vector<std::string>{"1"}));
}

// Goal: a reader that never ends does not let the log grow without bound.
// Method: a foreign reader holds a snapshot while groups are written; once it is
// gone, the log is emptied.
TEST_F(SqliteSync, KeepsTheLogSmallOnceAReaderThatHeldItBackIsGone) {
    auto driver = open({.wal_soft_limit_bytes = 1U << 20U,
                        .wal_hard_limit_bytes = 2U << 20U,
                        .checkpoint_pages = 100});
    driver.store("a", 0, "0");
    sqlite3* const other = open_foreign_reader();
    const auto write_group = [&] { write_rows(driver, 1'000); };
    for (int group = 0; group < 5; ++group) {
        write_group();
    }
    EXPECT_GT(driver.backend().stats().wal_bytes, 2U << 20U);

    sqlite3_close(other);
    write_group();

    EXPECT_EQ(driver.backend().stats().wal_bytes, 0u);
}

// Goal: a reader that cannot be interrupted does not have all others interrupted, and
// the writer held up, after each group.
// Method: as above, in small groups; insisting that fails is what the stats count.
TEST_F(SqliteSync, InsistsOnAnEmptyLogOnceUntilItHasGrownByAnotherCheckpoint) {
    auto driver = open({.wal_soft_limit_bytes = 1U << 20U,
                        .wal_hard_limit_bytes = 2U << 20U,
                        .checkpoint_pages = 600});
    driver.store("a", 0, "0");
    sqlite3* const other = open_foreign_reader();
    const auto write_group = [&] { write_rows(driver, 100); };
    while (driver.backend().stats().checkpoint_failures == 0) {
        write_group();
    }
    const std::uint64_t begin = driver.backend().stats().wal_bytes;
    EXPECT_GT(begin, 2U << 20U);
    for (int group = 0; group < 10; ++group) {
        write_group();
    }
    EXPECT_EQ(driver.backend().stats().checkpoint_failures, 1u);
    EXPECT_LT(driver.backend().stats().wal_bytes, begin + std::uint64_t{600} * 4'096);
    while (driver.backend().stats().wal_bytes < begin + std::uint64_t{640} * 4'120) {
        write_group();
    }
    EXPECT_EQ(driver.backend().stats().checkpoint_failures, 2u);

    sqlite3_close(other);
    write_group();
    write_group();

    EXPECT_LE(driver.backend().stats().wal_bytes, 1U << 20U);
}

TEST_F(SqliteSync, ThatFailsAtTheLastMarkLeavesTheStoreUnclean) {
    {
        auto driver = open();
        driver.store("a", 1, "1");
        vfs_.fail_log_syncs = true;
        EXPECT_THROW(driver.backend().close(), BackendError);
        vfs_.fail_log_syncs = false;
    }

    auto driver = open();

    EXPECT_EQ(driver.values("a"), (std::vector<std::string>{"1"}));
}

}  // namespace
}  // namespace aimdb::sqlite_test
