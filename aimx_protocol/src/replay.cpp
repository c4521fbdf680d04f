// SPDX-License-Identifier: Apache-2.0
#include "replay.hpp"

#include <algorithm>
#include <utility>

#include "epoch.hpp"
#include "session.hpp"

namespace aimdb::aimx {
namespace {

// Retained values looked at before others get their turn.
constexpr int retained_values_per_turn = 64;

}  // namespace

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
    renewed_.emplace(std::move(renewed), subscription_.names_topic);
    tell_renewed();
}

void Replay::tell_renewed() {
    if (!renewed_->tell(session_)) {
        waits_for_room_ = true;
        return;
    }
    for (FeedCursor* const cursor : renewed_->cursors()) {
        begin_live(*cursor);
    }
    renewed_.reset();
    begin();
}

void Replay::begin() {
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
    if (renewed_) {
        tell_renewed();
    } else if (auto page = std::exchange(held_page_, std::nullopt)) {
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

void Replay::finish_target(Target& target) {
    FeedCursor& cursor = *target.cursor;
    if (!target.resumes) {
        cursor.last_pos = target.head;
    }
    cursor.seen_pos = target.head;
    target.resumes = true;
    target.after = std::max(target.after, target.head);
}

// While one record was read, the live log of another may have gone on without it. That of
// a single-latest always does, having one entry: its next event says what it passed over.
void Replay::finish() {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        Target& target = targets_[i];
        FeedCursor& cursor = *target.cursor;
        const bool conflates = cursor.feed->record().kind() == BufferKind::single_latest;
        if (cursor.feed->begin() > cursor.next && !target.stored_name.empty() && !conflates) {
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
