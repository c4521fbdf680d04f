// SPDX-License-Identifier: Apache-2.0
//
// Receiving. Lag is data, not an error: every item says how many were missed
// before it, and only closing ends a loop.
#pragma once

#include <memory>
#include <optional>
#include <semaphore>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <asio/cancellation_state.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/this_coro.hpp>

#include "aimdb/core/assert.hpp"
#include "aimdb/core/async.hpp"
#include "aimdb/core/detail/buffer.hpp"
#include "aimdb/core/item.hpp"

namespace aimdb {

namespace detail {

/// A cursor registered with its buffer for as long as it lives.
template <typename T>
class OpenCursor {
public:
    OpenCursor(std::shared_ptr<Buffer<T>> buffer, const ReaderOptions& options, bool stage)
        : buffer_(std::move(buffer)) {
        if (options.observer) {
            buffer_->reserve_backlog(observer_backlog_values);
        }
        if (stage) {
            buffer_->add_stage_reader(cursor_, options);
        } else {
            buffer_->add_reader(cursor_, options);
        }
    }
    ~OpenCursor() { buffer_->remove_reader(cursor_); }
    OpenCursor(const OpenCursor&) = delete;
    OpenCursor& operator=(const OpenCursor&) = delete;

    [[nodiscard]] Buffer<T>& buffer() noexcept { return *buffer_; }
    [[nodiscard]] Cursor& cursor() noexcept { return cursor_; }

private:
    std::shared_ptr<Buffer<T>> buffer_;
    Cursor cursor_;
};

}  // namespace detail

/// Follows one record.
///
///     while (auto item = co_await reader.recv()) {
///         use(item->value);            // item->skipped tells what was missed
///     }
///
/// Threads:   thread-confined; distinct readers are independent. A receive that may be
///            cancelled, as in `co_await (reader.recv() || other())`, must be cancelled
///            where it runs: on one thread or one strand. Stages do.
/// Ownership: keeps the record's buffer alive. Destroy it, or end its waits,
///            before the executor it waits on.
/// Cost:      a waiting value costs about 10 ns with try_recv() and 20 ns with
///            `co_await recv()`; nothing allocates per value for trivially
///            copyable types.
template <typename T>
class Reader {
public:
    /// For the library; programs get readers from Database::reader() or a stage.
    explicit Reader(std::shared_ptr<detail::OpenCursor<T>> open) : open_(std::move(open)) {}

    /// The next value; waits for it. Nothing once the record is closed and
    /// everything has been received. Cancelling loses no value. The reader must
    /// outlive the wait.
    [[nodiscard]] Awaitable<std::optional<Item<T>>> recv() {
        return open_->buffer().competes(open_->cursor()) ? recv_competing() : recv_alone();
    }

    /// The same for any completion token; `aimdb::blocking` waits on this thread.
    template <typename Token>
    auto recv(Token&& token) {
        if constexpr (detail::is_blocking<Token>) {
            return recv_blocking();
        } else {
            return asio::co_spawn(open_->buffer().executor(), recv(), std::forward<Token>(token));
        }
    }

    /// The next value if there is one. Never waits.
    [[nodiscard]] std::optional<Item<T>> try_recv() {
        return open_->buffer().try_take(open_->cursor());
    }

    /// Fills the front of `out` with what is there; returns how many. Never waits.
    std::size_t recv_many(std::span<Item<T>> out) {
        std::size_t count = 0;
        while (count < out.size()) {
            std::optional<Item<T>> item = try_recv();
            if (!item) {
                break;
            }
            out[count++] = std::move(*item);
        }
        return count;
    }

    /// Completes when there is something to take or the record is closed.
    [[nodiscard]] Awaitable<void> wait() { return wait_on(open_); }

    /// Closed, and everything has been received.
    [[nodiscard]] bool closed() const { return open_->buffer().finished(open_->cursor()); }
    /// Values that could be taken now.
    [[nodiscard]] std::uint64_t backlog() const { return open_->buffer().backlog(open_->cursor()); }

