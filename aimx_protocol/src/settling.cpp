// SPDX-License-Identifier: Apache-2.0
#include "settling.hpp"

#include <algorithm>
#include <utility>

#include <asio/post.hpp>

namespace aimdb::aimx {

void Settling::wait(HistorySource& history,
                    std::uint64_t pos,
                    std::weak_ptr<void> alive,
                    Then then) {
    forget_gone();
    waiters_.push_back({pos, std::move(alive), std::move(then)});
    if (!asked_) {
        ask(history, pos);
    }
}

void Settling::ask(HistorySource& history, std::uint64_t pos) {
    history.when_settled(
        key_, pos,
        [loop = loop_, weak = weak_from_this(), &history, pos](std::exception_ptr error) {
            asio::post(*loop, [weak, &history, pos, error = std::move(error)] {
                if (const auto self = weak.lock()) {
                    self->on_settled(history, pos, error);
                }
            });
        });
    asked_ = true;
}

// Those who wait for what was produced since then go on waiting, by one new question.
void Settling::on_settled(HistorySource& history,
                          std::uint64_t pos,
                          const std::exception_ptr& error) {
    asked_ = false;
    const auto done =
        std::stable_partition(waiters_.begin(), waiters_.end(),
                              [&](const Waiter& waiter) { return !error && waiter.pos > pos; });
    const std::vector<Waiter> ready(std::make_move_iterator(done),
                                    std::make_move_iterator(waiters_.end()));
    waiters_.erase(done, waiters_.end());
    looked_at_ = 0;
    forget_gone();
    std::uint64_t next = 0;
    for (const Waiter& waiter : waiters_) {
        next = std::max(next, waiter.pos);
    }
    if (next > 0) {
        ask(history, next);
    }
    for (const Waiter& waiter : ready) {
        if (const auto held = waiter.alive.lock()) {
            waiter.then(error);
        }
    }
}

// At the price of a look at each when there are twice as many.
void Settling::forget_gone() {
    if (waiters_.size() < 2 * looked_at_) {
        return;
    }
    std::erase_if(waiters_, [](const Waiter& waiter) { return waiter.alive.expired(); });
    looked_at_ = std::max<std::size_t>(waiters_.size(), 8);
}

}  // namespace aimdb::aimx
