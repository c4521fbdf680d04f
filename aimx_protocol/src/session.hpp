// SPDX-License-Identifier: Apache-2.0
//
// The server's side of one connection: frames in, frames out, no sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "frame.hpp"
#include "hub.hpp"
#include "outlet.hpp"
#include "ready_list.hpp"
#include "reply.hpp"
#include "served_subscription.hpp"

namespace aimdb::aimx {

class QueryAnswer;
class Replay;

/// What somebody may want to do: before a frame reads, writes or shows a record it asks
/// Session::refusal(); a query of history asks once for all of them.
enum class Action : std::uint8_t { read, write, reset };

/// Where tokens are wanted, a connection that has not shown one after so long is closed.
inline constexpr std::chrono::milliseconds hello_limit{10'000};
/// Queries of history that one connection may have running; others of it wait.
inline constexpr std::size_t running_queries_limit = 4;
/// Pages of history that its replays may have asked for or hold; others of it wait.
inline constexpr std::size_t replay_reads_limit = 2;
/// Records that one connection may follow, counted once per subscription.
inline constexpr std::size_t followed_records_limit = 65'536;

/// Threads:   thread-confined (the server's loop).
/// Ownership: of its connection, whose Outlet outlives it.
/// Limits:    AimxOptions::request_limit, the endpoint's subscription_limit.
class Session final : public Inlet {
public:
    Session(Hub& hub, Peer peer, Outlet& outlet, std::size_t subscription_limit);
    ~Session() override;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] bool on_frame(std::string_view frame) override;
    void on_room() override;

    [[nodiscard]] Hub& hub() const noexcept { return hub_; }
    [[nodiscard]] const Peer& peer() const noexcept { return peer_; }
    [[nodiscard]] bool owes_answers() const noexcept override { return pending_ > 0; }
    /// Ends the connection if it has neither said nor asked for anything for too long.
    void close_when_idle(std::int64_t now_ms);

    // For feeds, replays and the hub.

    /// The cursor has something to tell.
    void mark_ready(FeedCursor& cursor);
    void record_closed(FeedCursor& cursor);
    /// Tells what is ready, as long as the connection takes it, and sends it off.
    void serve();
    [[nodiscard]] bool has_room() const noexcept { return outlet_.unsent() < send_high_bytes; }
    void send(std::string_view frame);
    void flush() { outlet_.flush(); }
    /// One event or snapshot, with the subscription's `seq` as it is.
    void tell(ServedSubscription& subscription, const Telling& telling);
    void tell_gap(const ServedSubscription& subscription,
                  const ServedRecord& record,
                  const HistoryGap& gap);
    /// The newest value of a record, as a snapshot or as a plain event.
    void tell_newest(
        FeedCursor& cursor, std::string_view json, Stamp stamp, bool snapshot, bool last);
    /// The replay wants a page: Replay::read() is called once it is its turn, which
    /// ends with end_read().
    void wait_for_read(std::weak_ptr<Replay> replay);
    void end_read();
    /// Subscriptions that are being told history end: the server stops.
    void end_replays();
    /// History has been told.
    void go_live(ServedSubscription& subscription);
    void end(std::uint64_t id, std::string_view reason);

private:
    struct Drain {
        std::unique_ptr<ValueStream> stream;
        std::optional<std::string> put_back;  // taken, but it did not fit any more
        std::uint64_t lost = 0;
    };

    [[nodiscard]] bool admit(const Frame& frame);
    void dispatch(const Frame& frame);
    void serve_cursor(FeedCursor& cursor);
    void tell_entry(FeedCursor& cursor, const Feed::Entry& entry);
    [[nodiscard]] bool hold_back(FeedCursor& cursor);
    void append_position(std::string& out, const ServedRecord& record, Stamp stamp) const;
    void finish(FeedCursor& cursor);
    void remove(std::uint64_t id);
    void send_ended(std::string_view sub, std::string_view reason);

    // session_requests.cpp
    void request(const Frame& frame);
    void hello(std::uint64_t id, const Params& params);
    void list(std::uint64_t id, const Params& params);
    void get(std::uint64_t id, const Params& params);
    void health(std::uint64_t id, const Params& params);
    void graph_nodes(std::uint64_t id, const Params& params);
    void graph_edges(std::uint64_t id, const Params& params);
    void graph_order(std::uint64_t id, const Params& params);
    void reset_profiling(std::uint64_t id, const Params& params);
    void reset_metrics(std::uint64_t id, const Params& params);
    void reset(std::uint64_t id, bool timings);
    void reply(std::uint64_t id, std::string_view ok_json);
    void refuse(std::uint64_t id, const Refusal& refusal);
    [[nodiscard]] std::optional<Refusal> refusal(Action action, const ServedRecord* record) const;
    [[nodiscard]] Catalog::Shown readable() const;
    [[nodiscard]] std::vector<ServedRecord*> match_readable(std::string_view topic,
                                                            std::string& fault) const;
    [[nodiscard]] std::string welcome(std::size_t agreed_frame) const;

    // session_values.cpp
    void set(std::uint64_t id, const Params& params);
    void append_echo(const ServedRecord& record, std::string& out) const;
    void drain(std::uint64_t id, const Params& params);
    void drain_into(const ServedRecord& record, std::uint64_t limit, std::string& out);
    void write(const Frame& frame);
    [[nodiscard]] Position write_payload(const ServedRecord& record,
                                         std::string_view payload) const;

    // session_query.cpp
    void query(std::uint64_t id, const Params& params);
    void query_plain(std::uint64_t id,
                     const Params& params,
                     HistoryQuery query,
                     std::shared_ptr<const StoredSelection> selection);
    void query_page(std::uint64_t id,
                    const Params& params,
                    HistoryQuery query,
                    std::shared_ptr<const StoredSelection> selection);
    void ask(std::uint64_t id, HistoryQuery query, std::shared_ptr<QueryAnswer> answer);
    void start_queries();
    void start_query(std::uint64_t id, HistoryQuery query);
    void start_reads();

    // session_subscribe.cpp
    void subscribe(const Frame& frame);
    [[nodiscard]] std::optional<Refusal> subscribe_refusal(const Frame& frame) const;
    [[nodiscard]] std::unique_ptr<ServedSubscription> make_subscription(
        const Frame& frame, const std::vector<ServedRecord*>& records);
    void refuse_quietly(const ServedSubscription& subscription, const std::string& fault);
    void end_if_closed(ServedSubscription& subscription);
    void send_subscribed(std::string_view sub, bool resumed, std::string_view message);
    void begin_live(ServedSubscription& subscription);
    void go_on_with_burst(ServedSubscription& subscription);
    void release(ServedSubscription& subscription);

    Hub& hub_;
    Peer peer_;
    Outlet& outlet_;
    const std::size_t subscription_limit_;
    const std::shared_ptr<char> alive_ = std::make_shared<char>();
    bool extensions_ = false;
    bool first_frame_ = true;
    bool busy_ = false;
    bool gives_way_ = false;  // others come before its next frame
    bool spoke_ = true;       // since it was last looked at
    std::int64_t idle_since_ms_ = 0;
    class Stranger;
    std::shared_ptr<Stranger> stranger_;  // while it has not shown a token
    struct WaitingQuery {
        std::uint64_t id;
        HistoryQuery query;
    };
    std::deque<WaitingQuery> waiting_queries_;
    std::size_t running_queries_ = 0;
    std::deque<std::weak_ptr<Replay>> waiting_replays_;
    std::size_t running_reads_ = 0;
    std::size_t pending_ = 0;  // answers on their way: of running and waiting queries
    std::unordered_map<std::uint64_t, std::unique_ptr<ServedSubscription>> subscriptions_;
    std::size_t followed_ = 0;  // cursors of all of them
    std::unordered_map<const ServedRecord*, Drain> drains_;
    ReadyList ready_;
    std::string scratch_;
};

}  // namespace aimdb::aimx
