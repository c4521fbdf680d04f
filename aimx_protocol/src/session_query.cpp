// SPDX-License-Identifier: Apache-2.0
//
// record.query: asked on the loop, answered and put into words on the thread that
// reads history, so that nobody else waits. And whose turn it is to read.
#include <algorithm>
#include <limits>

#include "query_answer.hpp"
#include "replay.hpp"
#include "session.hpp"
#include "text.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::uint64_t plain_limit_max = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t paged_rows_default = 1'000;
constexpr std::uint64_t paged_rows_max = 10'000;
constexpr std::string_view bad_cursor = "after is no cursor: give the next of the page before";

std::optional<UnixTime> time_of(const Params& params, std::string_view name) {
    const auto ms = params.number(name);
    if (!ms) {
        return std::nullopt;
    }
    constexpr auto largest =
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 1'000'000);
    return from_unix_ms(static_cast<std::int64_t>(std::min(*ms, largest)));
}

// A cursor of another store is the only thing history itself finds unknown.
Refusal query_refusal(const std::exception_ptr& error) {
    Refusal refusal = refusal_of(error);
    if (refusal.code == "unknown_record") {
        refusal = {err::internal, "bad_params", std::string(bad_cursor)};
    }
    return refusal;
}

}  // namespace

void Session::query(std::uint64_t id, const Params& params) {
    if (hub_.history() == nullptr) {
        const bool websocket = peer_.transport == Transport::websocket;
        refuse(id, {websocket ? err::not_found : err::internal, "no_history",
                    "this database keeps no history"});
        return;
    }
    if (pending_ >= hub_.options().request_limit) {
        refuse(id, {err::internal, "busy", "too many answers are on their way: wait for some"});
        return;
    }
    if (const auto refused = refusal(Action::read, nullptr)) {
        refuse(id, *refused);
        return;
    }
    std::string fault;
    const Selection selection = hub_.catalog().stored(params.text("name").value_or("#"), fault);
    HistoryQuery query{"#", {}, selection->names};
    query.options.start = time_of(params, "start");
    query.options.end = time_of(params, "end");
    const bool paged =
        params.has("after") || params.has("order") || params.has("max_rows") || params.has("gaps");
    if (selection->names->empty() || (params.number("limit") == 0 && !params.flag("gaps"))) {
        std::string text = R"({"records":[],"total":0)";
        if (!fault.empty()) {
            append_name(text, "msg");
            append_text(text, fault);
        }
        reply(id, text + '}');
    } else if (paged) {
        query_page(id, params, std::move(query), selection);
    } else {
        query_plain(id, params, std::move(query), selection);
    }
}

void Session::query_plain(std::uint64_t id,
                          const Params& params,
                          HistoryQuery query,
                          Selection selection) {
    const std::uint64_t limit = params.number("limit").value_or(1);
    if (limit > plain_limit_max) {
        refuse(id, {err::internal, "bad_params", "limit is above 2^63 - 1"});
        return;
    }
    query.options.limit_per_record = limit;
    query.options.total_limit = page_limit_rows;
    query.options.order = Order::newest_first;
    ask(id, std::move(query),
        std::make_shared<PlainAnswer>(id, std::move(selection), extensions_, outlet_.send_limit()));
}

void Session::query_page(std::uint64_t id,
                         const Params& params,
                         HistoryQuery query,
                         Selection selection) {
    const std::string order = params.text("order").value_or("asc");
    const std::optional<std::string> after = params.text("after");
    const auto cursor = after ? Cursor::from_text(*after) : std::optional(Cursor{});
    if ((order != "asc" && order != "desc") || !cursor) {
        refuse(id, {err::internal, "bad_params",
                    std::string(cursor ? "order is \"asc\" or \"desc\"" : bad_cursor)});
        return;
    }
    query.options.order = order == "asc" ? Order::oldest_first : Order::newest_first;
    query.options.after = *cursor;
    query.options.gaps = params.flag("gaps");
    query.options.limit_per_record =
        params.number("limit").value_or(query.options.limit_per_record);
    query.options.total_limit = std::clamp<std::uint64_t>(
        params.number("max_rows").value_or(paged_rows_default), 1, paged_rows_max);
    const bool gaps = query.options.gaps;
    ask(id, std::move(query),
        std::make_shared<PageAnswer>(id, std::move(selection), outlet_.send_limit(), gaps));
}

void Session::ask(std::uint64_t id, HistoryQuery query, std::shared_ptr<QueryAnswer> answer) {
    query.sink = std::move(answer);
    ++pending_;
    waiting_queries_.push_back({id, std::move(query)});
    start_queries();
}

// Only few run at once, and only while the connection takes their answers: each may
// be as long as a frame, and others want the threads that read, too.
void Session::start_queries() {
    while (!waiting_queries_.empty() && running_queries_ < running_queries_limit && has_room()) {
        WaitingQuery next = std::move(waiting_queries_.front());
        waiting_queries_.pop_front();
        ++running_queries_;
        start_query(next.id, std::move(next.query));
    }
}

void Session::start_query(std::uint64_t id, HistoryQuery query) {
    const auto answer = std::static_pointer_cast<QueryAnswer>(query.sink);
    hub_.ask<std::string>(
        std::move(query), alive_, [answer](HistoryPage page) { return answer->finish(page); },
        [this, id](std::exception_ptr error, std::string frame) {
            --running_queries_;
            --pending_;
            if (error) {
                refuse(id, query_refusal(error));
            } else {
                send(frame);
            }
            start_queries();
            outlet_.flush();
        });
}

// Replays have turns of their own, so that neither waits long for the other, but few of
// them too: what one connection asks for, others wait for.
void Session::wait_for_read(std::weak_ptr<Replay> replay) {
    waiting_replays_.push_back(std::move(replay));
    start_reads();
}

void Session::start_reads() {
    while (!waiting_replays_.empty() && running_reads_ < replay_reads_limit && has_room()) {
        const std::shared_ptr<Replay> next = waiting_replays_.front().lock();
        waiting_replays_.pop_front();
        if (next) {
            ++running_reads_;
            next->read();
        }
    }
}

void Session::end_read() {
    --running_reads_;
    start_reads();
}

void Session::end_replays() {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, subscription] : subscriptions_) {
        if (subscription->replay) {
            ids.push_back(id);
        }
    }
    for (const std::uint64_t id : ids) {
        end(id, "closed");
    }
    outlet_.flush();
}

}  // namespace aimdb::aimx
