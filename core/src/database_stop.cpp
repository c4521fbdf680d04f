// SPDX-License-Identifier: Apache-2.0
//
// The stop: in order, and bounded by its deadline.
#include <algorithm>
#include <string>
#include <utility>

#include "database_core.hpp"

namespace aimdb::detail {
namespace {

bool has_source(const RecordBase& record) noexcept {
    return std::any_of(record.running.begin(), record.running.end(),
                       [](const auto& stage) { return brings_in(stage->info.kind); });
}

}  // namespace

void RunState::request_stop() noexcept {
    const std::lock_guard lock(mutex);
    stop_requested = true;
    changed.notify_all();
}

void DatabaseCore::request_stop() noexcept { state_->request_stop(); }

void DatabaseCore::wait_for_stop_request() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock,
                         [this] { return state_->stop_requested || phase_ == Phase::stopped; });
}

StopReport DatabaseCore::stop(std::chrono::milliseconds deadline) {
    require_other_thread(context->executor, "stop");
    return stop_here(deadline);
}

StopReport DatabaseCore::stop_here(std::chrono::milliseconds deadline) {
    {
        std::unique_lock lock(state_->mutex);
        state_->changed.wait(
            lock, [this] { return phase_ != Phase::starting && phase_ != Phase::stopping; });
        if (phase_ == Phase::stopped) {
            return *report_;
        }
        phase_ = Phase::stopping;
        state_->stop_requested = true;
        state_->changed.notify_all();
    }
    StopReport report;
    stop_in_order(std::chrono::steady_clock::now() + deadline, report);
    const std::lock_guard lock(state_->mutex);
    report_ = report;
    phase_ = Phase::stopped;
    state_->changed.notify_all();
    return report;
}

void DatabaseCore::stop_in_order(Deadline deadline, StopReport& report) {
    for (Module* module : declarations->modules()) {
        module->stopping(deadline);
    }
    state_->sleepers.stop();
    for (const auto& record : declarations->records()) {
        if (has_source(*record)) {
            record->core().end_room();
        }
    }
    for (const std::uint32_t index : order_) {
        RecordBase& record = *declarations->records()[index];
        await_stages(record, true, deadline, report);  // nothing writes it any more
        record.core().close();
    }
    for (const std::uint32_t index : order_) {
        await_stages(*declarations->records()[index], false, deadline, report);
    }
    for (Module* module : declarations->modules()) {
        module->stages_ended(deadline, report);
    }
    for (Module* module : declarations->modules()) {
        module->stopped(deadline, report);
    }
    if (own_threads_) {
        end_threads(deadline, report);
    }
}

void DatabaseCore::end_threads(Deadline deadline, StopReport& report) {
    work_.reset();
    signals_.reset();
    if (report.clean()) {
        std::unique_lock lock(state_->mutex);
        if (!state_->changed.wait_until(lock, deadline,
                                        [this] { return state_->running_threads == 0; })) {
            report.gave_up.emplace_back(
                "something other than a stage still ran on the database's threads");
        }
    }
    if (report.clean()) {
        join_threads();
    } else {
        io_context_->stop();  // the destructor joins threads that are still in user code
    }
}

bool DatabaseCore::all_done(const RecordBase& record, bool writers) const {
    return std::all_of(record.running.begin(), record.running.end(), [writers](const auto& stage) {
        return stage->done || writes(stage->info.kind) != writers;
    });
}

void DatabaseCore::await_stages(const RecordBase& record,
                                bool writers,
                                Deadline deadline,
                                StopReport& report) {
    std::unique_lock lock(state_->mutex);
    if (state_->changed.wait_until(lock, deadline, [&] { return all_done(record, writers); })) {
        return;
    }
    for (const auto& stage : record.running) {
        if (!stage->done && writes(stage->info.kind) == writers) {
            report.gave_up.push_back("stage " + stage->info.name + " of record '" + record.key +
                                     "' did not end before the deadline");
        }
    }
}

void DatabaseCore::join_threads() {
    for (std::thread& thread : threads_) {
        if (thread.joinable()) {
            thread.join();
        }
    }
    threads_.clear();
}

void DatabaseCore::stop_elsewhere(std::chrono::milliseconds deadline,
                                  std::function<void(std::exception_ptr, StopReport)> handler) {
    stoppers_->run([this, deadline, handler = std::move(handler)] {
        StopReport report;
        std::exception_ptr failure;
        try {
            report = stop(deadline);
        } catch (...) {
            failure = std::current_exception();
        }
        handler(failure, std::move(report));  // may destroy this
    });
}

}  // namespace aimdb::detail
