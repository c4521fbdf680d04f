// SPDX-License-Identifier: Apache-2.0
//
// The values of a buffer. Trivially copyable ones lie in the slots themselves,
// so producing never allocates; all others are shared, so that a push under the
// lock only moves a pointer and a reader copies outside it, or not at all.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "aimdb/core/detail/buffer_core.hpp"
#include "aimdb/core/error.hpp"

namespace aimdb::detail {

template <typename T>
inline constexpr bool lies_in_slot = std::is_trivially_copyable_v<T>;

/// A value as it lies in a slot, and as a stage holds it while it works on it.
template <typename T>
class Held {
public:
    Held() = default;
    explicit Held(T&& value) : value_(std::make_shared<const T>(std::move(value))) {}
    [[nodiscard]] const T& get() const noexcept { return *value_; }
    [[nodiscard]] bool empty() const noexcept { return value_ == nullptr; }

private:
    std::shared_ptr<const T> value_;
};

template <typename T>
requires lies_in_slot<T>
class Held<T> {
public:
    Held() = default;
    explicit Held(const T& value) noexcept {
        std::memcpy(bytes_, std::addressof(value), sizeof(T));
    }
    [[nodiscard]] const T& get() const noexcept {
        return *std::launder(reinterpret_cast<const T*>(bytes_));
    }

private:
    alignas(T) std::byte bytes_[sizeof(T)];
};

/// One taken value, not yet copied out.
template <typename T>
struct Taken {
    Held<T> held;
    std::uint64_t sequence = 0;
    std::uint64_t skipped = 0;
    UnixTime at{};
};

template <typename T>
[[nodiscard]] Item<T> to_item(const Taken<T>& taken) {
    return Item<T>{taken.held.get(), taken.sequence, taken.skipped, taken.at};
}

/// Values a stage takes under one lock: enough to spread the cost of the lock,
/// few enough not to make producers wait (about 4 KiB of copying).
template <typename T>
inline constexpr std::size_t batch_limit_values = std::clamp<std::size_t>(4096 / sizeof(Taken<T>),
                                                                          1,
                                                                          64);

template <typename T>
class Buffer final : public BufferCore {
    static_assert(std::is_copy_constructible_v<T>, "aimdb: a record's type must be copyable");
    static_assert(std::is_nothrow_move_assignable_v<Held<T>>);

public:
    Buffer(BufferConfig config, std::uint32_t record, std::shared_ptr<const BufferContext> context)
        : BufferCore(config, record, std::move(context)) {
        slots_.resize(std::bit_ceil(config.capacity));
        set_slot_count(slots_.size());
    }

    /// Lets observers fall behind by `values`; at any time.
    void reserve_backlog(std::size_t values) {
        {
            const std::lock_guard lock(lock_);
            if (values <= slot_count()) {
                return;
            }
        }
        std::vector<Slot> slots(std::bit_ceil(values));  // allocated and freed outside the lock
        const std::lock_guard lock(lock_);
        if (slots.size() <= slot_count()) {
            return;
        }
        const std::uint64_t kept = std::min<std::uint64_t>(head(), slot_count());
        for (std::uint64_t index = head() + 1 - kept; index <= head(); ++index) {
            slots[index & (slots.size() - 1)] = std::move(slots_[index & mask()]);
        }
        slots_.swap(slots);
        set_slot_count(slots_.size());
    }

    // Producing is always inlined. A value passed in memory is written field by
    // field and read in blocks at once, and the processor stalls on that for
    // nearly as long as the whole push takes. What happens seldom is out of line.

    /// 0: refused because the buffer is closed.
    [[gnu::always_inline]] std::uint64_t produce(T value) {
        Held<T> held(std::move(value));
        return push(held, keeps_times_ ? read_clock() : UnixTime{}, keeps_times_);
    }
    [[gnu::always_inline]] std::uint64_t produce(T value, UnixTime at) {
        Held<T> held(std::move(value));
        return push(held, at, false);
    }

    [[nodiscard]] std::optional<Item<T>> try_take(Cursor& cursor) {
        if (cursor.next > head_.load(std::memory_order_acquire)) {
            return std::nullopt;  // the common case of a poll, without the lock
        }
        if constexpr (lies_in_slot<T>) {
            return take_from_slot(cursor);
        } else {
            return take_shared(cursor);
        }
    }

    /// The same without the copy out of shared storage. False: nothing to take.
    bool try_take(Cursor& cursor, Taken<T>& taken) {
        if (cursor.next > head_.load(std::memory_order_acquire)) {
            return false;
        }
        bool room = false;
        {
            const std::lock_guard lock(lock_);
            if (!take_locked(cursor, taken)) {
                return false;
            }
            room = should_wake_producers();
        }
        if (room) {
            wake_producers();
        }
        return true;
    }

