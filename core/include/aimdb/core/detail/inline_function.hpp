// SPDX-License-Identifier: Apache-2.0
//
// A move-only callable with room for small targets inside itself, so that
// parking a suspended coroutine does not allocate. (std::move_only_function is
// C++23, asio::any_completion_handler came after Debian 12's Asio.)
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace aimdb::detail {

template <typename Signature, std::size_t InlineBytes>
class InlineFunction;

/// Targets up to `InlineBytes` that move without throwing live inside, larger ones on the heap.
template <typename... Args, std::size_t InlineBytes>
class InlineFunction<void(Args...), InlineBytes> {
public:
    InlineFunction() = default;
    InlineFunction(InlineFunction&& other) noexcept { take(other); }
    InlineFunction& operator=(InlineFunction&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    InlineFunction(const InlineFunction&) = delete;
    InlineFunction& operator=(const InlineFunction&) = delete;
    ~InlineFunction() { reset(); }

    [[nodiscard]] explicit operator bool() const noexcept { return table_ != nullptr; }
    void operator()(Args... args) { table_->call(storage_, std::forward<Args>(args)...); }

    /// Replaces the target.
    template <typename F>
    void assign(F&& target) {
        reset();
        emplace<std::decay_t<F>>(std::forward<F>(target));
    }
    void reset() noexcept {
        if (table_ != nullptr) {
            std::exchange(table_, nullptr)->destroy(storage_);
        }
    }

private:
    struct Table {
        void (*call)(std::byte*, Args&&...);
        void (*move)(std::byte* from, std::byte* to) noexcept;
        void (*destroy)(std::byte*) noexcept;
    };

    template <typename F>
    static F* target_in(std::byte* storage) noexcept {
        return std::launder(reinterpret_cast<F*>(storage));
    }

    template <typename F>
    static constexpr Table table_of{
        [](std::byte* storage, Args&&... args) {
            (*target_in<F>(storage))(std::forward<Args>(args)...);
        },
        [](std::byte* from, std::byte* to) noexcept {
            F* target = target_in<F>(from);
            ::new (static_cast<void*>(to)) F(std::move(*target));
            target->~F();
        },
        [](std::byte* storage) noexcept { target_in<F>(storage)->~F(); }};

    template <typename F>
    struct OnHeap {
        std::unique_ptr<F> target;
        void operator()(Args... args) { (*target)(std::forward<Args>(args)...); }
    };

    template <typename F, typename Source>
    void emplace(Source&& source) {
        if constexpr (sizeof(F) <= InlineBytes && alignof(F) <= alignof(std::max_align_t) &&
                      std::is_nothrow_move_constructible_v<F>) {
            ::new (static_cast<void*>(storage_)) F(std::forward<Source>(source));
            table_ = &table_of<F>;
        } else {
            ::new (static_cast<void*>(storage_))
                OnHeap<F>{std::make_unique<F>(std::forward<Source>(source))};
            table_ = &table_of<OnHeap<F>>;
        }
    }

    void take(InlineFunction& other) noexcept {
        if (other.table_ != nullptr) {
            other.table_->move(other.storage_, storage_);
            table_ = std::exchange(other.table_, nullptr);
        }
    }

    const Table* table_ = nullptr;
    alignas(std::max_align_t) std::byte storage_[InlineBytes];
};

}  // namespace aimdb::detail
