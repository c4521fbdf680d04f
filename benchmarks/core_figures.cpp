// SPDX-License-Identifier: Apache-2.0
//
// The figures of the core benchmarks, in the order of the table. AimDB's are
// those measured on this kind of machine (2 cores), awaiting.
#include "report.hpp"

namespace {

const bench::Figures figures{
    // Producing
    {"core.produce.ns", "produce", "ns", "ns", {"bare ring push", 0, "core.produce.bare_ns"}},
    {"core.produce.bare_ns", "produce", "bare_ns", "ns"},
    {"core.produce.ratio_bare", "produce", "ratio_bare", "x", {}, bench::at_most(2.0)},
    {"core.produce.stamped_ns",
     "produce_stamped",
     "ns",
     "ns",
     {"reading the clock", 0, "core.produce.clock_ns"}},
    {"core.produce.clock_ns", "produce_stamped", "bare_ns", "ns"},
    {"core.produce.ratio_10k_sleepers", "produce_beside_sleepers", "ratio_bare", "x"},
    {"core.allocations_per_message", "allocations", "per_message", "", {}, bench::at_most(0.0)},

    // Produce and receive on one thread
    {"core.ring.try_recv_ns", "ring_try", "ns", "ns", {}, bench::at_most(25.0)},
    {"core.ring.await_recv_ns", "ring_await", "ns", "ns", {"AimDB", 112}, bench::at_most(45.0)},
    {"core.ring_4_readers.try_recv_ns", "ring_4_readers_try", "ns", "ns"},
    {"core.ring_4_readers.await_recv_ns", "ring_4_readers_await", "ns", "ns", {"AimDB", 297}},
    {"core.latest.try_recv_ns", "latest_try", "ns", "ns"},
    {"core.latest.await_recv_ns", "latest_await", "ns", "ns", {"AimDB", 276}, bench::at_most(45.0)},
    {"core.mailbox.try_recv_ns", "mailbox_try", "ns", "ns"},
    {"core.mailbox.await_recv_ns",
     "mailbox_await",
     "ns",
     "ns",
     {"AimDB", 68},
     bench::at_most(45.0)},

    // Source to tap through the runner, one value at a time on one thread
    {"core.source_tap_ns", "source_tap", "ns", "ns", {"AimDB", 970}},
    {"core.source_tap_latest_ns", "source_tap_latest", "ns", "ns", {"AimDB", 970}},
    {"core.source_tap_mailbox_ns", "source_tap_mailbox", "ns", "ns", {"AimDB", 970}},

    // From thread to thread, flat out, nothing lost
    {"core.two_threads_ns", "stream/1", "ns", "ns", {"AimDB", 249}},
    {"core.stream.messages_per_s.1_reader",
     "stream/1",
     "messages_per_s",
     "1/s",
     {"moodycamel", 0, "core.stream.moodycamel_messages_per_s"}},
    {"core.stream.messages_per_s.4_readers", "stream/4", "messages_per_s", "1/s"},
    {"core.stream.messages_per_s.16_readers", "stream/16", "messages_per_s", "1/s"},
    {"core.stream.tap_messages_per_s.1_reader",
     "stream_tap/1",
     "messages_per_s",
     "1/s",
     {"bare SPSC ring", 0, "core.stream.bare_messages_per_s"}},
    {"core.stream.tap_messages_per_s.4_readers", "stream_tap/4", "messages_per_s", "1/s"},
    {"core.stream.tap_messages_per_s.16_readers", "stream_tap/16", "messages_per_s", "1/s"},
    {"core.stream.messages_per_s.4_producers",
     "stream_4_producers",
     "messages_per_s",
     "1/s",
     {"moodycamel", 0, "core.stream.moodycamel_messages_per_s.4_producers"}},
    {"core.stream.bare_messages_per_s", "stream_bare", "messages_per_s", "1/s"},
    {"core.stream.moodycamel_messages_per_s", "stream_moodycamel", "messages_per_s", "1/s"},
    {"core.stream.moodycamel_messages_per_s.4_producers", "stream_moodycamel_4_producers",
     "messages_per_s", "1/s"},

    // From produce() to a reader that slept
    {"core.wake.p50_us", "wake", "p50_us", "us", {"moodycamel", 0, "core.wake.moodycamel_p50_us"}},
    {"core.wake.p99_us", "wake", "p99_us", "us", {"moodycamel", 0, "core.wake.moodycamel_p99_us"}},
    {"core.wake.moodycamel_p50_us", "wake_moodycamel", "p50_us", "us"},
    {"core.wake.moodycamel_p99_us", "wake_moodycamel", "p99_us", "us"},
    {"core.wake.bare_polling_p50_us", "wake_bare", "p50_us", "us"},
    {"core.wake.bare_polling_p99_us", "wake_bare", "p99_us", "us"},

    // 100 000 records
    {"core.build_100k_ms", "build_100k", "", "ms"},
    {"core.bytes_per_record", "build_100k", "bytes_per_record", "B"},
    {"core.produce_100k_records_ns", "produce_100k", "ns", "ns"},
};

}  // namespace