    /// Appends up to `limit` values to `out` (which has room: nothing allocates under the lock).
    std::size_t take_many(Cursor& cursor, std::vector<Taken<T>>& out, std::size_t limit) {
        out.reserve(out.size() + limit);
        std::size_t count = 0;
        bool room = false;
        {
            const std::lock_guard lock(lock_);
            while (count < limit) {
                Taken<T> taken;
                if (!take_locked(cursor, taken)) {
                    break;
                }
                out.push_back(std::move(taken));
                ++count;
            }
            room = should_wake_producers();
        }
        if (room) {
            wake_producers();
        }
        return count;
    }

    /// The newest value retained; for a mailbox the pending one, not taken.
    [[nodiscard]] std::optional<Item<T>> latest() const {
        Taken<T> taken;
        {
            const std::lock_guard lock(lock_);
            const std::uint64_t index = head();
            if (index == 0 || (config_.kind == BufferKind::mailbox && !mailbox_pending())) {
                return std::nullopt;
            }
            fill(index, taken);
        }
        return Item<T>{taken.held.get(), taken.sequence, 0, taken.at};
    }

    /// Fills the buffer with what a restart found (oldest first) and goes on at
    /// `next_sequence`. Before the first produce and the first reader.
    void restore(std::vector<Item<T>> items, std::uint64_t next_sequence) {
        std::vector<std::uint64_t> sequences;
        const std::lock_guard lock(lock_);
        for (Item<T>& item : items) {
            sequences.push_back(item.sequence);
            Slot& slot = slots_[sequences.size() & mask()];
            slot.held = Held<T>(std::move(item.value));
            slot.at = item.at;
            last_at_ = item.at;
        }
        set_restored(std::move(sequences), next_sequence);
    }

private:
    struct PlainSlot {
        Held<T> held;
        UnixTime at{};
    };
    // A slot of 16, 32 or 64 bytes never straddles a cache line.
    struct alignas(std::has_single_bit(sizeof(PlainSlot)) && sizeof(PlainSlot) <= 64
                       ? sizeof(PlainSlot)
                       : alignof(PlainSlot)) Slot : PlainSlot {};

    // On return `held` has the displaced value, which so dies outside the lock.
    [[gnu::always_inline]] std::uint64_t push(Held<T>& held, UnixTime at, bool smooth) {
        std::uint64_t sequence = 0;
        bool waiting = false;
        {
            const std::lock_guard lock(lock_);
            if (closed_.load(std::memory_order_relaxed)) [[unlikely]] {
                refuse();
                return 0;
            }
            const std::uint64_t index = push_index();
            sequence = index + offset_;
            Slot& slot = slots_[index & mask()];
            if constexpr (lies_in_slot<T>) {
                slot.held = held;
            } else {
                std::swap(slot.held, held);
            }
            if (keeps_times_) {
                slot.at = stamp(at, smooth);
            }
            waiting = waiting_for_value_ != nullptr;
        }
        if (waiting) [[unlikely]] {
            wake_readers();
        }
        return sequence;
    }

    std::optional<Item<T>> take_from_slot(Cursor& cursor) {
        std::optional<Item<T>> item;
        bool room = false;
        {
            const std::lock_guard lock(lock_);
            std::uint64_t skipped = 0;
            const std::uint64_t index = take_index(cursor, skipped);
            if (index == 0) {
                return item;
            }
            const Slot& slot = slots_[index & mask()];
            item.emplace(Item<T>{slot.held.get(), sequence_of(index), skipped, slot.at});
            room = should_wake_producers();
        }
        if (room) {
            wake_producers();
        }
        return item;
    }

    // The copy of T is made outside the lock.
    std::optional<Item<T>> take_shared(Cursor& cursor) {
        Taken<T> taken;
        if (!try_take(cursor, taken)) {
            return std::nullopt;
        }
        return to_item(taken);
    }

    bool take_locked(Cursor& cursor, Taken<T>& taken) noexcept {
        const std::uint64_t index = take_index(cursor, taken.skipped);
        if (index == 0) {
            return false;
        }
        fill(index, taken);
        return true;
    }

    void fill(std::uint64_t index, Taken<T>& taken) const noexcept {
        const Slot& slot = slots_[index & mask()];
        taken.held = slot.held;
        taken.sequence = sequence_of(index);
        taken.at = slot.at;
    }

    std::vector<Slot> slots_;
};

}  // namespace aimdb::detail
