// SPDX-License-Identifier: Apache-2.0
//
// How something that waits is woken from any thread without allocating: the
// handler and the posted operation live inside the Wakeup, one at a time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <typeinfo>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/execution.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <asio/require.hpp>
#include <asio/strand.hpp>

#include "aimdb/core/assert.hpp"
#include "aimdb/core/clock.hpp"
#include "aimdb/core/detail/inline_function.hpp"

namespace aimdb::detail {

/// The executor of type E inside `executor`, or null. (In Asio 1.22 target() itself
/// does not look at the type: it would hand out a strand as an io_context's executor.)
template <typename E>
[[nodiscard]] const E* executor_target(const asio::any_io_executor& executor) noexcept {
    return executor.target_type() == typeid(E) ? executor.target<E>() : nullptr;
}

/// One waiter: armed with a completion handler, fired once from any thread.
///
/// Threads:   arm() by the waiter, one wait at a time; fire() from any thread.
/// Ownership: shared by the waiter and whoever may fire it.
/// Cost:      fire() posts to the handler's executor; on an io_context's executor that
///            allocates nothing, nor on a strand of one once its threads are warm.
class Wakeup final : public Alarm, public std::enable_shared_from_this<Wakeup> {
public:
    using Handler = InlineFunction<void(std::error_code), 96>;

    /// Parks `handler`; it runs on its associated executor, else on `fallback`,
    /// whose context must be kept running meanwhile: for a coroutine, co_spawn() does.
    /// Cancelling through the handler's slot fires with operation_aborted.
    template <typename CompletionHandler>
    void arm(CompletionHandler&& handler, const asio::any_io_executor& fallback) {
        AIMDB_ASSERT(!armed_.load(std::memory_order_relaxed));
        executor_ = asio::get_associated_executor(handler, fallback);
        connect(asio::get_associated_cancellation_slot(handler));
        park(std::forward<CompletionHandler>(handler));
    }

    /// Parks `handler` to be run by the firing thread itself. It must not block.
    template <typename CompletionHandler>
    void arm_inline(CompletionHandler&& handler) {
        AIMDB_ASSERT(!armed_.load(std::memory_order_relaxed));
        executor_ = {};
        park(std::forward<CompletionHandler>(handler));
    }

    /// Completes the wait with `result`. False when nobody waits (any more).
    bool fire(std::error_code result = {}) noexcept { return fire(shared_from_this(), result); }
    /// The same for one who already shares it.
    static bool fire(std::shared_ptr<Wakeup> wakeup, std::error_code result = {}) noexcept {
        Wakeup& self = *wakeup;
        if (!self.armed_.exchange(false, std::memory_order_acq_rel)) {
            return false;
        }
        self.result_ = result;
        if (self.executor_) {
            self.post(std::move(wakeup));
        } else {
            self.complete();
        }
        return true;
    }

    void ring() noexcept override { fire(); }

    /// Never true for longer than the waiter waits.
    [[nodiscard]] bool armed() const noexcept { return armed_.load(std::memory_order_acquire); }

private:
    static constexpr std::size_t operation_bytes = 128;

    // Lends the storage below to the one operation that may be posted.
    template <typename T>
    struct Allocator {
        using value_type = T;
        Wakeup* owner;

        explicit Allocator(Wakeup* wakeup) noexcept : owner(wakeup) {}
        template <typename U>
        Allocator(const Allocator<U>& other) noexcept : owner(other.owner) {}  // NOLINT
        T* allocate(std::size_t count) {
            static_assert(alignof(T) <= alignof(std::max_align_t));
            if (count * sizeof(T) <= operation_bytes) {
                return reinterpret_cast<T*>(owner->operation_.data());
            }
            return std::allocator<T>().allocate(count);
        }
        void deallocate(T* memory, std::size_t count) noexcept {
            if (count * sizeof(T) > operation_bytes) {
                std::allocator<T>().deallocate(memory, count);
            }
        }
        template <typename U>
        bool operator==(const Allocator<U>& other) const noexcept {
            return owner == other.owner;
        }
    };

    // Destroyed unrun when its context goes. The waiter's coroutine then goes as
    // well: it is often what keeps this Wakeup alive.
    struct Operation {
        explicit Operation(std::shared_ptr<Wakeup> fired) : wakeup(std::move(fired)) {}
        ~Operation() {
            if (wakeup) {
                wakeup->abandon();
            }
        }
        Operation(Operation&&) noexcept = default;
        Operation& operator=(Operation&&) = delete;
        void operator()() {
            const std::shared_ptr<Wakeup> fired = std::move(wakeup);
            fired->complete();
        }
        std::shared_ptr<Wakeup> wakeup;
    };

    using IoExecutor = asio::io_context::executor_type;
    using IoStrand = asio::strand<IoExecutor>;

    // On its way to a strand it first comes to a thread of the context, where Asio has
    // memory at hand: a strand that is posted to from elsewhere would allocate.
    struct StrandOperation {
        void operator()() {
            const IoStrand target = std::move(strand);
            asio::dispatch(target, std::move(operation));
        }
        IoStrand strand;
        Operation operation;
    };

    template <typename Slot>
    void connect(Slot slot) {
        if (slot.is_connected()) {
            // The generation keeps a late signal from hitting the next wait.
            slot.assign([weak = weak_from_this(), generation = generation_ + 1](auto) {
                const auto self = weak.lock();
                if (self && self->generation_ == generation) {
                    self->fire(asio::error::operation_aborted);
                }
            });
        }
    }

    template <typename CompletionHandler>
    void park(CompletionHandler&& handler) {
        handler_.assign(std::forward<CompletionHandler>(handler));
        ++generation_;
        armed_.store(true, std::memory_order_release);
    }

    void post(std::shared_ptr<Wakeup> self) noexcept {
        // Not kept longer: a strand must not outlive its context.
        const asio::any_io_executor executor = std::move(executor_);
        if (const auto* io = executor_target<IoExecutor>(executor)) {
            post_in_place(*io, Operation{std::move(self)});
        } else if (const auto* strand = executor_target<IoStrand>(executor)) {
            post_in_place(strand->get_inner_executor(),
                          StrandOperation{*strand, Operation{std::move(self)}});
        } else {
            asio::post(executor, Operation{std::move(self)});
        }
    }

    template <typename PostedOperation>
    void post_in_place(const IoExecutor& io, PostedOperation operation) noexcept {
        const Allocator<void> allocator(this);
        asio::execution::execute(asio::prefer(asio::require(io, asio::execution::blocking.never),
                                              asio::execution::allocator(allocator)),
                                 std::move(operation));
    }

    void abandon() noexcept { const Handler handler = std::move(handler_); }

    void complete() {
        Handler handler = std::move(handler_);
        const std::error_code result = result_;
        handler(result);
    }

    std::atomic<bool> armed_{false};  // publishes everything below to the firing thread
    std::uint64_t generation_ = 0;
    std::error_code result_;
    asio::any_io_executor executor_;
    Handler handler_;
    alignas(std::max_align_t) std::array<std::byte, operation_bytes> operation_;
};

}  // namespace aimdb::detail
