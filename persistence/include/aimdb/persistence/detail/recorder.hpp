// SPDX-License-Identifier: Apache-2.0
//
// The way out of a persist stage, without a C++ type: books, room, hand-over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "aimdb/persistence/detail/portion.hpp"
#include "aimdb/persistence/detail/record_account.hpp"

namespace aimdb::detail {

class Channel;
struct PersistedRecord;

/// Made when a record is declared, connected when the store is open, used by the
/// record's persist stage.
///
/// Threads: connect() before the stage runs, disconnect() after; between them
///          thread-confined to the stage.
class Recorder {
public:
    /// Bytes a stage takes in one step, as far as it can tell beforehand.
    static constexpr std::size_t step_bytes = std::size_t{64} * 1024;

    /// Without a channel, values are booked as lost: there is no store.
    void connect(PersistedRecord& record,
                 std::uint32_t index,
                 Channel* channel,
                 std::size_t value_limit);

    /// The database is going; what is left of its stages must not look back.
    void disconnect() noexcept;

    [[nodiscard]] bool connected() const noexcept { return account_ != nullptr; }
    [[nodiscard]] RecordAccount& account() noexcept { return *account_; }
    [[nodiscard]] std::uint32_t record_index() const noexcept { return index_; }
    [[nodiscard]] bool has_store() const noexcept { return channel_ != nullptr; }
    [[nodiscard]] std::size_t value_limit_bytes() const noexcept { return value_limit_; }

    /// What to ask for in order to take up to `values`.
    [[nodiscard]] Permit wish(std::uint64_t values) const noexcept;
    [[nodiscard]] bool try_reserve(Permit wanted);
    [[nodiscard]] bool queue_up(RoomTicket& ticket);
    void take_granted(RoomTicket& ticket);
    void leave(RoomTicket& ticket);

    /// Hands over what became of `portion.values` values taken under `reserved`.
    void hand_over(Portion portion, std::size_t largest_bytes, Permit reserved);
    /// Books values up to `last_sequence` as lost, because there is no store.
    void discard(std::uint64_t values,
                 std::span<const MissingRange> missing,
                 std::uint64_t last_sequence);

private:
    RecordAccount* account_ = nullptr;
    Channel* channel_ = nullptr;
    std::uint32_t index_ = 0;
    std::size_t value_limit_ = 0;
    std::size_t value_bytes_ = 0;  // a cautious guess at the next value's size; 0 = none seen
};

}  // namespace aimdb::detail
