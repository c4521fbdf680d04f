// SPDX-License-Identifier: Apache-2.0
//
// How a transform or join publishes any number of values per input.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "aimdb/core/producer.hpp"
#include "aimdb/core/time.hpp"

namespace aimdb {

/// Collects the outputs of one call. They are published, in order, when the call
/// has returned: one by one as there is room where the record is lossless, and
/// not at all if the call throws.
///
/// Threads: thread-confined; valid during the call.
template <typename T>
class Emitter {
public:
    /// Publishes `value`, stamped when it is published.
    void produce(T value) { outputs_.push_back({std::move(value), std::nullopt}); }
    /// Publishes a value that carries its own time.
    void produce(T value, UnixTime at) { outputs_.push_back({std::move(value), at}); }

    // For the library.

    [[nodiscard]] std::size_t size() const noexcept { return outputs_.size(); }
    void publish(std::size_t index, const Producer<T>& out) {
        Output& output = outputs_[index];
        if (output.at) {
            out.produce(std::move(output.value), *output.at);
        } else {
            out.produce(std::move(output.value));
        }
    }
    void publish_all(const Producer<T>& out) {
        for (std::size_t i = 0; i < outputs_.size(); ++i) {
            publish(i, out);
        }
        outputs_.clear();
    }
    void clear() noexcept { outputs_.clear(); }

private:
    struct Output {
        T value;
        std::optional<UnixTime> at;
    };
    std::vector<Output> outputs_;
};

}  // namespace aimdb
