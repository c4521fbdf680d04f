// SPDX-License-Identifier: Apache-2.0
//
// Counts allocations. Replaces operator new and aligned_alloc, which Asio takes its
// coroutine frames from, for the whole program, so that one file of a program includes
// this; not under the address sanitizer, which would then no longer see whether new and
// delete match.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define AIMDB_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AIMDB_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef AIMDB_COUNTS_ALLOCATIONS
#define AIMDB_COUNTS_ALLOCATIONS 1
#endif

namespace aimdb::test {

/// By all threads since the program began.
inline std::atomic<std::uint64_t> allocations{0};

template <typename F>
std::uint64_t allocations_of(int times, F&& once) {
    const std::uint64_t before = allocations.load();
    for (int i = 0; i < times; ++i) {
        once();
    }
    return allocations.load() - before;
}

}  // namespace aimdb::test

#if AIMDB_COUNTS_ALLOCATIONS
namespace {

// Out of line, so that the compiler sees no malloc behind new and no free behind delete.
[[gnu::noinline]] void* counted(std::size_t size, std::size_t alignment) noexcept {
    aimdb::test::allocations.fetch_add(1, std::memory_order_relaxed);
    void* memory = nullptr;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}
[[gnu::noinline]] void* counted_or_throw(std::size_t size, std::size_t alignment) {
    void* memory = counted(size, alignment);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}
[[gnu::noinline]] void give_back(void* memory) noexcept { std::free(memory); }

}  // namespace

// The other forms of new and delete end in these.
void* operator new(std::size_t size) { return counted_or_throw(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted_or_throw(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    return counted(size, alignment);
}
#endif
