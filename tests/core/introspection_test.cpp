// SPDX-License-Identifier: Apache-2.0
//
// Seeing inside a database, and what access from outside refuses.
#include <thread>

#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {

// Outside the anonymous namespace, so that their names are the same everywhere.
struct GraphTestReading {
    double value = 0;
};
template <typename T>
struct GraphTestBox {
    T content{};
};

namespace {

using namespace std::chrono_literals;
using Reading = GraphTestReading;
using test::run_with_deadline;

Reading same(const Reading& reading) { return reading; }

Database weather() {
    Builder builder;
    builder.configure<Reading>("temp.vienna")
        .buffer(spmc_ring(100))
        .source([](Context context, Producer<Reading>) -> Task {
            static_cast<void>(co_await context.sleep(1h));
        })
        .tap([](const Reading&) {});
    builder.configure<Reading>("wind.vienna").buffer(mailbox());
    builder.configure<GraphTestBox<int>>("felt.vienna")
        .buffer(single_latest())
        .transform_join({"temp.vienna", "wind.vienna"},
                        [](const Reading&, const Reading&) { return GraphTestBox<int>(); })
        .tap([](const GraphTestBox<int>&) {}, "shows \"it\"");
    builder.configure<Reading>("copy").buffer(spmc_ring(2)).transform("temp.vienna", same);
    return builder.build();
}

TEST(Records, TellKeyTypeBufferAndOrigin) {
    const Database db = weather();

    const std::vector<RecordInfo> records = db.records();

    ASSERT_EQ(records.size(), 4u);
    EXPECT_EQ(records[0].key, "temp.vienna");
    EXPECT_EQ(records[0].index, 0u);
    EXPECT_EQ(records[0].type, "aimdb::GraphTestReading");
    EXPECT_EQ(records[0].buffer, BufferKind::spmc_ring);
    EXPECT_EQ(records[0].capacity, 100u);
    EXPECT_EQ(records[0].origin, Origin::source);
    EXPECT_EQ(records[0].writers, 1u);
    EXPECT_EQ(records[0].readers, 3u);  // its tap, the join and the copy
    EXPECT_FALSE(records[0].persisted);
    EXPECT_EQ(records[1].origin, Origin::external);
    EXPECT_EQ(records[1].buffer, BufferKind::mailbox);
    EXPECT_EQ(records[1].writers, 0u);
    EXPECT_EQ(records[2].origin, Origin::join);
    EXPECT_EQ(records[2].type, "aimdb::GraphTestBox<int>");
    EXPECT_EQ(records[2].inputs, (std::vector<std::string>{"temp.vienna", "wind.vienna"}));
    EXPECT_EQ(records[3].origin, Origin::transform);
}

TEST(Records, CountWhatHappens) {
    Builder builder;
    builder.configure<int>("in").buffer(spmc_ring(4));
    Database db = builder.build();
    auto reader = db.reader<int>("in");
    for (int i = 0; i < 10; ++i) {
        db.producer<int>("in").produce(i);
    }
    static_cast<void>(reader.try_recv());
    db.stop();
    db.producer<int>("in").produce(11);

    const RecordInfo info = db.record_info("in");

    EXPECT_EQ(info.counters.produced, 10u);
    EXPECT_EQ(info.counters.consumed, 1u);
    EXPECT_EQ(info.counters.overwritten, 6u);
    EXPECT_EQ(info.counters.lagged, 6u);
    EXPECT_EQ(info.counters.refused, 1u);
    EXPECT_EQ(info.counters.occupancy, 4u);
    EXPECT_EQ(info.counters.newest_sequence, 10u);
    EXPECT_EQ(info.counters.last_produced, UnixTime{});
    EXPECT_EQ(info.readers, 1u);
}

TEST(Records, ShowStagesAndTheirStates) {
    Database db = weather();
    EXPECT_EQ(test::stage_of(db, "temp.vienna", "source[0]").state, StageState::idle);

    run_with_deadline(60s, [&] {
        db.start();
        EXPECT_EQ(test::stage_of(db, "temp.vienna", "tap[0]").state, StageState::running);
        db.stop();
    });

    const auto stages = db.record_info("temp.vienna").stages;
    ASSERT_EQ(stages.size(), 2u);
    EXPECT_EQ(stages[0].kind, StageKind::source);
    EXPECT_EQ(stages[0].name, "source[0]");
    EXPECT_EQ(stages[0].state, StageState::ended);
    EXPECT_EQ(stages[1].name, "tap[0]");
}

TEST(Records, MayBeReadFromAnyThreadWhileEverythingRuns) {
    // Goal: looking inside stops nothing and races with nothing.
    // Method: one thread looks all the time while others produce and stages run.
    Builder builder;
    builder.configure<int>("in").buffer(spmc_ring(4));
    builder.configure<int>("out").buffer(single_latest()).transform("in", [](int v) { return v; });
    Database db = builder.build();
    std::atomic<bool> looking{true};

    run_with_deadline(60s, [&] {
        std::thread looker([&] {
            std::uint64_t before = 0;
            while (looking.load()) {
                const auto records = db.records();
                EXPECT_GE(records[0].counters.produced, before);
                before = records[0].counters.produced;
                EXPECT_FALSE(db.graph().to_dot().empty());
            }
        });
        db.start(2);
        for (int i = 0; i < 20'000; ++i) {
            db.producer<int>("in").produce(i);
        }
        db.stop();
        looking = false;
        looker.join();
    });

    EXPECT_EQ(db.record_info("in").counters.produced, 20'000u);
}

TEST(GraphText, HasInputsBeforeOutputs) {
    EXPECT_EQ(weather().graph().order,
              (std::vector<std::string>{"temp.vienna", "wind.vienna", "copy", "felt.vienna"}));
}

TEST(GraphText, IsDot) {
    EXPECT_EQ(weather().graph().to_dot(),
              R"dot(digraph aimdb {
  rankdir=LR;
  node [shape=box];
  "temp.vienna" [label="temp.vienna : aimdb::GraphTestReading\nspmc_ring(100)"];
  "wind.vienna" [label="wind.vienna : aimdb::GraphTestReading\nmailbox"];
  "felt.vienna" [label="felt.vienna : aimdb::GraphTestBox<int>\nsingle_latest"];
  "copy" [label="copy : aimdb::GraphTestReading\nspmc_ring(2)"];
  end0 [shape=ellipse, label="source[0]"];
  end0 -> "temp.vienna";
  end1 [shape=ellipse, label="tap[0]"];
  "temp.vienna" -> end1;
  "temp.vienna" -> "felt.vienna" [label="join[0]"];
  "wind.vienna" -> "felt.vienna" [label="join[0]"];
  end4 [shape=ellipse, label="shows \"it\""];
  "felt.vienna" -> end4;
  "temp.vienna" -> "copy" [label="transform[0]"];
}
)dot");
}

TEST(GraphText, IsMermaid) {
    EXPECT_EQ(weather().graph().to_mermaid(),
              R"mermaid(flowchart LR
  r0["temp.vienna : aimdb::GraphTestReading<br/>spmc_ring(100)"]
  r1["wind.vienna : aimdb::GraphTestReading<br/>mailbox"]
  r2["felt.vienna : aimdb::GraphTestBox#lt;int#gt;<br/>single_latest"]
  r3["copy : aimdb::GraphTestReading<br/>spmc_ring(2)"]
  e0(["source[0]"]) --> r0
  r0 --> e1(["tap[0]"])
  r0 -->|"join[0]"| r2
  r1 -->|"join[0]"| r2
  r2 --> e4(["shows #quot;it#quot;"])
  r0 -->|"transform[0]"| r3
)mermaid");
}

TEST(GraphText, ShowsAStageThatFailed) {
    Builder builder;
    test::LogCatcher log;
    builder.log_to(log.sink());
    builder.configure<int>("in")
        .buffer(spmc_ring(4))
        .tap([](const int&) { throw std::runtime_error("no"); }, "back\\slash");
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        db.start();
        db.producer<int>("in").produce(1);
        log.lines->wait_for(1);
        db.stop();
    });

    const std::string dot = db.graph().to_dot();
    EXPECT_NE(dot.find("label=\"back\\\\slash (failed)\""), std::string::npos) << dot;
    EXPECT_EQ(db.graph().edges.at(0).state, StageState::failed);
}

