// SPDX-License-Identifier: Apache-2.0
#include "replay.hpp"

#include <algorithm>
#include <utility>

#include "page_of_bytes.hpp"
#include "session.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::size_t page_rows = 500;
// Retained values looked at before others get their turn.
constexpr int retained_values_per_turn = 64;

}  // namespace

/// Calls the replay, unless that has let go of it.
class Replay::Alarm final : public Waker {
public:
    Alarm(Replay& replay, void (Replay::*then)()) : replay_(replay), then_(then) {}
    void wake() override {
        const auto self = replay_.shared_from_this();
        (replay_.*then_)();
    }

private:
    Replay& replay_;
    void (Replay::*const then_)();
};

void Replay::set_alarm(std::chrono::milliseconds delay, void (Replay::*then)()) {
    Timers& timers = session_.hub().timers();
    alarm_ = std::make_shared<Alarm>(*this, then);
    timers.wake_at(timers.now_ms() + delay.count(), alarm_);
}

Replay::Replay(Session& session, ServedSubscription& subscription)
    : session_(session), subscription_(subscription) {}

void Replay::run(const ReplayWish& wish) {
    std::vector<FeedCursor*> renewed;
    for (FeedCursor& cursor : subscription_.cursors) {
        cursor.held = true;
        const ServedRecord& record = cursor.feed->record();
        const Resume* const resume = wish.resume_of(record);
        if (resume != nullptr && !are_comparable(resume->epoch, record.epoch)) {
            renewed.push_back(&cursor);
        } else {
            add_target(cursor, resume, wish);
        }
    }
    session_.tell_newest(renewed, subscription_.names_topic);
    for (FeedCursor* const cursor : renewed) {
        begin_live(*cursor);
    }
    const bool retained = std::any_of(targets_.begin(), targets_.end(), [](const Target& target) {
        return target.stored_name.empty() && target.after < target.head;
    });
    if (retained) {
        give_way();  // a subscription that is left at once costs nothing then
    } else {
        next_target();
    }
}

// Goes on once the loop has been round.
void Replay::give_way() {
    waits_for_room_ = true;
    asio::post(session_.hub().loop(), [replay = weak_from_this()] {
        if (const auto self = replay.lock()) {
            self->on_room();
        }
    });
}

Replay::Target Replay::target_of(FeedCursor& cursor) {
    Target target;
    target.cursor = &cursor;
    target.head = target.settled = cursor.seen_pos;
    target.stored_name = cursor.feed->record().stored_name;
    return target;
}

void Replay::add_target(FeedCursor& cursor, const Resume* resume, const ReplayWish& wish) {
    if (resume == nullptr && !wish.since) {
        begin_live(cursor);
        return;
    }
    Target target = target_of(cursor);
    target.since = wish.since;
    if (resume != nullptr) {
        target.resumes = true;
        target.after = cursor.last_pos = std::min(resume->pos, target.head);
    }
    targets_.push_back(std::move(target));
}

// Nothing to tell now, but its live log may overflow while others are read.
void Replay::begin_live(FeedCursor& cursor) {
    Target target = target_of(cursor);
    target.resumes = true;
    target.after = target.head;
    targets_.push_back(std::move(target));
}

void Replay::next_target() {
    while (current_ < targets_.size()) {
        Target& target = targets_[current_];
        if (target.after >= target.head) {
            finish_target(target);
        } else if (!target.stored_name.empty() && !target.stored_told) {
            settle(target);
            return;
        } else if (!tell_retained(target)) {
            return;
        }
        ++current_;
    }
    finish();
}

void Replay::on_room() {
    if (!waits_for_room_ || !session_.has_room()) {
        return;
    }
    waits_for_room_ = false;
    if (auto page = std::exchange(held_page_, std::nullopt)) {
        on_page(targets_[current_], std::move(*page));
    } else {
        next_target();
    }
}

