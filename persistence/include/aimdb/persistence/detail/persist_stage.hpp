// SPDX-License-Identifier: Apache-2.0
//
// The stage behind `.persist()`: one more subscriber of its record. It takes
// values only when the channel has room for them, so that values it cannot hand
// over stay in the record's buffer, and producers never wait.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <asio/async_result.hpp>

#include "aimdb/core/codec.hpp"
#include "aimdb/core/detail/exception_text.hpp"
#include "aimdb/core/detail/stage_bodies.hpp"
#include "aimdb/core/reader.hpp"
#include "aimdb/persistence/detail/recorder.hpp"

namespace aimdb::detail {

/// Shows the account what lies in the record's buffer.
template <typename T>
class ReaderProbe final : public BufferProbe {
public:
    explicit ReaderProbe(std::shared_ptr<OpenCursor<T>> cursor)
        : cursor_(std::move(cursor)), reader_(cursor_) {}

    [[nodiscard]] BufferReading read() const noexcept override {
        std::uint64_t outstanding = 0;
        const BufferCounters counters = reader_.counters(outstanding);
        // What has been overwritten already does not count as pending. Asked later,
        // the reader's window can only be as full or fuller, so this is exact.
        return {counters.newest_sequence, std::min(outstanding, reader_.backlog())};
    }
    [[nodiscard]] std::uint64_t newest_sequence() const noexcept override {
        return cursor_->buffer().newest_sequence();
    }

private:
    std::shared_ptr<OpenCursor<T>> cursor_;
    Reader<T> reader_;
};

template <typename T>
class PersistStage final : public StageBody {
public:
    PersistStage(std::shared_ptr<OpenCursor<T>> cursor, std::shared_ptr<Recorder> recorder)
        : reader_(cursor), probe_(std::move(cursor)), recorder_(std::move(recorder)) {
        ticket_.alarm = wakeup_;
        recorder_->account().watch(&probe_);
    }
    ~PersistStage() override {
        if (recorder_->connected()) {
            recorder_->account().watch(nullptr);
            recorder_->leave(ticket_);
        }
    }
    PersistStage(const PersistStage&) = delete;
    PersistStage& operator=(const PersistStage&) = delete;

    Task run(Context context) override {
        for (int steps = 1;; ++steps) {
            const std::uint64_t backlog = reader_.backlog();
            if (backlog == 0) {
                if (reader_.closed()) {
                    co_return;
                }
                co_await reader_.wait();
                continue;
            }
            if (recorder_->has_store()) {
                const Permit wish =
                    recorder_->wish(std::min<std::uint64_t>(backlog, batch_limit_values<T>));
                if (!recorder_->try_reserve(wish)) {
                    ticket_.wanted = wish;
                    co_await wait_for_room(context.executor());
                    recorder_->take_granted(ticket_);
                }
                record(wish, context);
            } else {
                discard();
            }
            if (steps % batches_between_yields == 0) {
                co_await yield(context.executor());
            }
        }
    }

private:
    Awaitable<void> wait_for_room(const asio::any_io_executor& executor) {
        auto initiation = [](auto handler, PersistStage* stage, asio::any_io_executor runs_on) {
            stage->wakeup_->arm(std::move(handler), runs_on);
            if (stage->recorder_->queue_up(stage->ticket_)) {
                stage->wakeup_->fire();
            }
        };
        asio::use_awaitable_t<> token;
        return asio::async_initiate<asio::use_awaitable_t<>, void(std::error_code)>(
            initiation, token, this, executor);
    }

    // Under the account's lock, so that no snapshot finds a value in neither place.
    RecordAccount::Taking take(std::size_t limit) {
        taken_.clear();
        return recorder_->account().take([&] {
            RecordAccount::Taking taking;
            taking.values = reader_.take_many(taken_, limit);
            for (const Taken<T>& taken : taken_) {
                taking.skipped += taken.skipped;
                taking.last_sequence = taken.sequence;
            }
            return taking;
        });
    }

