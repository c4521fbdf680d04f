// SPDX-License-Identifier: Apache-2.0
//
// What the sessions of one server share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include "aimdb/aimx_protocol/options.hpp"
#include "aimdb/aimx_protocol/server_module.hpp"

#include "catalog.hpp"
#include "feed.hpp"
#include "settling.hpp"
#include "timers.hpp"

namespace aimdb::aimx {

class Session;

/// ServerStats while it is being counted; read from any thread.
struct Counters {
    using Count = std::atomic<std::uint64_t>;
    Count connections_open{0};
    Count connections_accepted{0};
    Count connections_refused{0};
    Count connections_cut{0};
    Count subscriptions_open{0};
    Count frames_in{0};
    Count frames_malformed{0};
    Count requests{0};
    Count requests_failed{0};
    Count events_sent{0};
    Count events_lost{0};
    Count writes{0};
    Count writes_refused{0};

    /// By the loop alone: no read-modify-write needed.
    static void add(Count& count, std::uint64_t by = 1) noexcept {
        count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    static void take(Count& count, std::uint64_t by = 1) noexcept {
        count.store(count.load(std::memory_order_relaxed) - by, std::memory_order_relaxed);
    }
};

/// Threads:   thread-confined (the loop), but for `counters`.
/// Ownership: outlives sessions and feeds; the loop outlives it.
class Hub final : public FeedListener {
public:
    Hub(Database& database,
        std::shared_ptr<asio::io_context> loop,
        AimxOptions options,
        std::vector<std::unique_ptr<ServedRecord>> records,
        Timers::Clock clock);
    ~Hub() override;
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// Once all modules are open: learns what is persisted, and its epoch.
    void start();

    [[nodiscard]] const AimxOptions& options() const noexcept { return options_; }
    [[nodiscard]] Catalog& catalog() noexcept { return catalog_; }
    [[nodiscard]] const Catalog& catalog() const noexcept { return catalog_; }
    [[nodiscard]] Database& database() const noexcept { return database_; }
    [[nodiscard]] HistorySource* history() const noexcept { return database_.history(); }
    [[nodiscard]] Timers& timers() noexcept { return timers_; }
    [[nodiscard]] asio::io_context& loop() const noexcept { return *loop_; }
    [[nodiscard]] const Log& log() const noexcept { return log_; }

    /// The feed of a record, new if nobody follows it yet.
    [[nodiscard]] std::shared_ptr<Feed> feed(const ServedRecord& record);

    [[nodiscard]] const std::string& run_epoch() const noexcept { return run_epoch_; }
    /// Whether clients of this endpoint have to show a token.
    [[nodiscard]] bool wants_token(std::size_t endpoint) const noexcept {
        return !options_.endpoints[endpoint].tokens.empty();
    }
    /// Whether `token` is one of the endpoint's; takes the same time for all of a length.
    [[nodiscard]] bool token_opens(std::size_t endpoint, std::string_view token) const;

    /// Text of the health method and of GET /health.
    [[nodiscard]] std::string health(bool extended) const;

    /// Asks history; `digest` makes of the page what is needed on the thread that
    /// read it, `then` gets it on the loop, unless `alive` is gone.
    template <typename Digested>
    void ask(HistoryQuery query,
             std::weak_ptr<void> alive,
             std::function<Digested(HistoryPage)> digest,
             std::function<void(std::exception_ptr, Digested)> then);
    /// Calls `then` on the loop, unless `alive` is gone.
    void when_settled(const ServedRecord& record,
                      std::uint64_t pos,
                      std::weak_ptr<void> alive,
                      std::function<void(std::exception_ptr)> then);

    void add(Session& session) { sessions_.insert(&session); }
    /// The session has something to do outside of its connection's calls.
    void add_busy(Session& session);
    void forget(Session& session);

    void on_entries(FeedCursor& cursor) override;
    void serve_cursors() override;
    void on_closed(FeedCursor& cursor) override;

    /// Serves busy sessions once the loop has been round.
    void serve_soon();
    /// The server stops: subscriptions that are still being told history end, as do
    /// those that would begin with it. Their clients go on from where they are.
    void end_replays();
    [[nodiscard]] bool is_stopping() const noexcept { return stopping_; }
    void count_lost(std::uint64_t values);

    Counters counters;

private:
    class Sweeper;
    void close_idle_sessions();

    Database& database_;
    const std::shared_ptr<asio::io_context> loop_;
    const AimxOptions options_;
    const Log log_;
    Catalog catalog_;
    Timers timers_;
    const std::string run_epoch_;
    const std::int64_t started_ms_;
    std::map<const ServedRecord*, std::weak_ptr<Feed>> feeds_;
    std::map<const ServedRecord*, std::shared_ptr<Settling>> settling_;
    std::vector<Session*> busy_;
    bool serving_ = false;
    bool stopping_ = false;
    std::unordered_set<Session*> sessions_;
    std::shared_ptr<Waker> sweeper_;
};

template <typename Digested>
void Hub::ask(HistoryQuery query,
              std::weak_ptr<void> alive,
              std::function<Digested(HistoryPage)> digest,
              std::function<void(std::exception_ptr, Digested)> then) {
    history()->query(std::move(query), [loop = loop_, alive = std::move(alive),
                                        digest = std::move(digest), then = std::move(then)](
                                           std::exception_ptr error, HistoryPage page) mutable {
        Digested digested{};
        if (!error) {
            try {
                digested = digest(std::move(page));
            } catch (...) {
                error = std::current_exception();
            }
        }
        asio::post(*loop, [alive = std::move(alive), then = std::move(then),
                           error = std::move(error), digested = std::move(digested)]() mutable {
            if (const auto held = alive.lock()) {
                then(std::move(error), std::move(digested));
            }
        });
    });
}

}  // namespace aimdb::aimx