// What only its buffer has. False: to be continued.
bool Replay::tell_retained(Target& target) {
    const auto stream = target.cursor->feed->record().open(
        target.after > 0 ? ReadFrom::after(target.after) : ReadFrom::oldest());
    std::string json;
    Stamp stamp;
    for (int looked_at = 0;; ++looked_at) {
        if (!session_.has_room()) {
            waits_for_room_ = true;
            return false;
        }
        if (looked_at == retained_values_per_turn) {
            give_way();
            return false;
        }
        const Took took = stream->take(json, stamp);
        if (took == Took::nothing || stamp.pos > target.head) {
            break;
        }
        if (took == Took::value && (!target.since || stamp.at >= *target.since)) {
            tell_value(target, json, stamp);
        }
        target.after = stamp.pos;
    }
    finish_target(target);
    return true;
}

// What is in the live log up to the head has to be in history first.
void Replay::settle(Target& target) {
    target.settled = target.head;
    if (gave_up_settling_) {
        give_up_settling();
        return;
    }
    set_alarm(session_.hub().options().settle_limit, &Replay::give_up_settling);
    session_.hub().when_settled(target.cursor->feed->record(), target.head, alarm_,
                                [this](const std::exception_ptr& error) {
                                    const auto self = shared_from_this();
                                    alarm_.reset();
                                    if (error) {
                                        fail(error);
                                    } else {
                                        begin_history();
                                    }
                                });
}

// The store takes nothing now, and nobody knows for how long: history is told as far as
// it is settled, what came after it as far as it is retained.
void Replay::give_up_settling() {
    alarm_.reset();
    gave_up_settling_ = true;
    Target& target = targets_[current_];
    FeedCursor& cursor = *target.cursor;
    const ServedRecord& record = cursor.feed->record();
    const auto position = session_.hub().history()->position(record.key());
    cursor.next = cursor.feed->end();
    target.head = record.head();
    target.settled = std::min(position ? position->settled : 0, target.head);
    begin_history();
}

// History is found by time, a position to go on from is not: from the newest row
// back to that position, what is the earliest time? The gaps come along: they have
// times of their own.
void Replay::begin_history() {
    Target& target = targets_[current_];
    target.by_position = target.resumes && target.after > 0;
    if (target.by_position) {
        target.since.reset();
    }
    wait_for_read(target.by_position, {});
}

void Replay::wait_for_read(bool back, Cursor after) {
    next_read_ = {back, after};
    session_.wait_for_read(weak_from_this());
}

HistoryQuery Replay::next_query() const {
    const Target& target = targets_[current_];
    HistoryQuery query{target.stored_name, {}, {}};
    query.options.total_limit = page_rows;
    query.options.order = next_read_.back ? Order::newest_first : Order::oldest_first;
    query.options.after = next_read_.after;
    query.options.gaps =
        subscription_.gaps && !next_read_.after && next_read_.back == target.by_position;
    if (!next_read_.back) {
        query.options.start = target.since;
    }
    return query;
}

void Replay::read() {
    reading_ = true;
    alarm_.reset();
    HistoryQuery query = next_query();
    const auto rows = std::make_shared<PageOfBytes>(!next_read_.back);
    query.sink = rows;
    session_.hub().ask<HistoryPage>(
        std::move(query), weak_from_this(), [rows](HistoryPage rest) { return rows->finish(rest); },
        [this](const std::exception_ptr& error, HistoryPage page) {
            on_read(error, std::move(page));
        });
}

void Replay::end_read() {
    if (std::exchange(reading_, false)) {
        session_.end_read();
    }
}

void Replay::on_read(const std::exception_ptr& error, HistoryPage page) {
    Target& target = targets_[current_];
    if (error) {
        const std::string_view code = refusal_of(error).code;
        if (code == "busy" || code == "timed_out") {
            set_alarm(busy_pause, &Replay::read);  // others were there first
        } else {
            fail(error);
        }
    } else if (next_read_.back) {
        on_scanned(target, std::move(page));
    } else if (session_.has_room()) {
        on_page(target, std::move(page));
    } else {
        held_page_ = std::move(page);
        waits_for_room_ = true;
    }
}

