// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/pace.hpp"

namespace aimdb::detail {
namespace {

struct Bell final : Alarm {
    Bell(std::vector<int>& all, int own) : rung(all), number(own) {}
    void ring() noexcept override { rung.push_back(number); }
    std::vector<int>& rung;
    int number;
};

std::shared_ptr<Clock> still_clock() { return std::make_shared<ManualClock>(); }

/// Appends rows whose text is "x" under a permit for exactly them.
void append(Channel& channel, std::uint32_t record, std::uint64_t first, std::size_t count) {
    std::vector<EncodedRow> rows;
    for (std::size_t i = 0; i < count; ++i)
        rows.push_back({first + i, UnixTime{}, 1});
    channel.append({record, count, rows, std::string(count, 'x'), {}}, {count, count});
}

TEST(Channel, GrantsRoomInRowsAndInBytes) {
    Channel channel({10, 100}, still_clock());

    EXPECT_TRUE(channel.try_reserve({4, 10}));
    EXPECT_FALSE(channel.try_reserve({7, 10}));
    EXPECT_FALSE(channel.try_reserve({1, 91}));
    EXPECT_TRUE(channel.try_reserve({6, 90}));
    EXPECT_EQ(channel.stats().queued, (Permit{10, 100}));
}

TEST(Channel, LetsAValueLargerThanTheBoundsIntoAnEmptyChannel) {
    Channel channel({10, 100}, still_clock());

    EXPECT_TRUE(channel.try_reserve({1, 1'000}));
    EXPECT_FALSE(channel.try_reserve({1, 1}));
}

TEST(Channel, WakesBlockedStagesInTheOrderTheyBlocked) {
    std::vector<int> rung;
    Channel channel({10, 1'000}, still_clock());
    ASSERT_TRUE(channel.try_reserve({10, 10}));
    RoomTicket large{{8, 8}, std::make_shared<Bell>(rung, 1)};
    RoomTicket small{{1, 1}, std::make_shared<Bell>(rung, 2)};
    ASSERT_FALSE(channel.queue_up(large));
    ASSERT_FALSE(channel.queue_up(small));

    channel.release({5, 5});  // enough for the small one, but it came later
    EXPECT_TRUE(rung.empty());
    EXPECT_FALSE(channel.try_reserve({1, 1}));
    channel.release({3, 3});
    EXPECT_EQ(rung, (std::vector<int>{1}));
    channel.release({1, 1});
    EXPECT_EQ(rung, (std::vector<int>{1, 2}));
    channel.take_granted(large);
    channel.take_granted(small);
}

TEST(Channel, MakesTheWriterLookWhenAStageIsBlocked) {
    std::vector<int> rung;
    Channel channel({10, 1'000}, still_clock());
    ASSERT_TRUE(channel.try_reserve({10, 10}));
    RoomTicket ticket{{1, 1}, std::make_shared<Bell>(rung, 1)};
    EXPECT_FALSE(channel.blocks_stages());

    ASSERT_FALSE(channel.queue_up(ticket));

    EXPECT_EQ(channel.wait(std::nullopt), nullptr);
    EXPECT_TRUE(channel.blocks_stages());
    channel.leave(ticket);
    EXPECT_FALSE(channel.blocks_stages());
}

TEST(Channel, GivesBackWhatALeavingStageHadAndLetsTheNextOneIn) {
    std::vector<int> rung;
    Channel channel({10, 1'000}, still_clock());
    ASSERT_TRUE(channel.try_reserve({5, 5}));
    RoomTicket first{{8, 8}, std::make_shared<Bell>(rung, 1)};
    RoomTicket second{{5, 5}, std::make_shared<Bell>(rung, 2)};
    ASSERT_FALSE(channel.queue_up(first));
    ASSERT_FALSE(channel.queue_up(second));

    channel.leave(first);
    EXPECT_EQ(rung, (std::vector<int>{2}));
    channel.leave(second);

    EXPECT_EQ(channel.stats().queued, (Permit{5, 5}));
}

TEST(Channel, GivesBackAtOnceWhatWasReservedForTooMuch) {
    Channel channel({10, 1'000}, still_clock());
    ASSERT_TRUE(channel.try_reserve({10, 1'000}));

    const EncodedRow row{1, UnixTime{}, 2};
    channel.append({0, 1, std::span(&row, 1), "ab", {}}, {10, 1'000});

    EXPECT_EQ(channel.stats().queued, (Permit{1, 2}));
}

/// Is asked for the time once rows are in the open batch: acts as a writer that has
/// committed them already.
struct HastyWriter final : Clock {
    [[nodiscard]] UnixTime now() const noexcept override { return {}; }
    [[nodiscard]] std::chrono::nanoseconds steady() const noexcept override {
        channel->release({1, 5'000});
        return {};
    }
    [[nodiscard]] bool ring_at(std::chrono::nanoseconds, std::weak_ptr<Alarm>) override {
        return false;
    }
    Channel* channel = nullptr;
};

TEST(Channel, CountsALargerValueThanExpectedBeforeTheWriterCanReleaseIt) {
    const auto writer = std::make_shared<HastyWriter>();
    Channel channel({10, 10'000}, writer);
    writer->channel = &channel;
    ASSERT_TRUE(channel.try_reserve({1, 64}));

    const EncodedRow row{1, UnixTime{}, 5'000};
    channel.append({0, 1, std::span(&row, 1), std::string(5'000, 'x'), {}}, {1, 64});

    EXPECT_EQ(channel.stats().queued, Permit{});
}

TEST(Channel, HandsOverFullBatchesAndTheOpenOneOnlyWhenAsked) {
    Channel channel({10'000, 100'000}, still_clock());
    ASSERT_TRUE(channel.try_reserve({Channel::batch_rows + 2, Channel::batch_rows + 2}));
    append(channel, 0, 1, Channel::batch_rows);
    append(channel, 0, Channel::batch_rows + 1, 2);

    std::vector<Batch*> group;
    channel.collect(group, {100'000, 100'000}, false);
    ASSERT_EQ(group.size(), 1u);
    channel.collect(group, {100'000, 100'000}, true);

    ASSERT_EQ(group.size(), 2u);
    EXPECT_EQ(group[0]->rows.size(), Channel::batch_rows);
    EXPECT_EQ(group[1]->rows.front().sequence, Channel::batch_rows + 1);
}

TEST(Channel, PokesTheWriterOnceForTheFirstRowOfABatch) {
    Channel channel({10'000, 100'000}, still_clock());
    ASSERT_TRUE(channel.try_reserve({2, 2}));
    append(channel, 0, 1, 1);
    append(channel, 0, 2, 1);

    EXPECT_EQ(channel.wait(std::nullopt), nullptr);
    EXPECT_EQ(channel.wait(std::chrono::nanoseconds(0)), nullptr);
    EXPECT_TRUE(channel.open_since().has_value());
}

// Goal:   rows of each record arrive complete and in order whatever stages and
//         writer do at the same time.
// Method: 4 threads, each the stage of 8 records, append portions of varying size
//         through a channel with little room; this thread is the writer.
TEST(Channel, KeepsEachRecordsOrderUnderManyStages) {
    constexpr std::size_t threads = 4;
    constexpr std::uint32_t records = 8;
    constexpr std::uint64_t rows_per_record = 2'000;
    Channel channel({3'000, 1'000'000}, still_clock());
    std::vector<std::thread> stages;
    for (std::size_t thread = 0; thread < threads; ++thread) {
        stages.emplace_back([&channel, thread] {
            test::Pace pace;
            for (std::uint64_t first = 1; first <= rows_per_record;) {
                const std::size_t count =
                    std::min<std::uint64_t>(first % 37 + 1, rows_per_record - first + 1);
                for (std::uint32_t i = 0; i < records; ++i) {
                    while (!channel.try_reserve({count, count}))
                        pace();
                    append(channel, static_cast<std::uint32_t>(thread) * records + i, first, count);
                }
                first += count;
            }
        });
    }

    std::vector<std::uint64_t> seen(threads * records, 0);
    std::vector<Batch*> group;
    for (std::uint64_t total = 0; total < rows_per_record * seen.size();) {
        if (Batch* const batch = channel.wait(std::chrono::milliseconds(1))) group.push_back(batch);
        channel.collect(group, {2'000, 1'000'000}, total % 2 == 0);
        Permit permit;
        for (const Batch* batch : group) {
            for (const Row& row : batch->rows)
                ASSERT_EQ(row.sequence, ++seen[row.record]);
            permit.rows += batch->permit.rows;
            permit.bytes += batch->permit.bytes;
        }
        total += permit.rows;
        channel.recycle(group);
        group.clear();
        channel.release(permit);
        if (permit.rows == 0) {  // stages that filled the channel left it in the open batch
            channel.collect(group, {2'000, 1'000'000}, true);
        }
    }
    for (auto& stage : stages)
        stage.join();

    EXPECT_EQ(channel.stats().queued, Permit{});
}

}  // namespace
}  // namespace aimdb::detail