TEST(Access, ToAnUnknownRecordOrAnotherTypeIsAnErrorThatNamesBoth) {
    const Database db = weather();
    const auto error_of = [](const auto& call) -> std::string {
        try {
            call();
        } catch (const Error& error) {
            return error.what();
        }
        return "none";
    };

    EXPECT_EQ(error_of([&] { static_cast<void>(db.reader<Reading>("temp.graz")); }),
              "find record 'temp.graz': unknown record");
    EXPECT_EQ(error_of([&] { static_cast<void>(db.record_info("temp.graz")); }),
              "find record 'temp.graz': unknown record");
    EXPECT_EQ(error_of([&] { static_cast<void>(db.latest<int>("temp.vienna")); }),
              "use record 'temp.vienna' as int although it holds aimdb::GraphTestReading: the "
              "record holds another type");
    EXPECT_EQ(error_of([&] { static_cast<void>(db.producer<Reading>("temp.vienna")); }),
              "write record 'temp.vienna': the record has a writer of its own");
    EXPECT_EQ(error_of([&] { static_cast<void>(db.producer<int>("wind.vienna")); }),
              "use record 'wind.vienna' as int although it holds aimdb::GraphTestReading: the "
              "record holds another type");
    EXPECT_TRUE(db.contains("wind.vienna"));
    EXPECT_FALSE(db.contains("wind"));
}

