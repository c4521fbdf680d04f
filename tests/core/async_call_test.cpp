// SPDX-License-Identifier: Apache-2.0
#include <future>
#include <stdexcept>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "aimdb/core/async.hpp"

namespace aimdb::test {
namespace {

template <typename R, typename Token>
auto call_that_throws(asio::io_context& io, Token&& token) {
    return detail::async_call<R>(std::forward<Token>(token), io.get_executor(),
                                 [](auto) { throw std::runtime_error("no"); });
}

// Asio starts an awaited operation in a noexcept function: what is thrown there would
// end the process.
TEST(AsyncCall, FailsWithWhatItsStartThrows) {
    asio::io_context io;
    int caught = 0;
    asio::co_spawn(
        io,
        [&]() -> Task {
            try {
                co_await call_that_throws<void>(io, asio::use_awaitable);
            } catch (const std::runtime_error&) {
                ++caught;
            }
            try {
                co_await call_that_throws<int>(io, asio::use_awaitable);
            } catch (const std::runtime_error&) {
                ++caught;
            }
        },
        asio::use_future);
    std::future<int> future = call_that_throws<int>(io, asio::use_future);
    io.run();

    EXPECT_EQ(caught, 2);
    EXPECT_THROW(future.get(), std::runtime_error);
    EXPECT_THROW(call_that_throws<int>(io, blocking), std::runtime_error);
}

}  // namespace
}  // namespace aimdb::test
