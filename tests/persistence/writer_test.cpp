// SPDX-License-Identifier: Apache-2.0
#include "writer.hpp"

#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/deadline.hpp"
#include "support/pace.hpp"
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

/// The clock moves until the answer about the record's last value is there.
std::exception_ptr settle_as_time_passes(WriterRig& rig, std::size_t record = 0) {
    std::exception_ptr answer;
    std::atomic<bool> settled{false};
    rig.writer->when_settled(*rig.roster[record], Question::stored, rig.next[record] - 1,
                             [&](std::exception_ptr error) {
                                 answer = std::move(error);
                                 settled = true;
                             });
    run_with_deadline(30s, [&] {
        while (!settled) {
            rig.pace->advance(1'000ms);
            std::this_thread::yield();
        }
    });
    return answer;
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

    rig.backend.fail_always(false);
    EXPECT_FALSE(settle_as_time_passes(rig));

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

    EXPECT_FALSE(settle_as_time_passes(rig, 1));

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

    EXPECT_FALSE(settle_as_time_passes(rig));

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

    EXPECT_FALSE(settle_as_time_passes(rig));

    EXPECT_EQ(rig.backend.rows_of(1), (std::vector<std::uint64_t>{1, 2, 3}));
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
    constexpr std::uint64_t rounds = 100;
    detail::WriterOptions options;
    options.group_delay = 1ms;
    WriterRig rig(16, std::move(options), {1'000, std::size_t{1} << 20});
    rig.backend.plan({Commit::good, Commit::not_written, Commit::good, Commit::unknown_stored,
                      Commit::unknown_absent, Commit::good, Commit::unknown_stored});
    rig.writer->start();
    std::atomic<bool> ended{false};
    std::thread observer([&] {
        Pace pace;
        while (!ended) {
            for (std::size_t record = 0; record < 16; ++record) {
                ASSERT_TRUE(rig.account(record).balanced());
            }
            rig.pace->advance(1ms);
            pace();
        }
    });
    std::vector<std::thread> stages;
    for (std::size_t thread = 0; thread < 4; ++thread) {
        stages.emplace_back([&rig, thread] {
            Pace pace;
            for (std::uint64_t round = 0; round < rounds; ++round) {
                for (std::size_t record = thread * 4; record < thread * 4 + 4; ++record) {
                    while (!rig.produce(record, 1 + record % 5))
                        pace();
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
        ASSERT_EQ(rows.size(), rounds * (1 + record % 5));
        EXPECT_EQ(rows.back(), rows.size());
        EXPECT_EQ(rig.account(record).committed, rows.size());
    }
}

}  // namespace
}  // namespace aimdb::test