TEST(Access, LatestShowsTheNewestValue) {
    const Database db = weather();
    EXPECT_FALSE(db.latest<Reading>("wind.vienna").has_value());

    db.producer<Reading>("wind.vienna").produce({3});

    EXPECT_EQ(db.latest<Reading>("wind.vienna").value().value.value, 3);
}

TEST(Database, WithoutPersistenceHasNoHistory) { EXPECT_EQ(weather().history(), nullptr); }

TEST(Timings, OfOneSampleAreExact) {
    detail::TimingRecorder recorder;
    recorder.count(64);
    recorder.sample(1'234ns);

    const StageTimings timings = recorder.snapshot();

    EXPECT_EQ(timings.calls, 64u);
    EXPECT_EQ(timings.samples, 1u);
    EXPECT_EQ(timings.min, 1'234ns);
    EXPECT_EQ(timings.mean, 1'234ns);
    EXPECT_EQ(timings.max, 1'234ns);
    EXPECT_EQ(timings.p50, 1'234ns);
    EXPECT_EQ(timings.p99, 1'234ns);
}

TEST(Timings, PercentilesAreWithinAQuarter) {
    detail::TimingRecorder recorder;
    for (int i = 1; i <= 1'000; ++i) {
        recorder.sample(std::chrono::microseconds(i));
    }

    const StageTimings timings = recorder.snapshot();

    EXPECT_EQ(timings.min, 1us);
    EXPECT_EQ(timings.max, 1ms);
    EXPECT_EQ(timings.mean, 500'500ns);
    EXPECT_NEAR(static_cast<double>(timings.p50.count()), 500e3, 125e3);
    EXPECT_NEAR(static_cast<double>(timings.p99.count()), 990e3, 250e3);
}

TEST(Timings, TakeAnyDuration) {
    detail::TimingRecorder recorder;
    recorder.sample(-5ns);
    for (int bits = 0; bits < 63; ++bits) {
        recorder.sample(std::chrono::nanoseconds(std::int64_t{1} << bits));
    }

    const StageTimings timings = recorder.snapshot();

    EXPECT_EQ(timings.samples, 64u);
    EXPECT_EQ(timings.min, 0ns);
    EXPECT_EQ(timings.max.count(), std::int64_t{1} << 62);
    EXPECT_LE(timings.p50, timings.p99);
}

TEST(Timings, CountEveryCallAndSampleSome) {
    Builder builder;
    builder.configure<int>("in").buffer(spmc_ring(256)).tap([](const int&) {});
    Database db = builder.build();

    run_with_deadline(60s, [&] {
        for (int i = 0; i < 200; ++i) {
            db.producer<int>("in").produce(i);
        }
        db.start();
        db.stop();
    });

    const StageTimings timings = test::stage_of(db, "in", "tap[0]").timings;
    EXPECT_EQ(timings.calls, 200u);
    EXPECT_GE(timings.samples, 3u);  // 64, 128 and 192
    EXPECT_LE(timings.min, timings.max);
}

}  // namespace
}  // namespace aimdb
