// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <asio/async_result.hpp>

#include "aimdb/aimx_protocol/detail/client_core.hpp"
#include "aimdb/aimx_protocol/subscription.hpp"

namespace aimdb::aimx {
namespace {

Awaitable<void> wait_on(std::shared_ptr<UpdateQueue> queue) {
    auto initiation = [](auto handler, std::shared_ptr<UpdateQueue> waited) {
        aimdb::detail::Wakeup& wakeup = waited->wakeup();
        wakeup.arm(std::move(handler), asio::any_io_executor());
        if (!waited->begin_wait()) {
            wakeup.fire();
        }
    };
    asio::use_awaitable_t<> token;
    return asio::async_initiate<asio::use_awaitable_t<>, void(std::error_code)>(initiation, token,
                                                                                std::move(queue));
}

}  // namespace

Subscription::Subscription(std::shared_ptr<ClientCore> core,
                           std::shared_ptr<UpdateQueue> queue,
                           std::uint64_t number)
    : core_(std::move(core)), queue_(std::move(queue)), number_(number) {}

Subscription::Subscription(Subscription&& other) noexcept = default;

Subscription& Subscription::operator=(Subscription&& other) noexcept {
    std::swap(core_, other.core_);
    std::swap(queue_, other.queue_);
    std::swap(number_, other.number_);
    return *this;
}

Subscription::~Subscription() {
    if (core_) {
        queue_->abandon();
        core_->unsubscribe(number_);
    }
}

asio::any_io_executor Subscription::executor() const { return core_->executor(); }

// Who may be cancelled takes nothing before it has suspended: of `a.recv() ||
// b.recv()` Asio starts both before either can win.
Awaitable<std::optional<Update>> Subscription::recv_from(std::shared_ptr<UpdateQueue> queue) {
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    bool must_switch = state.slot().is_connected();
    for (;;) {
        if (!must_switch) {
            if (std::optional<Update> update = queue->try_take()) {
                co_return update;
            }
            if (queue->finished()) {
                co_return std::nullopt;
            }
        }
        co_await wait_on(queue);
        if (state.cancelled() != asio::cancellation_type::none) {
            throw std::system_error(asio::error::operation_aborted, "receive");
        }
        must_switch = false;
    }
}

std::optional<Update> Subscription::recv_blocking() {
    aimdb::detail::require_other_thread(core_->executor(), "receive");
    for (;;) {
        std::optional<Update> update = queue_->try_take();
        if (update || queue_->finished()) {
            return update;
        }
        std::binary_semaphore woken{0};
        queue_->wakeup().arm_inline([&woken](std::error_code) { woken.release(); });
        if (!queue_->begin_wait()) {
            queue_->wakeup().fire();
        }
        woken.acquire();
    }
}

}  // namespace aimdb::aimx
