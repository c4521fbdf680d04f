// SPDX-License-Identifier: Apache-2.0
//
// The stages behind `.link_to()` and `.link_from()`.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aimdb/aimx_protocol/detail/link_port.hpp"
#include "aimdb/core/codec.hpp"
#include "aimdb/core/detail/record.hpp"
#include "aimdb/core/detail/stage_bodies.hpp"

namespace aimdb::aimx {

/// Writes each value to the remote record, while there is a connection and not too
/// many answers are to come. Meanwhile values stay in the record; what it overwrites
/// is counted as lost. Nothing is sent twice.
template <typename T>
class LinkOutStage final : public aimdb::detail::StageBody {
public:
    LinkOutStage(std::shared_ptr<aimdb::detail::OpenCursor<T>> cursor,
                 std::shared_ptr<LinkPort> port)
        : reader_(std::move(cursor)), port_(std::move(port)) {}

    Task run(Context context) override {
        for (int batches = 1;; ++batches) {
            if (reader_.backlog() == 0) {
                if (reader_.closed()) {
                    break;
                }
                co_await reader_.wait();
                continue;
            }
            if (port_->gives_up()) {
                give_up();
                continue;
            }
            const std::size_t room = port_->room();
            if (room == 0) {
                co_await port_->wait_for_room();
                continue;
            }
            send(context, std::min(room, aimdb::detail::batch_limit_values<T>));
            if (batches % aimdb::detail::batches_between_yields == 0) {
                co_await aimdb::detail::yield(context.executor());
            }
        }
        co_await port_->wait_for_answers();
    }

private:
    void send(const Context& context, std::size_t limit) {
        batch_.clear();
        reader_.take_many(batch_, limit);
        for (const aimdb::detail::Taken<T>& taken : batch_) {
            port_->count_lost(taken.skipped);
            std::string json;
            try {
                Codec<T>::encode(taken.held.get(), json);
            } catch (const std::exception& error) {
                reject(context.log(), error.what());
                continue;
            }
            port_->write(std::move(json));
        }
        context.timings().count(batch_.size());
        batch_.clear();  // shared values are not kept longer than need be
    }

    void give_up() {
        batch_.clear();
        reader_.take_many(batch_, aimdb::detail::batch_limit_values<T>);
        for (const aimdb::detail::Taken<T>& taken : batch_) {
            port_->count_lost(taken.skipped + 1);
        }
    }

    void reject(const Log& log, const std::string& why) {
        port_->count_lost(1);
        port_->note_error(why);
        if (std::has_single_bit(++rejected_)) {  // the 1st, 2nd, 4th, 8th ...
            log.warn("a value is not sent: " + why + " (" + std::to_string(rejected_) + " so far)");
        }
    }

    Reader<T> reader_;
    std::shared_ptr<LinkPort> port_;
    std::vector<aimdb::detail::Taken<T>> batch_;
    std::uint64_t rejected_ = 0;
};

/// Where a restored record stands: its newest time, and how many values have it.
struct LinkPlace {
    std::optional<UnixTime> at;
    std::uint64_t values = 0;
};

template <typename T>
[[nodiscard]] LinkPlace find_place(const aimdb::detail::Record<T>& record) {
    LinkPlace place;
    if (record.buffer->kind == BufferKind::mailbox || !record.values->latest()) {
        return place;
    }
    ReaderOptions reading;
    reading.from = ReadFrom::oldest();
    Reader<T> reader(std::make_shared<aimdb::detail::OpenCursor<T>>(record.values, reading, false));
    while (const std::optional<Item<T>> item = reader.try_recv()) {
        place.values = place.at == item->at ? place.values + 1 : 1;
        place.at = item->at;
    }
    return place;
}

/// Produces what the remote record gets, with its time there. What it was refused is
/// asked for again after a while.
template <typename T>
class LinkInStage final : public aimdb::detail::StageBody {
public:
    LinkInStage(aimdb::detail::Record<T>& record, std::shared_ptr<LinkPort> port)
        : out_(record.values), port_(std::move(port)), since_(port_->options().since) {
        if (port_->options().catch_up) {
            const LinkPlace place = find_place(record);
            if (place.at && (!since_ || *since_ <= *place.at)) {
                since_ = place.at;
                repeated_ = place;
            }
        }
    }

    Task run(Context context) override {
        std::chrono::milliseconds delay = retry_shortest;
        while (!port_->stopping()) {
            Subscription updates = subscribe();
            bool came = false;
            while (std::optional<Update> update = co_await updates.recv()) {
                came = came || update->has_value();
                if (!out_.has_room()) {
                    co_await out_.room();
                }
                take(*update, context);
                if (++updates_ % updates_between_yields == 0) {
                    co_await aimdb::detail::yield(context.executor());
                }
            }
            if (port_->stopping()) {
                break;
            }
            delay = came ? retry_shortest : delay;
            co_await context.sleep(delay);
            delay = std::min(delay * 2, retry_longest);
        }
    }

private:
    static constexpr std::chrono::milliseconds retry_shortest{200};
    static constexpr std::chrono::milliseconds retry_longest{10'000};
    static constexpr std::uint64_t updates_between_yields = 64;

    [[nodiscard]] Subscription subscribe() {
        const RemotePosition place{{}, epoch_, pos_};
        SubscribeOptions options;
        options.lossless = true;
        options.every = port_->options().every;
        if (pos_ != 0 && options.every.count() > 0 && !since_) {
            port_->count_interruption();  // the newest will do, see LinkOptions::every
        } else if (pos_ != 0) {
            options.from = std::span(&place, 1);
        } else {
            options.since = since_;
        }
        return port_->subscribe(options);
    }

    void take(Update& update, const Context& context) {
        port_->count_lost(update.skipped);
        switch (update.kind) {
            case UpdateKind::event:
            case UpdateKind::snapshot: produce(update, context.log()); break;
            case UpdateKind::interrupted: port_->count_interruption(); break;
            case UpdateKind::ended:
                port_->note_error("the subscription ended: " + update.reason);
                break;
            case UpdateKind::live:
            case UpdateKind::gap: break;
        }
        context.timings().count(1);
    }

    void produce(Update& update, const Log& log) {
        epoch_ = std::move(update.epoch);
        pos_ = update.pos;
        if (is_repeated(update)) {
            return;
        }
        try {
            T value = Codec<T>::decode(update.value);
            if (update.at) {
                out_.produce(std::move(value), *update.at);
            } else {
                out_.produce(std::move(value));
            }
            port_->count_delivered();
        } catch (const std::exception& error) {  // also of a user's codec
            port_->count_lost(1);
            port_->note_error(error.what());
            if (std::has_single_bit(++undecodable_)) {  // the 1st, 2nd, 4th, 8th ...
                log.warn("a value from " + link_name_ + " is left out: " + error.what() + " (" +
                         std::to_string(undecodable_) + " so far)");
            }
        }
    }

    // The record has the first so many values of its newest millisecond already.
    [[nodiscard]] bool is_repeated(const Update& update) {
        if (repeated_.values == 0 || update.at != repeated_.at) {
            repeated_.values = 0;
            return false;
        }
        --repeated_.values;
        return true;
    }

    Producer<T> out_;
    std::shared_ptr<LinkPort> port_;
    const std::string link_name_ = port_->info().url;
    std::optional<UnixTime> since_;
    LinkPlace repeated_;
    std::string epoch_;
    std::uint64_t pos_ = 0;
    std::uint64_t updates_ = 0;
    std::uint64_t undecodable_ = 0;
};

}  // namespace aimdb::aimx
