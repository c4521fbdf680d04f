// SPDX-License-Identifier: Apache-2.0
//
// What a persist stage hands to the channel, and how it gets room there. Apart
// from the channel itself so that programs do not compile its queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "aimdb/core/clock.hpp"
#include "aimdb/core/history.hpp"

namespace aimdb::detail {

/// A share of the channel's bounds. One row per value taken, also when the value
/// is rejected later; bytes are estimated first and corrected when appended.
struct Permit {
    std::size_t rows = 0;
    std::size_t bytes = 0;

    bool operator==(const Permit&) const = default;
};

/// A place in the queue for room.
///
/// Ownership: by the stage; Channel::leave() before it is destroyed.
struct RoomTicket {
    enum class State : std::uint8_t { idle, waiting, granted };

    Permit wanted;
    std::shared_ptr<Alarm> alarm;  ///< Rung from any thread, without locks held.
    State state = State::idle;     ///< Guarded by the channel.
};

/// One encoded value; the values lie one behind the other in `Portion::bytes`.
struct EncodedRow {
    std::uint64_t sequence;
    UnixTime stored_at;
    std::uint32_t size;
};

/// Values of one record that will never be rows.
struct GapEntry {
    std::uint32_t record;  ///< Index of the record.
    GapCause cause;
    std::uint64_t first;
    std::uint64_t last;
    UnixTime at;
};

/// What a stage made of consecutive values of one record: rows and gaps together
/// have no holes.
struct Portion {
    std::uint32_t record = 0;
    std::size_t values = 0;  ///< Values taken for it: rows and rejected ones.
    std::span<const EncodedRow> rows;
    std::string_view bytes;
    std::span<const GapEntry> gaps;
};

}  // namespace aimdb::detail