    void record(Permit reserved, const Context& context) {
        const auto begin = std::chrono::steady_clock::now();
        const RecordAccount::Taking taking = take(reserved.rows);
        rows_.clear();
        gaps_.clear();
        bytes_.clear();
        std::size_t largest = 0;
        for (const Taken<T>& taken : taken_) {
            if (taken.skipped > 0) {
                add_gap(GapCause::lagged, taken.sequence - taken.skipped, taken.sequence - 1,
                        taken.at);
            }
            largest = std::max(largest, encode(taken, context.log()));
        }
        recorder_->hand_over({0, taking.values, rows_, bytes_, gaps_}, largest, reserved);
        taken_.clear();  // shared values are not kept longer than need be
        TimingRecorder& timings = context.timings();
        timings.count(taking.values);
        if (taking.values > 0 && ++steps_ % 16 == 0) {
            const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin;
            timings.sample(took / static_cast<std::int64_t>(taking.values));
        }
    }

    // One bad value never costs its batch. Returns the size of the text.
    std::size_t encode(const Taken<T>& taken, const Log& log) {
        const std::size_t begin = bytes_.size();
        std::uint64_t non_finite = 0;
        try {
            non_finite = encode_value(taken.held.get());
        } catch (...) {  // what a user's codec may throw is not ours to say
            bytes_.resize(begin);
            reject(GapCause::rejected_encode, taken, log, exception_text());
            return 0;
        }
        const std::size_t size = bytes_.size() - begin;
        if (size > recorder_->value_limit_bytes()) {
            bytes_.resize(begin);
            reject(GapCause::rejected_too_large, taken, log,
                   std::to_string(size) + " bytes of text are over the limit");
            return 0;
        }
        rows_.push_back({taken.sequence, taken.at, static_cast<std::uint32_t>(size)});
        if (non_finite > 0) {
            recorder_->account().count_non_finite(non_finite);
        }
        return size;
    }

    // Returns how many numbers were not finite, if the codec tells.
    std::uint64_t encode_value(const T& value) {
        using Result = decltype(Codec<T>::encode(value, bytes_));
        if constexpr (std::is_integral_v<Result>) {
            return static_cast<std::uint64_t>(Codec<T>::encode(value, bytes_));
        } else {
            Codec<T>::encode(value, bytes_);
            return 0;
        }
    }

    void reject(GapCause cause, const Taken<T>& taken, const Log& log, const std::string& why) {
        add_gap(cause, taken.sequence, taken.sequence, taken.at);
        recorder_->account().miss(cause, 1);
        if (std::has_single_bit(++rejected_)) {  // the 1st, 2nd, 4th, 8th ...
            log.warn("value " + std::to_string(taken.sequence) + " is not stored: " + why + " (" +
                     std::to_string(rejected_) + " so far)");
        }
    }

    void add_gap(GapCause cause, std::uint64_t first, std::uint64_t last, UnixTime at) {
        gaps_.push_back({recorder_->record_index(), cause, first, last, at});
    }

    void discard() {
        const RecordAccount::Taking taking = take(batch_limit_values<T>);
        if (taking.values == 0) {
            return;
        }
        std::vector<MissingRange> missing;
        for (const Taken<T>& taken : taken_) {
            if (taken.skipped > 0) {
                missing.push_back({taken.sequence - taken.skipped, taken.sequence - 1,
                                   GapCause::lagged, taken.at, taken.skipped});
            }
            missing.push_back(
                {taken.sequence, taken.sequence, GapCause::store_unavailable, taken.at, 1});
        }
        recorder_->discard(taking.values, missing, taking.last_sequence);
    }

    Reader<T> reader_;
    ReaderProbe<T> probe_;
    std::shared_ptr<Recorder> recorder_;
    std::shared_ptr<Wakeup> wakeup_ = std::make_shared<Wakeup>();
    RoomTicket ticket_;
    std::vector<Taken<T>> taken_;
    std::vector<EncodedRow> rows_;
    std::vector<GapEntry> gaps_;
    std::string bytes_;
    std::uint64_t steps_ = 0;
    std::uint64_t rejected_ = 0;
};

}  // namespace aimdb::detail
