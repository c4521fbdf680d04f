// SPDX-License-Identifier: Apache-2.0
#include "query_pool.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "aimdb/core/error.hpp"

#include "thread_setup.hpp"

namespace aimdb::detail {
namespace {

/// A read that began just as it was interrupted is interrupted again.
constexpr std::chrono::milliseconds interrupt_interval{10};

/// A read that the store interrupts to let its log shrink is made so often at most.
constexpr int read_attempts = 3;

std::exception_ptr refusal(Errc code, const HistoryQuery& query) {
    return std::make_exception_ptr(Error(code, "query '" + query.pattern + "'"));
}

/// Notices whether anything was handed on, which a second read would hand on again.
class WatchedSink final : public HistorySink {
public:
    explicit WatchedSink(std::shared_ptr<HistorySink> target) : target_(std::move(target)) {}
    [[nodiscard]] bool take(const HistoryRowView& row) override {
        used_ = true;
        return target_->take(row);
    }
    [[nodiscard]] bool take(const HistoryGap& gap) override {
        used_ = true;
        return target_->take(gap);
    }
    [[nodiscard]] bool used() const noexcept { return used_; }

private:
    const std::shared_ptr<HistorySink> target_;
    bool used_ = false;
};

}  // namespace

QueryPool::QueryPool(Backend& backend, std::size_t threads, std::size_t queue_limit)
    : backend_(backend), queue_limit_(queue_limit) {
    const SignalsBlocked blocked;
    try {
        for (std::size_t i = 0; i < threads; ++i) {
            Worker& worker = workers_.emplace_back();
            worker.thread = std::thread(
                [this, &worker, name = "aimdb-read-" + std::to_string(i)] { run(worker, name); });
        }
    } catch (...) {
        static_cast<void>(stop(SteadyTime::max()));  // no thread left: those that run go first
        throw;
    }
}

QueryPool::~QueryPool() { static_cast<void>(stop(SteadyTime::max())); }

void QueryPool::query(HistoryQuery query, HistorySource::QueryHandler handler) {
    Errc refused{};
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_ && jobs_.size() < queue_limit_) {
            jobs_.push_back(
                {std::move(query), std::move(handler), std::chrono::steady_clock::now()});
            changed_.notify_one();
            return;
        }
        refused = stopping_ ? Errc::shutting_down : Errc::limit_exceeded;
        ++refused_;
    }
    handler(refusal(refused, query), {});
}

void QueryPool::refresh_oldest() {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && jobs_.size() < queue_limit_) {
        jobs_.push_back({});
        changed_.notify_one();
    }
}

void QueryPool::refuse_waiting() {
    std::deque<Job> abandoned;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        abandoned.swap(jobs_);
        changed_.notify_all();
    }
    for (auto& job : abandoned) {
        if (job.handler) job.handler(refusal(Errc::shutting_down, job.query), {});
    }
}

bool QueryPool::stop(SteadyTime deadline) {
    refuse_waiting();
    {
        std::unique_lock lock(mutex_);
        while (running_ > 0) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= deadline) {
                close_idle_readers();
                return false;
            }
            backend_.interrupt_readers();
            changed_.wait_until(lock, std::min(deadline, now + interrupt_interval),
                                [this] { return running_ == 0; });
        }
    }
    for (Worker& worker : workers_) {
        if (worker.thread.joinable()) worker.thread.join();
        worker.reader.reset();
    }
    return true;
}

void QueryPool::close_idle_readers() {
    for (Worker& worker : workers_) {
        if (!worker.reading) worker.reader.reset();
    }
}

bool QueryPool::reads() const {
    const std::lock_guard lock(mutex_);
    return std::any_of(workers_.begin(), workers_.end(),
                       [](const Worker& worker) { return worker.reading; });
}

void QueryPool::run(Worker& worker, const std::string& name) {
    name_this_thread(name.c_str());
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) {
            return;
        }
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        ++running_;
        worker.reading = true;
        lock.unlock();
        if (job.handler) {
            answer(std::move(job), worker);
        } else {
            look_for_oldest(worker);
        }
        lock.lock();
        --running_;
        if (stopping_) changed_.notify_all();
    }
}

void QueryPool::answer(Job job, Worker& worker) {
    HistoryPage page;
    std::exception_ptr error;
    const auto begin = std::chrono::steady_clock::now();
    try {
        page = read(job, worker);
    } catch (...) {
        error = std::current_exception();
        page = {};
    }
    {
        const std::lock_guard lock(mutex_);
        worker.reading = false;
        durations_.add(std::chrono::steady_clock::now() - begin);
    }
    job.handler(std::move(error), std::move(page));
}

HistoryPage QueryPool::read(Job& job, Worker& worker) {
    HistoryOptions& options = job.query.options;
    const std::chrono::milliseconds limit = options.time_limit;
    const auto sink = job.query.sink ? std::make_shared<WatchedSink>(job.query.sink) : nullptr;
    job.query.sink = sink;
    for (int attempt = 1;; ++attempt) {
        options.time_limit = limit - std::chrono::duration_cast<std::chrono::milliseconds>(
                                         std::chrono::steady_clock::now() - job.asked);
        if (options.time_limit <= std::chrono::milliseconds::zero()) {
            throw Error(Errc::timed_out, "query '" + job.query.pattern + "'");
        }
        try {
            return opened(worker).read(job.query);
        } catch (const Error& error) {
            const bool interrupted = error.code() == Errc::storage_unavailable && !stopping();
            if (!interrupted || attempt == read_attempts || (sink && sink->used())) {
                throw;
            }
        }
    }
}

bool QueryPool::stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

// A gauge: where it cannot be read, the last value stands until the next round.
void QueryPool::look_for_oldest(Worker& worker) {
    std::optional<UnixTime> oldest;
    bool known = false;
    try {
        oldest = opened(worker).oldest();
        known = true;
    } catch (...) {
    }
    const std::lock_guard lock(mutex_);
    worker.reading = false;
    if (known) oldest_ = oldest;
}

BackendReader& QueryPool::opened(Worker& worker) {
    if (!worker.reader) {
        worker.reader = backend_.open_reader();
    }
    return *worker.reader;
}

void QueryPool::fill(PersistenceStats& stats) const {
    const std::lock_guard lock(mutex_);
    stats.query = durations_.stats();
    stats.queries = stats.query.count;
    stats.queries_refused = refused_;
    stats.oldest_row = oldest_;
}

}  // namespace aimdb::detail
