// SPDX-License-Identifier: Apache-2.0
//
// Who waits for a record to be settled. History is asked by one of them for all: a question
// cannot be taken back, and while the store takes nothing there may be any number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include "aimdb/core/history.hpp"

namespace aimdb::aimx {

/// Threads:   thread-confined (the loop), which outlives it.
/// Ownership: shared, so that answers of history find out that it is gone.
class Settling final : public std::enable_shared_from_this<Settling> {
public:
    using Then = std::function<void(std::exception_ptr)>;

    Settling(std::shared_ptr<asio::io_context> loop, std::string key)
        : loop_(std::move(loop)), key_(std::move(key)) {}

    /// Calls `then` on the loop once the record is settled up to `pos`, unless `alive` is
    /// gone. `history` outlives this.
    void wait(HistorySource& history, std::uint64_t pos, std::weak_ptr<void> alive, Then then);

private:
    struct Waiter {
        std::uint64_t pos;
        std::weak_ptr<void> alive;
        Then then;
    };

    void ask(HistorySource& history, std::uint64_t pos);
    void on_settled(HistorySource& history, std::uint64_t pos, const std::exception_ptr& error);
    void forget_gone();

    const std::shared_ptr<asio::io_context> loop_;
    const std::string key_;
    std::vector<Waiter> waiters_;
    std::size_t looked_at_ = 0;  // waiters there were when those gone were last forgotten
    bool asked_ = false;         // the answer is to come
};

}  // namespace aimdb::aimx
