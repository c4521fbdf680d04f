// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "contract/backend_driver.hpp"
#include "plain_sqlite.hpp"
#include "temp_directory.hpp"

namespace aimdb::sqlite_test {
namespace {

using contract::BackendDriver;

TEST(SqliteRows, WithAWrongChecksumAreLeftOutAndCounted) {
    const TempDirectory directory;
    {
        BackendDriver driver(directory.backend(), {"a"});
        for (int row = 1; row <= 4; ++row) {
            driver.put("a", row, "{\"x\":" + std::to_string(row) + "}");
        }
        driver.commit();
        driver.close();
    }
    PlainSqlite(directory.file())
        .run(R"(UPDATE history SET value_json='{"x":9}' WHERE seq IN (2, 4))");

    BackendDriver driver(directory.backend(), {"a"});
    const HistoryPage page = driver.read("a");

    ASSERT_EQ(page.rows.size(), 2u);
    EXPECT_EQ(page.rows[1].sequence, 3u);
    EXPECT_EQ(page.corrupt_rows, 2u);
    EXPECT_EQ(driver.backend().stats().corrupt_rows, 2u);
}

TEST(SqliteRows, WithAWrongChecksumMakeRoomForTheNextOneWithinALimit) {
    const TempDirectory directory;
    {
        BackendDriver driver(directory.backend(), {"a"});
        driver.put("a", 1, "1");
        driver.put("a", 2, "2");
        driver.commit();
        driver.close();
    }
    PlainSqlite(directory.file()).run("UPDATE history SET seq=7 WHERE seq=2");

    BackendDriver driver(directory.backend(), {"a"});
    const HistoryPage page =
        driver.read("#", {.limit_per_record = 1, .order = Order::newest_first});

    ASSERT_EQ(page.rows.size(), 1u);
    EXPECT_EQ(page.rows[0].value, "1");
    EXPECT_EQ(page.corrupt_rows, 1u);
}

TEST(SqliteRows, NeverGetTheIdOfARowThatIsGone) {
    const TempDirectory directory;
    {
        BackendDriver driver(directory.backend(), {"a"});
        driver.put("a", 1, "1");
        driver.put("a", 2, "2");
        driver.commit();
        driver.close();
    }
    PlainSqlite(directory.file()).run("DELETE FROM history");

    BackendDriver driver(directory.backend(), {"a"});
    driver.store("a", 3, "3");

    EXPECT_EQ(driver.read("a").rows.at(0).id, 3);
    EXPECT_EQ(driver.read("a").rows.at(0).sequence, 3u);
}

TEST(SqliteRows, OfNamesThatAppearLaterAreFoundByAReaderThatIsOpen) {
    const TempDirectory directory;
    {
        BackendDriver driver(directory.backend(), {"b"});
        driver.store("b", 1, "b");
        driver.close();
    }
    BackendDriver driver(directory.backend(), {"a"});
    EXPECT_EQ(driver.values("#"), (std::vector<std::string>{"b"}));

    driver.store("a", 1, "a");

    EXPECT_EQ(driver.values("#"), (std::vector<std::string>{"a", "b"}));
}

TEST(SqliteRows, ArePagedOnWhenTheRowThePageEndedWithWasRemoved) {
    const TempDirectory directory;
    BackendDriver driver(directory.backend(), {"a", "b"});
    for (int row = 1; row <= 10; ++row) {
        driver.put("a", row, "a" + std::to_string(row));
        driver.put("b", row, "b" + std::to_string(row));
    }
    driver.commit();
    HistoryOptions options{.limit_per_record = 8, .total_limit = 3};
    options.after = driver.read("#", options).next;
    EXPECT_EQ(driver.purge("a", 6).rows, 5u);

    options.total_limit = 100;
    const auto values = driver.values("#", options);

    EXPECT_EQ(values, (std::vector<std::string>{"a6", "a7", "a8", "a9", "a10", "b1", "b2", "b3",
                                                "b4", "b5", "b6", "b7", "b8"}));
}

TEST(SqliteRows, AreNotReadWithACursorOfAnotherStore) {
    const TempDirectory directory;
    BackendDriver driver(directory.backend(), {"a"});
    driver.store("a", 1, "1");

    HistoryOptions options;
    options.after = {.record_id = 77, .row_id = 1, .taken = 1};
    EXPECT_THROW(static_cast<void>(driver.read("a", options)), Error);
}

TEST(SqliteRows, GiveTheirSpaceBackOnceTheyAreRemoved) {
    const TempDirectory directory;
    BackendDriver driver(directory.backend({.free_pages_kept = 16}), {"a"});
    for (int row = 1; row <= 5'000; ++row) {
        driver.put("a", row, std::string(1'000, 'x'));
    }
    driver.commit();
    while (driver.backend().maintain()) {
    }
    while (driver.purge("a", 10'000).more) {
    }
    while (driver.backend().maintain()) {
    }
    driver.close();

    EXPECT_LT(std::filesystem::file_size(directory.file()), 50u * 4096u);
    EXPECT_EQ(PlainSqlite(directory.file()).one("PRAGMA integrity_check"), "ok");
}

TEST(SqliteRows, KeepTheListOfLateOnesTrueWhileTheyAreRemoved) {
    const TempDirectory directory;
    BackendDriver driver(directory.backend(), {"a"});
    for (const int at : {10, 5, 20, 6, 30}) {
        driver.put("a", at, std::to_string(at));
    }
    driver.commit();
    EXPECT_EQ(driver.purge("a", 7).rows, 2u);
    driver.close();

    PlainSqlite plain(directory.file());
    EXPECT_EQ(plain.one("SELECT late_count, (SELECT count(*) FROM late) FROM record"), "0|0");
}

TEST(SqliteGaps, AreMergedFromTheOldestOnWhenThereAreTooMany) {
    const TempDirectory directory;
    BackendDriver driver(directory.backend(), {"a"});
    for (int gap = 0; gap < 10'001; ++gap) {
        driver.lose("a", 1, gap % 2 == 0 ? GapCause::lagged : GapCause::shutdown, gap);
    }
    driver.commit();

    const HistoryPage page = driver.read("a", {.gaps = true});

    ASSERT_EQ(page.gaps.size(), 10'000u);
    EXPECT_FALSE(page.gaps_cut);
    EXPECT_EQ(page.gaps[0].first, 1u);
    EXPECT_EQ(page.gaps[0].last, 2u);
    EXPECT_EQ(page.gaps[0].count, 2u);
}

TEST(SqliteGaps, BeyondThePageLimitAreCutAndThePageSaysSo) {
    const TempDirectory directory;
    BackendDriver driver(directory.backend(), {"a", "b"});
    for (int gap = 0; gap < 6'000; ++gap) {
        const GapCause cause = gap % 2 == 0 ? GapCause::lagged : GapCause::shutdown;
        driver.lose("a", 1, cause, gap);
        driver.lose("b", 1, cause, gap);
    }
    driver.commit();

    const HistoryPage page = driver.read("#", {.gaps = true});

    EXPECT_EQ(page.gaps.size(), page_limit_gaps);
    EXPECT_TRUE(page.gaps_cut);
}

// Goal: a query in full run ends soon after an interruption.
// Method: another thread interrupts again and again until a query has ended. A later
// one must see a later snapshot.
TEST(SqliteQuery, EndsSoonWhenInterrupted) {
    const TempDirectory directory;
    BackendDriver driver(directory.backend(), {"a"});
    for (int row = 1; row <= 20'000; ++row) {
        driver.put("a", row % 3 == 0 ? 1 : row, "1");  // two streams of rows are open at a time
    }
    driver.commit();
    std::atomic<bool> ended{false};
    std::thread interrupter([&] {
        while (!ended) {
            driver.backend().interrupt_readers();
        }
    });

    std::error_code code;
    try {
        while (true) {
            static_cast<void>(driver.read("a", {.total_limit = page_limit_rows}));
        }
    } catch (const Error& error) {
        code = error.code();
    }
    ended = true;
    interrupter.join();

    EXPECT_EQ(code, Errc::storage_unavailable);
    driver.store("a", 30'000, "after");
    EXPECT_EQ(driver.values("a", {.limit_per_record = 1, .order = Order::newest_first}),
              (std::vector<std::string>{"after"}));
    EXPECT_EQ(driver.read("a", {.total_limit = page_limit_rows}).rows.size(), 20'001u);
}

TEST(SqliteQuery, SeesOneSnapshotPerPageAndTheNewestRowsAfterwards) {
    const TempDirectory directory;
    BackendDriver driver(directory.backend(), {"a"});
    driver.store("a", 1, "1");
    const auto reader = driver.backend().open_reader();
    EXPECT_EQ(reader->read({.pattern = "a", .options = {}}).rows.size(), 1u);

    driver.store("a", 2, "2");

    EXPECT_EQ(reader->read({.pattern = "a", .options = {}}).rows.size(), 2u);
    EXPECT_EQ(reader->oldest(), from_unix_ms(1));
}

}  // namespace
}  // namespace aimdb::sqlite_test
