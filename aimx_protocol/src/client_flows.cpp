// SPDX-License-Identifier: Apache-2.0
#include "client_flows.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "aimdb/core/key.hpp"

#include "client_answers.hpp"
#include "text.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::size_t list_page_rows = 1'000;
constexpr std::size_t query_page_rows = 10'000;  // the most a server gives
// AimDB's servers refuse more.
constexpr std::uint64_t plain_limit_rows = std::numeric_limits<std::int64_t>::max();

// The steps of one call, kept alive by the request that is on its way.
template <typename R>
class Flow : public std::enable_shared_from_this<Flow<R>> {
public:
    Flow(ClientLoop& loop, ClientCore::Handler<R> handler)
        : loop_(loop), handler_(std::move(handler)) {}
    virtual ~Flow() = default;

    /// Waits for a connection, because what to ask depends on the server.
    void start() {
        ClientRequest request;
        request.kind = ClientRequest::Kind::connected;
        request.answer = step([](Flow& flow, std::string_view) { flow.ask(); });
        loop_.submit(std::move(request));
    }

protected:
    virtual void ask() = 0;
    virtual void on_answer(std::string_view json) = 0;

    void request(std::string method, std::string params) {
        ClientRequest request;
        request.name = std::move(method);
        request.body = std::move(params);
        request.answer = step([](Flow& flow, std::string_view json) { flow.on_answer(json); });
        loop_.submit(std::move(request));
    }
    void finish(std::exception_ptr error, R result) {
        std::exchange(handler_, nullptr)(std::move(error), std::move(result));
    }
    [[nodiscard]] bool extensions() const { return loop_.status().extensions; }

private:
    template <typename Next>
    ClientRequest::Answer step(Next next) {
        return [self = this->shared_from_this(), next](std::exception_ptr error,
                                                       std::string_view json) {
            if (!error) {
                try {
                    next(*self, json);
                    return;
                } catch (const std::exception&) {  // handed on to the caller
                    error = std::current_exception();
                }
            }
            self->finish(std::move(error), R{});
        };
    }

    ClientLoop& loop_;
    ClientCore::Handler<R> handler_;
};

class ListFlow final : public Flow<std::vector<RemoteRecord>> {
public:
    ListFlow(ClientLoop& loop,
             std::string pattern,
             ClientCore::Handler<std::vector<RemoteRecord>> handler)
        : Flow(loop, std::move(handler)), pattern_(std::move(pattern)) {}

private:
    void ask() override { request("record.list", extensions() ? page_params() : "null"); }

    std::string page_params() const {
        std::string params = R"({"pattern":)";
        append_text(params, pattern_);
        append_name(params, "limit");
        append_number(params, list_page_rows);
        if (!after_.empty()) {
            append_name(params, "after");
            append_text(params, after_);
        }
        params += '}';
        return params;
    }

    void on_answer(std::string_view json) override {
        ListPage page = read_list(json);
        const Pattern pattern(pattern_);  // plain servers give everything
        std::copy_if(std::make_move_iterator(page.rows.begin()),
                     std::make_move_iterator(page.rows.end()), std::back_inserter(rows_),
                     [&pattern](const RemoteRecord& row) { return pattern.matches(row.key); });
        if (page.next.empty() || page.next == after_) {
            finish(nullptr, std::move(rows_));
            return;
        }
        after_ = std::move(page.next);
        ask();
    }

    const std::string pattern_;
    std::string after_;
    std::vector<RemoteRecord> rows_;
};

class QueryFlow final : public Flow<HistoryPage> {
public:
    QueryFlow(ClientLoop& loop, HistoryQuery query, ClientCore::Handler<HistoryPage> handler)
        : Flow(loop, std::move(handler)), query_(std::move(query)) {
        query_.options.total_limit = std::min(query_.options.total_limit, page_limit_rows);
    }

private:
    void ask() override {
        paged_ = extensions();
        if (!paged_ && query_.options.after) {
            throw Error(std::make_error_code(std::errc::function_not_supported),
                        "query '" + query_.pattern + "': this server has no cursors");
        }
        request("record.query", query_params(query_, paged_));
    }

