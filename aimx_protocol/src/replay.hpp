// SPDX-License-Identifier: Apache-2.0
//
// History, then live: what a subscription with `since` or `from` is told before
// its live events. Nothing is missing and nothing comes twice at the seam.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aimdb/core/history.hpp"

#include "hub.hpp"
#include "replay_wish.hpp"
#include "served_subscription.hpp"

namespace aimdb::aimx {

/// Runs through the records of a subscription one by one, in pages, as fast as the
/// connection takes them. Its cursors are held meanwhile; where the live log
/// overtakes one, history is read again from there.
///
/// Threads:   thread-confined (the loop).
/// Ownership: of its subscription.
class Replay final : public Waker, public std::enable_shared_from_this<Replay> {
public:
    Replay(Session& session, ServedSubscription& subscription);

    void run(const ReplayWish& wish);
    /// The connection takes more again.
    void wake() override;

private:
    struct Target {
        FeedCursor* cursor = nullptr;
        std::string stored_name;  ///< Empty: the record has no history.
        std::optional<UnixTime> since;
        std::uint64_t after = 0;  ///< Values up to here are not told.
        bool resumes = false;     ///< Values missing since the last one told are holes in `seq`.
        std::uint64_t head = 0;   ///< Live goes on after it.
        std::deque<HistoryGap> gaps;
    };

    void add_target(FeedCursor& cursor, const ReplayWish& wish, std::vector<FeedCursor*>& renewed);
    void begin_live(Target target);
    void next_target();
    void give_way();
    [[nodiscard]] bool tell_retained(Target& target);
    void settle(Target& target);
    void scan_back(Target& target, Cursor after);
    void on_scanned(Target& target, HistoryPage page);
    void read_page(Target& target, Cursor after);
    void on_page(Target& target, HistoryPage page);
    void tell_value(Target& target, std::string_view json, Stamp stamp);
    void tell_gaps(Target& target, std::uint64_t pos);
    void finish_target(Target& target);
    void finish();
    void fail(const std::exception_ptr& error);
    [[nodiscard]] HistoryQuery query_of(const Target& target, Order order, Cursor after) const;
    void ask(HistoryQuery query, void (Replay::*then)(Target&, HistoryPage));

    Session& session_;
    ServedSubscription& subscription_;
    std::vector<Target> targets_;
    std::size_t current_ = 0;
    bool waits_for_room_ = false;
    std::optional<Cursor> next_page_;  // to be read once there is room
};

}  // namespace aimdb::aimx
