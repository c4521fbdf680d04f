// SPDX-License-Identifier: Apache-2.0
#include "stopper_threads.hpp"

#include <utility>

#include "run_logged.hpp"

namespace aimdb::detail {

StopperThreads::~StopperThreads() {
    std::list<Stopper> left;
    {
        const std::lock_guard lock(mutex_);  // run() may just be returning elsewhere
        left.swap(stoppers_);
    }
    for (Stopper& stopper : left) {
        if (stopper.thread.get_id() == std::this_thread::get_id()) {
            stopper.thread.detach();  // nobody can join itself; it touches nothing of this any more
        } else {
            stopper.thread.join();
        }
    }
}

void StopperThreads::run(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    join_done();
    auto done = std::make_shared<std::atomic<bool>>(false);
    std::thread thread([log = log_, done, work = std::move(work)] {
        try {
            work();
        } catch (...) {
            log_failed_handler(log);
        }
        done->store(true);
    });
    stoppers_.push_back({std::move(thread), std::move(done)});
}

std::size_t StopperThreads::count() {
    const std::lock_guard lock(mutex_);
    join_done();
    return stoppers_.size();
}

void StopperThreads::join_done() {
    stoppers_.remove_if([](Stopper& stopper) {
        if (!stopper.done->load()) {
            return false;
        }
        stopper.thread.join();
        return true;
    });
}

}  // namespace aimdb::detail
