// SPDX-License-Identifier: Apache-2.0
//
// What a subscription tells, and the bounded queue between the client's thread
// and whoever receives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "aimdb/core/detail/wakeup.hpp"
#include "aimdb/core/history.hpp"
#include "aimdb/core/time.hpp"

namespace aimdb::aimx {

enum class UpdateKind : std::uint8_t {
    event,        ///< A new value.
    snapshot,     ///< The value a record had when the subscription was opened.
    live,         ///< History has been told; what follows is new.
    gap,          ///< Values that are known to be missing; see `gap`.
    interrupted,  ///< Connected again, but the server could not go on where it was left:
                  ///< values in between may be missing that nobody counted.
    ended,        ///< The last one: the subscription is over; `reason` says why.
};

/// One step of a subscription.
struct Update {
    UpdateKind kind = UpdateKind::event;
    bool from_history = false;
    std::string topic;          ///< Record key.
    std::string value;          ///< JSON text, of an event or a snapshot.
    std::uint64_t seq = 0;      ///< Per connection and subscription, from 1.
    std::uint64_t skipped = 0;  ///< Updates lost just before this one, on any side.
    std::uint64_t merged = 0;   ///< With `every`: values it stands for beside itself.
    // From aimdb servers:
    std::uint64_t pos = 0;       ///< The record's own sequence; 0: not said.
    std::string epoch;           ///< Positions of different epochs mean nothing to each other.
    std::optional<UnixTime> at;  ///< Time of the produce.
    std::optional<HistoryGap> gap;
    std::string reason;

    [[nodiscard]] bool has_value() const noexcept {
        return kind == UpdateKind::event || kind == UpdateKind::snapshot;
    }
};

/// Holds what has come and not been received yet.
///
/// Threads: push() and close() by the client's thread, the rest
///          by the one receiver; all at the same time.
/// Limits:  `limit` values and gaps; then the oldest goes and is counted as skipped.
///          Between two of them each mark (interrupted, live) stands once at most.
class UpdateQueue {
public:
    explicit UpdateQueue(std::size_t limit);

    /// False, and nothing happens: full, and `may_refuse`. The receiver then calls
    /// what on_room() was given once half of the queue is free.
    bool push(Update& update, bool may_refuse);
    /// Before the first push.
    void on_room(std::function<void()> callback) { on_room_ = std::move(callback); }
    /// No more comes. What is there can still be received.
    void close();
    /// The same, and what is there is dropped.
    void abandon();

    [[nodiscard]] std::optional<Update> try_take();
    /// Closed, and everything has been received.
    [[nodiscard]] bool finished() const;
    /// True: the wakeup will be fired. False: there is no need to wait.
    [[nodiscard]] bool begin_wait();
    [[nodiscard]] aimdb::detail::Wakeup& wakeup() noexcept { return *wakeup_; }

private:
    void drop_oldest();
    void drop_equal_mark(UpdateKind kind);
    void wake(std::unique_lock<std::mutex>& lock);

    const std::size_t limit_;
    const std::shared_ptr<aimdb::detail::Wakeup> wakeup_ =
        std::make_shared<aimdb::detail::Wakeup>();
    std::function<void()> on_room_;

    mutable std::mutex mutex_;
    std::deque<Update> updates_;
    std::size_t values_ = 0;     // of updates_: those that count
    std::uint64_t dropped_ = 0;  // since the last value that is still there
    bool refused_ = false;
    bool waiting_ = false;
    bool closed_ = false;
};

}  // namespace aimdb::aimx
