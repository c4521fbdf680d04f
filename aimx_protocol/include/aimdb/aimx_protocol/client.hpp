// SPDX-License-Identifier: Apache-2.0
//
// Talking to an AimX server: one of ours, or AimDB's.
//
//     aimdb::aimx::Client client("tcp://127.0.0.1:7433");
//     auto supply = co_await client.get<Reading>("boiler.supply");
//     co_await client.set("boiler.setpoint", setpoint);
//     auto newest = client.query_latest<Reading>("boiler.*", 10, aimdb::blocking);
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "aimdb/aimx_protocol/detail/client_core.hpp"
#include "aimdb/aimx_protocol/subscription.hpp"
#include "aimdb/core/async.hpp"
#include "aimdb/core/codec.hpp"
#include "aimdb/core/query.hpp"

namespace aimdb::aimx {

template <typename Token>
inline constexpr bool is_awaiting = false;
template <typename Executor>
inline constexpr bool is_awaiting<asio::use_awaitable_t<Executor>> = true;

/// Whether a temporary T in an awaited call may be destroyed twice, see docs/architecture.md.
template <typename T, typename Token>
concept UnsafeToAwait = is_awaiting<std::remove_cvref_t<Token>> && std::is_aggregate_v<T> &&
    !std::is_trivially_destructible_v<T>;

/// A connection to a server that is made, kept and made again by itself.
///
/// Every call takes a completion token last: `asio::use_awaitable` by default,
/// `asio::use_future`, a callback, or `aimdb::blocking`. Calls made while there is
/// no connection wait for one. A call fails with
///   - RemoteError: the server refused;
///   - Error(timed_out): no answer within `call_timeout`, connected or not;
///   - Error(std::errc::connection_reset): the connection was lost before the answer
///     came; for a call that changes something Error(outcome_unknown);
///   - Error(limit_exceeded): the frame is too long, or too much waits;
///   - Error(invalid_key): a key or method with quotes, backslashes or control characters;
///   - Error(shutting_down): the client has been closed;
///   - Error(decode_failed): the answer is not what it should be.
///
/// URLs: unix://PATH, tcp://HOST:PORT, ws://HOST:PORT/PATH.
///
/// Threads:   thread-safe, except moving and destroying. Runs one thread of its own,
///            "aimdb-aimx-cli", where callbacks without an executor are called; what they
///            throw goes to the log of the options.
/// Ownership: destroying it fails what is pending; not on its own thread. It takes up to
///            a second for what was sent to leave, and waits for a host name that is being
///            looked up (30 s and more where no name server answers).
/// Lifetime:  an io_context on which calls are awaited has to outlive the client,
///            whose thread posts to it.
/// Ordering:  what one thread calls is sent in that order.
class Client {
public:
    /// Begins to connect. Throws Error(invalid_configuration) about the URL.
    explicit Client(std::string_view url, ClientOptions options = {})
        : core_(std::make_shared<ClientCore>(url, std::move(options))) {}
    ~Client() {
        if (core_) {
            core_->stop();
        }
    }
    Client(Client&&) noexcept = default;
    Client& operator=(Client&& other) noexcept {
        std::swap(core_, other.core_);
        return *this;
    }

    /// Fails what is pending and ends subscriptions. Later calls fail.
    void close() { core_->close(); }
    [[nodiscard]] ClientStatus status() const { return core_->status(); }

    /// Completes once connected; fails like any call. -> void
    template <typename Token = asio::use_awaitable_t<>>
    auto connected(Token&& token = {}) const {
        return start<void>(std::forward<Token>(token), [core = core_](auto handler) {
            core->when_connected(std::move(handler));
        });
    }
    /// -> time to the server and back
    template <typename Token = asio::use_awaitable_t<>>
    auto ping(Token&& token = {}) const {
        return start<std::chrono::nanoseconds>(
            std::forward<Token>(token),
            [core = core_](auto handler) { core->ping(std::move(handler)); });
    }
    /// Any method; `params` is JSON text, else it fails with std::errc::invalid_argument (as
    /// do set_raw and write_raw). -> JSON text
    template <typename Token = asio::use_awaitable_t<>>
    auto call(std::string_view method, std::string_view params = "null", Token&& token = {}) const {
        return start<std::string>(
            std::forward<Token>(token),
            [core = core_, name = std::string(method), text = std::string(params)](auto handler) {
                core->call(name, text, std::move(handler));
            });
    }

    // Records

