// SPDX-License-Identifier: Apache-2.0
#include "database_core.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/strand.hpp>

#include "aimdb/core/detail/exception_text.hpp"

#include "run_logged.hpp"
#include "thread_name.hpp"

namespace aimdb::detail {
namespace {

constexpr std::chrono::milliseconds restart_delay_limit{10'000};

asio::any_io_executor strand_of(const asio::any_io_executor& executor) {
    using IoExecutor = asio::io_context::executor_type;
    if (const auto* io = executor_target<IoExecutor>(executor)) {
        return asio::make_strand(*io);  // which Wakeup knows
    }
    const bool is_one = executor_target<asio::strand<IoExecutor>>(executor) != nullptr;
    return is_one ? executor : asio::make_strand(executor);
}

template <typename F>
class Finally {
public:
    explicit Finally(F last) : last_(std::move(last)) {}
    ~Finally() { last_(); }
    Finally(const Finally&) = delete;
    Finally& operator=(const Finally&) = delete;

private:
    F last_;
};

void set_state(StageRuntime& stage, StageState state) {
    const std::lock_guard lock(stage.mutex);
    stage.info.state = state;
}

void note_failure(StageRuntime& stage, const std::string& message, StageState state) {
    {
        const std::lock_guard lock(stage.mutex);
        ++stage.info.failures;
        stage.info.last_error = message;
        stage.info.state = state;
    }
    const std::string outcome = state == StageState::failed ? "; left failed" : "; restarting";
    stage.environment.log.error("stage failed: " + message + outcome);
}

}  // namespace

DatabaseCore::DatabaseCore(std::unique_ptr<Declarations> all,
                           std::shared_ptr<Clock> used_clock,
                           Log used_log)
    : declarations(all.get()),
      clock(std::move(used_clock)),
      log(std::move(used_log)),
      context(std::make_shared<BufferContext>()),
      state_(std::make_shared<RunState>()),
      order_(declarations->topological_order()),
      io_context_(std::make_unique<asio::io_context>()),
      stoppers_(std::make_unique<StopperThreads>(log)) {
    state_->declarations = std::move(all);
    context->clock = clock;
    context->executor = io_context_->get_executor();
    for (const auto& record : declarations->records()) {
        record->create_buffer(record->index, context);
    }
}

DatabaseCore::~DatabaseCore() {
    stop_here(default_stop_deadline);
    stoppers_.reset();
    join_threads();
    for (const auto& record : declarations->records()) {
        record->core().await_wakes();
    }
    if (own_threads_) {
        set_stage_executors(false);  // a strand must not outlive its context
    }
    // Suspended coroutines die with the context, while records still exist.
    io_context_.reset();
}

void DatabaseCore::open() {
    for (Module* module : declarations->modules()) {
        module->open(view_);
    }
    make_stages();
}

void DatabaseCore::make_stages() {
    for (const auto& record : declarations->records()) {
        constexpr auto kinds = static_cast<std::size_t>(StageKind::link_out) + 1;
        std::array<std::size_t, kinds> next_index{};
        for (StageDeclaration& declared : record->stages) {
            auto stage = std::make_unique<StageRuntime>();
            const std::size_t index = next_index[static_cast<std::size_t>(declared.kind)]++;
            stage->info.kind = declared.kind;
            stage->info.index = index;
            stage->info.name = !declared.name.empty() ? declared.name
                                                      : std::string(to_string(declared.kind)) +
                                                            "[" + std::to_string(index) + "]";
            stage->on_failure = record->on_failure;
            stage->environment = {clock,
                                  context->executor,
                                  log.about(record->key, stage->info.name),
                                  &state_->sleepers,
                                  [state = state_.get()] { state->request_stop(); },
                                  &stage->timings};
            stage->body = declared.make(*declarations);
            declared.make = nullptr;  // what it captured now lives in the body
            record->running.push_back(std::move(stage));
        }
    }
}

void DatabaseCore::start_threads(std::size_t threads, bool handle_signals) {
    AIMDB_ASSERT(threads >= 1);
    begin_start();
    const Finally end([this] { end_start(); });
    own_threads_ = true;
    if (handle_signals) {
        signals_ = std::make_unique<SignalWatch>([this] { request_stop(); });
    }
    set_stage_executors(threads > 1);
    start();
    work_.emplace(io_context_->get_executor());
    for (std::size_t i = 0; i < threads; ++i) {
        {
            const std::lock_guard lock(state_->mutex);
            ++state_->running_threads;
        }
        threads_.emplace_back([this, i] { run_thread(i); });
    }
}

void DatabaseCore::run_thread(std::size_t number) {
    name_this_thread("aimdb-io-" + std::to_string(number));
    run_logged(*io_context_, log);
    const std::lock_guard lock(state_->mutex);
    --state_->running_threads;
    state_->changed.notify_all();
}

void DatabaseCore::start_on(const asio::any_io_executor& executor) {
    begin_start();
    const Finally end([this] { end_start(); });
    context->executor = executor;
    set_stage_executors(true);  // an executor does not tell how many threads run it
    start();
}

// On strands what a stage does at once, as in `co_await (in.recv() || timer)`, is never
// on two threads: cancelling a wait that another thread is about to begin is a race.
void DatabaseCore::set_stage_executors(bool strands) {
    for (const auto& record : declarations->records()) {
        for (const auto& stage : record->running) {
            const bool on_strand = strands && stage->body->runs_users_coroutine();
            stage->environment.executor =
                on_strand ? strand_of(context->executor) : context->executor;
        }
    }
}

void DatabaseCore::begin_start() {
    const std::lock_guard lock(state_->mutex);
    if (phase_ != Phase::built) {
        throw Error(Errc::shutting_down, "start database: it runs once and was started before");
    }
    phase_ = Phase::starting;
}

// Also when the start failed: a stop, which waits for this, undoes what was begun.
void DatabaseCore::end_start() noexcept {
    const std::lock_guard lock(state_->mutex);
    phase_ = Phase::running;
    state_->changed.notify_all();
}

void DatabaseCore::start() {
    for (Module* module : declarations->modules()) {
        module->start(view_);
    }
    // Readers exist since build(); sinks run before what feeds them.
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
        const RecordBase& record = *declarations->records()[*it];
        for (const bool writers : {false, true}) {
            for (const auto& stage : record.running) {
                if (writes(stage->info.kind) == writers) {
                    spawn(*stage);
                }
            }
        }
    }
}

void DatabaseCore::spawn(StageRuntime& stage) {
    {
        const std::lock_guard lock(state_->mutex);
        stage.done = false;
    }
    set_state(stage, StageState::running);
    asio::co_spawn(stage.environment.executor, supervise(stage),
                   [state = state_, &stage](std::exception_ptr failure) {
                       if (failure) {  // only the supervision itself can throw here
                           note_failure(stage, exception_text(failure), StageState::failed);
                       }
                       state->stage_done(stage);
                   });
}

Task DatabaseCore::supervise(StageRuntime& stage) {
    const Context stage_context(stage.environment);
    std::chrono::milliseconds delay = stage.on_failure.delay;
    for (std::uint32_t failures = 0;; ++failures) {
        std::exception_ptr failure;
        try {
            co_await stage.body->run(stage_context);
            set_state(stage, StageState::ended);
            co_return;
        } catch (...) {
            failure = std::current_exception();
        }
        const bool again = failures < stage.on_failure.restarts;
        note_failure(stage, exception_text(failure),
                     again ? StageState::restarting : StageState::failed);
        if (!again) {
            co_return;
        }
        // A stop ends the sleep: what reads still has to drain what is there.
        const bool going_on = co_await stage_context.sleep(delay);
        if (!going_on && brings_in(stage.info.kind)) {
            set_state(stage, StageState::failed);
            co_return;
        }
        delay = std::min(delay * 2, restart_delay_limit);
        set_state(stage, StageState::running);
    }
}

void RunState::stage_done(StageRuntime& stage) {
    // Its readers go, so that a failed stage holds nobody back for room.
    stage.body.reset();
    const std::lock_guard lock(mutex);
    stage.done = true;
    changed.notify_all();
}

}  // namespace aimdb::detail
