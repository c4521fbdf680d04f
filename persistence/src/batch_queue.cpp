// SPDX-License-Identifier: Apache-2.0
#include "batch_queue.hpp"

#include <blockingconcurrentqueue.h>

#include "aimdb/core/assert.hpp"

#include "channel.hpp"

namespace aimdb::detail {
namespace {

struct Traits : moodycamel::ConcurrentQueueDefaultTraits {
    // The writer sleeps for milliseconds between groups; long spins (10 000 by
    // default) would only take the core away from the stages.
    static const int MAX_SEMA_SPINS = 128;  // NOLINT(readability-identifier-naming): its name
};

}  // namespace

struct BatchQueue::Implementation {
    moodycamel::BlockingConcurrentQueue<Batch*, Traits> queue;
    moodycamel::ProducerToken producer{queue};  // one producer: first in, first out
    moodycamel::ConsumerToken consumer{queue};
};

BatchQueue::BatchQueue() : implementation_(std::make_unique<Implementation>()) {}
BatchQueue::~BatchQueue() = default;

void BatchQueue::push(Batch* batch) {
    if (batch != nullptr) {
        batch->handed_over.store(true, std::memory_order_release);  // with taken_over() below
    }
    implementation_->queue.enqueue(implementation_->producer, batch);
}

namespace {

// The queue orders by fences, which the thread sanitizer does not know. This
// makes the hand-over one it can check, so that races in our rows are still seen.
bool taken_over(const Batch* batch) {
    AIMDB_ASSERT(batch == nullptr || batch->handed_over.load(std::memory_order_acquire));
    return true;
}

}  // namespace

bool BatchQueue::try_pop(Batch*& batch) {
    return implementation_->queue.try_dequeue(implementation_->consumer, batch) &&
           taken_over(batch);
}

bool BatchQueue::pop(Batch*& batch, std::optional<std::chrono::nanoseconds> timeout) {
    auto& [queue, producer, consumer] = *implementation_;
    if (!timeout) {
        queue.wait_dequeue(consumer, batch);
        return taken_over(batch);
    }
    // Rounded up: waking a little early would mean spinning until the time has come.
    const auto rounded = std::chrono::ceil<std::chrono::microseconds>(*timeout);
    return queue.wait_dequeue_timed(consumer, batch, rounded) && taken_over(batch);
}

}  // namespace aimdb::detail
