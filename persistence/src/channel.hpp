// SPDX-License-Identifier: Apache-2.0
//
// The hand-over from the persist stages of all records to the one writer thread.
//
// Stages copy encoded rows into the batch that is open; the queue carries a
// pointer per batch, not rows, so its cost vanishes per row. What is in the
// channel is bounded in rows and bytes by permits: a stage reserves before it
// takes values from its record's buffer, and the writer gives the permits back
// once the rows are settled.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/core/clock.hpp"
#include "aimdb/core/history.hpp"
#include "aimdb/persistence/detail/portion.hpp"

#include "batch_queue.hpp"

namespace aimdb::detail {

/// A row inside a batch.
struct Row {
    std::uint64_t sequence;
    UnixTime stored_at;
    std::uint32_t record;  ///< Index of the record.
    std::uint32_t offset;  ///< Of the value in `Batch::bytes`.
    std::uint32_t size;
};

/// Rows and gaps of many records on their way to the writer.
///
/// Ownership: filled under the channel's lock, then owned by the writer until recycled.
struct Batch {
    std::vector<Row> rows;
    std::string bytes;
    std::vector<GapEntry> gaps;
    Permit permit;                          ///< What its values hold of the channel's bounds.
    std::chrono::nanoseconds opened_at{0};  ///< When its first row or gap came.
    std::atomic<bool> handed_over{false};   ///< Publishes all of the above through the queue.

    [[nodiscard]] bool empty() const noexcept { return rows.empty() && gaps.empty(); }
};

/// What the channel holds and has seen.
struct ChannelStats {
    std::uint64_t rows_in = 0;
    std::uint64_t bytes_in = 0;
    Permit queued;  ///< In the channel or in the writer's hands.
    std::size_t blocked_stages = 0;
};

/// Threads: stages on any thread; the functions under "writer" by one thread.
/// Ownership: outlives its batches and every stage that runs; tickets that still
///          wait when it goes are not looked at any more.
/// Cost:    one short lock to reserve and one to append, whatever the number of rows.
class Channel {
public:
    /// A batch is handed over when it holds so much.
    static constexpr std::size_t batch_rows = 1024;
    static constexpr std::size_t batch_bytes = std::size_t{256} * 1024;

    /// `pace` stamps the batches, so that groups close in time.
    Channel(Permit limits, std::shared_ptr<const Clock> pace);
    /// Grants `wanted` if it fits and nobody waits for room already. A wish larger
    /// than the bounds fits into an empty channel.
    [[nodiscard]] bool try_reserve(Permit wanted);
    /// Queues up for room; `ticket.alarm` rings once it is granted, in the order
    /// of queueing. True when it was granted at once: then nothing rings.
    [[nodiscard]] bool queue_up(RoomTicket& ticket);
    /// The room is now the caller's, and the ticket ready for the next wait.
    void take_granted(RoomTicket& ticket);
    /// Ends a wait in any state; what was granted is given back.
    void leave(RoomTicket& ticket);

    /// Hands over what a stage made of the values it took under `reserved`; gives
    /// back what was reserved and not used.
    void append(const Portion& portion, Permit reserved);
    /// Gives back what was reserved for nothing, or is settled now.
    void release(Permit permit);
    /// Makes the writer look around.
    void poke();

    [[nodiscard]] ChannelStats stats() const;

    // Writer.

    /// The next full batch; null after a poke or when `timeout` has passed.
    [[nodiscard]] Batch* wait(std::optional<std::chrono::nanoseconds> timeout);
    /// Moves full batches to the end of `group` until it holds `limit` or more;
    /// then, `with_open`, the open one if there is still room.
    void collect(std::vector<Batch*>& group, Permit limit, bool with_open);
    /// Whether a stage waits for room: then no group should wait to grow.
    [[nodiscard]] bool blocks_stages() const;
    /// When the first row of the open batch came, if it has one.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> open_since() const;
    void recycle(std::span<Batch* const> batches);

private:
    [[nodiscard]] bool fits(Permit wanted) const noexcept;
    void change_used(Permit more, Permit less);
    void copy_into_open(const Portion& portion);
    Batch& open_batch();
    void seal_open();
    void poke_locked();

    const Permit limits_;
    const std::shared_ptr<const Clock> pace_;

    mutable std::mutex room_mutex_;  // guards this group
    Permit used_;
    std::deque<RoomTicket*> waiting_;

    mutable std::mutex open_mutex_;  // guards this group
    std::vector<std::unique_ptr<Batch>> batches_;
    std::vector<Batch*> free_;
    Batch* open_ = nullptr;
    bool poked_ = false;
    std::uint64_t rows_in_ = 0;
    std::uint64_t bytes_in_ = 0;

    BatchQueue queue_;  // pushed to under open_mutex_, popped by the writer
};

}  // namespace aimdb::detail
