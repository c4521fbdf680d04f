// SPDX-License-Identifier: Apache-2.0
//
// What is behind a Database: its records, its threads, and the order of start
// and stop. A thread that is none of the runtime's (the caller of run() or
// stop()) supervises the stop, so that no stage can hold it up.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include "aimdb/core/database.hpp"

#include "signal_watch.hpp"
#include "stopper_threads.hpp"

namespace aimdb::detail {

/// What the stages' coroutines need. They share it, because they outlive the
/// database where a context of the user's has stopped running them.
struct RunState {
    Sleepers sleepers;
    std::mutex mutex;
    std::condition_variable changed;
    bool stop_requested = false;      // guarded by `mutex`
    std::size_t running_threads = 0;  // guarded by `mutex`
    std::unique_ptr<Declarations> declarations;

    void request_stop() noexcept;
    void stage_done(StageRuntime& stage);
};

/// Threads: thread-safe.
class DatabaseCore {
public:
    DatabaseCore(std::unique_ptr<Declarations> declarations, std::shared_ptr<Clock> clock, Log log);
    ~DatabaseCore();
    DatabaseCore(const DatabaseCore&) = delete;
    DatabaseCore& operator=(const DatabaseCore&) = delete;

    /// The second half of build().
    void open();

    void start_threads(std::size_t threads, bool handle_signals);
    void start_on(const asio::any_io_executor& executor);
    void request_stop() noexcept;
    void wait_for_stop_request();
    StopReport stop(std::chrono::milliseconds deadline);
    void stop_elsewhere(std::chrono::milliseconds deadline,
                        std::function<void(std::exception_ptr, StopReport)> handler);

    [[nodiscard]] RecordInfo describe(const RecordBase& record) const;
    [[nodiscard]] Graph graph() const;

    Declarations* const declarations;  // of state_
    const std::shared_ptr<Clock> clock;
    const Log log;
    const std::shared_ptr<BufferContext> context;
    std::atomic<HistorySource*> history{nullptr};

private:
    enum class Phase : std::uint8_t { built, starting, running, stopping, stopped };
    using Deadline = Module::Deadline;

    void make_stages();
    void begin_start();
    void end_start() noexcept;
    void set_stage_executors(bool strands);
    void start();
    void run_thread(std::size_t number);
    void spawn(StageRuntime& stage);
    static Task supervise(StageRuntime& stage);
    StopReport stop_here(std::chrono::milliseconds deadline);
    [[nodiscard]] bool all_done(const RecordBase& record, bool writers) const;
    void await_stages(const RecordBase& record,
                      bool writers,
                      Deadline deadline,
                      StopReport& report);
    void stop_in_order(Deadline deadline, StopReport& report);
    void end_threads(Deadline deadline, StopReport& report);
    void join_threads();

    Database view_{*this};  // what modules see
    const std::shared_ptr<RunState> state_;
    std::vector<std::uint32_t> order_;  // inputs before outputs
    std::unique_ptr<asio::io_context> io_context_;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
    std::unique_ptr<SignalWatch> signals_;
    bool own_threads_ = false;

    // Guarded by state_->mutex.
    Phase phase_ = Phase::built;
    std::optional<StopReport> report_;

    std::unique_ptr<StopperThreads> stoppers_;  // of stop_elsewhere()
    std::vector<std::thread> threads_;
};

}  // namespace aimdb::detail
