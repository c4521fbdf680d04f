// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "replay.hpp"
#include "text.hpp"

namespace aimdb::aimx {
namespace {

// An `every_ms` may be long; its timers look sooner whether there is still somebody.
constexpr std::chrono::milliseconds alarm_limit{10'000};

}  // namespace

/// Ends a session that does not show a token in time.
class Session::Stranger final : public Waker {
public:
    explicit Stranger(Session& session) : session_(session) {}
    void wake() override {
        if (!session_.peer_.authenticated) {
            session_.outlet_.close("no hello with a token came in time");
        }
    }

private:
    Session& session_;
};

Session::Session(Hub& hub, Peer peer, Outlet& outlet, std::size_t subscription_limit)
    : hub_(hub), peer_(std::move(peer)), outlet_(outlet), subscription_limit_(subscription_limit) {
    Counters::add(hub_.counters.connections_open);
    Counters::add(hub_.counters.connections_accepted);
    hub_.add(*this);
    if (!peer_.authenticated) {
        stranger_ = std::make_shared<Stranger>(*this);
        hub_.timers().wake_at(hub_.timers().now_ms() + hello_limit.count(), stranger_);
    }
}

Session::~Session() {
    for (auto& [id, subscription] : subscriptions_) {
        for (FeedCursor& cursor : subscription->cursors) {
            cursor.feed->leave(cursor);
        }
    }
    Counters::take(hub_.counters.subscriptions_open, subscriptions_.size());
    Counters::take(hub_.counters.connections_open);
    hub_.forget(*this);
}

bool Session::on_frame(std::string_view text) {
    Counters::add(hub_.counters.frames_in);
    spoke_ = true;
    Frame frame;
    const bool well_formed = read_frame(text, frame);
    if (!well_formed) {
        Counters::add(hub_.counters.frames_malformed);
    }
    // A stranger's first frame decides, whatever it is.
    if ((well_formed || !peer_.authenticated) && admit(frame)) {
        dispatch(frame);
    }
    first_frame_ = false;
    return !std::exchange(gives_way_, false) && has_room();
}

// Where tokens are wanted, nothing but a hello that shows one is looked at.
bool Session::admit(const Frame& frame) {
    if (peer_.authenticated) {
        return true;
    }
    const Params params(frame.params);
    const bool is_hello = frame.kind == FrameKind::req && frame.method == "hello";
    const std::optional<std::string> token = params.text("auth_token");
    if (first_frame_ && is_hello && token && hub_.token_opens(peer_.endpoint, *token)) {
        peer_.authenticated = true;
        outlet_.set_frame_limit(outlet_.send_limit());  // a stranger's was lower
        return true;
    }
    Counters::add(hub_.counters.connections_refused);
    refuse(frame.id.value_or(0),
           {err::denied, "not_authenticated",
            "this endpoint wants a token: send hello with auth_token as the first frame"});
    outlet_.close("not authenticated");
    return false;
}

void Session::dispatch(const Frame& frame) {
    switch (frame.kind) {
        case FrameKind::req: request(frame); break;
        case FrameKind::sub: subscribe(frame); break;
        case FrameKind::write: write(frame); break;
        case FrameKind::ping: send(R"({"t":"pong"})"); break;
        case FrameKind::unsub:
            if (const auto id = read_number(frame.sub); id && frame.sub == std::to_string(*id)) {
                remove(*id);
            }
            break;
        default: break;  // what only servers send
    }
}

void Session::close_when_idle(std::int64_t now_ms) {
    if (std::exchange(spoke_, false) || !subscriptions_.empty() || pending_ > 0) {
        idle_since_ms_ = now_ms;
    } else if (now_ms - idle_since_ms_ >= hub_.options().idle_limit.count()) {
        outlet_.close("idle");
    }
}

void Session::send(std::string_view frame) { outlet_.send(frame); }

void Session::on_room() {
    std::vector<std::shared_ptr<Replay>> waiting;  // waking one may end its subscription
    for (const auto& [id, subscription] : subscriptions_) {
        if (const std::shared_ptr<Replay> replay = subscription->replay) {
            waiting.push_back(replay);
        }
        if (subscription->burst) {
            go_on_with_burst(*subscription);
        }
    }
    for (const auto& replay : waiting) {
        replay->on_room();
    }
    start_queries();
    start_reads();
    serve();
}

void Session::mark_ready(FeedCursor& cursor) {
    if (!cursor.held) {
        ready_.add(cursor);
        if (!std::exchange(busy_, true)) {
            hub_.add_busy(*this);
        }
    }
}

void Session::record_closed(FeedCursor& cursor) {
    cursor.closed = true;
    mark_ready(cursor);
}

void Session::serve() {
    busy_ = false;
    for (FeedCursor* cursor = nullptr; has_room() && (cursor = ready_.take()) != nullptr;) {
        serve_cursor(*cursor);
    }
    outlet_.flush();
}

void Session::serve_cursor(FeedCursor& cursor) {
    constexpr int turn = 64;  // so that records share a connection fairly
    const Feed& feed = *cursor.feed;
    for (int told = 0; told < turn; ++told) {
        cursor.next = std::max(cursor.next, feed.begin());
        if (cursor.next == feed.end()) {
            if (cursor.closed) {
                finish(cursor);
            }
            return;
        }
        if (feed.at(cursor.next).stamp.pos <= cursor.seen_pos) {  // told already
            ++cursor.next;
            continue;
        }
        if (!has_room() || hold_back(cursor)) {
            break;
        }
        tell_entry(cursor, feed.at(cursor.next++));
    }
    if (!cursor.alarm) {
        ready_.add(cursor);
    }
}

void Session::tell_entry(FeedCursor& cursor, const Feed::Entry& entry) {
    ServedSubscription& subscription = *cursor.subscription;
    const ServedRecord& record = cursor.feed->record();
    // A single-latest keeps the newest value only: what it passed over was not lost.
    const bool conflates = record.kind() == BufferKind::single_latest;
    const std::uint64_t missed = entry.stamp.pos - cursor.last_pos - 1;
    const std::uint64_t lost = conflates || missed < cursor.merged ? 0 : missed - cursor.merged;
    subscription.seq += 1 + lost;
    Counters::add(hub_.counters.events_lost, lost);
    cursor.last_pos = cursor.seen_pos = entry.stamp.pos;
    Telling telling;
    telling.record = &record;
    telling.json = entry.json;
    telling.stamp = entry.stamp;
    telling.merged = conflates ? missed : std::exchange(cursor.merged, 0);
    tell(subscription, telling);
}

// With `every_ms` only the newest entry is told, and not before it is due.
bool Session::hold_back(FeedCursor& cursor) {
    class Alarm final : public Waker {
    public:
        explicit Alarm(FeedCursor& waiting) : cursor_(waiting) {}
        void wake() override {
            Session& session = *cursor_.subscription->session;
            const std::shared_ptr<Waker> self = std::move(cursor_.alarm);
            session.mark_ready(cursor_);
            session.hub().serve_cursors();
        }

    private:
        FeedCursor& cursor_;
    };

    const std::int64_t every_ms = cursor.subscription->every_ms;
    if (every_ms == 0) {
        return false;
    }
    const std::uint64_t newest = cursor.feed->end() - 1;
    cursor.merged += newest - cursor.next;
    cursor.next = newest;
    const std::int64_t now_ms = hub_.timers().now_ms();
    if (now_ms >= cursor.due_ms || cursor.closed) {
        cursor.due_ms = now_ms + every_ms;
        return false;
    }
    if (!cursor.alarm) {
        cursor.alarm = std::make_shared<Alarm>(cursor);
        // Timers of subscriptions that are gone stay until they are due: not for long.
        hub_.timers().wake_at(std::min(cursor.due_ms, now_ms + alarm_limit.count()), cursor.alarm);
    }
    return true;
}

void Session::tell(ServedSubscription& subscription, const Telling& telling) {
    std::string& out = scratch_;
    out = telling.snapshot ? R"({"t":"snap","seq":)" : R"({"t":"event","seq":)";
    append_number(out, subscription.seq);
    if (telling.last) {
        out += R"(,"last":true)";
    }
    if (subscription.names_topic) {
        append_name(out, "topic");
        append_plain(out, telling.record->key());
    }
    append_name(out, "sub");
    append_plain(out, subscription.sub);
    append_name(out, "data");
    out += telling.json;
    if (telling.history) {
        out += R"(,"hist":true)";
    }
    if (telling.merged > 0 && subscription.extensions) {
        append_name(out, "merged");
        append_number(out, telling.merged);
    }
    if (subscription.extensions) {
        append_position(out, *telling.record, telling.stamp);
    }
    out += '}';
    if (out.size() > outlet_.send_limit()) {  // `seq` tells of it
        Counters::add(hub_.counters.events_lost);
        return;
    }
    Counters::add(hub_.counters.events_sent);
    outlet_.send(out);
}

void Session::append_position(std::string& out, const ServedRecord& record, Stamp stamp) const {
    append_name(out, "pos");
    append_number(out, stamp.pos);
    append_name(out, "epoch");
    append_plain(out, record.epoch);
    append_name(out, "ts");
    append_number(out, to_unix_ms(stamp.at));
}

void Session::finish(FeedCursor& cursor) {
    ServedSubscription& subscription = *cursor.subscription;
    for (const FeedCursor& other : subscription.cursors) {
        if (!other.closed || other.next < other.feed->end()) {
            return;
        }
    }
    end(subscription.id, "closed");
}

void Session::end(std::uint64_t id, std::string_view reason) {
    const auto found = subscriptions_.find(id);
    if (found == subscriptions_.end()) {
        return;
    }
    const ServedSubscription& subscription = *found->second;
    if (subscription.extensions) {
        send_ended(subscription.sub, reason);
    }
    remove(id);
}

void Session::send_ended(std::string_view sub, std::string_view reason) {
    std::string text = R"({"t":"ended","sub":")";
    text += sub;
    text += R"(","reason":")";
    text += reason;
    text += R"("})";
    send(text);
}

void Session::remove(std::uint64_t id) {
    const auto found = subscriptions_.find(id);
    if (found == subscriptions_.end()) {
        return;
    }
    const std::unique_ptr<ServedSubscription> gone = std::move(found->second);
    subscriptions_.erase(found);
    followed_ -= gone->cursors.size();
    for (FeedCursor& cursor : gone->cursors) {
        ready_.remove(cursor);
        cursor.feed->leave(cursor);
    }
    Counters::take(hub_.counters.subscriptions_open);
    if (gone->replay) {
        gone->replay->leave();
    }
}

}  // namespace aimdb::aimx
