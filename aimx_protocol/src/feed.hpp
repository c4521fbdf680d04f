// SPDX-License-Identifier: Apache-2.0
//
// The live values of one record, encoded once for all who follow it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <asio/any_io_executor.hpp>

#include "aimdb/aimx_protocol/detail/served_record.hpp"

namespace aimdb::aimx {

class Feed;
struct ServedSubscription;

/// Where one subscription stands in one record.
struct FeedCursor {
    ServedSubscription* subscription = nullptr;
    std::shared_ptr<Feed> feed;
    std::uint64_t next = 0;        ///< Index of the next entry of the feed.
    std::uint64_t last_pos = 0;    ///< What `seq` has been counted up to.
    std::uint64_t seen_pos = 0;    ///< Entries up to here have been told already.
    std::uint64_t merged = 0;      ///< Left out on purpose since the last event.
    std::int64_t due_ms = 0;       ///< With `every_ms`: no event before.
    bool held = false;             ///< History comes first.
    bool queued = false;           ///< In its session's list of cursors to serve.
    bool closed = false;           ///< Nothing comes after what the feed holds.
    std::shared_ptr<Waker> alarm;  ///< With `every_ms`, while an event is held back.
};

/// Called by a feed that has new entries. Implemented by the hub.
class FeedListener {
public:
    virtual ~FeedListener() = default;
    virtual void on_entries(FeedCursor& cursor) = 0;
    /// All cursors have been told; serve them.
    virtual void serve_cursors() = 0;
    /// The record is closed and every entry has been told of.
    virtual void on_closed(FeedCursor& cursor) = 0;
};

/// A bounded log in front of a record. A slow subscription falls behind in it and,
/// once it has been overtaken, is told how much it missed; nobody waits for it.
///
/// Threads: thread-confined (the server's loop).
/// Limits:  `limit_values` and `limit_bytes`; one entry for a single-latest.
class Feed final : public Waker, public std::enable_shared_from_this<Feed> {
public:
    struct Entry {
        Stamp stamp;
        std::string json;
    };

    Feed(const ServedRecord& record,
         asio::any_io_executor executor,
         FeedListener& listener,
         std::size_t limit_values,
         std::size_t limit_bytes);

    [[nodiscard]] const ServedRecord& record() const noexcept { return record_; }
    /// Takes what is there, and waits for more. To be called once after construction.
    void wake() override;

    /// From now on `cursor` is told of every entry after the present end.
    void join(FeedCursor& cursor);
    void leave(FeedCursor& cursor);

    [[nodiscard]] std::uint64_t begin() const noexcept { return begin_; }
    [[nodiscard]] std::uint64_t end() const noexcept { return begin_ + log_.size(); }
    [[nodiscard]] const Entry& at(std::uint64_t index) const { return log_[index - begin_]; }

private:
    // Taken at a time, so that other records and connections get their turn.
    static constexpr std::size_t batch_values = 256;

    void go_on();
    void wake_later();
    std::size_t take_batch(bool& more);
    void drop_front();
    void trim();

    const ServedRecord& record_;
    const asio::any_io_executor executor_;
    FeedListener& listener_;
    const std::size_t limit_values_;
    const std::size_t limit_bytes_;
    std::unique_ptr<ValueStream> stream_;
    std::vector<FeedCursor*> cursors_;
    std::deque<Entry> log_;
    std::uint64_t begin_ = 0;
    std::size_t bytes_ = 0;
    bool closed_told_ = false;
};

}  // namespace aimdb::aimx