    void on_answer(std::string_view json) override {
        HistoryPage page = read_history(json);
        if (!paged_) {
            arrange_plain_rows(page.rows, query_.options);
            finish(nullptr, std::move(page));
            return;
        }
        const bool none_came = page.rows.empty();
        add(std::move(page));
        if (!result_.next || none_came || query_.options.total_limit == 0) {
            finish(nullptr, std::move(result_));
            return;
        }
        query_.options.after = result_.next;
        query_.options.gaps = false;  // they came with the first page
        ask();
    }

    void add(HistoryPage page) {
        query_.options.total_limit -= std::min(query_.options.total_limit, page.rows.size());
        std::move(page.rows.begin(), page.rows.end(), std::back_inserter(result_.rows));
        std::move(page.gaps.begin(), page.gaps.end(), std::back_inserter(result_.gaps));
        result_.corrupt_rows += page.corrupt_rows;
        result_.gaps_cut = result_.gaps_cut || page.gaps_cut;
        result_.next = page.next;
    }

    HistoryQuery query_;  // what is left of it
    bool paged_ = false;
    HistoryPage result_;
};

void append_time(std::string& params, std::string_view name, std::optional<UnixTime> time) {
    if (time) {
        append_name(params, name);
        append_number(params, std::max<std::int64_t>(0, to_unix_ms(*time)));
    }
}

}  // namespace

std::string query_params(const HistoryQuery& query, bool paged) {
    constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
    const HistoryOptions& options = query.options;
    const bool newest_first = options.order == Order::newest_first;
    std::string params = name_params(query.pattern);
    params.pop_back();
    if (!paged) {
        // Plain servers give the newest; the oldest are chosen here, of all.
        append_name(params, "limit");
        append_number(params, newest_first ? std::min({options.limit_per_record, plain_limit_rows,
                                                       std::uint64_t{options.total_limit}})
                                           : plain_limit_rows);
    } else if (options.limit_per_record != no_limit) {
        append_name(params, "limit");
        append_number(params, options.limit_per_record);
    }
    append_time(params, "start", options.start);
    append_time(params, "end", options.end);
    if (paged) {
        append_name(params, "order");
        append_plain(params, newest_first ? "desc" : "asc");
        append_name(params, "max_rows");
        append_number(params, std::min(options.total_limit, query_page_rows));
        if (options.after) {
            append_name(params, "after");
            append_text(params, options.after.to_text());
        }
        if (options.gaps) {
            params += R"(,"gaps":true)";
        }
    }
    params += '}';
    return params;
}

// They come by time; rows of one time stay in the order in which they came.
void arrange_plain_rows(std::vector<HistoryRow>& rows, const HistoryOptions& options) {
    if (options.order == Order::newest_first) {
        std::reverse(rows.begin(), rows.end());
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const HistoryRow& a, const HistoryRow& b) { return a.record < b.record; });
    std::uint64_t taken = 0;
    std::string record;
    std::erase_if(rows, [&](const HistoryRow& row) {
        if (row.record != record) {
            record = row.record;
            taken = 0;
        }
        return ++taken > options.limit_per_record;
    });
    rows.resize(std::min(rows.size(), options.total_limit));
}

void list_records(ClientLoop& loop,
                  std::string pattern,
                  ClientCore::Handler<std::vector<RemoteRecord>> handler) {
    std::make_shared<ListFlow>(loop, std::move(pattern), std::move(handler))->start();
}

void query_history(ClientLoop& loop, HistoryQuery query, ClientCore::Handler<HistoryPage> handler) {
    std::make_shared<QueryFlow>(loop, std::move(query), std::move(handler))->start();
}

}  // namespace aimdb::aimx