void Replay::on_scanned(Target& target, HistoryPage page) {
    end_read();
    if (subscription_.gaps && !page.gaps.empty()) {
        target.gaps.assign(page.gaps.begin(), page.gaps.end());
    }
    bool found = false;
    for (const HistoryRow& row : page.rows) {
        found = row.sequence <= target.after;
        if (found) {
            break;
        }
        target.since = std::min(target.since.value_or(row.stored_at), row.stored_at);
    }
    if (!found && page.next) {
        wait_for_read(true, page.next);
    } else if (target.since) {
        wait_for_read(false, {});
    } else {
        end_history(target);
        session_.flush();
    }
}

void Replay::on_page(Target& target, HistoryPage page) {
    target.gaps.insert(target.gaps.end(), page.gaps.begin(), page.gaps.end());
    bool more = static_cast<bool>(page.next);
    for (const HistoryRow& row : page.rows) {
        if (row.sequence > target.settled) {
            more = false;
            break;
        }
        if (row.sequence > target.after) {
            tell_gaps(target, row.sequence);
            tell_value(target, row.value, {row.sequence, row.stored_at, 0});
            target.after = row.sequence;
        }
    }
    end_read();  // after they are told, so that few pages are in memory
    if (more) {
        wait_for_read(false, page.next);
    } else {
        end_history(target);
    }
    session_.flush();
}

void Replay::end_history(Target& target) {
    tell_gaps(target, target.settled + 1);
    target.after = std::max(target.after, target.settled);
    target.stored_told = true;
    if (target.by_position) {
        target.since.reset();
    }
    next_target();
}

void Replay::tell_value(Target& target, std::string_view json, Stamp stamp) {
    FeedCursor& cursor = *target.cursor;
    if (!target.resumes) {  // what came before the first one was not asked for
        cursor.last_pos = stamp.pos - 1;
        target.resumes = true;
    }
    const std::uint64_t lost = stamp.pos - cursor.last_pos - 1;
    subscription_.seq += 1 + lost;
    session_.hub().count_lost(lost);
    if (lost > 0 && subscription_.gaps && target.stored_name.empty()) {
        session_.tell_gap(subscription_, cursor.feed->record(),
                          {.record = {},
                           .first = cursor.last_pos + 1,
                           .last = stamp.pos - 1,
                           .count = lost,
                           .cause = GapCause::lagged,
                           .at = stamp.at});
    }
    cursor.last_pos = stamp.pos;
    Telling telling;
    telling.record = &cursor.feed->record();
    telling.json = json;
    telling.stamp = stamp;
    telling.history = true;
    session_.tell(subscription_, telling);
}

// The gaps that lie before position `pos`, in order.
void Replay::tell_gaps(Target& target, std::uint64_t pos) {
    while (!target.gaps.empty() && target.gaps.front().first < pos) {
        if (target.gaps.front().last > target.after) {
            session_.tell_gap(subscription_, target.cursor->feed->record(), target.gaps.front());
        }
        target.gaps.pop_front();
    }
}

void Replay::finish_target(Target& target) {
    FeedCursor& cursor = *target.cursor;
    if (!target.resumes) {
        cursor.last_pos = target.head;
    }
    cursor.seen_pos = target.head;
    target.resumes = true;
    target.after = std::max(target.after, target.head);
}

// While one record was read, the live log of another may have gone on without it.
void Replay::finish() {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        Target& target = targets_[i];
        FeedCursor& cursor = *target.cursor;
        if (cursor.feed->begin() > cursor.next && !target.stored_name.empty()) {
            cursor.next = cursor.feed->end();
            target.head = cursor.feed->record().head();
            target.stored_told = false;
            current_ = i;
            settle(target);
            return;
        }
    }
    session_.go_live(subscription_);
}

// A stop is no failure: clients that hear of it go on where they are, later.
void Replay::fail(const std::exception_ptr& error) {
    const std::uint64_t id = subscription_.id;
    Session& session = session_;
    session.end(id, refusal_of(error).code == "shutting_down" ? "closed" : "history_failed");
    session.flush();  // this has gone with the subscription
}

}  // namespace aimdb::aimx
