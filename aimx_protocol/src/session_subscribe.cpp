// SPDX-License-Identifier: Apache-2.0
//
// Opening a subscription: who may, what is told first, and what follows.
#include <algorithm>

#include "burst.hpp"
#include "replay.hpp"
#include "session.hpp"
#include "text.hpp"

namespace aimdb::aimx {

std::optional<Refusal> Session::subscribe_refusal(const Frame& frame) const {
    if (subscriptions_.size() >= subscription_limit_) {
        return Refusal{err::denied, "limit_exceeded",
                       "this connection has its " + std::to_string(subscription_limit_) +
                           " subscriptions: unsub one first"};
    }
    if (subscriptions_.contains(*frame.id)) {
        return Refusal{err::denied, "duplicate_subscription",
                       "a subscription with this id lives: choose another id"};
    }
    const bool any_topic =
        peer_.transport == Transport::websocket || Catalog::is_pattern(frame.topic);
    if (!any_topic && hub_.catalog().find(frame.topic) == nullptr) {
        return unknown_record(frame.topic);
    }
    return std::nullopt;
}

void Session::subscribe(const Frame& frame) {
    const bool pattern = Catalog::is_pattern(frame.topic);
    std::string fault;
    const std::optional<ReplayWish> wish = read_replay_wish(frame, pattern, fault);
    std::optional<Refusal> refused = subscribe_refusal(frame);
    if (!refused && !fault.empty()) {
        refused = Refusal{err::internal, "bad_params", fault};
    }
    if (refused) {
        refuse(*frame.id, *refused);
        return;
    }
    const std::vector<ServedRecord*> records = match_readable(frame.topic, fault);
    if (followed_ + records.size() > followed_records_limit) {
        refuse(*frame.id, {err::denied, "limit_exceeded",
                           "this connection follows " + std::to_string(followed_) +
                               " records, counted once per subscription, and may follow " +
                               std::to_string(followed_records_limit) + ": unsub something first"});
        return;
    }
    auto made = make_subscription(frame, records);
    if (records.empty()) {
        refuse_quietly(*made, fault);
        return;
    }
    followed_ += records.size();
    ServedSubscription& opened = *subscriptions_.emplace(*frame.id, std::move(made)).first->second;
    Counters::add(hub_.counters.subscriptions_open);
    const bool websocket = peer_.transport == Transport::websocket;
    if (websocket || extensions_) {
        send_subscribed(opened.sub, !wish || wish->epochs_match(opened), {});
    }
    if (wish && hub_.is_stopping()) {
        end(opened.id, "closed");
    } else if (wish) {
        const auto replay = opened.replay = std::make_shared<Replay>(*this, opened);
        replay->run(*wish);
    } else {
        std::vector<FeedCursor*> cursors;
        for (FeedCursor& cursor : opened.cursors) {
            if (websocket || cursor.feed->record().kind() != BufferKind::spmc_ring) {
                cursors.push_back(&cursor);  // elsewhere a ring has no snapshot
            }
        }
        opened.burst = std::make_shared<Burst>(std::move(cursors), websocket || pattern);
        begin_live(opened);
    }
}

// Where all newest values cannot be told at once, live values wait until they are.
void Session::begin_live(ServedSubscription& subscription) {
    if (!subscription.burst->tell(*this)) {
        for (FeedCursor& cursor : subscription.cursors) {
            cursor.held = true;
        }
        return;
    }
    subscription.burst.reset();
    end_if_closed(subscription);
}

void Session::go_on_with_burst(ServedSubscription& subscription) {
    if (subscription.burst->tell(*this)) {
        subscription.burst.reset();
        release(subscription);
    }
}

// The database stops: no feed will say so once more.
void Session::end_if_closed(ServedSubscription& subscription) {
    for (FeedCursor& cursor : subscription.cursors) {
        if (cursor.closed) {
            mark_ready(cursor);
            hub_.serve_soon();
        }
    }
}

std::unique_ptr<ServedSubscription> Session::make_subscription(
    const Frame& frame, const std::vector<ServedRecord*>& records) {
    constexpr std::uint64_t every_limit_ms = 86'400'000;
    auto made = std::make_unique<ServedSubscription>();
    made->session = this;
    made->id = *frame.id;
    made->sub = std::to_string(*frame.id);
    made->extensions = extensions_;
    made->names_topic =
        extensions_ || peer_.transport == Transport::websocket || Catalog::is_pattern(frame.topic);
    made->gaps = frame.more_flag("gaps");
    made->every_ms = static_cast<std::int64_t>(
        std::min(frame.more_number("every_ms").value_or(0), every_limit_ms));
    for (const ServedRecord* const record : records) {
        FeedCursor& cursor = made->cursors.emplace_back();
        cursor.subscription = made.get();
        cursor.feed = hub_.feed(*record);
        cursor.feed->join(cursor);
    }
    return made;
}

// Plain AimX has no word for a subscription that nothing matches.
void Session::refuse_quietly(const ServedSubscription& subscription, const std::string& fault) {
    if (extensions_ || peer_.transport == Transport::websocket) {
        send_subscribed(subscription.sub, true, extensions_ ? fault : std::string());
    }
    if (extensions_) {
        send_ended(subscription.sub, fault.empty() ? "no_match" : "bad_pattern");
    }
}

void Session::send_subscribed(std::string_view sub, bool resumed, std::string_view message) {
    std::string text = R"({"t":"subscribed","sub":")";
    text += sub;
    text += '"';
    if (!resumed) {
        text += R"(,"resumed":false)";
    }
    if (!message.empty()) {
        append_name(text, "msg");
        append_text(text, message);
    }
    send(text + '}');
}

// Of what was produced since the subscription began, a late one stands for all: the others
// are holes in `seq`, except where only the newest counts.
void Session::tell_newest(
    FeedCursor& cursor, std::string_view json, Stamp stamp, bool snapshot, bool last) {
    if (stamp.pos > cursor.last_pos) {
        const bool conflates = cursor.feed->record().kind() == BufferKind::single_latest;
        const std::uint64_t lost = conflates ? 0 : stamp.pos - cursor.last_pos - 1;
        cursor.subscription->seq += lost;
        hub_.count_lost(lost);
        cursor.last_pos = stamp.pos;
    }
    cursor.seen_pos = std::max(cursor.seen_pos, stamp.pos);
    ++cursor.subscription->seq;
    Telling telling;
    telling.record = &cursor.feed->record();
    telling.json = json;
    telling.stamp = stamp;
    telling.snapshot = snapshot;
    telling.last = last;
    tell(*cursor.subscription, telling);
}

void Session::tell_gap(const ServedSubscription& subscription,
                       const ServedRecord& record,
                       const HistoryGap& gap) {
    std::string text = R"({"t":"gap","sub":)";
    append_plain(text, subscription.sub);
    append_name(text, "topic");
    append_plain(text, record.key());
    append_gap_members(text, gap);
    send(text + '}');
}

void Session::go_live(ServedSubscription& subscription) {
    std::string text = R"({"t":"live","sub":")";
    text += subscription.sub;
    text += "\"}";
    send(text);
    subscription.replay.reset();
    release(subscription);
}

void Session::release(ServedSubscription& subscription) {
    for (FeedCursor& cursor : subscription.cursors) {
        cursor.held = false;
        mark_ready(cursor);
    }
    hub_.serve_soon();
}

}  // namespace aimdb::aimx
