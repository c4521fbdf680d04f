// SPDX-License-Identifier: Apache-2.0
//
// The threads of async_stop(): the database's own are gone when a stop is complete.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "aimdb/core/log.hpp"

namespace aimdb::detail {

/// Runs each piece of work on a thread of its own. What the work throws is logged.
///
/// Threads:   thread-safe.
/// Ownership: the destructor waits for all work; called by the work itself, which may
///            so destroy the database, it leaves that one thread to end alone.
class StopperThreads {
public:
    explicit StopperThreads(Log log) : log_(std::move(log)) {}
    ~StopperThreads();
    StopperThreads(const StopperThreads&) = delete;
    StopperThreads& operator=(const StopperThreads&) = delete;

    void run(std::function<void()> work);
    /// Threads not yet joined, once those whose work is done have been.
    [[nodiscard]] std::size_t count();

private:
    struct Stopper {
        std::thread thread;
        std::shared_ptr<std::atomic<bool>> done;  // the thread may outlive this object
    };
    void join_done();

    const Log log_;
    std::mutex mutex_;
    std::list<Stopper> stoppers_;  // guarded by `mutex_`
};

}  // namespace aimdb::detail
