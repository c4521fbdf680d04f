// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/async.hpp"

#include <string>

#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>

#include "aimdb/core/detail/wakeup.hpp"

namespace aimdb::detail {
namespace {

template <typename E>
bool runs_here(const asio::any_io_executor& executor) noexcept {
    const E* target = executor_target<E>(executor);
    return target != nullptr && target->running_in_this_thread();
}

// An executor does not tell in general whether it runs this thread; these do.
template <typename... E>
bool any_runs_here(const asio::any_io_executor& executor) noexcept {
    return (... || (runs_here<E>(executor) || runs_here<asio::strand<E>>(executor)));
}

}  // namespace

void require_other_thread(const asio::any_io_executor& executor, const char* operation) {
    if (any_runs_here<asio::io_context::executor_type, asio::thread_pool::executor_type>(
            executor) ||
        runs_here<asio::strand<asio::any_io_executor>>(executor)) {
        throw Error(Errc::would_deadlock, std::string(operation) + " with aimdb::blocking");
    }
}

}  // namespace aimdb::detail
