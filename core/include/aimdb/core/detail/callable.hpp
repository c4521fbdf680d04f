// SPDX-License-Identifier: Apache-2.0
//
// What kind of stage a user's callable is, deduced from its parameters, so that
// chains need no casts and no `.template`.
#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>

#include "aimdb/core/emitter.hpp"
#include "aimdb/core/producer.hpp"
#include "aimdb/core/reader.hpp"
#include "aimdb/core/stage.hpp"

namespace aimdb::detail {

/// "Work it out from the function."
struct Deduce;

template <typename F>
struct CallableTraits : CallableTraits<decltype(&F::operator())> {};
template <typename R, typename... A>
struct CallableTraits<R (*)(A...)> {
    using arguments = std::tuple<std::remove_cvref_t<A>...>;
};
template <typename R, typename... A>
struct CallableTraits<R (*)(A...) noexcept> : CallableTraits<R (*)(A...)> {};
template <typename R, typename C, typename... A>
struct CallableTraits<R (C::*)(A...)> : CallableTraits<R (*)(A...)> {};
template <typename R, typename C, typename... A>
struct CallableTraits<R (C::*)(A...) const> : CallableTraits<R (*)(A...)> {};
template <typename R, typename C, typename... A>
struct CallableTraits<R (C::*)(A...) noexcept> : CallableTraits<R (*)(A...)> {};
template <typename R, typename C, typename... A>
struct CallableTraits<R (C::*)(A...) const noexcept> : CallableTraits<R (*)(A...)> {};

template <typename F>
concept HasPlainSignature = std::is_pointer_v<F> || requires {
    &F::operator();
};

template <typename F, std::size_t I>
using argument_t = std::tuple_element_t<I, typename CallableTraits<F>::arguments>;

template <typename T>
struct ReadType {
    using type = T;
};
template <typename T>
struct ReadType<Item<T>> {
    using type = T;
};
template <typename T>
struct ReadType<Reader<T>> {
    using type = T;
};

/// The input type of a transform: named, or the one the function's parameter I
/// reads - or the next parameter if that is the Context of a coroutine.
template <typename Named, typename F, std::size_t I>
struct InputOf {
    using type = Named;
};
template <typename F, std::size_t I>
struct InputOf<Deduce, F, I> {
    static_assert(HasPlainSignature<F>,
                  "aimdb: the input type of a generic lambda must be named: transform<Input>(...)");
    using first = argument_t<F, I>;
    static constexpr std::size_t at = std::is_same_v<first, Context> ? I + 1 : I;
    using type = typename ReadType<argument_t<F, at>>::type;
};
template <typename Named, typename F, std::size_t I>
using input_of = typename InputOf<Named, F, I>::type;

template <typename F, typename T>
concept SourceFunction = std::is_invocable_r_v<Task, F&, Context, Producer<T>>;
template <typename F, typename T>
concept ReadingCoroutine = std::is_invocable_r_v<Task, F&, Context, Reader<T>>;
template <typename F, typename In, typename Out>
concept TransformingCoroutine = std::is_invocable_r_v<Task, F&, Context, Reader<In>, Producer<Out>>;

/// Calls `f(leading..., input[, out])` and collects what it returns or emits. The
/// input is the value, or the whole Item where the function asks for it. A call
/// that throws publishes nothing.
template <typename Out, typename In, typename F, typename... Leading>
void apply_and_collect(F& f, const Taken<In>& taken, Emitter<Out>& out, Leading&... leading) {
    const auto collect = [&out](auto&& result) {
        using Result = std::remove_cvref_t<decltype(result)>;
        if constexpr (std::is_convertible_v<Result, Out>) {
            out.produce(std::forward<decltype(result)>(result));
        } else {
            std::optional<Out> wanted = std::forward<decltype(result)>(result);
            if (wanted) {
                out.produce(std::move(*wanted));
            }
        }
    };
    const auto as_item = [&taken] {
        return Item<In>{taken.held.get(), taken.sequence, taken.skipped, taken.at};
    };
    if constexpr (std::is_invocable_v<F&, Leading&..., const In&, Emitter<Out>&>) {
        std::invoke(f, leading..., taken.held.get(), out);
    } else if constexpr (std::is_invocable_v<F&, Leading&..., const In&>) {
        collect(std::invoke(f, leading..., taken.held.get()));
    } else if constexpr (std::is_invocable_v<F&, Leading&..., const Item<In>&, Emitter<Out>&>) {
        std::invoke(f, leading..., as_item(), out);
    } else {
        static_assert(std::is_invocable_v<F&, Leading&..., const Item<In>&>,
                      "aimdb: a transform is a function ([State&,] const Input&) that returns the "
                      "output or an optional of it, or ([State&,] const Input&, "
                      "Emitter<Output>&), or a coroutine (Context, Reader<Input>, "
                      "Producer<Output>) -> Task");
        collect(std::invoke(f, leading..., as_item()));
    }
}

}  // namespace aimdb::detail
