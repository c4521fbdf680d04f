// SPDX-License-Identifier: Apache-2.0
//
// The examples of the public headers' comments, word for word where they stand, so
// that what the documentation shows compiles and does what it says.
#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace {

using namespace std::chrono_literals;

struct Temperature {
    double celsius = 0;
};
struct Forecast {
    double celsius = 0;
};
struct Accuracy {
    double error = 0;
};

std::vector<double> shown;
void show(double celsius) { shown.push_back(celsius); }

struct Validation {
    std::optional<double> expected;
};
std::optional<Accuracy> on_forecast(Validation& state, const Forecast& forecast) {
    state.expected = forecast.celsius;
    return std::nullopt;
}
std::optional<Accuracy> on_observation(Validation& state, const Temperature& observed) {
    if (!state.expected) {
        return std::nullopt;
    }
    return Accuracy{observed.celsius - *state.expected};
}

// builder.hpp, class Builder.
TEST(HeaderExamples, Builder) {
    shown.clear();

    aimdb::Builder builder;
    builder.configure<Temperature>("temp.vienna")
        .buffer(aimdb::spmc_ring(100))
        .tap([](const Temperature& t) { show(t.celsius); });
    aimdb::Database db = builder.build();

    db.producer<Temperature>("temp.vienna").produce({21.5});
    db.start();
    EXPECT_TRUE(db.stop().clean());
    EXPECT_EQ(shown, std::vector{21.5});
}

// reader.hpp, class Reader.
TEST(HeaderExamples, Reader) {
    aimdb::Builder builder;
    std::uint64_t missed = 0;
    std::vector<double> used;
    builder.configure<Temperature>("temp.vienna")
        .buffer(aimdb::spmc_ring(2))
        .tap([&](aimdb::Context, aimdb::Reader<Temperature> reader) -> aimdb::Task {
            while (auto item = co_await reader.recv()) {
                used.push_back(item->value.celsius);
                missed += item->skipped;
            }
        });
    aimdb::Database db = builder.build();

    for (int i = 0; i < 5; ++i) {
        db.producer<Temperature>("temp.vienna").produce({i * 1.0});
    }
    db.start();
    EXPECT_TRUE(db.stop().clean());
    EXPECT_EQ(used, (std::vector{3.0, 4.0}));
    EXPECT_EQ(missed, 3u);
}

// registrar.hpp, transform_join().
TEST(HeaderExamples, TransformJoin) {
    using aimdb::join_input;
    aimdb::Builder builder;
    builder.configure<Forecast>("forecast.vienna").buffer(aimdb::single_latest());
    builder.configure<Temperature>("temp.vienna").buffer(aimdb::spmc_ring(10));
    builder.configure<Accuracy>("accuracy.vienna")
        .buffer(aimdb::spmc_ring(10))
        .transform_join(Validation{}, join_input("forecast.vienna", on_forecast),
                        join_input("temp.vienna", on_observation));
    aimdb::Database db = builder.build();
    auto accuracy = db.reader<Accuracy>("accuracy.vienna");

    db.producer<Forecast>("forecast.vienna").produce({20});
    db.producer<Temperature>("temp.vienna").produce({21.5});
    db.start();
    EXPECT_TRUE(db.stop().clean());
    EXPECT_EQ(accuracy.try_recv().value().value.error, 1.5);
}

// stage.hpp, restart().
TEST(HeaderExamples, Restart) {
    aimdb::Builder builder;
    builder.configure<Temperature>("temp.vienna")
        .buffer(aimdb::spmc_ring(10))
        .on_failure(aimdb::restart(5));

    EXPECT_NO_THROW(static_cast<void>(builder.build()));
}

// The chain of the design and of README.md, without persistence.
TEST(HeaderExamples, SourceThatSleepsAndTapThatIsToldWhatItMissed) {
    aimdb::Builder builder;
    const auto read_sensor = [] { return Temperature{20}; };
    int used = 0;
    builder.configure<Temperature>("temp.vienna")
        .buffer(aimdb::spmc_ring(100))
        .source([=](aimdb::Context ctx, aimdb::Producer<Temperature> out) -> aimdb::Task {
            while (co_await ctx.sleep(1ms)) {  // false once the database stops
                out.produce(read_sensor());
            }
        })
        .tap([&](aimdb::Context ctx, aimdb::Reader<Temperature> in) -> aimdb::Task {
            while (auto item = co_await in.recv()) {
                if (item->skipped > 0) {
                    ctx.log().warn("missed some");
                }
                if (++used == 3) {
                    ctx.request_stop();
                }
            }
        });
    aimdb::Database db = builder.build();

    aimdb::test::run_with_deadline(60s, [&] { EXPECT_TRUE(db.run().clean()); });

    EXPECT_GE(used, 3);
}

// async.hpp, aimdb::blocking, with a call that core itself has.
TEST(HeaderExamples, Blocking) {
    aimdb::Builder builder;
    builder.configure<Temperature>("temp.vienna").buffer(aimdb::single_latest());
    aimdb::Database db = builder.build();
    db.producer<Temperature>("temp.vienna").produce({7});

    auto newest = db.reader<Temperature>("temp.vienna").recv(aimdb::blocking);

    EXPECT_EQ(newest.value().value.celsius, 7);
}

}  // namespace