    /// For stages: appends up to `limit` values without copying them out of shared storage.
    std::size_t take_many(std::vector<detail::Taken<T>>& out, std::size_t limit) {
        return open_->buffer().take_many(open_->cursor(), out, limit);
    }
    /// For modules that account for what they take: counters and backlog of one instant.
    [[nodiscard]] detail::BufferCounters counters(std::uint64_t& backlog) const {
        return open_->buffer().counters(open_->cursor(), backlog);
    }

private:
    // What the two coroutines below return converts to the item, so that it is
    // made where the coroutine's result lies. A local item moved there would be
    // written field by field and read in blocks at once; the processor stalls on that.
    struct Next {
        Reader& reader;
        operator std::optional<Item<T>>() const { return reader.try_recv(); }  // NOLINT
    };
    struct Won {
        const detail::Taken<T>& taken;
        operator std::optional<Item<T>>() const { return detail::to_item(taken); }  // NOLINT
    };
    // A T that can be made of anything would be made of these, so it is moved.
    template <typename Made>
    static auto result_of(Made made) {
        if constexpr (std::is_constructible_v<Item<T>, Made>) {
            return made.operator std::optional<Item<T>>();
        } else {
            return made;
        }
    }

    Awaitable<std::optional<Item<T>>> recv_alone() {
        const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
        bool must_switch = state.slot().is_connected();
        while (must_switch || !open_->buffer().ready(open_->cursor())) {
            co_await wait();
            throw_if_cancelled(state);
            must_switch = false;
        }
        co_return result_of(Next{*this});
    }

    // Another reader may be faster, so that looking and taking are one step.
    Awaitable<std::optional<Item<T>>> recv_competing() {
        const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
        bool must_switch = state.slot().is_connected();
        detail::Taken<T> taken;
        while (must_switch || !open_->buffer().try_take(open_->cursor(), taken)) {
            if (closed()) {
                co_return std::nullopt;
            }
            co_await wait();
            throw_if_cancelled(state);
            must_switch = false;
        }
        co_return result_of(Won{taken});
    }

    // Who may be cancelled takes nothing before it has suspended: of `a.recv() ||
    // b.recv()` Asio starts both before either can win. And who was cancelled while
    // its wake-up was on its way leaves the value for the next receive.
    static void throw_if_cancelled(const asio::cancellation_state& state) {
        if (state.cancelled() != asio::cancellation_type::none) {
            throw std::system_error(asio::error::operation_aborted, "receive");
        }
    }

    // Shared: once armed the wait may end, and the reader go, on another thread, woken
    // through a place in the list that a cancelled wait has left.
    static Awaitable<void> wait_on(std::shared_ptr<detail::OpenCursor<T>> open) {
        auto initiation = [](auto handler, std::shared_ptr<detail::OpenCursor<T>> waiting) {
            detail::Wakeup& wakeup = *waiting->cursor().waiter.wakeup;
            wakeup.arm(std::move(handler), waiting->buffer().executor());
            if (!waiting->buffer().wait_for_value(waiting->cursor())) {
                wakeup.fire();
            }
        };
        asio::use_awaitable_t<> token;
        return asio::async_initiate<asio::use_awaitable_t<>, void(std::error_code)>(
            initiation, token, std::move(open));
    }

    std::optional<Item<T>> recv_blocking() {
        detail::require_other_thread(open_->buffer().executor(), "receive");
        for (;;) {
            std::optional<Item<T>> item = try_recv();
            if (item || closed()) {
                return item;
            }
            std::binary_semaphore woken{0};
            detail::Wakeup& wakeup = *open_->cursor().waiter.wakeup;
            wakeup.arm_inline([&woken](std::error_code) { woken.release(); });
            if (!open_->buffer().wait_for_value(open_->cursor())) {
                wakeup.fire();
            }
            woken.acquire();
        }
    }

    std::shared_ptr<detail::OpenCursor<T>> open_;
};

}  // namespace aimdb
