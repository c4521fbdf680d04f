// SPDX-License-Identifier: Apache-2.0
#include "writer.hpp"

#include <atomic>
#include <semaphore>
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

/// The clock moves until the backend has seen that many attempts: the writer
/// pauses between them for a time a test need not know.
void advance_to_attempt(WriterRig& rig, std::size_t attempts) {
    run_with_deadline(30s, [&] {
        while (rig.backend.attempts() < attempts) {
            rig.pace->advance(1'000ms);
            std::this_thread::yield();
        }
    });
}

TEST(Writer, ClosesAGroupOnceItsFirstRowHasWaitedLongEnough) {
    WriterRig rig;
    rig.writer->start();
    ASSERT_TRUE(rig.produce(0, 3));
    rig.pace->advance(49ms);
    EXPECT_EQ(rig.backend.attempts(), 0u);

    rig.pace->advance(1ms);
    rig.backend.wait_for_rows(3);

    EXPECT_EQ(rig.backend.group_sizes(), (std::vector<std::size_t>{3}));
}

TEST(Writer, ClosesAGroupThatIsLargeEnough) {
    detail::WriterOptions options;
    options.group_limit.rows = 2'000;
    WriterRig rig(1, std::move(options));
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(rig.produce(0, 1'024));

    rig.writer->start();
    rig.backend.wait_for_rows(4'096);

    EXPECT_EQ(rig.backend.group_sizes(), (std::vector<std::size_t>{2'048, 2'048}));
}

TEST(Writer, ClosesAGroupThatHasEnoughBytes) {
    detail::WriterOptions options;
    options.group_limit.bytes = 1'000;
    WriterRig rig(1, std::move(options));
    ASSERT_TRUE(rig.produce(0, 1'024));

    rig.writer->start();
    rig.backend.wait_for_rows(1'024);

    EXPECT_EQ(rig.backend.group_sizes(), (std::vector<std::size_t>{1'024}));
}

TEST(Writer, CommitsAtOnceWhatSomebodyWaitsFor) {
    WriterRig rig;
    rig.writer->start();
    ASSERT_TRUE(rig.produce(0, 2));

    rig.settle();

    EXPECT_EQ(rig.backend.rows_of(1), (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(rig.account().committed, 2u);
}

TEST(Writer, SharesOneCommitAmongThoseWhoWait) {
    WriterRig rig;
    rig.writer->start();
    rig.backend.shut(true);
    ASSERT_TRUE(rig.produce(0, 1));
    std::counting_semaphore<> done{0};
    const auto wait_for = [&](std::uint64_t sequence) {
        rig.writer->when_settled(*rig.roster[0], Question::stored, sequence,
                                 [&](const auto&) { done.release(); });
    };
    wait_for(1);
    rig.backend.wait_for_attempts(1);
    for (std::uint64_t sequence = 2; sequence <= 64; ++sequence) {
        ASSERT_TRUE(rig.produce(0, 1));
        wait_for(sequence);
    }

    rig.backend.shut(false);
    for (int i = 0; i < 64; ++i)
        done.acquire();

    EXPECT_EQ(rig.backend.group_sizes(), (std::vector<std::size_t>{1, 63}));
}

TEST(Writer, SortsRowsByRecordAndMergesGapsThatTouch) {
    WriterRig rig(3);
    for (int i = 0; i < 5; ++i) {
        for (const std::size_t record : {2u, 0u, 1u})
            ASSERT_TRUE(rig.produce(record, 2));
    }
    rig.lose(1, 4);
    rig.lose(1, 3);
    ASSERT_TRUE(rig.produce(1, 1));

    rig.writer->start();
    rig.settle(1);

    EXPECT_EQ(rig.backend.rows_of(3).size(), 10u);
    EXPECT_EQ(rig.backend.rows_of(2).back(), 18u);
    ASSERT_EQ(rig.backend.gaps().size(), 1u);
    EXPECT_EQ(rig.backend.gaps()[0].first, 11u);
    EXPECT_EQ(rig.backend.gaps()[0].last, 17u);
    EXPECT_EQ(rig.backend.last_mark(2).next_sequence, 19u);
    EXPECT_EQ(rig.account(1).lost(), 7u);
    EXPECT_TRUE(rig.account(1).balanced());
}

TEST(Writer, RetriesUntilTheStoreTakesTheGroupAndSaysSoMeanwhile) {
    WriterRig rig;
    rig.backend.fail_always(true);
    ASSERT_TRUE(rig.produce(0, 5));
    rig.writer->start();
    rig.pace->advance(50ms);
    advance_to_attempt(rig, 2);  // health is set before the pause after the first
    EXPECT_EQ(rig.health.health().state, HealthState::degraded);
    EXPECT_NE(rig.health.health().reason.find("commit to fake"), std::string::npos);

    const std::size_t failed = rig.backend.attempts();
    rig.backend.fail_always(false);
    advance_to_attempt(rig, failed + 1);
    rig.settle();

    EXPECT_EQ(rig.backend.rows_of(1), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
    rig.stop();
    EXPECT_EQ(rig.health.health().state, HealthState::ok);
    EXPECT_EQ(rig.stats().retries, rig.backend.attempts() - 1);
    EXPECT_TRUE(rig.account().balanced());
}

TEST(Writer, NeverDoublesRowsWhoseCommitHadAnUnknownOutcome) {
    WriterRig rig(2);
    rig.backend.plan({Commit::unknown_stored});
    ASSERT_TRUE(rig.produce(0, 3));
    ASSERT_TRUE(rig.produce(1, 2));
    rig.writer->start();
    rig.pace->advance(50ms);
    rig.backend.wait_for_rows(5);
    run_with_deadline(30s, [&] {
        while (rig.account(0).unknown + rig.account(0).committed < 3)
            std::this_thread::yield();
    });
    EXPECT_TRUE(rig.account(0).balanced());

    std::atomic<bool> settled{false};
    rig.writer->when_settled(*rig.roster[1], Question::stored, 2, [&](const auto& error) {
        EXPECT_FALSE(error);
        settled = true;
    });
    run_with_deadline(30s, [&] {
        while (!settled) {
            rig.pace->advance(10ms);
            std::this_thread::yield();
        }
    });

    EXPECT_EQ(rig.backend.attempts(), 1u);
    EXPECT_EQ(rig.backend.rows_of(1), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(rig.account(0).committed, 3u);
    EXPECT_EQ(rig.account(0).unknown, 0u);
    EXPECT_EQ(rig.stats().rows_committed, 5u);
}

TEST(Writer, WritesRowsAgainThatAnUnknownOutcomeDidNotStore) {
    WriterRig rig;
    rig.backend.plan({Commit::unknown_absent, Commit::unknown_absent});
    ASSERT_TRUE(rig.produce(0, 3));
    rig.writer->start();
    rig.pace->advance(50ms);

    advance_to_attempt(rig, 3);
    rig.settle();

    EXPECT_EQ(rig.backend.rows_of(1), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(rig.account().committed, 3u);
    EXPECT_EQ(rig.account().unknown, 0u);
}

TEST(Writer, TriesAgainWhateverABackendThrows) {
    WriterRig rig;
    rig.backend.plan({Commit::odd});
    ASSERT_TRUE(rig.produce(0, 3));
    rig.writer->start();
    rig.pace->advance(50ms);

    advance_to_attempt(rig, 2);
    rig.settle();

    EXPECT_EQ(rig.backend.rows_of(1), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(Writer, IsNotCompleteIfWhatItGaveUpCannotBeStored) {
    WriterRig rig;
    rig.backend.plan({Commit::not_written, Commit::odd});
    ASSERT_TRUE(rig.produce(0, 3));
    rig.writer->set_deadline(0ms);
    rig.writer->start();

    rig.stop();

    EXPECT_EQ(rig.writer->given_up().lost, 3u);
    EXPECT_FALSE(rig.writer->complete());
}

TEST(Writer, GivesUpAtTheDeadlineAndCountsWhat) {
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

TEST(Writer, StoresWhatReachesItAfterTheDeadlineIfTheStoreWorks) {
    WriterRig rig;
    rig.writer->set_deadline(0ms);
    rig.writer->start();
    ASSERT_TRUE(rig.produce(0, 3));

    rig.stop();

    EXPECT_EQ(rig.backend.rows_of(1), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(rig.writer->given_up().lost, 0u);
    EXPECT_TRUE(rig.writer->complete());
}

TEST(Writer, TriesNothingMoreOnceAnAttemptFailedAfterTheDeadline) {
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

TEST(Writer, RecordsWhatItGaveUpAsGapsIfTheStoreWorksAgain) {
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

TEST(Writer, LeavesUnknownRowsUnknownWhenItGivesUp) {
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

TEST(Writer, CommitsEverythingAcceptedBeforeItStops) {
    WriterRig rig;
    rig.writer->start();
    ASSERT_TRUE(rig.produce(0, 5'000));

    rig.stop();

    EXPECT_EQ(rig.backend.rows_of(1).size(), 5'000u);
    EXPECT_EQ(rig.account().pending, 0u);
}

TEST(Writer, AnswersAboutWhatIsSettledAlreadyAtOnce) {
    WriterRig rig;
    rig.writer->start();
    ASSERT_TRUE(rig.produce(0, 1));
    rig.settle();

    bool called = false;
    rig.writer->when_settled(*rig.roster[0], Question::stored, 1,
                             [&](const auto& error) { called = !error; });

    EXPECT_TRUE(called);
}

// Goal:   the identity holds at every instant, and every value ends up stored
//         exactly once, while stages, a slow and failing store and readers of
//         the books work at the same time.
// Method: 4 threads hand over rows of 16 records through a channel of 1000 rows;
//         commits fail now and then in each of the three ways; real time.
TEST(Writer, KeepsTheBooksUnderAFailingStore) {
    detail::WriterOptions options;
    options.group_delay = 1ms;
    WriterRig rig(16, std::move(options), {1'000, std::size_t{1} << 20});
    rig.backend.plan({Commit::good, Commit::not_written, Commit::good, Commit::unknown_stored,
                      Commit::unknown_absent, Commit::good, Commit::unknown_stored});
    rig.writer->start();
    std::atomic<bool> ended{false};
    std::thread observer([&] {
        while (!ended) {
            for (std::size_t record = 0; record < 16; ++record) {
                ASSERT_TRUE(rig.account(record).balanced());
            }
            rig.pace->advance(1ms);
            std::this_thread::yield();
        }
    });
    std::vector<std::thread> stages;
    for (std::size_t thread = 0; thread < 4; ++thread) {
        stages.emplace_back([&rig, thread] {
            for (int round = 0; round < 200; ++round) {
                for (std::size_t record = thread * 4; record < thread * 4 + 4; ++record) {
                    while (!rig.produce(record, 1 + record % 5))
                        std::this_thread::yield();
                }
            }
        });
    }
    for (auto& stage : stages)
        stage.join();

    rig.stop();
    ended = true;
    observer.join();

    for (std::size_t record = 0; record < 16; ++record) {
        const auto rows = rig.backend.rows_of(static_cast<RecordId>(record + 1));
        ASSERT_EQ(rows.size(), 200 * (1 + record % 5));
        EXPECT_EQ(rows.back(), rows.size());
        EXPECT_EQ(rig.account(record).committed, rows.size());
    }
}

}  // namespace
}  // namespace aimdb::test
