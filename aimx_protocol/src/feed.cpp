// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"

#include <algorithm>
#include <utility>

#include <asio/post.hpp>

namespace aimdb::aimx {

Feed::Feed(const ServedRecord& record,
           asio::any_io_executor executor,
           FeedListener& listener,
           std::size_t limit_values,
           std::size_t limit_bytes)
    : record_(record),
      executor_(std::move(executor)),
      listener_(listener),
      limit_values_(record.kind() == BufferKind::single_latest ? 1 : limit_values),
      limit_bytes_(limit_bytes),
      stream_(record.open(ReadFrom::next())) {}

void Feed::wake() {
    try {
        go_on();
    } catch (...) {  // nobody else would wake it again
        wake_later();
        throw;
    }
}

void Feed::wake_later() {
    asio::post(executor_, [feed = weak_from_this()] {
        if (const auto self = feed.lock()) {
            self->wake();
        }
    });
}

void Feed::go_on() {
    bool more = false;
    if (take_batch(more) > 0) {
        for (FeedCursor* const cursor : cursors_) {
            listener_.on_entries(*cursor);
        }
        listener_.serve_cursors();
        trim();
    }
    if (more) {
        wake_later();
    } else if (!stream_->closed()) {
        stream_->wait(executor_, weak_from_this());
    } else if (!closed_told_) {
        closed_told_ = true;
        const std::vector<FeedCursor*> followers = cursors_;
        for (FeedCursor* const cursor : followers) {
            listener_.on_closed(*cursor);
        }
        listener_.serve_cursors();
    }
}

std::size_t Feed::take_batch(bool& more) {
    // Shorter than the log, so that who is served after every batch misses nothing.
    const bool conflates = record_.kind() == BufferKind::single_latest;
    const std::size_t most = conflates ? batch_values : std::min(batch_values, limit_values_);
    std::size_t bytes = 0;
    for (std::size_t count = 0;; ++count) {
        more = count == most || bytes > limit_bytes_ / 2;
        Entry entry;
        const Took took = more ? Took::nothing : stream_->take(entry.json, entry.stamp);
        if (took == Took::nothing) {
            return count;
        }
        if (took == Took::unencodable) {  // the next event's `seq` tells of it
            continue;
        }
        bytes += entry.json.size();
        bytes_ += entry.json.size();
        log_.push_back(std::move(entry));
        while (log_.size() > limit_values_ || (bytes_ > limit_bytes_ && log_.size() > 1)) {
            drop_front();
        }
    }
}

void Feed::drop_front() {
    bytes_ -= log_.front().json.size();
    log_.pop_front();
    ++begin_;
}

// What everybody has been told is not kept.
void Feed::trim() {
    std::uint64_t needed = end();
    for (const FeedCursor* const cursor : cursors_) {
        needed = std::min(needed, cursor->next);
    }
    while (begin_ < needed && !log_.empty()) {
        drop_front();
    }
}

void Feed::join(FeedCursor& cursor) {
    cursor.next = end();
    cursor.last_pos = cursor.seen_pos = record_.head();  // what lies between has been told others
    cursor.closed = closed_told_;
    cursors_.push_back(&cursor);
}

void Feed::leave(FeedCursor& cursor) { std::erase(cursors_, &cursor); }

}  // namespace aimdb::aimx
