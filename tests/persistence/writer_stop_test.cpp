// SPDX-License-Identifier: Apache-2.0
//
// How the writer stops: what it still commits, what it gives up, and what it says of it.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/deadline.hpp"
#include "writer_rig.hpp"

namespace aimdb::test {
namespace {

using namespace std::chrono_literals;
using Commit = FakeBackend::Commit;
using Question = detail::RecordAccount::Question;

TEST(WriterStop, CommitsEverythingAcceptedBeforeItStops) {
    WriterRig rig;
    rig.writer->start();
    ASSERT_TRUE(rig.produce(0, 5'000));

    rig.stop();

    EXPECT_EQ(rig.backend.rows_of(1).size(), 5'000u);
    EXPECT_EQ(rig.account().pending, 0u);
}

TEST(WriterStop, GivesUpAtTheDeadlineAndCountsWhat) {
    WriterRig rig;
    rig.backend.fail_always(true);
    ASSERT_TRUE(rig.produce(0, 3));
    rig.lose(0, 2);
    ASSERT_TRUE(rig.produce(0, 4));
    rig.writer->start();
    rig.pace->advance(50ms);
    rig.backend.wait_for_attempts(1);
    std::atomic<int> code{0};
    rig.writer->when_settled(*rig.roster[0], Question::stored, 9, [&](const auto& error) {
        try {
            std::rethrow_exception(error);
        } catch (const Error& failure) {
            code = failure.code().value();
        }
    });

    rig.writer->set_deadline(0ms);
    rig.stop();

    EXPECT_EQ(code, static_cast<int>(Errc::value_lost));
    EXPECT_EQ(rig.writer->given_up().lost, 7u);
    EXPECT_FALSE(rig.writer->complete());
    const HistoryAccount account = rig.account();
    EXPECT_EQ(account.missing[static_cast<std::size_t>(GapCause::shutdown)], 7u);
    EXPECT_EQ(account.missing[static_cast<std::size_t>(GapCause::lagged)], 2u);
    EXPECT_EQ(account.pending, 0u);
    EXPECT_TRUE(account.balanced());
    EXPECT_EQ(rig.channel.stats().queued, detail::Permit{});
}

TEST(WriterStop, StoresWhatReachesItAfterTheDeadlineIfTheStoreWorks) {
    WriterRig rig;
    rig.writer->set_deadline(0ms);
    rig.writer->start();
    ASSERT_TRUE(rig.produce(0, 3));

    rig.stop();

    EXPECT_EQ(rig.backend.rows_of(1), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(rig.writer->given_up().lost, 0u);
    EXPECT_TRUE(rig.writer->complete());
}

TEST(WriterStop, TriesNothingMoreOnceAnAttemptFailedAfterTheDeadline) {
    detail::WriterOptions options;
    options.group_limit.rows = 1;
    WriterRig rig(1, std::move(options));
    rig.backend.plan({Commit::not_written});
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(rig.produce(0, detail::Channel::batch_rows));
    rig.writer->set_deadline(0ms);
    rig.writer->start();

    rig.stop();

    EXPECT_EQ(rig.backend.attempts(), 2u);  // the second stores what was given up as a gap
    EXPECT_EQ(rig.writer->given_up().lost, 3 * detail::Channel::batch_rows);
    EXPECT_TRUE(rig.backend.rows_of(1).empty());
}

TEST(WriterStop, RecordsWhatItGaveUpAsGapsIfTheStoreWorksAgain) {
    WriterRig rig;
    rig.backend.plan({Commit::not_written});
    ASSERT_TRUE(rig.produce(0, 3));
    rig.writer->start();
    rig.pace->advance(50ms);
    rig.backend.wait_for_attempts(1);

    rig.writer->set_deadline(0ms);
    rig.stop();

    EXPECT_TRUE(rig.writer->complete());
    ASSERT_EQ(rig.backend.gaps().size(), 1u);
    EXPECT_EQ(rig.backend.gaps()[0].cause, GapCause::shutdown);
    EXPECT_EQ(rig.backend.gaps()[0].last, 3u);
    EXPECT_EQ(rig.backend.last_mark(1).next_sequence, 4u);
}

TEST(WriterStop, IsNotCompleteIfWhatItGaveUpCannotBeStored) {
    WriterRig rig;
    rig.backend.plan({Commit::not_written, Commit::odd});
    ASSERT_TRUE(rig.produce(0, 3));
    rig.writer->set_deadline(0ms);
    rig.writer->start();

    rig.stop();

    EXPECT_EQ(rig.writer->given_up().lost, 3u);
    EXPECT_FALSE(rig.writer->complete());
}

TEST(WriterStop, LeavesUnknownRowsUnknownWhenItGivesUp) {
    WriterRig rig;
    rig.backend.plan({Commit::unknown_absent});
    ASSERT_TRUE(rig.produce(0, 3));
    rig.writer->start();
    rig.pace->advance(50ms);
    rig.backend.wait_for_attempts(1);
    run_with_deadline(30s, [&] {
        while (rig.account().unknown == 0)
            std::this_thread::yield();
    });

    rig.writer->set_deadline(0ms);
    rig.stop();

    EXPECT_EQ(rig.writer->given_up().unknown, 3u);
    EXPECT_FALSE(rig.writer->complete());
    EXPECT_EQ(rig.account().unknown, 3u);
    EXPECT_TRUE(rig.account().balanced());
}

}  // namespace
}  // namespace aimdb::test
