// SPDX-License-Identifier: Apache-2.0
//
// A client without templates: what Client, subscriptions and links share. It
// owns the thread; calls reach it as callbacks.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asio/any_io_executor.hpp>

#include "aimdb/aimx_protocol/detail/client_answers.hpp"
#include "aimdb/aimx_protocol/detail/client_options.hpp"
#include "aimdb/aimx_protocol/subscription.hpp"
#include "aimdb/core/history.hpp"

namespace aimdb::aimx {

class ClientLoop;

/// Calls of a client, in callback form. Every handler is called exactly once, on
/// the client's thread or inside the call, and must not block or throw.
///
/// Threads: thread-safe.
class ClientCore : public std::enable_shared_from_this<ClientCore> {
public:
    template <typename R>
    using Handler = std::function<void(std::exception_ptr, R)>;
    using Done = std::function<void(std::exception_ptr)>;

    /// Throws Error(invalid_configuration) about the URL.
    ClientCore(std::string_view url, ClientOptions options);
    ~ClientCore();
    ClientCore(const ClientCore&) = delete;
    ClientCore& operator=(const ClientCore&) = delete;

    /// Everything pending fails, subscriptions end.
    void close();
    /// The same, and joins the thread. Not on the client's own thread.
    void stop();

    [[nodiscard]] ClientStatus status() const;
    [[nodiscard]] const asio::any_io_executor& executor() const noexcept;
    /// Calls `watcher` with the status now and at every change, on the client's thread.
    void watch(std::function<void(const ClientStatus&)> watcher);

    /// Any method, with JSON text of the params ("null" for none); answers JSON text.
    void call(std::string method, std::string params, Handler<std::string> handler);
    void when_connected(Done handler);
    void ping(Handler<std::chrono::nanoseconds> handler);
    void list(std::string pattern, Handler<std::vector<RemoteRecord>> handler);
    void set(std::string_view key, std::string json, Handler<std::string> handler);
    void drain(std::string_view key,
               std::optional<std::uint64_t> limit,
               Handler<DrainResult> handler);
    void query(HistoryQuery query, Handler<HistoryPage> handler);
    void write(std::string_view key, std::string json, Handler<WriteOutcome> handler);

    /// Throws Error(invalid_pattern).
    [[nodiscard]] Subscription subscribe(std::string_view topic, const SubscribeOptions& options);
    void unsubscribe(std::uint64_t number);

private:
    std::unique_ptr<ClientLoop> loop_;
};

/// `{"name":<key>}`
[[nodiscard]] std::string name_params(std::string_view key);

}  // namespace aimdb::aimx
