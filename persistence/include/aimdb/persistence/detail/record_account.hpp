// SPDX-License-Identifier: Apache-2.0
//
// The books of one persisted record: kept by its persist stage (what it took,
// what it rejected) and by the writer (what became of it), read by anyone.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aimdb/core/detail/spin_lock.hpp"
#include "aimdb/core/history.hpp"
#include "aimdb/persistence/account.hpp"

namespace aimdb::detail {

/// What the record's buffer says of one instant, seen by the persist stage's reader.
struct BufferReading {
    std::uint64_t newest_sequence = 0;  ///< Highest sequence given out.
    std::uint64_t backlog = 0;          ///< Values the stage could still take.
};

/// Asks the record's buffer. Called under the account's lock.
///
/// Threads: thread-safe.
class BufferProbe {
public:
    virtual ~BufferProbe() = default;
    [[nodiscard]] virtual BufferReading read() const noexcept = 0;
    [[nodiscard]] virtual std::uint64_t newest_sequence() const noexcept = 0;
};

/// A waiter that is done; to be called outside of every lock.
struct SettledWaiter {
    HistorySource::SettledHandler handler;
    std::exception_ptr error;
};

/// Values whose fate is sealed without their being stored.
struct MissingRange {
    std::uint64_t first;
    std::uint64_t last;
    std::optional<GapCause> cause;  ///< Nothing: the outcome of their commit is unknown.
    UnixTime at;
    std::uint64_t count;
};

/// Threads: thread-safe; the lock is held for nanoseconds, and while the stage
///          takes from the buffer, so that a snapshot never sees a value in neither.
/// Limits:  remembers the last `missing_limit` ranges; older answers are "unknown".
class RecordAccount {
public:
    static constexpr std::size_t missing_limit = 1024;

    /// What is asked when waiting for a sequence.
    enum class Question : std::uint8_t {
        settled,  ///< Is its fate sealed, whatever it is?
        stored    ///< Is it stored? An error says why not.
    };

    struct Taking {
        std::uint64_t values = 0;
        std::uint64_t skipped = 0;        ///< Overwritten before they could be taken.
        std::uint64_t last_sequence = 0;  ///< Of the last value taken.
    };

    /// What one commit, or giving up, decided about consecutive values.
    struct Settlement {
        std::uint64_t next_sequence = 0;  ///< Everything below it is settled now.
        std::uint64_t rows = 0;
        bool rows_stored = false;
        bool rows_unknown = false;          ///< They were booked by doubt() before.
        std::uint64_t stored_sequence = 0;  ///< The highest row stored; 0 = none.
        std::span<const MissingRange> missing;
    };

    /// Sequences `first` to `last`; none if `last` is lower.
    struct Untold {
        std::uint64_t first;
        std::uint64_t last;
        [[nodiscard]] bool empty() const noexcept { return last < first; }
    };

    explicit RecordAccount(std::uint64_t next_sequence) noexcept
        : start_(next_sequence),
          taken_(next_sequence - 1),
          settled_(next_sequence - 1),
          told_(next_sequence - 1) {}

    /// Lets `probe` be asked from now on; nullptr ends that.
    void watch(const BufferProbe* probe);

    /// Calls `take`, which takes from the buffer and returns a Taking, and books it.
    template <typename Take>
    Taking take(Take&& take_from_buffer) {
        const std::lock_guard lock(lock_);
        const Taking taking = take_from_buffer();
        in_hand_ += taking.values;
        missing_[index(GapCause::lagged)] += taking.skipped;
        taken_ = std::max(taken_, taking.last_sequence);
        return taking;
    }
    /// `count` values in hand will never be rows, because of `cause`.
    void miss(GapCause cause, std::uint64_t count);
    /// So many numbers in the text of a value were not finite.
    void count_non_finite(std::uint64_t numbers);

    /// `rows` values in hand may be stored or not.
    void doubt(std::uint64_t rows);
    /// They are not stored after all.
    void clear_doubt(std::uint64_t rows);
    /// Books the outcome and moves the waiters that are done to `done`.
    void settle(const Settlement& settlement, std::vector<SettledWaiter>& done);

    /// Calls nothing: returns `handler` when the answer is known, with the answer;
    /// otherwise keeps it until settle() or abandon().
    [[nodiscard]] std::optional<SettledWaiter> wait(Question question,
                                                    std::uint64_t sequence,
                                                    HistorySource::SettledHandler handler);
    /// Moves all waiters to `done`, failed with shutting_down. From now on nobody waits:
    /// who asks for what is not settled gets the same error.
    void abandon(std::vector<SettledWaiter>& done);

    [[nodiscard]] HistoryPosition position() const;
    [[nodiscard]] HistoryAccount snapshot() const;
    /// What a flush that ended has not told of yet, up to the newest sequence given out.
    [[nodiscard]] Untold untold() const;
    /// The ranges within `untold`, cut to it, as far as they are remembered. Later
    /// flushes do not tell of them again.
    [[nodiscard]] std::vector<MissingRange> tell(const Untold& untold);
    /// Highest sequence given out, as far as is known.
    [[nodiscard]] std::uint64_t newest_sequence() const;

private:
    struct Waiter {
        std::uint64_t sequence;
        Question question;
        HistorySource::SettledHandler handler;
    };

    static constexpr std::size_t index(GapCause cause) noexcept {
        return static_cast<std::size_t>(cause);
    }
    [[nodiscard]] std::uint64_t newest() const;
    void remember(const MissingRange& range);
    [[nodiscard]] std::exception_ptr answer(Question question, std::uint64_t sequence) const;

    mutable SpinLock lock_;  // guards everything below
    const BufferProbe* probe_ = nullptr;
    bool abandoned_ = false;
    const std::uint64_t start_;
    std::uint64_t taken_;
    std::uint64_t settled_;
    std::uint64_t told_;  // a flush has told of the gaps up to here
    std::uint64_t stored_ = 0;
    std::uint64_t in_hand_ = 0;
    std::uint64_t committed_ = 0;
    std::uint64_t unknown_ = 0;
    std::uint64_t non_finite_ = 0;
    std::uint64_t forgotten_below_ = 0;
    std::array<std::uint64_t, gap_cause_count> missing_{};
    std::vector<MissingRange> ranges_;  // ascending
    std::vector<Waiter> waiters_;       // ascending by sequence
};

}  // namespace aimdb::detail
