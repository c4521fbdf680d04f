// SPDX-License-Identifier: Apache-2.0
#include "replay.hpp"

#include <algorithm>
#include <utility>

#include "session.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::size_t page_rows = 500;
constexpr std::size_t page_bytes = send_high_bytes;
// Retained values looked at before others get their turn.
constexpr int retained_values_per_turn = 64;

/// Rows of a page that stays small in bytes, too.
class PageOfBytes final : public HistorySink {
public:
    explicit PageOfBytes(bool with_values) : with_values_(with_values) {}
    [[nodiscard]] bool take(const HistoryRowView& row) override {
        if (bytes_ > page_bytes) {
            return false;
        }
        bytes_ += with_values_ ? row.value.size() : 0;
        page_.rows.push_back({{},
                              row.id,
                              row.sequence,
                              row.stored_at,
                              std::string(with_values_ ? row.value : std::string_view())});
        return true;
    }
    [[nodiscard]] bool take(const HistoryGap& gap) override {
        page_.gaps.push_back(gap);
        return true;
    }
    [[nodiscard]] HistoryPage finish(const HistoryPage& rest) {
        page_.next = rest.next;
        return std::move(page_);
    }

private:
    const bool with_values_;
    std::size_t bytes_ = 0;
    HistoryPage page_;
};

}  // namespace

Replay::Replay(Session& session, ServedSubscription& subscription)
    : session_(session), subscription_(subscription) {}

void Replay::run(const ReplayWish& wish) {
    std::vector<FeedCursor*> renewed;
    for (FeedCursor& cursor : subscription_.cursors) {
        cursor.held = true;
        add_target(cursor, wish, renewed);
    }
    session_.tell_newest(renewed, true);
    for (FeedCursor* const cursor : renewed) {
        Target target;
        target.cursor = cursor;
        target.stored_name = cursor->feed->record().stored_name;
        begin_live(std::move(target));
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
            self->wake();
        }
    });
}

void Replay::add_target(FeedCursor& cursor,
                        const ReplayWish& wish,
                        std::vector<FeedCursor*>& renewed) {
    const ServedRecord& record = cursor.feed->record();
    Target target;
    target.cursor = &cursor;
    target.head = cursor.seen_pos;
    target.since = wish.since;
    target.stored_name = record.stored_name;
    if (const Resume* const resume = wish.resume_of(record)) {
        if (!are_comparable(resume->epoch, record.epoch)) {
            renewed.push_back(&cursor);
            return;
        }
        target.resumes = true;
        target.after = cursor.last_pos = std::min(resume->pos, target.head);
    } else if (!wish.since) {
        begin_live(std::move(target));
        return;
    }
    targets_.push_back(std::move(target));
}

// Nothing to tell now, but its live log may overflow while others are read.
void Replay::begin_live(Target target) {
    target.resumes = true;
    target.after = target.head = target.cursor->seen_pos;
    targets_.push_back(std::move(target));
}

void Replay::next_target() {
    while (current_ < targets_.size()) {
        Target& target = targets_[current_];
        if (target.after >= target.head) {
            finish_target(target);
        } else if (!target.stored_name.empty()) {
            settle(target);
            return;
        } else if (!tell_retained(target)) {
            return;
        }
        ++current_;
    }
    finish();
}

void Replay::wake() {
    if (!std::exchange(waits_for_room_, false)) {
        return;
    }
    if (const auto next = std::exchange(next_page_, std::nullopt)) {
        read_page(targets_[current_], *next);
    } else {
        next_target();
    }
}

// Of a record without history: what its buffer has. False: to be continued.
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
    session_.hub().when_settled(target.cursor->feed->record(), target.head, weak_from_this(),
                                [this](std::exception_ptr error) {
                                    Target& settled = targets_[current_];
                                    if (error) {
                                        fail(error);
                                    } else if (settled.resumes && settled.after > 0) {
                                        settled.since.reset();
                                        scan_back(settled, {});
                                    } else {
                                        read_page(settled, {});
                                    }
                                });
}

HistoryQuery Replay::query_of(const Target& target, Order order, Cursor after) const {
    HistoryQuery query{target.stored_name, {}, {}};
    query.options.start = target.since;
    query.options.total_limit = page_rows;
    query.options.order = order;
    query.options.after = after;
    query.options.gaps = subscription_.gaps && !after;
    return query;
}

void Replay::ask(HistoryQuery query, void (Replay::*then)(Target&, HistoryPage)) {
    const auto rows = std::make_shared<PageOfBytes>(then == &Replay::on_page);
    query.sink = rows;
    session_.hub().ask<HistoryPage>(
        std::move(query), weak_from_this(), [rows](HistoryPage rest) { return rows->finish(rest); },
        [this, then](std::exception_ptr error, HistoryPage page) {
            if (error) {
                fail(error);
            } else {
                (this->*then)(targets_[current_], std::move(page));
            }
        });
}

// History is found by time, a position to go on from is not: from the newest row
// back to that position, what is the earliest time? The gaps come along: they have
// times of their own.
void Replay::scan_back(Target& target, Cursor after) {
    HistoryQuery query = query_of(target, Order::newest_first, after);
    query.options.start.reset();
    ask(std::move(query), &Replay::on_scanned);
}

void Replay::on_scanned(Target& target, HistoryPage page) {
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
        scan_back(target, page.next);
    } else if (target.since) {
        read_page(target, {});
    } else {
        tell_gaps(target, target.head + 1);
        finish_target(target);
        ++current_;
        next_target();
        session_.flush();
    }
}

void Replay::read_page(Target& target, Cursor after) {
    HistoryQuery query = query_of(target, Order::oldest_first, after);
    const bool scanned = target.resumes && target.after > 0;
    query.options.gaps = query.options.gaps && !scanned;
    ask(std::move(query), &Replay::on_page);
}

void Replay::on_page(Target& target, HistoryPage page) {
    target.gaps.insert(target.gaps.end(), page.gaps.begin(), page.gaps.end());
    bool more = static_cast<bool>(page.next);
    for (const HistoryRow& row : page.rows) {
        if (row.sequence > target.head) {
            more = false;
            break;
        }
        if (row.sequence > target.after) {
            tell_gaps(target, row.sequence);
            tell_value(target, row.value, {row.sequence, row.stored_at, 0});
            target.after = row.sequence;
        }
    }
    if (more && session_.has_room()) {
        read_page(target, page.next);
    } else if (more) {
        next_page_ = page.next;
        waits_for_room_ = true;
    } else {
        tell_gaps(target, target.head + 1);
        finish_target(target);
        ++current_;
        next_target();
    }
    session_.flush();
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
