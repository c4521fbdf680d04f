// SPDX-License-Identifier: Apache-2.0
//
// A writer with everything around it, and a stage in the hands of the test.
#pragma once

#include <cstdint>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "channel.hpp"
#include "fake_backend.hpp"
#include "health_board.hpp"
#include "persisted_record.hpp"
#include "writer.hpp"

namespace aimdb::test {

struct WriterRig {
    explicit WriterRig(std::size_t records = 1,
                       detail::WriterOptions options = {},
                       detail::Permit limits = {65'536, std::size_t{64} << 20})
        : health(pace, Log([this](const LogEntry& entry) { logged.emplace_back(entry.message); })),
          channel(limits, pace) {
        for (std::size_t i = 0; i < records; ++i) {
            StoredRecord stored;
            stored.id = static_cast<RecordId>(i + 1);
            const std::string name = "record" + std::to_string(i + 1);
            roster.push_back(std::make_unique<detail::PersistedRecord>(name, name, stored));
            next.push_back(1);
        }
        writer = std::make_unique<detail::Writer>(
            detail::WriterParts{backend, channel, roster, health, clock, pace}, std::move(options));
    }

    /// Hands `count` rows of the record over, as its stage would. The text of a
    /// value is its sequence. False: there is no room.
    bool produce(std::size_t record, std::uint64_t count) {
        const detail::Permit permit{count, count * 20};
        if (!channel.try_reserve(permit)) {
            return false;
        }
        hand_over(record, count, permit);
        return true;
    }
    void hand_over(std::size_t record, std::uint64_t count, detail::Permit permit) {
        std::vector<detail::EncodedRow> rows;
        std::string bytes;
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::string text = std::to_string(next[record]);
            rows.push_back({next[record]++, UnixTime{}, static_cast<std::uint32_t>(text.size())});
            bytes += text;
        }
        take(record, count);
        const auto index = static_cast<std::uint32_t>(record);
        channel.append({index, count, rows, bytes, {}}, permit);
    }
    void lose(std::size_t record, std::uint64_t count) {
        const auto index = static_cast<std::uint32_t>(record);
        const detail::GapEntry gap{index, GapCause::lagged, next[record], next[record] + count - 1,
                                   UnixTime{}};
        next[record] += count;
        roster[record]->account.take([&] {
            return detail::RecordAccount::Taking{0, count, next[record] - 1};
        });
        channel.append({index, 0, {}, {}, std::span(&gap, 1)}, {});
    }
    void take(std::size_t record, std::uint64_t count) {
        roster[record]->account.take([&] {
            return detail::RecordAccount::Taking{count, 0, next[record] - 1};
        });
    }

    /// Waits until the record is settled up to its last value.
    void settle(std::size_t record = 0) {
        std::binary_semaphore settled{0};
        writer->when_settled(*roster[record], detail::RecordAccount::Question::settled,
                             next[record] - 1,
                             [&](const std::exception_ptr&) { settled.release(); });
        settled.acquire();
    }
    void stop() {
        writer->request_stop();
        EXPECT_TRUE(
            writer->wait_ended(std::chrono::steady_clock::now() + std::chrono::seconds(30)));
    }
    HistoryAccount account(std::size_t record = 0) const {
        return roster[record]->account.snapshot();
    }
    PersistenceStats stats() const {
        PersistenceStats stats;
        writer->fill(stats);
        return stats;
    }

    FakeBackend backend;
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(from_unix_ms(1'000'000));
    std::shared_ptr<ManualClock> pace = std::make_shared<ManualClock>();
    std::vector<std::string> logged;  // by the writer: read once it has stopped
    detail::Roster roster;
    std::vector<std::uint64_t> next;
    detail::HealthBoard health;
    detail::Channel channel;
    std::unique_ptr<detail::Writer> writer;
};

}  // namespace aimdb::test
