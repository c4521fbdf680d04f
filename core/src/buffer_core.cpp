// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/detail/buffer_core.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "aimdb/core/assert.hpp"

namespace aimdb::detail {

BufferCore::BufferCore(BufferConfig config,
                       std::uint32_t record,
                       std::shared_ptr<const BufferContext> context)
    : context_(std::move(context)),
      config_(config),
      record_(record),
      is_mailbox_(config.kind == BufferKind::mailbox) {
    AIMDB_ASSERT(config.capacity >= 1);
}

void BufferCore::add_reader(Cursor& cursor, const ReaderOptions& options) {
    const std::lock_guard lock(lock_);
    register_reader(cursor, options);
    start_at(cursor, options.from);
}

void BufferCore::add_stage_reader(Cursor& cursor, const ReaderOptions& options) {
    const std::lock_guard lock(lock_);
    register_reader(cursor, options);
    cursor.next = restored_count_ + 1;
}

void BufferCore::register_reader(Cursor& cursor, const ReaderOptions& options) {
    cursor.observer = options.observer;
    cursor.lossless = options.lossless;
    cursor.window = options.observer ? slot_count_ : config_.capacity;
    readers_.push_back(&cursor);
    room_until_.store(0, std::memory_order_relaxed);
}

void BufferCore::start_at(Cursor& cursor, const ReadFrom& from) noexcept {
    using Kind = ReadFrom::Kind;
    if (competes(cursor)) {
        cursor.next = taken_ + 1;  // the readers of a mailbox share one cursor
        return;
    }
    const std::uint64_t oldest = std::min(oldest_for(cursor), head() + 1);
    const bool ring = config_.kind == BufferKind::spmc_ring;
    switch (from.kind()) {
        case Kind::standard:
            cursor.next = ring || cursor.observer || head() == 0 ? head() + 1 : head();
            break;
        case Kind::next: cursor.next = head() + 1; break;
        case Kind::oldest: cursor.next = oldest; break;
        case Kind::newest: {
            const std::uint64_t count = std::min(from.number(), head() + 1 - oldest);
            cursor.next = head() + 1 - count;
            break;
        }
        case Kind::after: {
            // Values may have been lost before this run began, so look for the
            // first index with a higher sequence instead of computing it.
            std::uint64_t first = oldest;
            while (first <= restored_count_ && restored_[first - 1] <= from.number()) {
                ++first;
            }
            if (first > restored_count_ && from.number() >= first + offset_) {
                first = std::min(from.number() - offset_, head()) + 1;
            }
            cursor.next = first;
            const std::uint64_t before = sequence_of(first) - 1;
            cursor.skip_carry = before > from.number() ? before - from.number() : 0;
            break;
        }
    }
}

void BufferCore::remove_reader(Cursor& cursor) noexcept {
    bool room = false;
    {
        const std::lock_guard lock(lock_);
        unlink(waiting_for_value_, cursor.waiter);
        std::erase(readers_, &cursor);
        retired_consumed_ += cursor.consumed;
        retired_lagged_ += cursor.lagged;
        room = should_wake_producers();
    }
    if (room) {
        wake_producers();
    }
}

bool BufferCore::readable(const Cursor& cursor) const noexcept {
    return competes(cursor) ? head() > taken_ : head() >= cursor.next;
}

std::uint64_t BufferCore::backlog(const Cursor& cursor) const noexcept {
    const std::lock_guard lock(lock_);
    if (competes(cursor)) {
        return head() - taken_;
    }
    return head() + 1 - std::max(cursor.next, std::min(oldest_for(cursor), head() + 1));
}

void BufferCore::set_slot_count(std::size_t count) noexcept {
    // Values that had left the fewer slots do not come back with more of them.
    floor_ = std::max(floor_, head() > slot_count_ ? head() - slot_count_ + 1 : 1);
    slot_count_ = count;
    for (Cursor* cursor : readers_) {
        if (!cursor->observer) {
            continue;
        }
        cursor->window = count;
        if (cursor->next < floor_) {
            cursor->skip_carry += floor_ - cursor->next;
            cursor->lagged += floor_ - cursor->next;
            cursor->next = floor_;
        }
    }
}

UnixTime BufferCore::read_clock() const noexcept { return context_->clock->now(); }

UnixTime BufferCore::stamp(UnixTime at, bool smooth) noexcept {
    last_at_ = smooth ? smoothed(at) : at;
    return last_at_;
}

std::uint64_t BufferCore::take_index_slowly(Cursor& cursor, std::uint64_t& skipped) noexcept {
    const std::uint64_t newest = head();
    if (competes(cursor)) {
        if (newest <= taken_) {
            return 0;
        }
        taken_ = newest;
        skipped = 0;
        cursor.next = newest + 1;
        ++cursor.consumed;
        return newest;
    }
    if (newest < cursor.next) {
        return 0;
    }
    const std::uint64_t oldest = oldest_for(cursor);
    skipped = cursor.skip_carry;
    cursor.skip_carry = 0;
    if (cursor.next < oldest) {
        skipped += oldest - cursor.next;
        cursor.lagged += oldest - cursor.next;
        cursor.next = oldest;
    }
    ++cursor.consumed;
    return cursor.next++;
}

bool BufferCore::wait_for_value(Cursor& cursor) noexcept {
    const std::lock_guard lock(lock_);
    if (readable(cursor) || closed_.load(std::memory_order_relaxed)) {
        return false;
    }
    link(waiting_for_value_, cursor.waiter);
    return true;
}

bool BufferCore::look_for_room() const noexcept {
    const std::lock_guard lock(lock_);
    return fullest_has_room();
}

// One free slot is enough to wake: a reader may take one value and then wait for
// what only the producer can bring. Until the producer runs there are mostly more.
bool BufferCore::fullest_has_room() const noexcept {
    std::uint64_t until = std::numeric_limits<std::uint64_t>::max();
    for (const Cursor* cursor : readers_) {
        if (cursor->lossless) {
            const std::uint64_t taken = competes(*cursor) ? taken_ : cursor->next - 1;
            until = std::min(until, taken + cursor->window);
        }
    }
    room_until_.store(until, std::memory_order_relaxed);
    return head() < until;
}

bool BufferCore::wait_for_room(Waiter& waiter) noexcept {
    const std::lock_guard lock(lock_);
    if (refuses_room() || fullest_has_room()) {
        return false;
    }
    link(waiting_for_room_, waiter);
    return true;
}

void BufferCore::forget(Waiter& waiter) noexcept {
    const std::lock_guard lock(lock_);
    unlink(waiting_for_room_, waiter);
}

void BufferCore::end_room() noexcept {
    {
        const std::lock_guard lock(lock_);
        room_ended_.store(true, std::memory_order_release);
    }
    wake_producers();
}

void BufferCore::close() noexcept {
    {
        const std::lock_guard lock(lock_);
        closed_.store(true, std::memory_order_release);
    }
    wake_readers();
    wake_producers();
}

bool BufferCore::finished(const Cursor& cursor) const noexcept {
    if (!closed()) {
        return false;
    }
    const std::lock_guard lock(lock_);
    return !readable(cursor);
}

BufferCounters BufferCore::count() const {
    BufferCounters counters;
    const std::uint64_t newest = head();
    counters.produced = newest - restored_count_;
    counters.consumed = retired_consumed_;
    counters.lagged = retired_lagged_;
    for (const Cursor* cursor : readers_) {
        counters.consumed += cursor->consumed;
        counters.lagged += cursor->lagged;
    }
    if (config_.kind == BufferKind::mailbox) {
        counters.overwritten = mailbox_overwritten_;
        counters.occupancy = newest - taken_;
    } else {
        counters.overwritten = newest > config_.capacity ? newest - config_.capacity : 0;
        counters.occupancy = std::min<std::uint64_t>(newest, config_.capacity);
    }
    counters.refused = refused_;
    counters.newest_sequence = newest == 0 ? 0 : sequence_of(newest);
    counters.next_sequence = newest + offset_ + 1;
    counters.readers = readers_.size();
    counters.last_produced = last_at_;
    return counters;
}

BufferCounters BufferCore::counters() const {
    const std::lock_guard lock(lock_);
    return count();
}

BufferCounters BufferCore::counters(const Cursor& cursor, std::uint64_t& backlog) const {
    const std::lock_guard lock(lock_);
    backlog = head() + 1 - cursor.next;
    return count();
}

std::uint64_t BufferCore::newest_sequence() const noexcept {
    const std::lock_guard lock(lock_);
    return head() + offset_;
}

void BufferCore::set_restored(std::vector<std::uint64_t> sequences, std::uint64_t next_sequence) {
    AIMDB_ASSERT(head() == 0);
    AIMDB_ASSERT(sequences.empty() || sequences.back() < next_sequence);
    restored_ = std::move(sequences);
    restored_count_ = restored_.size();
    offset_ = next_sequence - 1 - restored_count_;
    head_.store(restored_count_, std::memory_order_relaxed);
    taken_ = restored_count_;
}

// First in, first out. The first waiter's `previous` is the last one.
void BufferCore::link(Waiter*& list, Waiter& waiter) noexcept {
    if (waiter.linked) {
        return;  // still there from a wait that was cancelled
    }
    waiter.linked = true;
    waiter.ticket = ++tickets_;
    waiter.next = nullptr;
    if (list == nullptr) {
        list = &waiter;
    } else {
        waiter.previous = list->previous;
        waiter.previous->next = &waiter;
    }
    list->previous = &waiter;
}

void BufferCore::unlink(Waiter*& list, Waiter& waiter) noexcept {
    if (!waiter.linked) {
        return;
    }
    (&waiter == list ? list : waiter.previous->next) = waiter.next;
    if (waiter.next != nullptr) {
        waiter.next->previous = waiter.previous;
    } else if (list != nullptr) {
        list->previous = waiter.previous;
    }
    waiter.linked = false;
}

// Links are undone under the lock and wakeups fired outside it; a fired waiter
// may already wait again, so nothing of it is touched after the lock is left.
void BufferCore::wake(Waiter*& list) noexcept {
    waking_.fetch_add(1, std::memory_order_acq_rel);
    std::array<std::shared_ptr<Wakeup>, 8> woken;
    // Everybody who waits now is woken once; who waits again afterwards has
    // looked again, stands behind the others, and is woken by the next change.
    std::uint64_t newest = 0;
    for (bool more = true; more;) {
        std::size_t count = 0;
        {
            const std::lock_guard lock(lock_);
            newest = newest == 0 ? tickets_ : newest;
            while (list != nullptr && list->ticket <= newest && count < woken.size()) {
                woken[count++] = list->wakeup;
                unlink(list, *list);
            }
            more = list != nullptr && list->ticket <= newest;
        }
        for (std::size_t i = 0; i < count; ++i) {
            Wakeup::fire(std::move(woken[i]));
        }
    }
    waking_.fetch_sub(1, std::memory_order_release);
}

void BufferCore::await_wakes() const noexcept {
    while (waking_.load(std::memory_order_acquire) != 0) {
        std::this_thread::yield();
    }
}

void BufferCore::wake_readers() noexcept { wake(waiting_for_value_); }

void BufferCore::wake_producers() noexcept { wake(waiting_for_room_); }

}  // namespace aimdb::detail
