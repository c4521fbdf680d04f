// SPDX-License-Identifier: Apache-2.0
#include "writer.hpp"

#include <algorithm>
#include <utility>

#include "aimdb/core/detail/exception_text.hpp"

#include "thread_setup.hpp"

namespace aimdb::detail {
namespace {

/// Housekeeping between two groups at least, and when there is nothing else to do.
constexpr std::chrono::milliseconds housekeeping_least{5};

}  // namespace

Writer::Writer(const WriterParts& parts, WriterOptions options)
    : parts_(parts),
      options_(std::move(options)),
      stop_(
          std::make_shared<StopSignal>(parts.pace, [&channel = parts.channel] { channel.poke(); })),
      committer_(parts.backend, parts.roster, parts.pace, *stop_, parts.health),
      retention_(parts.roster, parts.clock, options_.retention) {
    committer_.reserve();  // now: values may be produced before the start
}

Writer::~Writer() {
    committer_.give_up_rest();
    stop_->set_deadline(std::chrono::nanoseconds::zero());
    stop_->request_stop();
    if (thread_.joinable()) {
        thread_.join();
    }
    stop_->disconnect();
}

void Writer::start() {
    const SignalsBlocked blocked;  // inherited: no handler of the program runs on our thread
    ended_ = false;
    thread_ = std::thread([this] { run(); });
}

bool Writer::wait_ended(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(end_mutex_);
    return end_changed_.wait_until(lock, deadline, [this] { return ended_; });
}

void Writer::when_settled(PersistedRecord& record,
                          RecordAccount::Question question,
                          std::uint64_t sequence,
                          HistorySource::SettledHandler handler) {
    committer_.add_waiter();  // first: settle() takes one away for each it finds
    auto known = record.account.wait(question, sequence, std::move(handler));
    if (known) {
        committer_.remove_waiter();
        known->handler(std::move(known->error));
    } else {
        parts_.channel.poke();
    }
}

void Writer::run() {
    name_this_thread("aimdb-writer");
    while (gather()) {
        const auto took = committer_.write(group_);
        finish_group();
        const auto share = std::max<std::chrono::nanoseconds>(housekeeping_least, took / 2);
        keep_house(committer_.awaited() ? std::chrono::nanoseconds::zero() : share);
    }
    complete_ = committer_.record_given_up();
    parts_.health.check_burst(true);
    const std::lock_guard lock(end_mutex_);
    ended_ = true;
    end_changed_.notify_all();
}

// Fills `group_`. False: there is nothing left and nothing will come.
bool Writer::gather() {
    for (;;) {
        parts_.channel.collect(group_, options_.group_limit, false);
        const bool stopping = stop_->stopping();
        const auto closing = closing_time();
        const bool due = closing && parts_.pace->steady() >= *closing;
        if (stopping || due || committer_.awaited() || parts_.channel.blocks_stages()) {
            parts_.channel.collect(group_, options_.group_limit, true);
            if (!group_.empty()) return true;
            if (stopping) return false;
            if (stop_->stopping()) continue;  // looking there may have taken its wake-up
        } else if (group_full()) {
            return true;
        }
        if (group_.empty() && housekeeping_due()) {
            keep_house(housekeeping_least);
        } else {
            wait_for_work();
        }
    }
}

bool Writer::group_full() const noexcept {
    Permit size;
    for (const Batch* batch : group_) {
        size.rows += batch->rows.size() + batch->gaps.size();
        size.bytes += batch->bytes.size();
    }
    return size.rows >= options_.group_limit.rows || size.bytes >= options_.group_limit.bytes;
}

std::optional<std::chrono::nanoseconds> Writer::closing_time() const {
    if (!group_.empty()) {
        return group_.front()->opened_at + options_.group_delay;
    }
    const auto since = parts_.channel.open_since();
    return since ? std::optional(*since + options_.group_delay) : std::nullopt;
}

void Writer::wait_for_work() {
    // With a group begun, housekeeping comes after its commit.
    const auto closing = closing_time();
    auto next = closing ? *closing : retention_.next_round();
    if (group_.empty()) {
        next = std::min(next, retention_.next_round());
    }
    Batch* const batch = parts_.channel.wait(stop_->time_until(next));
    if (batch != nullptr) {
        group_.push_back(batch);
    }
}

bool Writer::housekeeping_due() const {
    return more_maintenance_ || retention_.due(parts_.pace->steady());
}

// At least one step, so that it gets on also under full load.
void Writer::keep_house(std::chrono::nanoseconds budget) {
    const auto begin = parts_.pace->steady();
    do {
        maintain();
        if (retention_.due(parts_.pace->steady())) sweep();
    } while (housekeeping_due() && parts_.pace->steady() - begin < budget && !stop_->stopping());
    parts_.health.check_burst();
}

void Writer::maintain() {
    try {
        more_maintenance_ = false;
        more_maintenance_ = parts_.backend.maintain();
        parts_.health.set_ok(HealthBoard::Part::upkeep);
    } catch (...) {
        parts_.health.set(HealthBoard::Part::upkeep, HealthState::degraded, exception_text());
    }
}

// Well again only after a whole round: of some records it may work, of others not.
void Writer::sweep() {
    const std::uint64_t rounds = retention_.rounds();
    try {
        const auto slice = retention_.run(parts_.backend, parts_.pace->steady());
        rows_purged_.fetch_add(slice.rows, std::memory_order_relaxed);
        gaps_purged_.fetch_add(slice.gaps, std::memory_order_relaxed);
        if (retention_.rounds() == rounds) return;
        parts_.health.set_ok(HealthBoard::Part::retention);
        if (options_.after_round) options_.after_round();
    } catch (...) {
        parts_.health.set(HealthBoard::Part::retention, HealthState::degraded, exception_text());
    }
}

void Writer::finish_group() {
    Permit permit;
    for (const Batch* batch : group_) {
        permit.rows += batch->permit.rows;
        permit.bytes += batch->permit.bytes;
    }
    parts_.channel.recycle(group_);
    group_.clear();
    parts_.channel.release(permit);
}

void Writer::fill(PersistenceStats& stats) const {
    committer_.fill(stats);
    stats.rows_purged = rows_purged_.load(std::memory_order_relaxed);
    stats.gaps_purged = gaps_purged_.load(std::memory_order_relaxed);
}

}  // namespace aimdb::detail
