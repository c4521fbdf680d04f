// SPDX-License-Identifier: Apache-2.0
#include "query_pool.hpp"

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
            threads_.emplace_back([this, name = "aimdb-read-" + std::to_string(i)] { run(name); });
        }
    } catch (...) {
        stop();  // the system has no thread left: those that run must not outlive us
        throw;
    }
}

QueryPool::~QueryPool() { stop(); }

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

void QueryPool::stop() {
    std::deque<Job> abandoned;
    {
        std::unique_lock lock(mutex_);
        stopping_ = true;
        abandoned.swap(jobs_);
        changed_.notify_all();
        while (running_ > 0) {
            backend_.interrupt_readers();
            changed_.wait_for(lock, interrupt_interval, [this] { return running_ == 0; });
        }
    }
    for (auto& thread : threads_) {
        thread.join();
    }
    threads_.clear();
    for (auto& job : abandoned) {
        if (job.handler) job.handler(refusal(Errc::shutting_down, job.query), {});
    }
}

void QueryPool::run(const std::string& name) {
    name_this_thread(name.c_str());
    std::unique_ptr<BackendReader> reader;
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) {
            return;
        }
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        ++running_;
        lock.unlock();
        if (job.handler) {
            answer(std::move(job), reader);
        } else {
            look_for_oldest(reader);
        }
        lock.lock();
        --running_;
        if (stopping_) changed_.notify_all();
    }
}

void QueryPool::answer(Job job, std::unique_ptr<BackendReader>& reader) {
    HistoryPage page;
    std::exception_ptr error;
    const auto begin = std::chrono::steady_clock::now();
    try {
        page = read(job, reader);
    } catch (...) {
        error = std::current_exception();
        page = {};
    }
    {
        const std::lock_guard lock(mutex_);
        durations_.add(std::chrono::steady_clock::now() - begin);
    }
    job.handler(std::move(error), std::move(page));
}

HistoryPage QueryPool::read(Job& job, std::unique_ptr<BackendReader>& reader) {
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
            return opened(reader).read(job.query);
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

void QueryPool::look_for_oldest(std::unique_ptr<BackendReader>& reader) {
    std::optional<UnixTime> oldest;
    try {
        oldest = opened(reader).oldest();
    } catch (...) {
        return;  // a gauge: the last value stands until the next round
    }
    const std::lock_guard lock(mutex_);
    oldest_ = oldest;
}

BackendReader& QueryPool::opened(std::unique_ptr<BackendReader>& reader) {
    if (!reader) {
        reader = backend_.open_reader();
    }
    return *reader;
}

void QueryPool::fill(PersistenceStats& stats) const {
    const std::lock_guard lock(mutex_);
    stats.query = durations_.stats();
    stats.queries = stats.query.count;
    stats.queries_refused = refused_;
    stats.oldest_row = oldest_;
}

}  // namespace aimdb::detail
