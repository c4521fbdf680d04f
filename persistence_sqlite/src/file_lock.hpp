// SPDX-License-Identifier: Apache-2.0
//
// Keeps a second writing process away from a store. SQLite's own locks come and
// go with each transaction; this one is held as long as the store is open.
#pragma once

#include <string>

#include "file_system.hpp"

namespace aimdb::sqlite {

/// The lock of a store, held in `<store>.lock`, which stays behind: removing it
/// would let two processes hold two locks of one name.
///
/// The kernel releases it when the process ends in whatever way. It also keeps out
/// a second backend in the same process. A child made by fork() without exec()
/// shares it.
class FileLock {
public:
    /// Throws Error(storage_locked) naming the process that has it. Never waits.
    explicit FileLock(const std::string& store);

private:
    FileDescriptor file_;
};

}  // namespace aimdb::sqlite
