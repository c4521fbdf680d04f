// SPDX-License-Identifier: Apache-2.0
//
// What travels through a buffer: a value with its envelope, and where a reader
// begins.
#pragma once

#include <cstddef>
#include <cstdint>

#include "aimdb/core/time.hpp"

namespace aimdb {

/// One received value.
template <typename T>
struct Item {
    T value;
    std::uint64_t sequence = 0;  ///< Per record, from 1, without holes within one run.
    std::uint64_t skipped = 0;   ///< Values this reader missed just before this one.
    UnixTime at{};               ///< Time of the produce; zero where the record keeps no times.
};

/// Names one produced value: what `Database::stored()` waits for.
struct Position {
    std::uint32_t record = 0;    ///< Index of the record within its database.
    std::uint64_t sequence = 0;  ///< 0: the value was refused because the database has stopped.

    [[nodiscard]] explicit operator bool() const noexcept { return sequence != 0; }
    bool operator==(const Position&) const = default;
};

/// Where a new reader begins. The readers of a mailbox share one place, so there
/// only an observer can choose.
class ReadFrom {
public:
    enum class Kind : std::uint8_t { standard, next, oldest, newest, after };

    /// What the buffer's kind suggests: ring: next; single-latest: the current
    /// value; mailbox: the pending value.
    static constexpr ReadFrom standard() noexcept { return {Kind::standard, 0}; }
    /// The next value produced.
    static constexpr ReadFrom next() noexcept { return {Kind::next, 0}; }
    /// The oldest value still retained.
    static constexpr ReadFrom oldest() noexcept { return {Kind::oldest, 0}; }
    /// The newest `count` values retained, then what follows.
    static constexpr ReadFrom newest(std::uint64_t count = 1) noexcept {
        return {Kind::newest, count};
    }
    /// The value after `sequence`; values no longer retained count as skipped.
    static constexpr ReadFrom after(std::uint64_t sequence) noexcept {
        return {Kind::after, sequence};
    }

    [[nodiscard]] constexpr Kind kind() const noexcept { return kind_; }
    [[nodiscard]] constexpr std::uint64_t number() const noexcept { return number_; }

private:
    constexpr ReadFrom(Kind kind, std::uint64_t number) noexcept : kind_(kind), number_(number) {}
    Kind kind_;
    std::uint64_t number_;
};

struct ReaderOptions {
    ReadFrom from = ReadFrom::standard();
    /// `room()` waits for this reader; see Producer::room().
    bool lossless = false;
    /// Sees every value through a backlog of its own (observer_backlog_values) and
    /// takes none away, also on a single-latest or a mailbox.
    bool observer = false;
};

}  // namespace aimdb
