// SPDX-License-Identifier: Apache-2.0
#include "client_follow.hpp"

#include <algorithm>
#include <utility>

#include "client_answers.hpp"
#include "epoch.hpp"

namespace aimdb::aimx {
namespace {

/// How much older than the newest value received one that was missed may be. Such a value
/// lay in a queue, and a server gives up a connection that takes nothing for 30 s.
constexpr std::chrono::seconds queued_at_most{60};

}  // namespace

ClientFollow::ClientFollow(std::string_view topic,
                           const SubscribeOptions& options,
                           std::size_t queue_limit)
    : topic_(topic),
      since_(options.since),
      every_(options.every),
      historic_(options.since || !options.from.empty()),
      gaps_(options.gaps),
      lossless_(options.lossless),
      queue_(std::make_shared<UpdateQueue>(options.queue_limit != 0 ? options.queue_limit
                                                                    : queue_limit)) {
    for (const RemotePosition& place : options.from) {
        remember(place.topic.empty() ? topic : place.topic, place.epoch, place.pos);
    }
}

// From when on records may have spoken that have not been heard of. They may have done so
// before the newest value of others; but not before the subscription became live.
std::optional<UnixTime> ClientFollow::unseen_since() const {
    if (since_ || !first_live_) {
        return since_;
    }
    return std::max(*first_live_, *newest_ - queued_at_most);
}

SubRequest ClientFollow::request() const {
    SubRequest asked;
    asked.every = every_;
    asked.gaps = gaps_;
    asked.since = since_;
    // Who wants a value now and then wants the newest, not all that was missed.
    const bool renewed = opened_before_ && every_.count() > 0 && !historic_;
    if (positions_.empty() || renewed) {
        return asked;
    }
    asked.from = &positions_;
    // Of a pattern, records that have said nothing yet have no position.
    if (!is_topic_pattern(topic_)) {
        asked.since.reset();
    } else if (opened_before_) {
        asked.since = unseen_since();
    }
    return asked;
}

void ClientFollow::open(std::string& frame,
                        std::uint64_t id,
                        bool extensions,
                        std::size_t frame_limit) {
    SubRequest asked;
    if (extensions) {
        asked = request();
    }
    make_sub(frame, id, topic_, asked);
    if (frame.size() > frame_limit && asked.from != nullptr) {
        asked.from = nullptr;  // too many records to name
        asked.since = since_;
        make_sub(frame, id, topic_, asked);
    }
    const bool whole = asked.since || (asked.from != nullptr && !is_topic_pattern(topic_));
    if (opened_before_ && !whole) {
        interrupt();
    }
    opened_before_ = true;
    paused_ = false;
    wire_id_ = id;
    seq_ = 0;
}

void ClientFollow::interrupt() {
    Update update;
    update.kind = UpdateKind::interrupted;
    queue_->push(update, false);
}

bool ClientFollow::on_value(const Frame& frame, UpdateKind kind) {
    const std::uint64_t seq = frame.seq.value_or(0);
    const std::uint64_t skipped = seq > seq_ ? seq - seq_ - 1 : 0;
    const std::string_view topic = frame.topic.empty() ? std::string_view(topic_) : frame.topic;
    const std::uint64_t pos = frame.more_number("pos").value_or(0);
    const std::string_view epoch = frame.more_text("epoch");
    if (is_repeated(topic, epoch, pos)) {
        seq_ = std::max(seq_, seq);
        carried_ += skipped;
        return true;
    }
    Update update;
    update.kind = kind;
    update.from_history = frame.more_flag("hist");
    update.topic = topic;
    update.value = frame.data.empty() ? std::string_view("null") : frame.data;
    update.seq = seq;
    update.skipped = skipped + carried_;
    update.merged = frame.more_number("merged").value_or(0);
    update.pos = pos;
    update.epoch = epoch;
    if (const std::optional<std::uint64_t> ms = frame.more_number("ts")) {
        update.at = from_unix_ms(static_cast<std::int64_t>(*ms));
    }
    const std::optional<UnixTime> at = update.at;
    const bool from_history = update.from_history;
    if (!queue_->push(update, lossless_ && pos != 0)) {
        paused_ = true;
        return false;
    }
    seq_ = std::max(seq_, seq);
    carried_ = 0;
    remember(topic, epoch, pos);
    note_time(at, kind == UpdateKind::event && !from_history);
    return true;
}

void ClientFollow::note_time(std::optional<UnixTime> at, bool live) {
    if (at) {
        newest_ = std::max(newest_.value_or(*at), *at);
        if (live && !first_live_) {
            first_live_ = at;
        }
    }
}

bool ClientFollow::is_repeated(std::string_view topic,
                               std::string_view epoch,
                               std::uint64_t pos) const {
    if (pos == 0) {
        return false;
    }
    const auto known = positions_.find(topic);
    return known != positions_.end() && are_comparable(known->second.epoch, epoch) &&
           pos <= known->second.pos;
}

void ClientFollow::remember(std::string_view topic, std::string_view epoch, std::uint64_t pos) {
    if (pos == 0 || is_repeated(topic, epoch, pos)) {
        return;  // a position never moves back
    }
    const auto known = positions_.find(topic);
    if (known == positions_.end()) {
        positions_.emplace(topic, ClientPosition{std::string(epoch), pos});
        return;
    }
    if (!are_comparable(known->second.epoch, epoch)) {
        gaps_told_.erase(known->first);
    }
    known->second.epoch = epoch;
    known->second.pos = pos;
}

void ClientFollow::on_subscribed(const Frame& frame) {
    if (frame.more("resumed") == "false") {
        gaps_told_.clear();  // what they counted is over
        interrupt();
    }
}

void ClientFollow::on_live() {
    Update update;
    update.kind = UpdateKind::live;
    queue_->push(update, false);
}

// A gap has no position to go on after: a server that is asked to go on from the value
// before it tells it again.
bool ClientFollow::on_gap(const Frame& frame) {
    Update update;
    update.kind = UpdateKind::gap;
    update.topic = frame.topic;
    update.gap = read_gap([&frame](std::string_view name) { return frame.more(name); });
    update.gap->record = frame.topic;
    const std::uint64_t last = update.gap->last;
    const auto known = gaps_told_.find(frame.topic);
    if (known != gaps_told_.end() && last <= known->second) {
        return true;
    }
    if (!queue_->push(update, lossless_)) {
        paused_ = true;
        return false;
    }
    gaps_told_.insert_or_assign(std::string(frame.topic), last);
    return true;
}

void ClientFollow::end(std::string reason) {
    Update update;
    update.kind = UpdateKind::ended;
    update.topic = topic_;
    update.reason = std::move(reason);
    queue_->push(update, false);
    queue_->close();
}

}  // namespace aimdb::aimx