    /// Descriptions of the records a pattern matches. -> std::vector<RemoteRecord>
    template <typename Token = asio::use_awaitable_t<>>
    auto list(std::string_view pattern = "#", Token&& token = {}) const {
        return start<std::vector<RemoteRecord>>(
            std::forward<Token>(token), [core = core_, text = std::string(pattern)](auto handler) {
                core->list(text, std::move(handler));
            });
    }
    /// The newest value. -> JSON text
    template <typename Token = asio::use_awaitable_t<>>
    auto get_raw(std::string_view key, Token&& token = {}) const {
        return call("record.get", name_params(key), std::forward<Token>(token));
    }
    /// The same, decoded. -> T
    template <typename T, typename Token = asio::use_awaitable_t<>>
    auto get(std::string_view key, Token&& token = {}) const {
        require_codec<T>();
        auto ask = [core = core_, params = name_params(key)](auto handler) {
            core->call("record.get", params, decoding<T>(std::move(handler)));
        };
        return start<Decoded<T>>(std::forward<Token>(token), std::move(ask));
    }
    /// Writes, and waits until it is done. -> JSON text of the record after it; empty
    /// where the server gives none
    template <typename Token = asio::use_awaitable_t<>>
    auto set_raw(std::string_view key, std::string_view json, Token&& token = {}) const {
        return start<std::string>(std::forward<Token>(token),
                                  [core = core_, name = std::string(key), text = std::string(json)](
                                      auto handler) { core->set(name, text, std::move(handler)); });
    }
    template <typename T, typename Token = asio::use_awaitable_t<>>
    auto set(std::string_view key, const T& value, Token&& token = {}) const {
        return set_raw(key, encode(value), std::forward<Token>(token));
    }
    /// Writes. On an aimdb server it waits until that is done, elsewhere until it is
    /// sent. -> WriteOutcome
    template <typename Token = asio::use_awaitable_t<>>
    auto write_raw(std::string_view key, std::string_view json, Token&& token = {}) const {
        return start<WriteOutcome>(
            std::forward<Token>(token),
            [core = core_, name = std::string(key), text = std::string(json)](auto handler) {
                core->write(name, text, std::move(handler));
            });
    }
    template <typename T, typename Token = asio::use_awaitable_t<>>
    auto write(std::string_view key, const T& value, Token&& token = {}) const {
        return write_raw(key, encode(value), std::forward<Token>(token));
    }
    // GCC 12 destroys an aggregate made with braces inside an awaited call twice:
    // name the value first.
    template <typename T, typename Token = asio::use_awaitable_t<>>
    requires UnsafeToAwait<T, Token>
    auto set(std::string_view key, const T&& value, Token&& token = {}) const = delete;
    template <typename T, typename Token = asio::use_awaitable_t<>>
    requires UnsafeToAwait<T, Token>
    auto write(std::string_view key, const T&& value, Token&& token = {}) const = delete;

    /// Takes what came since this connection's last drain, oldest first. -> DrainResult
    template <typename Token = asio::use_awaitable_t<>>
    auto drain_raw(std::string_view key,
                   std::optional<std::uint64_t> limit = std::nullopt,
                   Token&& token = {}) const {
        return start<DrainResult>(std::forward<Token>(token),
                                  [core = core_, name = std::string(key), limit](auto handler) {
                                      core->drain(name, limit, std::move(handler));
                                  });
    }
    /// The same, decoded: what was taken is gone, so a value that is no T fails nothing.
    /// -> TypedDrain<T>
    template <typename T, typename Token = asio::use_awaitable_t<>>
    auto drain(std::string_view key,
               std::optional<std::uint64_t> limit = std::nullopt,
               Token&& token = {}) const {
        require_codec<T>();
        auto ask = [core = core_, name = std::string(key), limit](auto handler) {
            core->drain(name, limit,
                        [answer = std::move(handler)](std::exception_ptr error,
                                                      DrainResult result) mutable {
                            answer(std::move(error), decode_drain<T>(result));
                        });
        };
        return start<TypedDrain<T>>(std::forward<Token>(token), std::move(ask));
    }

    // History. The answers equal those of Database::query_latest and the others; they
    // are put together of as many pages as it takes, so they are not one snapshot.

