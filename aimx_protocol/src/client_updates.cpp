// SPDX-License-Identifier: Apache-2.0
#include "aimdb/aimx_protocol/detail/client_updates.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace aimdb::aimx {
namespace {

// A gap counts too, as there may be many of them; the marks between are coalesced.
bool counts(const Update& update) noexcept {
    return update.has_value() || update.kind == UpdateKind::gap;
}

}  // namespace

UpdateQueue::UpdateQueue(std::size_t limit) : limit_(std::max<std::size_t>(1, limit)) {}

bool UpdateQueue::push(Update& update, bool may_refuse) {
    std::unique_lock lock(mutex_);
    if (closed_) {
        return true;
    }
    if (counts(update)) {
        if (values_ == limit_) {
            if (may_refuse) {
                refused_ = true;
                return false;
            }
            drop_oldest();
        }
        ++values_;
    } else {
        drop_equal_mark(update.kind);
    }
    updates_.push_back(std::move(update));
    wake(lock);
    return true;
}

// What it stood for is counted as skipped by the value behind it.
void UpdateQueue::drop_oldest() {
    const auto oldest = std::find_if(updates_.begin(), updates_.end(), counts);
    const std::uint64_t lost = oldest->skipped + (oldest->has_value() ? 1 : 0);
    const auto behind = updates_.erase(oldest);
    --values_;
    const auto heir = std::find_if(behind, updates_.end(),
                                   [](const Update& update) { return update.has_value(); });
    if (heir != updates_.end()) {
        heir->skipped += lost;
    } else {
        dropped_ += lost;
    }
}

// A server that comes and goes while nobody receives must not fill the memory.
void UpdateQueue::drop_equal_mark(UpdateKind kind) {
    for (auto mark = updates_.end(); mark != updates_.begin() && !counts(*std::prev(mark));) {
        if ((--mark)->kind == kind) {
            updates_.erase(mark);
            return;
        }
    }
}

void UpdateQueue::wake(std::unique_lock<std::mutex>& lock) {
    if (dropped_ != 0 && !updates_.empty() && updates_.back().has_value()) {
        updates_.back().skipped += std::exchange(dropped_, 0);
    }
    const bool waiting = std::exchange(waiting_, false);
    lock.unlock();
    if (waiting) {
        wakeup_->fire();
    }
}

void UpdateQueue::close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    wake(lock);
}

void UpdateQueue::abandon() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    updates_.clear();
    values_ = 0;
    wake(lock);
}

std::optional<Update> UpdateQueue::try_take() {
    std::optional<Update> update;
    bool room = false;
    {
        const std::lock_guard lock(mutex_);
        if (updates_.empty()) {
            return update;
        }
        update.emplace(std::move(updates_.front()));
        updates_.pop_front();
        if (counts(*update)) {
            --values_;
        }
        room = refused_ && values_ <= limit_ / 2;
        refused_ = refused_ && !room;
    }
    if (room && on_room_) {
        on_room_();
    }
    return update;
}

bool UpdateQueue::finished() const {
    const std::lock_guard lock(mutex_);
    return closed_ && updates_.empty();
}

bool UpdateQueue::begin_wait() {
    const std::lock_guard lock(mutex_);
    waiting_ = updates_.empty() && !closed_;
    return waiting_;
}

}  // namespace aimdb::aimx
