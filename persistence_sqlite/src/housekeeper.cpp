// SPDX-License-Identifier: Apache-2.0
#include "housekeeper.hpp"

#include <algorithm>
#include <string>

namespace aimdb::sqlite {
namespace {

constexpr std::uint64_t log_frame_bytes = 4096 + 24;  // a page and its header
// How long to wait for readers that were just interrupted. They notice within a
// thousand steps of SQLite's machine, well under a millisecond.
constexpr int interrupted_reader_wait_ms = 100;

BackendError error_of(const SqliteFailure& failure) {
    return {failure.errc(), BackendError::Outcome::not_written, failure.context()};
}

}  // namespace

Housekeeper::Housekeeper(Connection& connection, const SqliteOptions& options, SharedState& shared)
    : connection_(connection),
      options_(options),
      shared_(shared),
      count_free_pages_(connection, "PRAGMA freelist_count") {
    sqlite3_wal_hook(connection.handle(), &Housekeeper::note_commit, this);
}

Housekeeper::~Housekeeper() { sqlite3_wal_hook(connection_.handle(), nullptr, nullptr); }

int Housekeeper::note_commit(void* self, sqlite3*, const char*, int log_pages) {
    auto& keeper = *static_cast<Housekeeper*>(self);
    const auto pages = static_cast<std::uint64_t>(log_pages);
    if (pages <= keeper.log_pages_) {
        // The log began anew: everything in it had been copied.
        keeper.tried_pages_ = 0;
        keeper.insisted_pages_ = 0;
    }
    keeper.log_pages_ = pages;
    return SQLITE_OK;
}

bool Housekeeper::step() {
    checkpoint_if_due();
    return space_freed_ && give_space_back();
}

void Housekeeper::checkpoint_if_due() {
    const std::uint64_t grown = log_pages_ - tried_pages_;
    const std::uint64_t log_bytes = log_pages_ * log_frame_bytes;
    if (grown == 0) {
        return;
    }
    if (log_bytes > options_.wal_hard_limit_bytes && may_insist()) {
        // A read that never ends keeps the log from being reused.
        insisted_pages_ = log_pages_;
        shared_.interruptions.fetch_add(1, std::memory_order_relaxed);
        empty_log();
    } else if (grown >= options_.checkpoint_pages || log_bytes > options_.wal_soft_limit_bytes) {
        static_cast<void>(checkpoint(SQLITE_CHECKPOINT_PASSIVE));
    }
}

// A foreign reader cannot be interrupted: while it stays, insisting stops our own
// readers and the writer for nothing, so it is done now and then only.
bool Housekeeper::may_insist() const noexcept {
    return insisted_pages_ == 0 || log_pages_ - insisted_pages_ >= options_.checkpoint_pages;
}

bool Housekeeper::empty_log() {
    sqlite3_busy_timeout(connection_.handle(), interrupted_reader_wait_ms);
    const bool emptied = checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
    sqlite3_busy_timeout(connection_.handle(), static_cast<int>(options_.busy_timeout.count()));
    if (emptied) {
        log_pages_ = 0;
        tried_pages_ = 0;
        insisted_pages_ = 0;
    }
    return emptied;
}

bool Housekeeper::checkpoint(int mode) {
    const int code =
        sqlite3_wal_checkpoint_v2(connection_.handle(), "main", mode, nullptr, nullptr);
    const bool in_the_way = (code & 0xFF) == SQLITE_BUSY;
    if (code == SQLITE_OK || in_the_way) {
        tried_pages_ = log_pages_;  // else the next step tries again, and says so again
    }
    if (code == SQLITE_OK) {
        shared_.checkpoints.fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    shared_.checkpoint_failures.fetch_add(1, std::memory_order_relaxed);
    if (!in_the_way) {
        throw error_of(connection_.failure("checkpoint"));
    }
    return false;
}

bool Housekeeper::give_space_back() {
    std::int64_t free_pages = 0;
    try {
        const Running running(count_free_pages_);
        free_pages = count_free_pages_.step() ? count_free_pages_.integer(0) : 0;
    } catch (const SqliteFailure& failure) {
        throw error_of(failure);
    }
    const std::int64_t surplus = free_pages - std::int64_t{options_.free_pages_kept};
    space_freed_ = surplus > 0;
    if (!space_freed_) {
        return false;
    }
    const std::int64_t pages = std::min(surplus, std::int64_t{options_.vacuum_step_pages});
    try {
        connection_.execute("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")");
    } catch (const SqliteFailure& failure) {
        throw error_of(failure);
    }
    return surplus > pages;
}

}  // namespace aimdb::sqlite
