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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define AIMDB_TEST_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define AIMDB_TEST_IS_SANITIZED 1
#endif
#endif
#ifndef AIMDB_TEST_IS_SANITIZED
#define AIMDB_TEST_IS_SANITIZED 0
#endif

namespace aimdb::test {

/// Sanitized code is several times slower, and ctest gives it as many times the time.
inline constexpr int deadline_factor = AIMDB_TEST_IS_SANITIZED ? 3 : 1;

/// Runs `work` on a thread of its own and waits for it. What it throws is thrown
/// here.
///
/// A thread that hangs cannot be ended, so past `limit` (times deadline_factor) the
/// whole program is: with a message, and by abort(), so that a core dump shows where
/// it hung.
inline void run_with_deadline(std::chrono::milliseconds limit, const std::function<void()>& work) {
    limit *= deadline_factor;
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
