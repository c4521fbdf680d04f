// SPDX-License-Identifier: Apache-2.0
//
// Following records of a server.
//
//     auto supply = client.subscribe<Reading>("boiler.supply", {.since = yesterday});
//     while (auto update = co_await supply.recv()) {
//         if (update->decoded) { show(update->topic, *update->decoded); }
//     }
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <semaphore>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include <asio/cancellation_state.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/this_coro.hpp>

#include "aimdb/aimx_protocol/detail/client_updates.hpp"
#include "aimdb/core/async.hpp"
#include "aimdb/core/codec.hpp"

namespace aimdb::aimx {

/// A place in one record's sequence. The views need to live during the call only.
struct RemotePosition {
    std::string_view topic;
    std::string_view epoch;
    std::uint64_t pos = 0;
};

/// Trivially destructible. `since`, `from`, `every` and `gaps` need an aimdb server;
/// others ignore them.
struct SubscribeOptions {
    std::optional<UnixTime> since{};         ///< First what is stored from then on, then live.
    std::span<const RemotePosition> from{};  ///< First what came after these, then live.
    /// At most one live event per record in so long. Without `since` and `from`, what came
    /// while there was no connection is not made up for: `UpdateKind::interrupted`.
    std::chrono::milliseconds every{0};
    bool gaps = false;            ///< Tell gaps of history too.
    std::size_t queue_limit = 0;  ///< 0: as the client's options say.
    /// Where the server can go back, a full queue drops nothing: the subscription is
    /// left, and taken up again at the same place once half of it is free.
    bool lossless = false;
};

class ClientCore;

/// A sequence of updates that survives reconnects. Where the server is an aimdb it
/// goes on exactly after the last update, but see SubscribeOptions::every; elsewhere it
/// is opened anew and says so with `UpdateKind::interrupted`.
///
/// Threads:   thread-confined; distinct subscriptions are independent.
/// Ownership: destroying it tells the server. It may outlive its client.
/// Limits:    `queue_limit` updates; the oldest goes first, counted in `skipped`.
class Subscription {
public:
    Subscription(std::shared_ptr<ClientCore> core,
                 std::shared_ptr<UpdateQueue> queue,
                 std::uint64_t number);
    ~Subscription();
    Subscription(Subscription&& other) noexcept;
    Subscription& operator=(Subscription&& other) noexcept;

    /// The next update; waits for it. Nothing after the end. Cancelling loses none.
    [[nodiscard]] Awaitable<std::optional<Update>> recv() { return recv_from(queue_); }
    /// The same for any completion token; `aimdb::blocking` waits on this thread. Callbacks
    /// and futures need the client's thread: they never complete once the client has been
    /// destroyed. What came before is then taken by the other forms.
    template <typename Token>
    auto recv(Token&& token) {
        if constexpr (aimdb::detail::is_blocking<Token>) {
            return recv_blocking();
        } else {
            return asio::co_spawn(executor(), recv(), std::forward<Token>(token));
        }
    }
    /// The next update if there is one. Never waits.
    [[nodiscard]] std::optional<Update> try_recv() { return queue_->try_take(); }
    /// Over, and everything has been received.
    [[nodiscard]] bool finished() const { return queue_->finished(); }

    /// The client's own thread: where handlers without an executor run.
    [[nodiscard]] asio::any_io_executor executor() const;
    /// For the library: closing it ends the sequence from any thread.
    [[nodiscard]] const std::shared_ptr<UpdateQueue>& queue() const noexcept { return queue_; }

private:
    static Awaitable<std::optional<Update>> recv_from(std::shared_ptr<UpdateQueue> queue);
    std::optional<Update> recv_blocking();

    std::shared_ptr<ClientCore> core_;
    std::shared_ptr<UpdateQueue> queue_;
    std::uint64_t number_ = 0;
};

/// An update whose value has been decoded.
template <typename T>
struct TypedUpdate : Update {
    TypedUpdate() = default;
    explicit TypedUpdate(Update update) : Update(std::move(update)) {}

    /// Of an event or a snapshot. (The JSON text is in Update::value.)
    std::optional<T> decoded;
};

/// The same, decoding. A value that is no T is left out, and counted; what was skipped
/// before it counts as skipped before the next one.
template <typename T>
class TypedSubscription {
public:
    explicit TypedSubscription(Subscription updates) : updates_(std::move(updates)) {}

    [[nodiscard]] Awaitable<std::optional<TypedUpdate<T>>> recv() {
        for (;;) {
            std::optional<Update> update = co_await updates_.recv();
            std::optional<TypedUpdate<T>> typed = decode(update);
            if (typed || !update) {
                co_return typed;
            }
        }
    }
    template <typename Token>
    auto recv(Token&& token) {
        if constexpr (aimdb::detail::is_blocking<Token>) {
            return recv_blocking();
        } else {
            return asio::co_spawn(updates_.executor(), recv(), std::forward<Token>(token));
        }
    }
    [[nodiscard]] std::optional<TypedUpdate<T>> try_recv() {
        std::optional<Update> update = updates_.try_recv();
        while (update) {
            if (std::optional<TypedUpdate<T>> typed = decode(update)) {
                return typed;
            }
            update = updates_.try_recv();
        }
        return std::nullopt;
    }
    [[nodiscard]] bool finished() const { return updates_.finished(); }
    /// Values left out so far.
    [[nodiscard]] std::uint64_t undecodable() const noexcept { return undecodable_; }

private:
    std::optional<TypedUpdate<T>> recv_blocking() {
        for (;;) {
            std::optional<Update> update = updates_.recv(blocking);
            std::optional<TypedUpdate<T>> typed = decode(update);
            if (typed || !update) {
                return typed;
            }
        }
    }

    std::optional<TypedUpdate<T>> decode(std::optional<Update>& update) {
        if (!update) {
            return std::nullopt;
        }
        TypedUpdate<T> typed(std::move(*update));
        if (typed.has_value()) {
            try {
                typed.decoded.emplace(Codec<T>::decode(typed.value));
            } catch (const std::exception&) {  // also of a user's codec: counted, not fatal
                ++undecodable_;
                carried_ += typed.skipped;
                return std::nullopt;
            }
            typed.skipped += std::exchange(carried_, 0);
        }
        return typed;
    }

    Subscription updates_;
    std::uint64_t undecodable_ = 0;
    std::uint64_t carried_ = 0;  // skipped before values that were left out
};

}  // namespace aimdb::aimx
