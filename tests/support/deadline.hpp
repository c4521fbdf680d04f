// SPDX-License-Identifier: Apache-2.0
//
// How tests wait: never by sleeping, always with an end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace aimdb::test {

/// Runs `work` on a thread of its own and waits for it. What it throws is thrown
/// here.
///
/// A thread that hangs cannot be ended, so past `limit` the whole program is:
/// with a message, and by abort(), so that a core dump shows where it hung.
inline void run_with_deadline(std::chrono::milliseconds limit, const std::function<void()>& work) {
    std::mutex mutex;
    std::condition_variable finished;
    bool done = false;
    std::exception_ptr failure;

    std::thread thread([&] {
        std::exception_ptr thrown;
        try {
            work();
        } catch (...) {
            thrown = std::current_exception();
        }
        const std::lock_guard lock(mutex);
        failure = thrown;
        done = true;
        finished.notify_one();
    });
    {
        std::unique_lock lock(mutex);
        if (!finished.wait_for(lock, limit, [&] { return done; })) {
            std::fprintf(stderr, "still running after %lld ms\n",
                         static_cast<long long>(limit.count()));
            std::abort();
        }
    }
    thread.join();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

}  // namespace aimdb::test
