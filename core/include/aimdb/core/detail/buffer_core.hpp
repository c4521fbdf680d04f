// SPDX-License-Identifier: Apache-2.0
//
// What every buffer does whatever its values are: indices, cursors, who waits,
// who holds producers back, counters. The values themselves are in buffer.hpp.
//
// One mechanism serves all three kinds. Values get consecutive indices; a ring
// of slots keeps the newest ones; a reader is a cursor. A reader may see the
// newest `window` indices: the capacity for an ordinary reader, all slots for an
// observer. A single-latest is a ring of one, and the readers of a mailbox share
// one cursor.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <asio/any_io_executor.hpp>

#include "aimdb/core/buffer_config.hpp"
#include "aimdb/core/clock.hpp"
#include "aimdb/core/detail/spin_lock.hpp"
#include "aimdb/core/detail/wakeup.hpp"
#include "aimdb/core/item.hpp"

namespace aimdb::detail {

/// What the buffers of one database share; outlives them all.
struct BufferContext {
    std::shared_ptr<Clock> clock;
    asio::any_io_executor executor;  // for handlers that bring none
};

/// A link in one of a buffer's two lists of waiters. Guarded by the buffer's lock.
struct Waiter {
    std::shared_ptr<Wakeup> wakeup = std::make_shared<Wakeup>();
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    std::uint64_t ticket = 0;  // counts up in the order of linking
    bool linked = false;
};

/// One reader's cursor. Guarded by the buffer's lock, except `waiter.wakeup`.
struct Cursor {
    std::uint64_t next = 1;    // index of the next value
    std::uint64_t window = 1;  // the newest so many indices can be read
    std::uint64_t consumed = 0;
    std::uint64_t lagged = 0;
    std::uint64_t skip_carry = 0;  // missed before the first value, by ReadFrom::after()
    bool observer = false;
    bool lossless = false;
    Waiter waiter;
};

/// What a buffer has counted since the database was built.
struct BufferCounters {
    std::uint64_t produced = 0;
    std::uint64_t consumed = 0;
    std::uint64_t overwritten = 0;
    std::uint64_t lagged = 0;
    std::uint64_t refused = 0;
    std::uint64_t occupancy = 0;
    std::uint64_t newest_sequence = 0;
    std::uint64_t next_sequence = 1;
    std::size_t readers = 0;
    UnixTime last_produced{};
};

/// Threads: thread-safe.
class BufferCore {
public:
    BufferCore(BufferConfig config,
               std::uint32_t record,
               std::shared_ptr<const BufferContext> context);
    virtual ~BufferCore() = default;
    BufferCore(const BufferCore&) = delete;
    BufferCore& operator=(const BufferCore&) = delete;

    [[nodiscard]] const BufferConfig& config() const noexcept { return config_; }
    [[nodiscard]] std::uint32_t record() const noexcept { return record_; }
    [[nodiscard]] const asio::any_io_executor& executor() const noexcept {
        return context_->executor;
    }

    /// From now on every value carries its time. Before the first produce.
    void keep_times() noexcept { keeps_times_ = true; }
    [[nodiscard]] bool keeps_times() const noexcept { return keeps_times_; }

    void add_reader(Cursor& cursor, const ReaderOptions& options);
    /// A stage's reader: begins after what a restart restored.
    void add_stage_reader(Cursor& cursor, const ReaderOptions& options);
    void remove_reader(Cursor& cursor) noexcept;

    /// Values this reader could take now.
    [[nodiscard]] std::uint64_t backlog(const Cursor& cursor) const noexcept;
    /// Links the reader's wakeup, or returns false because there is no need to wait.
    [[nodiscard]] bool wait_for_value(Cursor& cursor) noexcept;

    /// Whether every lossless reader can take one more value unharmed.
    [[nodiscard]] bool has_room() const noexcept {
        return head_.load(std::memory_order_relaxed) <
                   room_until_.load(std::memory_order_relaxed) ||
               look_for_room();
    }
    [[nodiscard]] bool wait_for_room(Waiter& waiter) noexcept;
    void forget(Waiter& waiter) noexcept;
    /// From now on nobody is given room: what writes this record is to end.
    void end_room() noexcept;
    [[nodiscard]] bool refuses_room() const noexcept {
        return closed() || room_ended_.load(std::memory_order_acquire);
    }

