// SPDX-License-Identifier: Apache-2.0
//
// How persistence, AimX and modules to come attach to a database that does not
// know them: one slot per type, called at the right moments.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "aimdb/core/error.hpp"

namespace aimdb {

class Database;

namespace detail {
class Declarations;
}

/// What a stop had to give up on; empty when it was clean.
struct StopReport {
    std::vector<std::string> gave_up;  ///< One sentence for each step past its deadline.

    [[nodiscard]] bool clean() const noexcept { return gave_up.empty(); }
};

/// Base of what Builder::module<M>() holds. M is default-constructible. The Database it
/// is given is always the same one and stays where it is, however the user moves theirs.
class Module {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    virtual ~Module() = default;

    /// In build(), after core's own checks: adds findings.
    virtual void check(const detail::Declarations& declarations, std::vector<Finding>& findings);
    /// In build(), once the buffers exist and before any reader: may restore and throw.
    virtual void open(Database& database);
    /// At start, before the first stage runs.
    virtual void start(Database& database);
    /// At stop, before sources and stages end: `deadline` is when waiting has to end.
    virtual void stopping(Deadline deadline) noexcept;
    /// At stop, after the last stage has ended or been given up and while every module
    /// still works: the time to tell those outside. Also when never started.
    virtual void stages_ended(Deadline deadline, StopReport& report) noexcept;
    /// At stop, after stages_ended() of all modules; also when never started.
    virtual void stopped(Deadline deadline, StopReport& report) noexcept;
};

}  // namespace aimdb
