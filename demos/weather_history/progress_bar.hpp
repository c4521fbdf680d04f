// SPDX-License-Identifier: Apache-2.0
//
// One line that shows how far the replay has got.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "aimdb/core/database.hpp"

#include "records.hpp"
#include "terminal.hpp"

namespace weather {

/// Looks at a running database from outside and draws its progress from `first`
/// to `last` until destroyed; then the line is gone. Draws nothing unless
/// standard output is a terminal.
///
/// Threads:   draws on a thread of its own; nothing in the database waits for it.
/// Ownership: the database must outlive it.
class ProgressBar {
public:
    ProgressBar(const aimdb::Database& database,
                UnixTime first,
                UnixTime last,
                const Terminal& terminal);
    ~ProgressBar() = default;
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

private:
    void draw_until(const std::stop_token& stop);
    [[nodiscard]] std::string line(std::size_t columns) const;

    const aimdb::Database& database_;
    const UnixTime first_;
    const UnixTime last_;
    const Terminal terminal_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::jthread thread_;
};

}  // namespace weather
