// SPDX-License-Identifier: Apache-2.0
//
// How this library waits: coroutines on Asio, completion tokens, and a blocking
// form for programs without coroutines.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <semaphore>
#include <type_traits>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include "aimdb/core/error.hpp"

namespace aimdb {

/// What a coroutine returns that yields a T.
template <typename T = void>
using Awaitable = asio::awaitable<T>;

/// A stage's coroutine.
using Task = asio::awaitable<void>;

/// Completion token: wait on this thread and return the result or throw.
///
///     auto newest = db.query_latest<Temperature>("temp.*", 1, aimdb::blocking);
///
/// On a thread that runs the database it throws Error(would_deadlock).
struct Blocking {
    constexpr explicit Blocking() = default;
};
inline constexpr Blocking blocking{};

namespace detail {

template <typename Token>
inline constexpr bool is_blocking = std::is_same_v<std::decay_t<Token>, Blocking>;

/// Throws Error(would_deadlock) on a thread that runs `executor`'s io_context.
void require_other_thread(const asio::any_io_executor& executor, const char* operation);

template <typename R>
struct BlockingState {
    std::binary_semaphore done{0};
    std::exception_ptr error;
    std::optional<R> result;
};
template <>
struct BlockingState<void> {
    std::binary_semaphore done{0};
    std::exception_ptr error;
};

/// Asks `start` for a result and waits for it on this thread.
template <typename R, typename Start>
R wait_for(Start&& start) {
    BlockingState<R> state;
    if constexpr (std::is_void_v<R>) {
        start([&state](std::exception_ptr error) {
            state.error = std::move(error);
            state.done.release();
        });
    } else {
        start([&state](std::exception_ptr error, R result) {
            state.error = std::move(error);
            state.result.emplace(std::move(result));
            state.done.release();
        });
    }
    state.done.acquire();
    if (state.error) {
        std::rethrow_exception(state.error);
    }
    if constexpr (!std::is_void_v<R>) {
        return std::move(*state.result);
    }
}

/// A completion handler on its way to its executor; keeps that executor running.
template <typename Handler>
class Completion {
public:
    Completion(Handler handler, const asio::any_io_executor& fallback)
        : executor_(asio::get_associated_executor(handler, fallback)),
          work_(executor_),
          handler_(std::move(handler)) {}

    /// Always posts: a completion inside the initiating function would crash a coroutine.
    template <typename... Results>
    void operator()(Results... results) {
        asio::post(executor_, [handler = std::move(handler_), ... results = std::move(results),
                               work = std::move(work_)]() mutable {
            std::move(handler)(std::move(results)...);
        });
    }

private:
    using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
    Executor executor_;
    asio::executor_work_guard<Executor> work_;
    Handler handler_;
};

template <typename R>
struct CompletionSignature {
    using type = void(std::exception_ptr, R);
};
template <>
struct CompletionSignature<void> {
    using type = void(std::exception_ptr);
};

/// Turns an operation that reports through a callback, called once from any
/// thread, into one that takes a completion token.
///
/// `start` is called with the callback: (std::exception_ptr) for R = void, else
/// (std::exception_ptr, R). It is kept until the operation is awaited. What it throws
/// (instead of calling back) is how the operation fails.
template <typename R, typename Token, typename Start>
auto async_call(Token&& token, const asio::any_io_executor& fallback, Start start) {
    if constexpr (is_blocking<Token>) {
        require_other_thread(fallback, "wait");
        return wait_for<R>(std::move(start));
    } else {
        auto initiation = [fallback](auto handler, Start started) {
            using Handler = decltype(handler);
            auto completion = std::make_shared<Completion<Handler>>(std::move(handler), fallback);
            // Asio starts an awaited operation where nothing may be thrown.
            try {
                if constexpr (std::is_void_v<R>) {
                    started([completion](std::exception_ptr error) {
                        (*completion)(std::move(error));
                    });
                } else {
                    started([completion](std::exception_ptr error, R result) {
                        (*completion)(std::move(error), std::move(result));
                    });
                }
            } catch (...) {  // handed on to the caller
                if constexpr (std::is_void_v<R>) {
                    (*completion)(std::current_exception());
                } else {
                    (*completion)(std::current_exception(), R{});
                }
            }
        };
        return asio::async_initiate<Token, typename CompletionSignature<R>::type>(
            std::move(initiation), token, std::move(start));
    }
}

}  // namespace detail
}  // namespace aimdb
