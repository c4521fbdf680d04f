// SPDX-License-Identifier: Apache-2.0
//
// This program counts what it allocates on all threads: by operator new, and by
// aligned_alloc(), where Asio gets the frames of coroutines from.
#pragma once

#include <cstdint>

namespace bench {

/// Allocations since the program began.
[[nodiscard]] std::uint64_t allocation_count() noexcept;
/// Bytes that operator new has given out and not got back, as malloc rounds them.
[[nodiscard]] std::int64_t allocated_bytes() noexcept;

}  // namespace bench
