// SPDX-License-Identifier: Apache-2.0
#include "guarded_time.hpp"

#include <algorithm>

namespace aimdb::detail {
namespace {

std::chrono::milliseconds lead_of(UnixTime wall, std::chrono::nanoseconds steady) {
    return wall.time_since_epoch() - std::chrono::floor<std::chrono::milliseconds>(steady);
}

}  // namespace

GuardedTime::GuardedTime(const Clock& clock, UnixTime newest_stored)
    : clock_(clock), wall_(clock.now()), steady_(clock.steady()), lead_(lead_of(wall_, steady_)) {
    if (newest_stored != UnixTime{} && wall_ - newest_stored > longest_pause) {
        add_jump(wall_ - newest_stored);
    }
}

void GuardedTime::look() {
    wall_ = clock_.now();
    steady_ = clock_.steady();
    const std::chrono::milliseconds ahead = lead_of(wall_, steady_) - lead_;
    if (ahead > slack) {
        add_jump(ahead);
        lead_ += ahead;
    } else if (ahead < std::chrono::milliseconds(0)) {
        take_back(-ahead);
        lead_ += ahead;
    }
}

UnixTime GuardedTime::for_age(std::chrono::milliseconds age) const noexcept {
    UnixTime believed = wall_;
    const auto is_recent = [&](const Jump& jump) {  // in milliseconds: an age may be their greatest
        return std::chrono::floor<std::chrono::milliseconds>(steady_ - jump.seen_at) < age;
    };
    for (auto jump = jumps_.rbegin(); jump != jumps_.rend() && is_recent(*jump); ++jump) {
        believed -= jump->size;
    }
    return believed;
}

void GuardedTime::add_jump(std::chrono::milliseconds size) {
    if (jumps_.size() == jumps_limit) {
        jumps_[1].size += jumps_[0].size;
        jumps_.pop_front();
    }
    jumps_.push_back({steady_, size});
}

// A clock that goes back corrects the jumps it made before, the newest first.
void GuardedTime::take_back(std::chrono::milliseconds size) {
    while (!jumps_.empty() && size > std::chrono::milliseconds(0)) {
        const std::chrono::milliseconds part = std::min(size, jumps_.back().size);
        jumps_.back().size -= part;
        size -= part;
        if (jumps_.back().size == std::chrono::milliseconds(0)) {
            jumps_.pop_back();
        }
    }
}

}  // namespace aimdb::detail
