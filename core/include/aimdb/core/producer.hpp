// SPDX-License-Identifier: Apache-2.0
//
// Producing: never waits, never fails, from any thread.
#pragma once

#include <memory>
#include <semaphore>
#include <system_error>
#include <utility>

#include <asio/co_spawn.hpp>

#include "aimdb/core/async.hpp"
#include "aimdb/core/detail/buffer.hpp"
#include "aimdb/core/item.hpp"

namespace aimdb {

/// Writes one record.
///
/// Threads:   thread-safe; copies write the same record.
/// Ownership: keeps the record's buffer alive.
/// Cost:      about 10 ns when nobody waits; waking a reader costs a post to its
///            executor. Nothing allocates for trivially copyable types, other
///            types take one allocation.
template <typename T>
class Producer {
public:
    /// For the library; programs get producers from Database::producer() or a stage.
    explicit Producer(std::shared_ptr<detail::Buffer<T>> buffer) : buffer_(std::move(buffer)) {}

    /// Publishes `value`, stamped with the database's clock where the record
    /// keeps times. After the stop the value is refused, counted, and the
    /// position is empty.
    [[gnu::always_inline]] Position produce(T value) const {
        const std::uint64_t sequence = buffer_->produce(std::move(value));
        return {buffer_->record(), sequence};
    }
    /// Publishes a value that carries its own time.
    [[gnu::always_inline]] Position produce(T value, UnixTime at) const {
        const std::uint64_t sequence = buffer_->produce(std::move(value), at);
        return {buffer_->record(), sequence};
    }

    /// Whether every lossless reader could take one more value unharmed.
    [[nodiscard]] bool has_room() const noexcept { return buffer_->has_room(); }

    /// Completes once the slowest lossless reader (persist, and readers opened
    /// as lossless) has room for a value. False once the record is closed, and for a
    /// source from the moment the database stops. With several producers each may
    /// still find the room taken by another.
    [[nodiscard]] Awaitable<bool> room() const { return room_of(buffer_); }
    /// The same for any completion token; `aimdb::blocking` waits on this thread and
    /// throws Error(would_deadlock) on a runtime thread.
    template <typename Token>
    auto room(Token&& token) const {
        if constexpr (detail::is_blocking<Token>) {
            return room_blocking();
        } else {
            return asio::co_spawn(buffer_->executor(), room(), std::forward<Token>(token));
        }
    }

private:
    [[nodiscard]] bool room_blocking() const {
        detail::require_other_thread(buffer_->executor(), "wait for room");
        while (!buffer_->refuses_room() && !buffer_->has_room()) {
            WaitingForRoom waiting(*buffer_);
            std::binary_semaphore woken{0};
            detail::Wakeup& wakeup = *waiting.waiter.wakeup;
            wakeup.arm_inline([&woken](std::error_code) { woken.release(); });
            waiting.begin();
            woken.acquire();
        }
        return !buffer_->refuses_room();
    }

    // Leaves the list of waiters also when the waiting coroutine is destroyed.
    struct WaitingForRoom {
        explicit WaitingForRoom(detail::Buffer<T>& target) : buffer(target) {}
        ~WaitingForRoom() { buffer.forget(waiter); }
        WaitingForRoom(const WaitingForRoom&) = delete;
        WaitingForRoom& operator=(const WaitingForRoom&) = delete;
        void begin() {
            if (!buffer.wait_for_room(waiter)) {
                waiter.wakeup->fire();
            }
        }
        detail::Buffer<T>& buffer;
        detail::Waiter waiter;
    };

    static Awaitable<bool> room_of(std::shared_ptr<detail::Buffer<T>> buffer) {
        while (!buffer->refuses_room() && !buffer->has_room()) {
            WaitingForRoom waiting(*buffer);
            co_await wait_on(waiting);
        }
        co_return !buffer->refuses_room();
    }

    static Awaitable<void> wait_on(WaitingForRoom& waiting) {
        auto initiation = [](auto handler, WaitingForRoom* pending) {
            pending->waiter.wakeup->arm(std::move(handler), pending->buffer.executor());
            pending->begin();
        };
        asio::use_awaitable_t<> token;
        return asio::async_initiate<asio::use_awaitable_t<>, void(std::error_code)>(
            initiation, token, &waiting);
    }

    std::shared_ptr<detail::Buffer<T>> buffer_;
};

}  // namespace aimdb
