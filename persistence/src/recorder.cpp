// SPDX-License-Identifier: Apache-2.0
#include "aimdb/persistence/detail/recorder.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "channel.hpp"
#include "persisted_record.hpp"

namespace aimdb::detail {

void Recorder::connect(PersistedRecord& record,
                       std::uint32_t index,
                       Channel* channel,
                       std::size_t value_limit) {
    account_ = &record.account;
    channel_ = channel;
    index_ = index;
    value_limit_ = value_limit;
}

void Recorder::disconnect() noexcept {
    account_ = nullptr;
    channel_ = nullptr;
}

Permit Recorder::wish(std::uint64_t values) const noexcept {
    if (value_bytes_ == 0) {
        return {1, step_bytes};  // nothing is known of this record's values yet
    }
    const std::size_t fitting = std::max<std::size_t>(step_bytes / value_bytes_, 1);
    const std::size_t rows = std::min<std::uint64_t>(values, fitting);
    return {rows, rows * value_bytes_};
}

bool Recorder::try_reserve(Permit wanted) { return channel_->try_reserve(wanted); }
bool Recorder::queue_up(RoomTicket& ticket) { return channel_->queue_up(ticket); }
void Recorder::take_granted(RoomTicket& ticket) { channel_->take_granted(ticket); }

void Recorder::leave(RoomTicket& ticket) {
    if (channel_ != nullptr) {
        channel_->leave(ticket);
    }
}

void Recorder::hand_over(Portion portion, std::size_t largest_bytes, Permit reserved) {
    // Grows at once, shrinks slowly: large values often come in turns with small ones.
    value_bytes_ = std::max({largest_bytes, value_bytes_ - value_bytes_ / 8, std::size_t{64}});
    portion.record = index_;
    channel_->append(portion, reserved);
}

void Recorder::discard(std::uint64_t values,
                       std::span<const MissingRange> missing,
                       std::uint64_t last_sequence) {
    std::vector<SettledWaiter> done;
    account_->miss(GapCause::store_unavailable, values);
    RecordAccount::Settlement settlement;
    settlement.next_sequence = last_sequence + 1;
    settlement.missing = missing;
    account_->settle(settlement, done);
    for (auto& waiter : done) {
        waiter.handler(std::move(waiter.error));
    }
}

}  // namespace aimdb::detail
