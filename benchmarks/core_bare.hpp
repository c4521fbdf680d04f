// SPDX-License-Identifier: Apache-2.0
//
// The bare primitives beside which the core benchmarks stand: what anybody would
// write who needs nothing but the ring. No readers' lags, no counters, no waiting.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

/// Many producers push, the newest values stay: an index by fetch_add, and a
/// sequence per slot by which a reader would know that the value is whole.
template <typename T>
class BareRing {
public:
    explicit BareRing(std::size_t capacity) : mask_(capacity - 1), slots_(capacity) {}

    void push(const T& value) noexcept {
        const std::uint64_t index = head_.fetch_add(1, std::memory_order_acq_rel);
        Slot& slot = slots_[index & mask_];
        slot.sequence.store(0, std::memory_order_release);
        slot.value = value;
        slot.sequence.store(index + 1, std::memory_order_release);
    }

private:
    struct Slot {
        std::atomic<std::uint64_t> sequence{0};
        T value{};
    };
    const std::size_t mask_;
    std::vector<Slot> slots_;
    alignas(64) std::atomic<std::uint64_t> head_{0};
};

/// One producer, one consumer, bounded; each side remembers where it saw the other.
template <typename T>
class BareSpscRing {
public:
    explicit BareSpscRing(std::size_t capacity) : mask_(capacity - 1), slots_(capacity) {}

    [[nodiscard]] bool push(const T& value) noexcept {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        if (head - seen_tail_ == slots_.size()) {
            seen_tail_ = tail_.load(std::memory_order_acquire);
            if (head - seen_tail_ == slots_.size()) {
                return false;
            }
        }
        slots_[head & mask_] = value;
        head_.store(head + 1, std::memory_order_release);
        return true;
    }

    [[nodiscard]] bool pop(T& value) noexcept {
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        if (tail == seen_head_) {
            seen_head_ = head_.load(std::memory_order_acquire);
            if (tail == seen_head_) {
                return false;
            }
        }
        value = slots_[tail & mask_];
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

private:
    const std::size_t mask_;
    std::vector<T> slots_;
    alignas(64) std::atomic<std::uint64_t> head_{0};
    std::uint64_t seen_tail_ = 0;
    alignas(64) std::atomic<std::uint64_t> tail_{0};
    std::uint64_t seen_head_ = 0;
};

}  // namespace bench