    /// No value is accepted any more; readers get what is left, then nothing.
    void close() noexcept;
    [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
    /// Whether this reader shares its place with others, of which one gets each value.
    [[nodiscard]] bool competes(const Cursor& cursor) const noexcept {
        return is_mailbox_ && !cursor.observer;
    }
    /// For a reader that does not compete: taking would succeed, or never will again.
    [[nodiscard]] bool ready(const Cursor& cursor) const noexcept {
        return cursor.next <= head_.load(std::memory_order_acquire) || closed();
    }
    /// Once closed: waits until nobody is about to wake somebody any more, which
    /// takes as long as a post. After it the executor that is posted to may go.
    void await_wakes() const noexcept;
    /// Closed, and this reader has had everything.
    [[nodiscard]] bool finished(const Cursor& cursor) const noexcept;

    [[nodiscard]] BufferCounters counters() const;
    /// Counters and one reader's backlog from the same instant.
    [[nodiscard]] BufferCounters counters(const Cursor& cursor, std::uint64_t& backlog) const;

    /// Highest sequence given out.
    [[nodiscard]] std::uint64_t newest_sequence() const noexcept;

protected:
    using Lock = SpinLock;

    [[nodiscard]] std::uint64_t head() const noexcept {
        return head_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t mask() const noexcept { return slot_count_ - 1; }
    [[nodiscard]] std::uint64_t sequence_of(std::uint64_t index) const noexcept {
        return index > restored_count_ ? index + offset_ : restored_[index - 1];
    }
    [[nodiscard]] std::uint64_t oldest_for(const Cursor& cursor) const noexcept {
        return std::max(floor_, head() > cursor.window ? head() - cursor.window + 1 : 1);
    }

    // The following are called under the lock.

    /// The time of a value produced now; small inversions between threads that
    /// produce at the same moment are smoothed, real steps of the clock are kept.
    [[nodiscard]] UnixTime smoothed(UnixTime at) noexcept {
        constexpr std::chrono::milliseconds race_window{5};
        return at < last_at_ && last_at_ - at <= race_window ? last_at_ : at;
    }
    /// The time that goes with the value being pushed.
    [[nodiscard]] UnixTime stamp(UnixTime at, bool smooth) noexcept;
    /// Gives the next index to a value being produced.
    std::uint64_t push_index() noexcept {
        const std::uint64_t index = head() + 1;
        head_.store(index, std::memory_order_relaxed);
        if (is_mailbox_ && taken_ + 1 < index) {
            ++mailbox_overwritten_;
            taken_ = index - 1;
        }
        return index;
    }
    /// Moves the cursor over the next value; 0 = nothing to take.
    std::uint64_t take_index(Cursor& cursor, std::uint64_t& skipped) noexcept {
        const std::uint64_t behind = head() + 1 - cursor.next;
        if (is_mailbox_ || behind > cursor.window || cursor.skip_carry != 0) {
            return take_index_slowly(cursor, skipped);
        }
        if (behind == 0) {
            return 0;
        }
        skipped = 0;
        ++cursor.consumed;
        return cursor.next++;
    }
    [[nodiscard]] bool mailbox_pending() const noexcept { return head() > taken_; }
    /// The slots have become `count`; none of the values retained so far is lost.
    void set_slot_count(std::size_t count) noexcept;
    [[nodiscard]] std::uint64_t slot_count() const noexcept { return slot_count_; }
    void set_restored(std::vector<std::uint64_t> sequences, std::uint64_t next_sequence);
    /// After taking: producers that wait for room, if there is room again.
    void refuse() noexcept { ++refused_; }
    [[nodiscard]] bool should_wake_producers() const noexcept {
        return waiting_for_room_ != nullptr && fullest_has_room();
    }

    // Called without the lock.
    [[nodiscard]] UnixTime read_clock() const noexcept;
    void wake_readers() noexcept;
    void wake_producers() noexcept;

    const std::shared_ptr<const BufferContext> context_;
    const BufferConfig config_;
    const std::uint32_t record_;
    const bool is_mailbox_;
    bool keeps_times_ = false;

    // What every push and take touches shares one cache line.
    alignas(64) mutable Lock lock_;
    std::atomic<bool> closed_{false};     // written under the lock
    std::atomic<std::uint64_t> head_{0};  // index of the newest value; written under the lock
    Waiter* waiting_for_value_ = nullptr;
    Waiter* waiting_for_room_ = nullptr;
    UnixTime last_at_{};
    std::uint64_t slot_count_ = 1;  // a power of two, at least the capacity
    std::uint64_t offset_ = 0;      // sequence = index + offset_ for values of this run

private:
    std::uint64_t take_index_slowly(Cursor& cursor, std::uint64_t& skipped) noexcept;
    [[nodiscard]] bool readable(const Cursor& cursor) const noexcept;
    [[nodiscard]] bool look_for_room() const noexcept;
    [[nodiscard]] bool fullest_has_room() const noexcept;
    [[nodiscard]] BufferCounters count() const;
    void start_at(Cursor& cursor, const ReadFrom& from) noexcept;
    void register_reader(Cursor& cursor, const ReaderOptions& options);
    void link(Waiter*& list, Waiter& waiter) noexcept;
    static void unlink(Waiter*& list, Waiter& waiter) noexcept;
    void wake(Waiter*& list) noexcept;

    std::uint64_t floor_ = 1;  // what is below was gone before slots were added
    std::uint64_t restored_count_ = 0;
    std::uint64_t tickets_ = 0;
    std::uint64_t taken_ = 0;  // mailbox: every index up to here is gone
    std::uint64_t mailbox_overwritten_ = 0;
    std::atomic<bool> room_ended_{false};  // written under the lock
    std::atomic<std::size_t> waking_{0};   // threads inside wake()
    std::uint64_t refused_ = 0;
    std::uint64_t retired_consumed_ = 0;
    std::uint64_t retired_lagged_ = 0;
    // Up to this index every lossless reader had room when last looked at; readers
    // only go on, so it spares most looks. Written under the lock.
    mutable std::atomic<std::uint64_t> room_until_{0};
    std::vector<std::uint64_t> restored_;  // sequences of the indices 1..size
    std::vector<Cursor*> readers_;
};

}  // namespace aimdb::detail
