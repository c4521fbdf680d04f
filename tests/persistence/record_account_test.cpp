// SPDX-License-Identifier: Apache-2.0
#include "aimdb/persistence/detail/record_account.hpp"

#include <optional>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/core/error.hpp"

namespace aimdb::detail {
namespace {

using Question = RecordAccount::Question;

struct Probe final : BufferProbe {
    BufferReading reading;
    BufferReading read() const noexcept override { return reading; }
    std::uint64_t newest_sequence() const noexcept override { return reading.newest_sequence; }
};

void take(RecordAccount& account, std::uint64_t values, std::uint64_t skipped, std::uint64_t last) {
    account.take([&] { return RecordAccount::Taking{values, skipped, last}; });
}

RecordAccount::Settlement stored(std::uint64_t next, std::uint64_t rows) {
    RecordAccount::Settlement settlement;
    settlement.next_sequence = next;
    settlement.rows = rows;
    settlement.rows_stored = true;
    settlement.stored_sequence = next - 1;
    return settlement;
}

/// The code an answer has: nothing while there is none, 0 for "stored".
std::optional<int> code_of(const std::optional<SettledWaiter>& answer) {
    if (!answer) return std::nullopt;
    if (!answer->error) return 0;
    try {
        std::rethrow_exception(answer->error);
    } catch (const Error& error) {
        return error.code().value();
    }
}

int value(Errc code) { return static_cast<int>(code); }

TEST(RecordAccount, AddsUpAtEveryStep) {
    RecordAccount account(1);
    Probe probe;
    account.watch(&probe);
    std::vector<SettledWaiter> done;

    probe.reading = {10, 10};
    EXPECT_EQ(account.snapshot().pending, 10u);
    EXPECT_TRUE(account.snapshot().balanced());
    probe.reading = {12, 10};  // two were overwritten
    EXPECT_EQ(account.snapshot().lost(), 2u);
    EXPECT_TRUE(account.snapshot().balanced());
    take(account, 6, 2, 8);
    probe.reading = {12, 4};
    EXPECT_EQ(account.snapshot().pending, 10u);
    EXPECT_TRUE(account.snapshot().balanced());
    account.miss(GapCause::rejected_encode, 1);
    EXPECT_EQ(account.snapshot().rejected(), 1u);
    account.doubt(5);
    EXPECT_EQ(account.snapshot().unknown, 5u);
    EXPECT_TRUE(account.snapshot().balanced());
    auto settlement = stored(9, 5);
    settlement.rows_unknown = true;
    account.settle(settlement, done);

    const HistoryAccount end = account.snapshot();
    EXPECT_EQ(end.produced, 12u);
    EXPECT_EQ(end.committed, 5u);
    EXPECT_EQ(end.pending, 4u);
    EXPECT_EQ(end.lost(), 2u);
    EXPECT_EQ(end.settled_sequence, 8u);
    EXPECT_TRUE(end.balanced());
}

TEST(RecordAccount, CountsFromWhereAnEarlierRunStopped) {
    RecordAccount account(1'001);

    take(account, 2, 0, 1'002);

    EXPECT_EQ(account.snapshot().produced, 2u);
    EXPECT_EQ(account.position().settled, 1'000u);
}

TEST(RecordAccount, AnswersWaitersInOrderOfTheirSequences) {
    RecordAccount account(1);
    std::vector<SettledWaiter> done;
    std::vector<int> order;
    for (const int sequence : {3, 1, 2}) {
        ASSERT_FALSE(account.wait(Question::stored, static_cast<std::uint64_t>(sequence),
                                  [&order, sequence](const auto&) { order.push_back(sequence); }));
    }
    take(account, 2, 0, 2);

    account.settle(stored(3, 2), done);
    for (auto& waiter : done)
        waiter.handler(waiter.error);

    EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(RecordAccount, SaysWhyAValueIsNotStored) {
    RecordAccount account(1);
    std::vector<SettledWaiter> done;
    const std::vector<MissingRange> missing{{2, 3, GapCause::lagged, {}, 2},
                                            {4, 4, GapCause::rejected_too_large, {}, 1},
                                            {6, 6, std::nullopt, {}, 1}};
    take(account, 4, 2, 6);
    auto settlement = stored(7, 3);
    settlement.missing = missing;
    account.settle(settlement, done);

    const auto ask = [&](std::uint64_t sequence, Question question = Question::stored) {
        return code_of(account.wait(question, sequence, {}));
    };
    EXPECT_EQ(ask(1), 0);
    EXPECT_EQ(ask(2), value(Errc::value_lost));
    EXPECT_EQ(ask(3), value(Errc::value_lost));
    EXPECT_EQ(ask(4), value(Errc::value_rejected));
    EXPECT_EQ(ask(5), 0);
    EXPECT_EQ(ask(6), value(Errc::outcome_unknown));
    EXPECT_EQ(ask(6, Question::settled), 0);
    EXPECT_EQ(ask(7), std::nullopt);
}

TEST(RecordAccount, TellsOfWhatIsMissingPieceByPiece) {
    RecordAccount account(1);
    std::vector<SettledWaiter> done;
    const auto lose = [&](std::uint64_t first, std::uint64_t last) {
        const MissingRange missing{first, last, GapCause::lagged, {}, last - first + 1};
        take(account, 0, missing.count, last);
        RecordAccount::Settlement settlement;
        settlement.next_sequence = last + 1;
        settlement.missing = std::span(&missing, 1);
        account.settle(settlement, done);
    };
    lose(1, 4);
    const RecordAccount::Untold early = account.untold();
    lose(5, 7);  // joins the range before it

    const auto first = account.tell(early);
    const auto second = account.tell(account.untold());

    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].last, 4u);
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].first, 5u);
    EXPECT_EQ(second[0].count, 3u);
    EXPECT_TRUE(account.untold().empty());
}

TEST(RecordAccount, ForgetsTheOldestRangesRatherThanGrow) {
    RecordAccount account(1);
    std::vector<SettledWaiter> done;
    constexpr std::uint64_t gaps = RecordAccount::missing_limit + 1;
    std::vector<MissingRange> missing;
    for (std::uint64_t i = 0; i < gaps; ++i) {
        missing.push_back({2 * i + 1, 2 * i + 1, GapCause::lagged, {}, 1});
    }
    take(account, gaps, gaps, 2 * gaps);
    auto settlement = stored(2 * gaps + 1, gaps);
    settlement.missing = missing;
    account.settle(settlement, done);

    EXPECT_EQ(code_of(account.wait(Question::stored, 1, {})), value(Errc::outcome_unknown));
    EXPECT_EQ(code_of(account.wait(Question::stored, 2 * gaps - 1, {})), value(Errc::value_lost));
    EXPECT_EQ(code_of(account.wait(Question::stored, 2 * gaps, {})), 0);
    EXPECT_EQ(account.snapshot().lost(), gaps);
}

}  // namespace
}  // namespace aimdb::detail
