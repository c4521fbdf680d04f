// SPDX-License-Identifier: Apache-2.0
//
// The queue of batches between the stages and the writer. The only place that
// knows moodycamel's queue.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

namespace aimdb::detail {

struct Batch;

/// Threads: push() by one thread at a time, in which order batches come out;
///          the rest by one other thread.
class BatchQueue {
public:
    BatchQueue();
    ~BatchQueue();
    BatchQueue(const BatchQueue&) = delete;
    BatchQueue& operator=(const BatchQueue&) = delete;

    /// Null is a poke.
    void push(Batch* batch);
    /// False: the queue is empty.
    [[nodiscard]] bool try_pop(Batch*& batch);
    /// Waits; false: `timeout` has passed.
    [[nodiscard]] bool pop(Batch*& batch, std::optional<std::chrono::nanoseconds> timeout);

private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace aimdb::detail
