// SPDX-License-Identifier: Apache-2.0
//
// History, then live: what a subscription with `since` or `from` is told before
// its live events. Nothing is missing and nothing comes twice at the seam.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aimdb/core/history.hpp"

#include "burst.hpp"
#include "hub.hpp"
#include "replay_wish.hpp"
#include "served_subscription.hpp"

namespace aimdb::aimx {

/// When a read is asked for again that history had no time or no place for.
inline constexpr std::chrono::milliseconds busy_pause{50};
/// Reads of one page that fail because the store cannot be read just now, as when it
/// interrupts readers so that its log can shrink; the next one ends the subscription.
inline constexpr int unavailable_reads_limit = 100;

/// Runs through the records of a subscription one by one, in pages, as fast as the
/// connection takes them and as it is its turn. Its cursors are held meanwhile; where
/// the live log overtakes one, history is read again from there.
///
/// Threads:   thread-confined (the loop).
/// Ownership: of its subscription.
class Replay final : public std::enable_shared_from_this<Replay> {
public:
    Replay(Session& session, ServedSubscription& subscription);

    void run(const ReplayWish& wish);
    /// The connection takes more again.
    void on_room();
    /// It is its turn, as asked for by Session::wait_for_read().
    void read();
    /// Its subscription is over.
    void leave() { end_read(); }

private:
    class Alarm;
    struct Target {
        FeedCursor* cursor = nullptr;
        std::string stored_name;  ///< Empty: the record has no history.
        std::optional<UnixTime> since;
        std::uint64_t after = 0;    ///< Values up to here are not told.
        bool resumes = false;       ///< Values missing since the last one told are holes in `seq`.
        bool by_position = false;   ///< `since` is but where history is looked for.
        bool stored_told = false;   ///< What comes now is what its buffer retains.
        std::uint64_t head = 0;     ///< Live goes on after it.
        std::uint64_t settled = 0;  ///< History has what there is up to here.
        std::deque<HistoryGap> gaps;
    };
    struct NextRead {
        bool back = false;  ///< A scan from the newest row.
        Cursor after;
    };

    [[nodiscard]] static Target target_of(FeedCursor& cursor);
    void add_target(FeedCursor& cursor, const Resume* resume, const ReplayWish& wish);
    void begin_live(FeedCursor& cursor);
    void tell_renewed();
    void begin();
    void next_target();
    void give_way();
    [[nodiscard]] bool tell_retained(Target& target);
    void settle(Target& target);
    void give_up_settling();
    void begin_history();
    void end_history(Target& target);
    void wait_for_read(bool back, Cursor after);
    void end_read();
    void on_read(const std::exception_ptr& error, HistoryPage page);
    [[nodiscard]] bool may_read_again(const std::exception_ptr& error);
    void on_scanned(Target& target, HistoryPage page);
    void on_page(Target& target, HistoryPage page);
    void tell_value(Target& target, std::string_view json, Stamp stamp);
    void tell_gaps(Target& target, std::uint64_t pos);
    void finish_target(Target& target);
    void finish();
    void fail(const std::exception_ptr& error);
    [[nodiscard]] HistoryQuery next_query() const;
    void set_alarm(std::chrono::milliseconds delay, void (Replay::*then)());

    Session& session_;
    ServedSubscription& subscription_;
    std::optional<Burst> renewed_;  // records that begin with their newest value
    std::vector<Target> targets_;
    std::size_t current_ = 0;
    NextRead next_read_;
    bool reading_ = false;  // it is its turn
    bool waits_for_room_ = false;
    std::optional<HistoryPage> held_page_;  // to be told once there is room
    bool gave_up_settling_ = false;
    int unavailable_reads_ = 0;     // one after the other
    std::shared_ptr<Waker> alarm_;  // what it waits for, with what else that depends on
};

}  // namespace aimdb::aimx
