// SPDX-License-Identifier: Apache-2.0
//
// Messages per second between threads, none lost: this thread produces (or four
// do), the readers are stages on the database's one runtime thread and sleep
// when there is nothing. Beside it a bare ring and moodycamel's queue between
// two threads that poll.
#include <array>
#include <atomic>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <concurrentqueue.h>

#include "aimdb/core/core.hpp"

#include "core_bare.hpp"
#include "core_support.hpp"
#include "report.hpp"

namespace {

using bench::Telemetry;

constexpr std::size_t producers_at_most = 4;

std::uint64_t messages() { return bench::quick() ? 4'000 : 100'000; }

// How many messages one reader has had of each producer; written by the reader.
struct alignas(64) Progress {
    std::array<std::atomic<std::uint64_t>, producers_at_most> received{};

    void add(const Telemetry& message) noexcept {
        std::atomic<std::uint64_t>& mine = received[message.sensor % producers_at_most];
        mine.store(mine.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    void wait_for(std::size_t producer, std::uint64_t count) const noexcept {
        while (received[producer].load(std::memory_order_acquire) < count) {
            std::this_thread::yield();
        }
    }
};

Telemetry message(std::size_t producer, std::uint64_t i) noexcept {
    return {static_cast<std::uint32_t>(producer), static_cast<double>(i), i};
}

// Times `produce(begin, end)` and what the readers need to have it all.
template <typename Produce, typename Wait>
void measure_stream(benchmark::State& state, Produce&& produce, Wait&& wait) {
    std::vector<double> rates;
    std::uint64_t next = 0;
    for (auto _ : state) {
        const std::uint64_t end = next + messages();
        const bench::Clock::time_point begin = bench::Clock::now();
        produce(next, end);
        wait(end);
        const double took = bench::nanoseconds_between(begin, bench::Clock::now());
        next = end;
        rates.push_back(static_cast<double>(messages()) / took * 1e9);
        state.SetIterationTime(took * 1e-9);
    }
    state.counters["messages_per_s"] = bench::median(rates);
    state.counters["ns"] = 1e9 / bench::median(rates);
}

enum class ReaderForm { coroutine, function };

// One record whose readers are taps; a producer that asks for room loses nothing.
class Stream {
public:
    Stream(std::size_t readers, ReaderForm form) : progress_(readers) {
        aimdb::Builder builder;
        auto record = builder.configure<Telemetry>(bench::record_key)
                          .buffer(aimdb::spmc_ring(bench::ring_capacity))
                          .lossless();
        for (Progress& progress : progress_) {
            if (form == ReaderForm::coroutine) {
                record.tap([&progress](aimdb::Context, aimdb::Reader<Telemetry> in) {
                    return read(in, progress);
                });
            } else {
                record.tap([&progress](const Telemetry& message) { progress.add(message); });
            }
        }
        db_.emplace(builder.build());
        db_->start();
    }

    [[nodiscard]] aimdb::Producer<Telemetry> producer() const {
        return db_->producer<Telemetry>(bench::record_key);
    }
    void wait_for(std::size_t producer, std::uint64_t count) const noexcept {
        for (const Progress& progress : progress_) {
            progress.wait_for(producer, count);
        }
    }

private:
    static aimdb::Task read(aimdb::Reader<Telemetry> in, Progress& progress) {
        while (auto item = co_await in.recv()) {
            progress.add(item->value);
        }
    }

    std::deque<Progress> progress_;
    std::optional<aimdb::Database> db_;
};

void one_producer(benchmark::State& state, ReaderForm form) {
    Stream stream(static_cast<std::size_t>(state.range(0)), form);
    const auto out = stream.producer();
    measure_stream(
        state,
        [&](std::uint64_t next, std::uint64_t end) {
            for (; next < end; ++next) {
                if (!out.has_room()) {
                    static_cast<void>(out.room(aimdb::blocking));
                }
                out.produce(message(0, next));
            }
        },
        [&](std::uint64_t end) { stream.wait_for(0, end); });
}

void stream(benchmark::State& state) { one_producer(state, ReaderForm::coroutine); }
void stream_tap(benchmark::State& state) { one_producer(state, ReaderForm::function); }
BENCHMARK(stream)->Arg(1)->Arg(4)->Arg(16)->UseManualTime();
BENCHMARK(stream_tap)->Arg(1)->Arg(4)->Arg(16)->UseManualTime();

// Runs `produce(producer, begin, end)` on four threads, a quarter of the messages each.
template <typename Produce>
void on_4_threads(std::uint64_t next, std::uint64_t end, Produce&& produce) {
    std::vector<std::thread> threads;
    for (std::size_t producer = 0; producer < producers_at_most; ++producer) {
        threads.emplace_back([&produce, producer, next, end] {
            produce(producer, next / producers_at_most, end / producers_at_most);
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

// Between two producers' looks for room it may be gone, so each has a share of its own.
constexpr std::uint64_t share = bench::ring_capacity / producers_at_most;

void stream_4_producers(benchmark::State& state) {
    Stream stream(1, ReaderForm::coroutine);
    measure_stream(
        state,
        [&](std::uint64_t next, std::uint64_t end) {
            on_4_threads(next, end, [&](std::size_t producer, std::uint64_t i, std::uint64_t last) {
                const auto out = stream.producer();
                for (; i < last; ++i) {
                    stream.wait_for(producer, i < share ? 0 : i + 1 - share);
                    out.produce(message(producer, i));
                }
            });
        },
        [&](std::uint64_t end) {
            for (std::size_t producer = 0; producer < producers_at_most; ++producer) {
                stream.wait_for(producer, end / producers_at_most);
            }
        });
}
BENCHMARK(stream_4_producers)->UseManualTime();

// A thread that polls `pop` until it is told to end.
template <typename Pop>
class Poller {
public:
    explicit Poller(Pop pop) : pop_(std::move(pop)), thread_([this] { run(); }) {}
    ~Poller() {
        done_.store(true, std::memory_order_relaxed);
        thread_.join();
    }
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;
    [[nodiscard]] const Progress& progress() const noexcept { return progress_; }

private:
    void run() {
        Telemetry message{};
        while (!done_.load(std::memory_order_relaxed)) {
            if (pop_(message)) {
                progress_.add(message);
            } else {
                std::this_thread::yield();
            }
        }
    }

    Pop pop_;
    Progress progress_;
    std::atomic<bool> done_{false};
    std::thread thread_;
};

void stream_bare(benchmark::State& state) {
    bench::BareSpscRing<Telemetry> ring(bench::ring_capacity);
    const Poller reader([&](Telemetry& into) { return ring.pop(into); });
    measure_stream(
        state,
        [&](std::uint64_t next, std::uint64_t end) {
            for (; next < end; ++next) {
                while (!ring.push(message(0, next))) {
                    std::this_thread::yield();
                }
            }
        },
        [&](std::uint64_t end) { reader.progress().wait_for(0, end); });
}
BENCHMARK(stream_bare)->UseManualTime();

// Not bounded: it may run ahead of its reader as far as it likes.
void stream_moodycamel(benchmark::State& state) {
    moodycamel::ConcurrentQueue<Telemetry> queue;
    const moodycamel::ProducerToken token(queue);
    moodycamel::ConsumerToken reading(queue);
    const Poller reader([&](Telemetry& into) { return queue.try_dequeue(reading, into); });
    measure_stream(
        state,
        [&](std::uint64_t next, std::uint64_t end) {
            for (; next < end; ++next) {
                queue.enqueue(token, message(0, next));
            }
        },
        [&](std::uint64_t end) { reader.progress().wait_for(0, end); });
}
BENCHMARK(stream_moodycamel)->UseManualTime();

void stream_moodycamel_4_producers(benchmark::State& state) {
    moodycamel::ConcurrentQueue<Telemetry> queue;
    moodycamel::ConsumerToken reading(queue);
    const Poller reader([&](Telemetry& into) { return queue.try_dequeue(reading, into); });
    measure_stream(
        state,
        [&](std::uint64_t next, std::uint64_t end) {
            on_4_threads(next, end, [&](std::size_t producer, std::uint64_t i, std::uint64_t last) {
                const moodycamel::ProducerToken token(queue);
                for (; i < last; ++i) {
                    queue.enqueue(token, message(producer, i));
                }
            });
        },
        [&](std::uint64_t end) {
            for (std::size_t producer = 0; producer < producers_at_most; ++producer) {
                reader.progress().wait_for(producer, end / producers_at_most);
            }
        });
}
BENCHMARK(stream_moodycamel_4_producers)->UseManualTime();

}  // namespace
