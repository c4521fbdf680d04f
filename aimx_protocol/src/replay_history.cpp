// SPDX-License-Identifier: Apache-2.0
//
// What a subscription is told of history: waits until it is settled, looks for the
// place to begin at, and reads on in pages.
#include <algorithm>
#include <utility>

#include "page_of_bytes.hpp"
#include "replay.hpp"
#include "session.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::size_t page_rows = 500;

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

// Others were there first, or the store needs a moment for itself.
bool Replay::may_read_again(const std::exception_ptr& error) {
    const std::string_view code = refusal_of(error).code;
    return code == "busy" || code == "timed_out" ||
           (code == "storage_unavailable" && ++unavailable_reads_ <= unavailable_reads_limit);
}

void Replay::on_read(const std::exception_ptr& error, HistoryPage page) {
    if (error) {
        return may_read_again(error) ? set_alarm(busy_pause, &Replay::read) : fail(error);
    }
    unavailable_reads_ = 0;
    Target& target = targets_[current_];
    if (next_read_.back) {
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

// The gaps that lie before position `pos`, in order.
void Replay::tell_gaps(Target& target, std::uint64_t pos) {
    while (!target.gaps.empty() && target.gaps.front().first < pos) {
        if (target.gaps.front().last > target.after) {
            session_.tell_gap(subscription_, target.cursor->feed->record(), target.gaps.front());
        }
        target.gaps.pop_front();
    }
}

}  // namespace aimdb::aimx
