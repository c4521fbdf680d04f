// SPDX-License-Identifier: Apache-2.0
//
// What a database says of its values, against what stands in its file.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"

#include "counting_vfs.hpp"
#include "plain_sqlite.hpp"
#include "sqlite_backend.hpp"
#include "support/deadline.hpp"
#include "support/pace.hpp"
#include "temp_directory.hpp"

namespace aimdb::sqlite_test {

struct Remark {
    std::string text;
};
AIMDB_RECORD(Remark, text)

namespace {

using namespace std::chrono_literals;

class SqliteTruth : public testing::Test {
protected:
    [[nodiscard]] Database build() {
        Builder builder;
        builder.log_to([](const LogEntry&) {});
        builder.with_persistence(std::make_unique<sqlite::SqliteBackend>(
                                     directory_.file(), SqliteOptions{}, vfs_.name()),
                                 {.channel_rows = 64, .value_limit_bytes = 64});
        builder.configure<Remark>("a").buffer(spmc_ring(16)).persist();
        return builder.build();
    }
    static void wait_for_retries(const Database& db, std::uint64_t count) {
        test::run_with_deadline(30s, [&] {
            test::Pace pace;
            while (persistence(db).stats().retries < count)
                pace();
        });
    }

    TempDirectory directory_;
    CountingVfs vfs_{"truth"};
};

/// How a wait for a value ended.
struct Answer {
    std::atomic<bool> given{false};
    std::error_code code;  // none: it was reported stored

    void operator()(const std::exception_ptr& error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const Error& failure) {
            code = failure.code();
        }
        given = true;
    }
};

// Goal:   nothing is reported stored while the disk does not sync, however often
//         the commit is tried, nor when the stop gives up at last.
// Method: every sync of the log fails, from before the first value to the end. What
//         the first group holds is tried, so unknown; what came later may be lost.
TEST_F(SqliteTruth, NothingIsReportedStoredInARunWhereSyncsFail) {
    Database db = build();
    db.start();
    vfs_.fail_log_syncs = true;
    std::vector<std::unique_ptr<Answer>> answers;
    for (int i = 0; i < 10; ++i) {
        const Position position = db.producer<Remark>("a").produce({"x"});
        answers.push_back(std::make_unique<Answer>());
        persistence(db).stored(position, std::ref(*answers.back()));
    }
    Answer flushed;
    persistence(db).flush(
        [&](const std::exception_ptr& error, const std::vector<HistoryGap>&) { flushed(error); });

    wait_for_retries(db, 3);
    for (const auto& answer : answers)
        EXPECT_FALSE(answer->given);
    EXPECT_FALSE(flushed.given);
    EXPECT_EQ(persistence(db).account("a").committed, 0u);
    persistence(db).stopping(std::chrono::steady_clock::now());
    EXPECT_FALSE(db.stop(30s).clean());

    for (const auto& answer : answers) {
        EXPECT_TRUE(answer->given);
        EXPECT_TRUE(answer->code == Errc::outcome_unknown || answer->code == Errc::value_lost)
            << answer->code;
    }
    EXPECT_EQ(answers.front()->code, Errc::outcome_unknown);
    EXPECT_TRUE(flushed.given);
    EXPECT_EQ(flushed.code, Errc::outcome_unknown);
    const HistoryAccount account = persistence(db).account("a");
    EXPECT_EQ(account.committed, 0u);
    EXPECT_GE(account.unknown, 1u);
    EXPECT_EQ(account.unknown + account.lost(), 10u);
    EXPECT_TRUE(account.balanced());
}

/// Values that lag behind, fail to encode and are too large, among good ones.
void produce(Database& db, int count) {
    const auto out = db.producer<Remark>("a");
    for (int i = 1; i <= count; ++i) {
        std::string text = i % 7 == 0 ? "\xff" : std::string(i % 11 == 0 ? 100 : 5, 'x');
        out.produce({std::move(text)});
    }
}

/// First and last sequence of every row and gap in the file.
std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_in(const std::string& file) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    PlainSqlite plain(file);
    for (const std::string& line : plain.lines(
             "SELECT seq, seq FROM history UNION ALL SELECT first_seq, last_seq FROM gap")) {
        ranges.emplace_back(std::stoull(line), std::stoull(line.substr(line.find('|') + 1)));
    }
    std::sort(ranges.begin(), ranges.end());
    return ranges;
}

// Goal:   the file accounts for every sequence that was given out exactly once, as a
//         row or in a gap, and agrees with what the account says.
// Method: far more values than the ring holds, also before the stage runs, some of
//         them bad, through a small channel, with commits that fail meanwhile, in two
//         runs; then the file is read by plain SQL.
TEST_F(SqliteTruth, RowsAndGapsCoverEverySequenceExactlyOnce) {
    std::uint64_t produced = 0;
    std::uint64_t committed = 0;
    std::uint64_t lagged = 0;
    std::uint64_t rejected = 0;
    for (int run = 0; run < 2; ++run) {
        Database db = build();
        produce(db, 500);
        db.start(2);
        produce(db, 5'000);
        vfs_.fail_log_syncs = true;
        produce(db, 500);
        wait_for_retries(db, 2);
        vfs_.fail_log_syncs = false;
        produce(db, 500);
        EXPECT_TRUE(db.stop().clean());
        const HistoryAccount account = persistence(db).account("a");
        EXPECT_TRUE(account.balanced());
        EXPECT_EQ(account.pending + account.unknown, 0u);
        produced += account.produced;
        committed += account.committed;
        lagged += account.missing[static_cast<std::size_t>(GapCause::lagged)];
        rejected += account.rejected();
    }

    EXPECT_EQ(produced, 13'000u);
    std::uint64_t next = 1;
    for (const auto& [first, last] : ranges_in(directory_.file())) {
        ASSERT_EQ(first, next) << "a hole or an overlap";
        next = last + 1;
    }
    EXPECT_EQ(next, produced + 1);
    PlainSqlite plain(directory_.file());
    EXPECT_EQ(plain.one("SELECT count(*) FROM history"), std::to_string(committed));
    const auto in_gaps = [&](const std::string& causes) {
        return plain.one("SELECT sum(last_seq - first_seq + 1) FROM gap WHERE cause IN (" + causes +
                         ")");
    };
    const auto number = [](GapCause cause) { return std::to_string(static_cast<int>(cause)); };
    EXPECT_EQ(in_gaps(number(GapCause::lagged)), std::to_string(lagged));
    EXPECT_EQ(
        in_gaps(number(GapCause::rejected_encode) + "," + number(GapCause::rejected_too_large)),
        std::to_string(rejected));
    EXPECT_GE(lagged, 2u * (500 - 16));
    EXPECT_GT(rejected, 0u);
}

}  // namespace
}  // namespace aimdb::sqlite_test
