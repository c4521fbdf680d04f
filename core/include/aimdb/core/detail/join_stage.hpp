// SPDX-License-Identifier: Apache-2.0
//
// The stage behind transform_join(): several typed inputs, one output. One
// wakeup serves all inputs, whichever has something first.
#pragma once

#include <memory>
#include <tuple>
#include <utility>

#include "aimdb/core/detail/stage_bodies.hpp"

namespace aimdb::detail {

/// transform_join() of plain values: the newest value of each input so far.
template <typename Out, typename F, typename... In>
struct Combination {
    F function;
    std::tuple<std::optional<In>...> newest;

    [[nodiscard]] std::optional<Out> combine() {
        return std::apply(
            [this](const std::optional<In>&... values) -> std::optional<Out> {
                if (!(values.has_value() && ...)) {
                    return std::nullopt;
                }
                return std::invoke(function, *values...);
            },
            newest);
    }
};

/// Takes the values of the I-th input of a Combination.
template <std::size_t I, typename Out, typename State, typename In>
struct CombinationInput {
    std::optional<Out> operator()(State& state, const In& value) const {
        std::get<I>(state.newest) = value;
        return state.combine();
    }
};

/// One input of a join and the function that takes its values.
template <typename In, typename F>
struct JoinPort {
    InputPort<In> port;
    std::shared_ptr<OpenCursor<In>> cursor;
    F function;
};

template <typename Out, typename State, typename... Ports>
class JoinStage final : public StageBody {
public:
    JoinStage(std::shared_ptr<Buffer<Out>> out, bool lossless, State state, Ports... ports)
        : out_(std::move(out)),
          lossless_(lossless),
          state_(std::move(state)),
          ports_(std::move(ports)...) {
        std::apply(
            [this](Ports&... port) { ((port.cursor->cursor().waiter.wakeup = wakeup_), ...); },
            ports_);
    }

    Task run(Context context) override {
        CallTimer<> timer(context.timings());
        for (;;) {
            const bool any = std::apply(
                [](Ports&... port) { return (static_cast<int>(port.port.fill()) + ...) > 0; },
                ports_);
            if (!any) {
                if (all_closed()) {
                    co_return;
                }
                co_await wait_any();
                timer.next_turn();
                continue;
            }
            co_await work(timer);
            if (timer.turn_is_over()) {
                co_await yield_turn(context.executor(), timer);
            }
        }
    }

private:
    // One value of each input after the other, until every batch is used up or the
    // stage's turn is over.
    Awaitable<void> work(CallTimer<>& timer) {
        outputs_.clear();  // what an earlier call left that threw
        timer.begin_batch();
        for (; any_left() && !timer.turn_is_over();
             next_port_ = (next_port_ + 1) % sizeof...(Ports)) {
            work_port(next_port_, timer, std::index_sequence_for<Ports...>{});
            if (!lossless_) {
                outputs_.publish_all(out_);
                continue;
            }
            for (std::size_t i = 0; i < outputs_.size(); ++i) {
                if (!out_.has_room()) {
                    timer.pause();
                    co_await out_.room();
                    timer.resume();
                }
                outputs_.publish(i, out_);
            }
            outputs_.clear();
        }
        timer.end_batch();
    }

    [[nodiscard]] bool any_left() const {
        return std::apply([](const Ports&... port) { return (!port.port.empty() || ...); }, ports_);
    }

    template <std::size_t... I>
    void work_port(std::size_t wanted, CallTimer<>& timer, std::index_sequence<I...>) {
        (static_cast<void>(wanted == I && (work_on(std::get<I>(ports_), timer), true)), ...);
    }

    template <typename Port>
    void work_on(Port& port, CallTimer<>& timer) {
        if (!port.port.empty()) {
            port.port.work_one(timer, [&](const auto& taken) {
                apply_and_collect(port.function, taken, outputs_, state_);
            });
        }
    }

    [[nodiscard]] bool all_closed() const {
        return std::apply(
            [](const Ports&... port) {
                return (port.cursor->buffer().finished(port.cursor->cursor()) && ...);
            },
            ports_);
    }

    Awaitable<void> wait_any() {
        auto initiation = [](auto handler, JoinStage* stage) {
            // Once armed the stage may go on, and end, on another thread.
            const std::shared_ptr<Wakeup> wakeup = stage->wakeup_;
            const auto cursors = std::apply(
                [](Ports&... port) { return std::make_tuple(port.cursor...); }, stage->ports_);
            wakeup->arm(std::move(handler), stage->executor());
            const int waits = std::apply(
                [&wakeup](const auto&... cursor) {
                    return (static_cast<int>(wait_on(*cursor, *wakeup)) + ...);
                },
                cursors);
            if (waits == 0) {
                wakeup->fire();  // the last input closed after run() had looked
            }
        };
        asio::use_awaitable_t<> token;
        return asio::async_initiate<asio::use_awaitable_t<>, void(std::error_code)>(initiation,
                                                                                    token, this);
    }

    // False when this input will never have anything again.
    template <typename In>
    static bool wait_on(OpenCursor<In>& open, Wakeup& wakeup) {
        if (open.buffer().finished(open.cursor())) {
            return false;
        }
        if (!open.buffer().wait_for_value(open.cursor())) {
            wakeup.fire();
        }
        return true;
    }

    [[nodiscard]] const asio::any_io_executor& executor() const {
        return std::get<0>(ports_).cursor->buffer().executor();
    }

    Producer<Out> out_;
    Emitter<Out> outputs_;
    bool lossless_;
    State state_;
    std::size_t next_port_ = 0;
    std::shared_ptr<Wakeup> wakeup_ = std::make_shared<Wakeup>();
    std::tuple<Ports...> ports_;
};

}  // namespace aimdb::detail
