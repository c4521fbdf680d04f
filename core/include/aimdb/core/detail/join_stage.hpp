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
        for (int rounds = 1;; ++rounds) {
            const bool any = std::apply(
                [](Ports&... port) { return (static_cast<int>(port.port.fill()) + ...) > 0; },
                ports_);
            if (!any) {
                if (all_closed()) {
                    co_return;
                }
                co_await wait_any();
                continue;
            }
            co_await work(context);
            if (rounds % (batches_between_yields * 16) == 0) {
                co_await yield(context.executor());
            }
        }
    }

private:
    // One value of each input in turn, until every batch is used up.
    Awaitable<void> work(Context context) {
        outputs_.clear();  // what an earlier call left that threw
        for (std::size_t turn = 0; any_left(); turn = (turn + 1) % sizeof...(Ports)) {
            work_port(turn, context.timings(), std::index_sequence_for<Ports...>{});
            if (!lossless_) {
                outputs_.publish_all(out_);
                continue;
            }
            for (std::size_t i = 0; i < outputs_.size(); ++i) {
                co_await out_.room();
                outputs_.publish(i, out_);
            }
            outputs_.clear();
        }
    }

    [[nodiscard]] bool any_left() const {
        return std::apply([](const Ports&... port) { return (!port.port.empty() || ...); }, ports_);
    }

    template <std::size_t... I>
    void work_port(std::size_t turn, TimingRecorder& timings, std::index_sequence<I...>) {
        (static_cast<void>(turn == I && (work_on(std::get<I>(ports_), timings), true)), ...);
    }

    template <typename Port>
    void work_on(Port& port, TimingRecorder& timings) {
        if (!port.port.empty()) {
            port.port.work_one(timings, [&](const auto& taken) {
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
    std::shared_ptr<Wakeup> wakeup_ = std::make_shared<Wakeup>();
    std::tuple<Ports...> ports_;
};

}  // namespace aimdb::detail