    /// The newest `count` values of every record the pattern matches. -> QueryResult<T>
    template <typename T, typename Token = asio::use_awaitable_t<>>
    auto query_latest(std::string_view pattern, std::uint64_t count = 1, Token&& token = {}) const {
        HistoryOptions options;
        options.limit_per_record = count;
        options.total_limit = page_limit_rows;
        options.order = Order::newest_first;
        return query<T>(pattern, options, std::forward<Token>(token));
    }
    /// The values with start <= time <= end. -> QueryResult<T>
    template <typename T, typename Token = asio::use_awaitable_t<>>
    auto query_range(std::string_view pattern,
                     UnixTime begin,
                     UnixTime end,
                     HistoryOptions options = {},
                     Token&& token = {}) const {
        options.start = begin;
        options.end = end;
        return query<T>(pattern, options, std::forward<Token>(token));
    }
    /// Rows as JSON text; empty where a value was too long for a frame. -> HistoryPage
    template <typename Token = asio::use_awaitable_t<>>
    auto query_raw(std::string_view pattern,
                   const HistoryOptions& options = {},
                   Token&& token = {}) const {
        return start<HistoryPage>(
            std::forward<Token>(token),
            [core = core_, asked = HistoryQuery{std::string(pattern), options, {}}](auto handler) {
                core->query(asked, std::move(handler));
            });
    }

    // Seeing inside -> JSON text as docs/aimx_protocol.md describes it

    template <typename Token = asio::use_awaitable_t<>>
    auto graph_nodes(Token&& token = {}) const {
        return call("graph.nodes", "null", std::forward<Token>(token));
    }
    template <typename Token = asio::use_awaitable_t<>>
    auto graph_edges(Token&& token = {}) const {
        return call("graph.edges", "null", std::forward<Token>(token));
    }
    template <typename Token = asio::use_awaitable_t<>>
    auto graph_order(Token&& token = {}) const {
        return call("graph.topo_order", "null", std::forward<Token>(token));
    }
    /// aimdb servers only.
    template <typename Token = asio::use_awaitable_t<>>
    auto health(Token&& token = {}) const {
        return call("health", "null", std::forward<Token>(token));
    }
    template <typename Token = asio::use_awaitable_t<>>
    auto profiling_reset(Token&& token = {}) const {
        return call("profiling.reset", "null", std::forward<Token>(token));
    }
    template <typename Token = asio::use_awaitable_t<>>
    auto buffer_metrics_reset(Token&& token = {}) const {
        return call("buffer_metrics.reset", "null", std::forward<Token>(token));
    }

    // Following

    /// A record by key, or records by pattern. Does not wait: what the server says
    /// about it comes as updates, a refusal as `UpdateKind::ended`. Throws
    /// Error(invalid_pattern) where the text cannot travel.
    [[nodiscard]] Subscription subscribe(std::string_view topic,
                                         const SubscribeOptions& options = {}) const {
        return core_->subscribe(topic, options);
    }
    template <typename T>
    [[nodiscard]] TypedSubscription<T> subscribe(std::string_view topic,
                                                 const SubscribeOptions& options = {}) const {
        require_codec<T>();
        return TypedSubscription<T>(core_->subscribe(topic, options));
    }

private:
    // Results travel as default-constructible values.
    template <typename T>
    using Decoded = std::conditional_t<std::is_default_constructible_v<T>, T, std::optional<T>>;

    template <typename R, typename Token, typename Start>
    auto start(Token&& token, Start begin) const {
        return aimdb::detail::async_call<R>(std::forward<Token>(token), core_->executor(),
                                            std::move(begin));
    }

    template <typename T>
    static std::string encode(const T& value) {
        require_codec<T>();
        std::string json;
        Codec<T>::encode(value, json);
        return json;
    }

    template <typename T, typename Handler>
    static auto decoding(Handler handler) {
        return [answer = std::move(handler)](std::exception_ptr error, std::string json) mutable {
            Decoded<T> value{};
            if (!error) {
                try {
                    value = Codec<T>::decode(json);
                } catch (...) {  // handed on to the caller
                    error = std::current_exception();
                }
            }
            answer(std::move(error), std::move(value));
        };
    }

    template <typename T>
    static TypedDrain<T> decode_drain(const DrainResult& result) {
        TypedDrain<T> typed;
        typed.lost = result.lost;
        typed.more = result.more;
        typed.values.reserve(result.values.size());
        for (const std::string& json : result.values) {
            try {
                typed.values.push_back(Codec<T>::decode(json));
            } catch (const std::exception&) {  // also of a user's codec: counted, not fatal
                ++typed.undecodable;
            }
        }
        return typed;
    }

    template <typename T, typename Token>
    auto query(std::string_view pattern, const HistoryOptions& options, Token&& token) const {
        require_codec<T>();
        auto ask = [core = core_,
                    asked = HistoryQuery{std::string(pattern), options, {}}](auto handler) {
            core->query(asked, [answer = std::move(handler)](std::exception_ptr error,
                                                             HistoryPage page) mutable {
                answer(std::move(error), aimdb::detail::decode_page<T>(std::move(page)));
            });
        };
        return start<QueryResult<T>>(std::forward<Token>(token), std::move(ask));
    }

    std::shared_ptr<ClientCore> core_;
};

}  // namespace aimdb::aimx
