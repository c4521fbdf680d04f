// SPDX-License-Identifier: Apache-2.0
//
// The reference backend: what a store has to do in its plainest form, in memory
// and behind one mutex. For tests, for examples, and to read before writing a
// backend.
#pragma once

#include <memory>

#include "aimdb/persistence/backend.hpp"

namespace aimdb {

/// What a memory backend stores, apart from the backend that has it open, so
/// that a program can "restart" on it.
///
/// Threads: opaque; hand it to one backend after the other. A second backend that
/// opens it while the first is open is refused like a second process would be.
class MemoryStore;

[[nodiscard]] std::shared_ptr<MemoryStore> memory_store();

/// A history that is forgotten with the database.
[[nodiscard]] std::unique_ptr<Backend> memory_history();

/// A history in `store`. Destroying the backend without `close()` counts as a
/// crash: the next open() records the gaps an unclean stop leaves.
[[nodiscard]] std::unique_ptr<Backend> memory_history(std::shared_ptr<MemoryStore> store);

}  // namespace aimdb
