// SPDX-License-Identifier: Apache-2.0
//
// What a database says of its values, against what stands in its file.
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"

#include "counting_vfs.hpp"
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
// Method: every sync of the log fails, from before the first value to the end.
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
        EXPECT_EQ(answer->code, Errc::outcome_unknown);
    }
    EXPECT_TRUE(flushed.given);
    EXPECT_EQ(flushed.code, Errc::outcome_unknown);
    const HistoryAccount account = persistence(db).account("a");
    EXPECT_EQ(account.committed, 0u);
    EXPECT_EQ(account.unknown, 10u);
    EXPECT_TRUE(account.balanced());
}

}  // namespace
}  // namespace aimdb::sqlite_test
