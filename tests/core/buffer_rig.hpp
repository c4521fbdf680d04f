// SPDX-License-Identifier: Apache-2.0
//
// A buffer without a database around it, on an io_context that the test itself
// runs step by step: what happens when is then no matter of chance.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include "aimdb/core/clock.hpp"
#include "aimdb/core/detail/buffer.hpp"
#include "aimdb/core/producer.hpp"
#include "aimdb/core/reader.hpp"

namespace aimdb::test {

inline constexpr std::uint32_t rig_record = 7;

template <typename T>
class BufferRig {
public:
    explicit BufferRig(BufferConfig config) {
        context_->clock = clock;
        context_->executor = io.get_executor();
        buffer = std::make_shared<detail::Buffer<T>>(config, rig_record, context_);
    }

    [[nodiscard]] Producer<T> out() const { return Producer<T>(buffer); }
    [[nodiscard]] Reader<T> reader(const ReaderOptions& options = {}) const {
        return Reader<T>(std::make_shared<detail::OpenCursor<T>>(buffer, options, false));
    }
    [[nodiscard]] Reader<T> observer(ReadFrom from = ReadFrom::standard()) const {
        return reader({.from = from, .observer = true});
    }

    /// Starts receiving one value; `poll()` lets it go on. Outlives the wait.
    struct Receipt {
        std::optional<Item<T>> item;
        std::exception_ptr failure;
        bool done = false;
    };
    [[nodiscard]] std::shared_ptr<Receipt> receive(Reader<T>& from) {
        auto receipt = std::make_shared<Receipt>();
        from.recv([receipt](std::exception_ptr failure, std::optional<Item<T>> item) {
            receipt->failure = std::move(failure);
            receipt->item = std::move(item);
            receipt->done = true;
        });
        poll();
        return receipt;
    }
    /// Runs everything that can run now.
    void poll() {
        io.restart();
        io.poll();
    }

    asio::io_context io;  // first, so that it outlives everything that waits on it
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(from_unix_ms(1'000'000));

private:
    std::shared_ptr<detail::BufferContext> context_ = std::make_shared<detail::BufferContext>();

public:
    std::shared_ptr<detail::Buffer<T>> buffer;
};

/// Everything that can be taken now.
template <typename T>
std::vector<Item<T>> take_all(Reader<T>& reader) {
    std::vector<Item<T>> items;
    while (auto item = reader.try_recv()) {
        items.push_back(std::move(*item));
    }
    return items;
}

/// The values of everything that can be taken now.
template <typename T>
std::vector<T> values_of(Reader<T>& reader) {
    std::vector<T> values;
    for (auto& item : take_all(reader)) {
        values.push_back(std::move(item.value));
    }
    return values;
}

/// The numbers first..last.
template <typename T = int>
std::vector<T> numbers(T first, T last) {
    std::vector<T> out;
    for (T i = first; i <= last; ++i) {
        out.push_back(i);
    }
    return out;
}

template <typename T>
void produce_numbers(const Producer<T>& out, T first, T last) {
    for (T i = first; i <= last; ++i) {
        out.produce(i);
    }
}

}  // namespace aimdb::test
