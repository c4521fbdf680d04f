// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "aimdb/core/assert.hpp"

namespace aimdb::detail {

Channel::Channel(Permit limits, std::shared_ptr<const Clock> pace)
    : limits_(limits), pace_(std::move(pace)) {
    AIMDB_ASSERT(limits_.rows > 0 && limits_.bytes > 0);
}

bool Channel::fits(Permit wanted) const noexcept {
    const bool rows = used_.rows + wanted.rows <= limits_.rows || used_.rows == 0;
    const bool bytes = used_.bytes + wanted.bytes <= limits_.bytes || used_.bytes == 0;
    return rows && bytes;
}

bool Channel::try_reserve(Permit wanted) {
    const std::lock_guard lock(room_mutex_);
    if (!waiting_.empty() || !fits(wanted)) {
        return false;
    }
    used_.rows += wanted.rows;
    used_.bytes += wanted.bytes;
    return true;
}

bool Channel::queue_up(RoomTicket& ticket) {
    {
        const std::lock_guard lock(room_mutex_);
        AIMDB_ASSERT(ticket.state == RoomTicket::State::idle && ticket.alarm != nullptr);
        if (waiting_.empty() && fits(ticket.wanted)) {
            used_.rows += ticket.wanted.rows;
            used_.bytes += ticket.wanted.bytes;
            ticket.state = RoomTicket::State::granted;
            return true;
        }
        ticket.state = RoomTicket::State::waiting;
        waiting_.push_back(&ticket);
    }
    poke();
    return false;
}

bool Channel::blocks_stages() const {
    const std::lock_guard lock(room_mutex_);
    return !waiting_.empty();
}

void Channel::take_granted(RoomTicket& ticket) {
    const std::lock_guard lock(room_mutex_);
    AIMDB_ASSERT(ticket.state == RoomTicket::State::granted);
    ticket.state = RoomTicket::State::idle;
}

void Channel::leave(RoomTicket& ticket) {
    RoomTicket::State state{};
    {
        const std::lock_guard lock(room_mutex_);
        state = std::exchange(ticket.state, RoomTicket::State::idle);
        std::erase(waiting_, &ticket);
    }
    // Leaving also lets those behind pass, if it was this ticket that did not fit.
    release(state == RoomTicket::State::granted ? ticket.wanted : Permit{});
}

void Channel::release(Permit permit) { change_used({}, permit); }

// Grants what fits now, first come, first served; rings outside of the lock.
void Channel::change_used(Permit more, Permit less) {
    std::vector<std::shared_ptr<Alarm>> alarms;  // empty, so without allocation, but at the bound
    {
        const std::lock_guard lock(room_mutex_);
        AIMDB_ASSERT(used_.rows + more.rows >= less.rows);
        AIMDB_ASSERT(used_.bytes + more.bytes >= less.bytes);
        used_.rows += more.rows - less.rows;
        used_.bytes += more.bytes - less.bytes;
        while (!waiting_.empty() && fits(waiting_.front()->wanted)) {
            RoomTicket& ticket = *waiting_.front();
            waiting_.pop_front();
            used_.rows += ticket.wanted.rows;
            used_.bytes += ticket.wanted.bytes;
            ticket.state = RoomTicket::State::granted;
            alarms.push_back(ticket.alarm);
        }
    }
    for (const auto& alarm : alarms) {
        alarm->ring();
    }
}

void Channel::append(const Portion& portion, Permit reserved) {
    AIMDB_ASSERT(portion.values <= reserved.rows);
    // First: once the rows are visible the writer may release what they really take.
    change_used({portion.values, portion.bytes.size()}, reserved);
    if (!portion.rows.empty() || !portion.gaps.empty()) {
        const std::lock_guard lock(open_mutex_);
        const bool first = open_ == nullptr || open_->empty();
        copy_into_open(portion);
        if (first) open_->opened_at = pace_->steady();
        if (open_->rows.size() >= batch_rows || open_->gaps.size() >= batch_rows ||
            open_->bytes.size() >= batch_bytes) {
            seal_open();
        } else if (first) {
            poke_locked();
        }
    }
}

void Channel::copy_into_open(const Portion& portion) {
    Batch& batch = open_batch();
    AIMDB_ASSERT(batch.bytes.size() + portion.bytes.size() <=
                 std::numeric_limits<std::uint32_t>::max());
    auto offset = static_cast<std::uint32_t>(batch.bytes.size());
    batch.bytes.append(portion.bytes);
    for (const auto& row : portion.rows) {
        batch.rows.push_back({row.sequence, row.stored_at, portion.record, offset, row.size});
        offset += row.size;
    }
    batch.gaps.insert(batch.gaps.end(), portion.gaps.begin(), portion.gaps.end());
    batch.permit.rows += portion.values;
    batch.permit.bytes += portion.bytes.size();
    rows_in_ += portion.rows.size();
    bytes_in_ += portion.bytes.size();
}

Batch& Channel::open_batch() {
    if (open_ == nullptr) {
        if (free_.empty()) {
            batches_.push_back(std::make_unique<Batch>());
            free_.push_back(batches_.back().get());
        }
        open_ = free_.back();
        free_.pop_back();
    }
    return *open_;
}

void Channel::seal_open() { queue_.push(std::exchange(open_, nullptr)); }

void Channel::poke() {
    const std::lock_guard lock(open_mutex_);
    poke_locked();
}

void Channel::poke_locked() {
    if (!std::exchange(poked_, true)) {
        queue_.push(nullptr);
    }
}

ChannelStats Channel::stats() const {
    ChannelStats stats;
    {
        const std::lock_guard lock(open_mutex_);
        stats.rows_in = rows_in_;
        stats.bytes_in = bytes_in_;
    }
    const std::lock_guard lock(room_mutex_);
    stats.queued = used_;
    stats.blocked_stages = waiting_.size();
    return stats;
}

Batch* Channel::wait(std::optional<std::chrono::nanoseconds> timeout) {
    Batch* batch = nullptr;
    if (!queue_.pop(batch, timeout)) {
        return nullptr;
    }
    if (batch == nullptr) {
        const std::lock_guard lock(open_mutex_);
        poked_ = false;
        return nullptr;
    }
    return batch;
}

// Under the lock, so that no batch can be sealed between the last full one and
// the open one: rows of a record must reach the writer in order.
void Channel::collect(std::vector<Batch*>& group, Permit limit, bool with_open) {
    std::size_t rows = 0;
    std::size_t bytes = 0;
    const auto add = [&](const Batch* batch) {
        rows += batch->rows.size() + batch->gaps.size();
        bytes += batch->bytes.size();
    };
    std::for_each(group.begin(), group.end(), add);

    const std::lock_guard lock(open_mutex_);
    Batch* batch = nullptr;
    while (rows < limit.rows && bytes < limit.bytes) {
        if (!queue_.try_pop(batch)) {
            if (with_open && open_ != nullptr && !open_->empty()) {
                group.push_back(std::exchange(open_, nullptr));
            }
            return;
        }
        if (batch == nullptr) {
            poked_ = false;
            continue;
        }
        group.push_back(batch);
        add(batch);
    }
}

std::optional<std::chrono::nanoseconds> Channel::open_since() const {
    const std::lock_guard lock(open_mutex_);
    if (open_ == nullptr || open_->empty()) {
        return std::nullopt;
    }
    return open_->opened_at;
}

void Channel::recycle(std::span<Batch* const> batches) {
    for (Batch* batch : batches) {
        batch->rows.clear();
        batch->gaps.clear();
        batch->bytes.clear();
        if (batch->bytes.capacity() > 4 * batch_bytes) {
            batch->bytes.shrink_to_fit();  // once large values came through here
        }
        batch->permit = {};
        batch->handed_over.store(false, std::memory_order_relaxed);  // the lock publishes it
    }
    const std::lock_guard lock(open_mutex_);
    free_.insert(free_.end(), batches.begin(), batches.end());
}

}  // namespace aimdb::detail
