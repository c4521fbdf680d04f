// SPDX-License-Identifier: Apache-2.0
//
// A process that writes history is killed, again and again, on the same file.
#include <csignal>
#include <cstdint>
#include <map>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "support/temp_dir.hpp"

namespace {

using aimdb::blocking;

struct Count {
    std::uint64_t number = 0;
};
AIMDB_RECORD(Count, number)

aimdb::Database open(const std::string& file) {
    aimdb::Builder builder;
    builder.log_to([](const aimdb::LogEntry&) {});
    builder.with_persistence(aimdb::sqlite_history(file));
    builder.configure<Count>("a").buffer(aimdb::spmc_ring(256)).persist();
    return builder.build();
}

// Produces in runs and acknowledges, over the pipe, what was reported stored.
[[noreturn]] void write_until_killed(const std::string& file, int pipe) {
    aimdb::Database db = open(file);
    db.start();
    const auto out = db.producer<Count>("a");
    for (std::uint64_t number = 1;; ++number) {
        static_cast<void>(out.room(blocking));
        const aimdb::Position position = out.produce(Count{number});
        if (number % 20 == 0) {
            db.stored(position, blocking);
            if (::write(pipe, &position.sequence, sizeof position.sequence) < 0) {
                ::_exit(1);
            }
        }
    }
}

// Starts a writer, kills it after `acknowledgements`, and returns the highest
// sequence it reported stored.
std::uint64_t run_and_kill(const std::string& file, int acknowledgements) {
    int ends[2] = {};
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        write_until_killed(file, ends[1]);
    }
    ::close(ends[1]);
    std::uint64_t reported = 0;
    std::uint64_t sequence = 0;
    for (int seen = 0; ::read(ends[0], &sequence, sizeof sequence) == sizeof sequence;) {
        reported = sequence;
        if (++seen == acknowledgements) {
            ::kill(child, SIGKILL);  // the pipe is read on, to its end
        }
    }
    ::close(ends[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    return reported;
}

// Goal: nothing that was reported stored is missing after kill -9, no sequence
// is stored twice or given out twice, and what may be missing is said.
// Method: a forked writer acknowledges over a pipe and is killed at some point
// after its n-th acknowledgement; the file is then read by a fresh process.
// Rows and gaps must cover the sequences from 1 exactly once.
TEST(Kill, LosesNothingThatWasReportedStored) {
    const aimdb::test::TempDir directory;
    const std::string file = directory.file("history.db");
    std::uint64_t reported = 0;

    for (int round = 1; round <= 12; ++round) {
        const std::uint64_t now = run_and_kill(file, round * 3);
        EXPECT_GT(now, reported);
        reported = now;

        aimdb::Database db = open(file);
        const auto page = db.query_raw("a", {.total_limit = 1'000'000, .gaps = true}, blocking);
        std::map<std::uint64_t, std::uint64_t> ranges;
        for (const auto& row : page.rows) {
            EXPECT_TRUE(ranges.emplace(row.sequence, row.sequence).second);
        }
        for (const auto& gap : page.gaps) {
            EXPECT_EQ(gap.cause, aimdb::GapCause::crash);
            EXPECT_GT(gap.first, 0u);
            EXPECT_TRUE(ranges.emplace(gap.first, gap.last).second);
        }
        std::uint64_t next = 1;
        for (const auto& [first, last] : ranges) {
            ASSERT_EQ(first, next) << "a hole or an overlap in round " << round;
            next = last + 1;
        }
        for (const auto& gap : page.gaps) {
            EXPECT_FALSE(gap.first <= reported && reported <= gap.last);
        }
        EXPECT_TRUE(db.stop().clean());
    }
}

}  // namespace
