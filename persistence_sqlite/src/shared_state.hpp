// SPDX-License-Identifier: Apache-2.0
//
// What the writing side and the readers of one store share.
#pragma once

#include <atomic>
#include <cstdint>

namespace aimdb::sqlite {

/// Threads: thread-safe. All loads and stores are relaxed: each number stands for itself.
struct SharedState {
    /// Grows with every interruption; a read that began under a lower one ends.
    std::atomic<std::uint64_t> interruptions{0};
    std::atomic<std::uint64_t> checkpoints{0};
    std::atomic<std::uint64_t> checkpoint_failures{0};
    std::atomic<std::uint64_t> corrupt_rows{0};
    std::atomic<std::uint64_t> syncs{0};
    std::atomic<std::uint64_t> sync_ns{0};  // of all of them
};

}  // namespace aimdb::sqlite
