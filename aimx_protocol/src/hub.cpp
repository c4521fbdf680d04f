// SPDX-License-Identifier: Apache-2.0
#include "hub.hpp"

#include <algorithm>

#include <asio/post.hpp>

#include "aimdb/core/detail/exception_text.hpp"
#include "aimdb/core/detail/random_name.hpp"

#include "session.hpp"
#include "text.hpp"

namespace aimdb::aimx {

Hub::Hub(Database& database,
         std::shared_ptr<asio::io_context> loop,
         AimxOptions options,
         std::vector<std::unique_ptr<ServedRecord>> records,
         Timers::Clock clock)
    : database_(database),
      loop_(std::move(loop)),
      options_(std::move(options)),
      log_(database.log().about({}, "aimx")),
      catalog_(database, std::move(records)),
      timers_(std::move(clock)),
      run_epoch_(aimdb::detail::random_name()),
      started_ms_(timers_.now_ms()) {}

Hub::~Hub() = default;

/// Looks from time to time for sessions that say nothing any more.
class Hub::Sweeper final : public Waker, public std::enable_shared_from_this<Sweeper> {
public:
    explicit Sweeper(Hub& hub) : hub_(hub) {}
    void wake() override {
        const std::int64_t step_ms = hub_.options_.idle_limit.count() / 8 + 1;
        hub_.timers_.wake_at(hub_.timers_.now_ms() + step_ms, weak_from_this());
        hub_.close_idle_sessions();  // may throw
    }

private:
    Hub& hub_;
};

void Hub::close_idle_sessions() {
    const std::vector<Session*> sessions(sessions_.begin(), sessions_.end());
    for (Session* const session : sessions) {
        if (sessions_.contains(session)) {
            session->close_when_idle(timers_.now_ms());
        }
    }
}

void Hub::end_replays() {
    stopping_ = true;
    const std::vector<Session*> sessions(sessions_.begin(), sessions_.end());
    for (Session* const session : sessions) {
        if (sessions_.contains(session)) {
            session->end_replays();
        }
    }
}

void Hub::start() {
    const std::string store_epoch = history() == nullptr ? std::string() : history()->epoch();
    for (const auto& record : catalog_.records()) {
        const auto name =
            history() == nullptr ? std::nullopt : history()->stored_name(record->key());
        record->stored_name = name.value_or(std::string());
        record->epoch = name && !store_epoch.empty() ? store_epoch : run_epoch_;
    }
    sweeper_ = std::make_shared<Sweeper>(*this);
    sweeper_->wake();
}

std::shared_ptr<Feed> Hub::feed(const ServedRecord& record) {
    std::weak_ptr<Feed>& place = feeds_[&record];
    std::shared_ptr<Feed> feed = place.lock();
    if (!feed) {
        feed = std::make_shared<Feed>(record, loop_->get_executor(), *this,
                                      options_.event_backlog_values, options_.event_backlog_bytes);
        place = feed;
        feed->wake();
    }
    return feed;
}

bool Hub::token_opens(std::size_t endpoint, std::string_view token) const {
    const auto& tokens = options_.endpoints[endpoint].tokens;
    bool opens = tokens.empty();
    for (const std::string& good : tokens) {
        if (good.empty()) {
            continue;
        }
        unsigned differences = good.size() == token.size() ? 0 : 1;
        for (std::size_t i = 0; i < token.size(); ++i) {
            differences |= static_cast<unsigned char>(token[i] ^ good[i % good.size()]);
        }
        opens = opens || differences == 0;
    }
    return opens;
}

std::string Hub::health(bool extended) const {
    const std::string trouble = history() == nullptr ? std::string() : history()->trouble();
    std::string text = R"({"clients":)";
    append_number(text, counters.connections_open.load(std::memory_order_relaxed));
    append_name(text, "status");
    append_plain(text, trouble.empty() ? "ok" : "degraded");
    append_name(text, "uptime_secs");
    append_number(text, (timers_.now_ms() - started_ms_) / 1'000);
    if (extended) {
        append_name(text, "records");
        append_number(text, catalog_.records().size());
        append_name(text, "epoch");
        append_plain(text, run_epoch_);
        append_name(text, "server_version");
        append_plain(text, AIMDB_VERSION);
        if (!trouble.empty()) {
            append_name(text, "reason");
            append_text(text, trouble);
        }
    }
    return text + '}';
}

void Hub::when_settled(const ServedRecord& record,
                       std::uint64_t pos,
                       std::weak_ptr<void> alive,
                       std::function<void(std::exception_ptr)> then) {
    std::shared_ptr<Settling>& settling = settling_[&record];
    if (!settling) {
        settling = std::make_shared<Settling>(loop_, record.key());
    }
    settling->wait(*history(), pos, std::move(alive), std::move(then));
}

void Hub::add_busy(Session& session) { busy_.push_back(&session); }

void Hub::forget(Session& session) {
    sessions_.erase(&session);
    std::replace(busy_.begin(), busy_.end(), &session, static_cast<Session*>(nullptr));
}

void Hub::on_entries(FeedCursor& cursor) { cursor.subscription->session->mark_ready(cursor); }

void Hub::on_closed(FeedCursor& cursor) { cursor.subscription->session->record_closed(cursor); }

void Hub::count_lost(std::uint64_t values) { Counters::add(counters.events_lost, values); }

// A session that is served may go, or become busy again: then it is its turn
// once the loop has been round.
void Hub::serve_cursors() {
    const std::size_t count = serving_ ? 0 : busy_.size();
    if (count == 0) {
        return;
    }
    serving_ = true;
    for (std::size_t i = 0; i < count; ++i) {
        if (Session* const session = std::exchange(busy_[i], nullptr)) {
            try {
                session->serve();
            } catch (...) {  // its trouble is not the others'
                log_.error("a session threw: " + aimdb::detail::exception_text());
            }
        }
    }
    busy_.erase(busy_.begin(), busy_.begin() + static_cast<std::ptrdiff_t>(count));
    serving_ = false;
    if (!busy_.empty()) {
        serve_soon();
    }
}

void Hub::serve_soon() {
    asio::post(*loop_, [this] { serve_cursors(); });
}

}  // namespace aimdb::aimx
