// SPDX-License-Identifier: Apache-2.0
#include "core_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::int64_t> bytes{0};

void* note(void* memory) {
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    allocations.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(static_cast<std::int64_t>(malloc_usable_size(memory)),
                    std::memory_order_relaxed);
    return memory;
}

void release(void* memory) noexcept {
    bytes.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(memory)),
                    std::memory_order_relaxed);
    std::free(memory);
}

}  // namespace

// The other forms of new and delete end in these.
void* operator new(std::size_t size) { return note(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    void* memory = nullptr;
    return note(posix_memalign(&memory, static_cast<std::size_t>(alignment), size) == 0 ? memory
                                                                                        : nullptr);
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    allocations.fetch_add(1, std::memory_order_relaxed);
    void* memory = nullptr;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}

namespace bench {

std::uint64_t allocation_count() noexcept { return allocations.load(std::memory_order_relaxed); }

std::int64_t allocated_bytes() noexcept { return bytes.load(std::memory_order_relaxed); }

}  // namespace bench
