// SPDX-License-Identifier: Apache-2.0
//
// Keeps the write-ahead log and the file small: explicit checkpoints, whose
// results are looked at (automatic ones hide failed syncs), and giving free
// pages back. Runs between groups, on the writing connection.
#pragma once

#include <cstdint>

#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "connection.hpp"
#include "shared_state.hpp"

namespace aimdb::sqlite {

/// Threads:  the connection's.
/// Lifetime: the connection and `shared` must outlive it.
class Housekeeper {
public:
    Housekeeper(Connection& connection, const SqliteOptions& options, SharedState& shared);
    Housekeeper(const Housekeeper&) = delete;
    Housekeeper& operator=(const Housekeeper&) = delete;
    ~Housekeeper();

    /// One step; true when another is due at once. Throws BackendError.
    bool step();
    /// Says that rows were removed, so that there may be free pages.
    void space_was_freed() noexcept { space_freed_ = true; }
    /// Copies the whole log into the file and empties it. Throws BackendError on a
    /// failure; false when somebody else's reader is in the way.
    bool empty_log();

private:
    void checkpoint_if_due();
    [[nodiscard]] bool may_insist() const noexcept;
    [[nodiscard]] bool checkpoint(int mode);
    [[nodiscard]] bool give_space_back();
    static int note_commit(void* self, sqlite3*, const char*, int log_pages);

    Connection& connection_;
    const SqliteOptions options_;
    SharedState& shared_;
    Statement count_free_pages_;
    std::uint64_t log_pages_ = 0;       // frames in the log after the last commit
    std::uint64_t tried_pages_ = 0;     // frames in the log at the last checkpoint
    std::uint64_t insisted_pages_ = 0;  // and when readers were last interrupted
    bool space_freed_ = true;
};

}  // namespace aimdb::sqlite
