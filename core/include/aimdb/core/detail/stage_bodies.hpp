// SPDX-License-Identifier: Apache-2.0
//
// The stages behind source(), tap(), transform() and transform_join(). Plain
// functions run in a loop that takes a batch of values under one lock.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include <asio/post.hpp>

#include "aimdb/core/detail/call_timer.hpp"
#include "aimdb/core/detail/callable.hpp"

namespace aimdb::detail {

/// Lets other coroutines of this thread run.
inline Awaitable<void> yield(const asio::any_io_executor& executor) {
    co_await asio::post(executor, asio::use_awaitable);
}

/// Batches that a loop without a CallTimer may do before it gives way to the other
/// stages of its thread.
inline constexpr int batches_between_yields = 16;

/// The same at the end of a stage's turn.
inline Awaitable<void> yield_turn(const asio::any_io_executor& executor, CallTimer<>& timer) {
    co_await yield(executor);
    timer.next_turn();
}

template <typename T>
class SourceStage final : public StageBody {
public:
    template <typename F>
    SourceStage(std::shared_ptr<Buffer<T>> buffer, F function)
        : out_(std::move(buffer)), function_(std::move(function)) {}
    [[nodiscard]] bool runs_users_coroutine() const noexcept override { return true; }
    Task run(Context context) override { return function_(std::move(context), out_); }

private:
    Producer<T> out_;
    std::function<Task(Context, Producer<T>)> function_;
};

template <typename T>
class ReadingStage final : public StageBody {
public:
    template <typename F>
    ReadingStage(std::shared_ptr<OpenCursor<T>> cursor, F function)
        : cursor_(std::move(cursor)), function_(std::move(function)) {}
    [[nodiscard]] bool runs_users_coroutine() const noexcept override { return true; }
    Task run(Context context) override { return function_(std::move(context), Reader<T>(cursor_)); }

private:
    std::shared_ptr<OpenCursor<T>> cursor_;
    std::function<Task(Context, Reader<T>)> function_;
};

template <typename In, typename Out>
class TransformingStage final : public StageBody {
public:
    template <typename F>
    TransformingStage(std::shared_ptr<OpenCursor<In>> cursor,
                      std::shared_ptr<Buffer<Out>> out,
                      F function)
        : cursor_(std::move(cursor)), out_(std::move(out)), function_(std::move(function)) {}
    [[nodiscard]] bool runs_users_coroutine() const noexcept override { return true; }
    Task run(Context context) override {
        return function_(std::move(context), Reader<In>(cursor_), out_);
    }

private:
    std::shared_ptr<OpenCursor<In>> cursor_;
    Producer<Out> out_;
    std::function<Task(Context, Reader<In>, Producer<Out>)> function_;
};

/// A batch of one input, worked off value by value. Keeps its place when the
/// function throws: a restarted stage goes on with the next value.
template <typename In>
class InputPort {
public:
    explicit InputPort(std::shared_ptr<OpenCursor<In>> cursor) : reader_(std::move(cursor)) {}

    /// False when nothing is there to work on.
    bool fill() {
        if (next_ < batch_.size()) {
            return true;
        }
        batch_.clear();
        next_ = 0;
        return reader_.take_many(batch_, batch_limit_values<In>) > 0;
    }
    [[nodiscard]] bool empty() const noexcept { return next_ == batch_.size(); }

    /// Calls `f` for one value.
    template <typename F>
    void work_one(CallTimer<>& timer, F&& f) {
        const Taken<In>& taken = batch_[next_++];
        timer.call(taken.sequence, [&] { f(taken); });
    }

    /// Calls `f` for what was taken, as far as the stage's turn allows.
    template <typename F>
    void work_all(CallTimer<>& timer, F&& f) {
        timer.begin_batch();
        while (!empty() && !timer.turn_is_over()) {
            work_one(timer, f);
        }
        timer.end_batch();
    }

    [[nodiscard]] Reader<In>& reader() noexcept { return reader_; }

private:
    Reader<In> reader_;
    std::vector<Taken<In>> batch_;
    std::size_t next_ = 0;
};

template <typename T, typename F>
class TapStage final : public StageBody {
public:
    TapStage(std::shared_ptr<OpenCursor<T>> cursor, F function)
        : port_(std::move(cursor)), function_(std::move(function)) {}

    Task run(Context context) override {
        CallTimer<> timer(context.timings());
        for (;;) {
            if (!port_.fill()) {
                if (port_.reader().closed()) {
                    co_return;
                }
                co_await port_.reader().wait();
                timer.next_turn();
                continue;
            }
            port_.work_all(timer, [this](const Taken<T>& taken) { call(taken); });
            if (timer.turn_is_over()) {
                co_await yield_turn(context.executor(), timer);
            }
        }
    }

private:
    void call(const Taken<T>& taken) {
        if constexpr (std::is_invocable_v<F&, const T&>) {
            std::invoke(function_, taken.held.get());
        } else {
            const Item<T> item{taken.held.get(), taken.sequence, taken.skipped, taken.at};
            std::invoke(function_, item);
        }
    }

    InputPort<T> port_;
    F function_;
};

/// transform() with a plain function, with `State...` being one type or none.
template <typename In, typename Out, typename F, typename... State>
class FunctionStage final : public StageBody {
public:
    FunctionStage(std::shared_ptr<OpenCursor<In>> cursor,
                  std::shared_ptr<Buffer<Out>> out,
                  bool lossless,
                  F function,
                  State... state)
        : port_(std::move(cursor)),
          out_(std::move(out)),
          lossless_(lossless),
          function_(std::move(function)),
          state_(std::move(state)...) {}

    Task run(Context context) override {
        CallTimer<> timer(context.timings());
        for (;;) {
            if (!port_.fill()) {
                if (port_.reader().closed()) {
                    co_return;
                }
                co_await port_.reader().wait();
                timer.next_turn();
                continue;
            }
            if (lossless_) {
                co_await work_losslessly(timer);
            } else {
                port_.work_all(timer, [this](const Taken<In>& in) {
                    call(in);
                    outputs_.publish_all(out_);
                });
            }
            if (timer.turn_is_over()) {
                co_await yield_turn(context.executor(), timer);
            }
        }
    }

private:
    Awaitable<void> work_losslessly(CallTimer<>& timer) {
        timer.begin_batch();
        while (!port_.empty() && !timer.turn_is_over()) {
            port_.work_one(timer, [this](const Taken<In>& in) { call(in); });
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

    void call(const Taken<In>& taken) {
        outputs_.clear();  // what an earlier call left that threw
        std::apply(
            [&](State&... state) { apply_and_collect(function_, taken, outputs_, state...); },
            state_);
    }

    InputPort<In> port_;
    Producer<Out> out_;
    Emitter<Out> outputs_;
    bool lossless_;
    F function_;
    std::tuple<State...> state_;
};

}  // namespace aimdb::detail
