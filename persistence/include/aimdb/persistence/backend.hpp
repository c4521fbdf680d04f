// SPDX-License-Identifier: Apache-2.0
//
// What a store has to do. Everything hard about persistence - the bounded
// channel, group commit, retry, gaps, accounting, retention schedule - is done
// once, above this interface, so that a backend stays small.
//
// Roles: the methods of Backend are called by one thread at a time (`open`, the
// first `commit` and `close` by the thread that builds or stops the database, the
// rest by the thread "aimdb-writer"), except `open_reader()`,
// `interrupt_readers()` and `stats()`, which are thread-safe. A BackendReader
// belongs to one query thread at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/core/error.hpp"
#include "aimdb/core/history.hpp"
#include "aimdb/core/log.hpp"

namespace aimdb {

/// A record as the backend knows it; given out by `Backend::open`.
using RecordId = std::int64_t;

/// What the store knows of a record when it is opened.
struct StoredRecord {
    RecordId id = 0;
    std::uint64_t next_sequence = 1;  ///< First sequence that was never given out.
    bool has_rows = false;
};

struct OpenRequest {
    std::vector<std::string> records;  ///< Names the program persists under.
    UnixTime now{};                    ///< For gaps noticed at open.
    Log log;
};

struct OpenReport {
    std::vector<StoredRecord> records;  ///< In the order of the request.
    /// Gaps of cause `crash` recorded because the last stop was not clean.
    std::vector<HistoryGap> crash_gaps;
    bool clean = true;  ///< Whether the last stop was clean (a new store counts as clean).
    /// `<store>.<n>`: eight hexadecimal digits that are the store's, and how often it
    /// was not stopped cleanly.
    std::string epoch;
    /// Time of the newest row of all records, declared or not; the epoch without rows.
    UnixTime newest_row{};
};

/// A value on its way to the store. Points into memory of the caller.
struct RowView {
    RecordId record;
    std::uint64_t sequence;
    UnixTime stored_at;
    std::string_view value;  ///< JSON text.
};

struct GapView {
    RecordId record;
    std::uint64_t first;
    std::uint64_t last;
    GapCause cause;
    UnixTime at;
};

/// Where a record's sequences stand after the group, written in the same transaction.
struct RecordMark {
    RecordId record;
    std::uint64_t next_sequence;      ///< One above the highest row or gap of the group.
    std::uint64_t reserved_sequence;  ///< After a crash, sequences go on from here.
};

/// Everything one transaction makes durable. `rows` are sorted by record, then
/// by sequence; a record's rows and gaps together have no holes.
struct Group {
    std::span<const RowView> rows;
    std::span<const GapView> gaps;
    std::span<const RecordMark> marks;
};

/// Thrown by `Backend::commit` and the other writing calls.
class BackendError : public Error {
public:
    /// Whether the transaction may be on disk all the same.
    enum class Outcome : std::uint8_t { not_written, unknown };

    BackendError(Errc code, Outcome outcome, const std::string& context)
        : Error(code, context), outcome_(outcome) {}
    [[nodiscard]] Outcome outcome() const noexcept { return outcome_; }

private:
    Outcome outcome_;
};

/// Removes rows of one record older than `before`, but never its newest row, and
/// gaps noticed before it.
struct PurgeRequest {
    RecordId record;
    UnixTime before;
    std::size_t limit_rows;  ///< Remove at most so many now.
};

struct PurgeReport {
    std::size_t rows = 0;
    std::size_t gaps = 0;
    bool more = false;  ///< There is more to remove for this record.
};

/// Gauges of a backend; all zero where they mean nothing.
struct BackendStats {
    std::uint64_t file_bytes = 0;
    std::uint64_t wal_bytes = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t checkpoint_failures = 0;
    std::uint64_t corrupt_rows = 0;  ///< Seen by readers since open.
    /// Of a commit since open, the part that makes it durable: log and sync. The mean.
    std::chrono::microseconds sync_mean{0};
};

/// Reads the store. Each page is one consistent snapshot.
///
/// Threads: thread-confined to one query thread at a time.
class BackendReader {
public:
    virtual ~BackendReader() = default;

    /// Reads one page. `pattern` matches names in the store, declared or not. With a
    /// sink, gaps and rows go to it in that order and the page holds neither.
    /// Throws Error(timed_out) when `options.time_limit` passes,
    /// Error(storage_unavailable) when interrupted.
    /// Cost: in proportion to the matching records plus the rows returned.
    [[nodiscard]] virtual HistoryPage read(const HistoryQuery& query) = 0;

    /// Time of the oldest row in the store, if there is one cheap to find.
    [[nodiscard]] virtual std::optional<UnixTime> oldest() = 0;
};

class Backend {
public:
    virtual ~Backend() = default;

    /// "sqlite '/var/lib/hub.db'" or "memory": for messages and health.
    [[nodiscard]] virtual std::string describe() const = 0;

    /// Opens the store, creating or migrating it where needed, and registers the
    /// names. Throws Error whose text names the store, what is wrong and what to do.
    virtual OpenReport open(const OpenRequest& request) = 0;

    /// Makes `group` durable in one transaction; once it returns, the group
    /// survives a power cut. Throws BackendError; then nothing of the group is
    /// stored (not_written) or it may be, wholly (unknown). Calling it again with
    /// the same rows after `next_sequence()` has been consulted is always right.
    virtual void commit(const Group& group) = 0;

    /// First sequence of `record` that is not in the store; read after an unknown outcome.
    [[nodiscard]] virtual std::uint64_t next_sequence(RecordId record) = 0;

    /// One slice of retention, in a transaction of its own. Throws BackendError.
    virtual PurgeReport purge(const PurgeRequest& request) = 0;

    /// Housekeeping between groups (checkpoints, giving space back), in steps of
    /// a few milliseconds. Returns true when another step is due at once.
    virtual bool maintain() = 0;

    [[nodiscard]] virtual std::unique_ptr<BackendReader> open_reader() = 0;
    /// Makes running reads fail soon (Errc::storage_unavailable), e.g. at stop.
    virtual void interrupt_readers() noexcept = 0;
    [[nodiscard]] virtual BackendStats stats() const = 0;

    /// After a last successful commit: marks the stop as clean and closes. Readers
    /// must be gone. Throws BackendError when the mark could not be written.
    virtual void close() = 0;

    /// Moves an unreadable store out of the way (never deletes it) so that open()
    /// can start an empty one; returns the new name. For `if_unreadable::set_aside`.
    virtual std::string set_aside() = 0;
};

}  // namespace aimdb
