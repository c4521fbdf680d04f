// SPDX-License-Identifier: Apache-2.0
//
// Every form in which a stage can be written, through a running database.
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::Seen;

struct Celsius {
    double value = 0;
};
struct Text {
    std::string text;
};

Text as_text(const Celsius& c) { return {std::to_string(static_cast<int>(c.value))}; }
std::optional<Text> only_warm(const Celsius& c) {
    return c.value > 20 ? std::optional<Text>(as_text(c)) : std::nullopt;
}
void to_nothing(const Text&) {}

// Produces 10, 20 and 30 into "in" and returns what "out" got.
class Stages : public testing::Test {
protected:
    Stages() { builder.configure<Celsius>("in").buffer(spmc_ring(16)); }

    Registrar<Text> out() {
        return builder.configure<Text>("out").buffer(spmc_ring(16)).tap([this](const Text& text) {
            seen.add(text.text);
        });
    }
    std::vector<std::string> run() {
        test::run_to_the_end(builder, [](Database& db) {
            for (const double value : {10.0, 20.0, 30.0}) {
                db.producer<Celsius>("in").produce({value});
            }
        });
        return seen.values();
    }

    Builder builder;
    Seen<std::string> seen;
    const std::vector<std::string> all{"10", "20", "30"};
};

TEST_F(Stages, TransformIsAFunctionPointer) {
    out().transform("in", &as_text);
    EXPECT_EQ(run(), all);
}

TEST_F(Stages, TransformIsAFunction) {
    out().transform("in", as_text, "renders");
    EXPECT_EQ(run(), all);
}

TEST_F(Stages, TransformIsALambda) {
    out().transform("in", [](const Celsius& c) { return as_text(c); });
    EXPECT_EQ(run(), all);
}

TEST_F(Stages, TransformTakesItsInputByValueToo) {
    out().transform("in", [](Celsius c) { return as_text(c); });
    EXPECT_EQ(run(), all);
}

TEST_F(Stages, TransformIsAStandardFunction) {
    out().transform("in", std::function<Text(const Celsius&)>(as_text));
    EXPECT_EQ(run(), all);
}

TEST_F(Stages, TransformIsAGenericLambdaWithItsInputNamed) {
    out().transform<Celsius>("in", [](const auto& c) { return as_text(c); });
    EXPECT_EQ(run(), all);
}

TEST_F(Stages, TransformIsAMutableFunctor) {
    struct Counter {
        int calls = 0;
        Text operator()(const Celsius&) { return {std::to_string(++calls)}; }
    };
    out().transform("in", Counter());
    EXPECT_EQ(run(), (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(Stages, TransformIsAMutableLambda) {
    out().transform("in", [sum = 0.0](const Celsius& c) mutable {
        sum += c.value;
        return Text{std::to_string(static_cast<int>(sum))};
    });
    EXPECT_EQ(run(), (std::vector<std::string>{"10", "30", "60"}));
}

TEST_F(Stages, TransformYieldsAnOptional) {
    out().transform("in", only_warm);
    EXPECT_EQ(run(), std::vector<std::string>{"30"});
}

TEST_F(Stages, TransformEmitsAsManyAsItLikes) {
    out().transform("in", [](const Celsius& c, Emitter<Text>& emit) {
        for (int i = 0; i < static_cast<int>(c.value) / 10 - 1; ++i) {
            emit.produce({std::to_string(i)});
        }
    });
    EXPECT_EQ(run(), (std::vector<std::string>{"0", "0", "1"}));
}

TEST_F(Stages, TransformTakesTheWholeItem) {
    out().transform("in", [](const Item<Celsius>& item) {
        return Text{std::to_string(item.sequence) + ":" + as_text(item.value).text};
    });
    EXPECT_EQ(run(), (std::vector<std::string>{"1:10", "2:20", "3:30"}));
}

TEST_F(Stages, TransformHasAState) {
    struct State {
        double before = 0;
    };
    out().transform("in", State{5}, [](State& state, const Celsius& c) {
        const double change = c.value - std::exchange(state.before, c.value);
        return Text{std::to_string(static_cast<int>(change))};
    });
    EXPECT_EQ(run(), (std::vector<std::string>{"5", "10", "10"}));
}

TEST_F(Stages, StatefulTransformMayBeOptionalEmitOrTakeItems) {
    struct State {
        std::uint64_t calls = 0;
    };
    out().transform("in", State{},
                    [](State& state, const Item<Celsius>& item, Emitter<Text>& emit) {
                        if (++state.calls == item.sequence) {
                            emit.produce(as_text(item.value));
                        }
                    });
    EXPECT_EQ(run(), all);
}

TEST_F(Stages, StatefulTransformIsAGenericLambdaWithItsInputNamed) {
    out().transform<Celsius>("in", 0, [](int& calls, const auto& c) {
        return ++calls == 2 ? std::optional<Text>(as_text(c)) : std::nullopt;
    });
    EXPECT_EQ(run(), std::vector<std::string>{"20"});
}

TEST_F(Stages, TransformIsACoroutine) {
    out().transform("in", [](Context, Reader<Celsius> in, Producer<Text> to) -> Task {
        while (auto item = co_await in.recv()) {
            to.produce(as_text(item->value));
        }
    });
    EXPECT_EQ(run(), all);
}

TEST_F(Stages, TapIsAFunctionOrAnItemFunctionOrGeneric) {
    std::vector<std::string> items;
    std::vector<std::string> generic;
    out()
        .transform("in", as_text)
        .tap(&to_nothing)
        .tap([&](const Item<Text>& item) { items.push_back(std::to_string(item.sequence)); })
        .tap([&](const auto& value) { generic.push_back(value.text); }, "named");
    EXPECT_EQ(run(), all);
    EXPECT_EQ(items, (std::vector<std::string>{"1", "2", "3"}));
    EXPECT_EQ(generic, all);
}

TEST_F(Stages, TapIsACoroutine) {
    std::vector<std::string> got;
    out().transform("in", as_text).tap([&](Context, Reader<Text> in) -> Task {
        while (auto item = co_await in.recv()) {
            got.push_back(item->value.text);
        }
    });
    EXPECT_EQ(run(), all);
    EXPECT_EQ(got, all);
}

Task three_texts(Context, Producer<Text> to) {
    for (const char* text : {"a", "b", "c"}) {
        to.produce({text});
    }
    co_return;
}

TEST_F(Stages, SourceIsAFunctionOrALambda) {
    out().source(three_texts);
    EXPECT_EQ(run(), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(Stages, ChainIsWrittenInsideATemplateWithoutExtraWords) {
    const auto declare = []<typename In, typename Out>(Builder& to, In, Out) {
        to.configure<Out>("out")
            .buffer(spmc_ring(16))
            .transform("in", [](const In& in) { return Out{as_text(in).text}; })
            .tap([](const Out&) {})
            .lossless()
            .on_failure(restart(1));
    };
    declare(builder, Celsius{}, Text{});
    builder.configure<Text>("out").tap([this](const Text& text) { seen.add(text.text); });
    EXPECT_EQ(run(), all);
}

TEST_F(Stages, CapturesLiveAsLongAsTheTask) {
    auto token = std::make_shared<int>(1);
    {
        out().transform("in", as_text).tap([token](Context context, Reader<Text> in) -> Task {
            while (auto item = co_await in.recv()) {
                static_cast<void>(co_await context.sleep(1ns));
                EXPECT_EQ(*token, 1);
            }
        });
    }
    EXPECT_EQ(run(), all);
    EXPECT_EQ(token.use_count(), 1);  // the stage has ended
}

TEST_F(Stages, MayBeDeclaredInAnyOrderAndInPieces) {
    Builder pieces;
    Seen<std::string> got;
    pieces.configure<Text>("out").tap([&](const Text& text) { got.add(text.text); });
    pieces.configure<Text>("out").transform("in", as_text);
    pieces.configure<Celsius>("in").buffer(spmc_ring(4));
    pieces.configure<Text>("out").buffer(spmc_ring(4));

    test::run_to_the_end(pieces, [](Database& db) { db.producer<Celsius>("in").produce({7}); });

    EXPECT_EQ(got.values(), std::vector<std::string>{"7"});
}

// Values of a record whose every call takes far longer than a stage's turn, until the
// tap of another record on the same thread has been called.
class SlowCalls {
public:
    static constexpr int queued = 100;

    explicit SlowCalls(Builder& builder) {
        builder.configure<int>("slow").buffer(spmc_ring(128));
        builder.configure<int>("other").buffer(spmc_ring(4)).tap([this](const int&) {
            served_ = true;
            over_.open();
        });
    }
    int call(const int& value) {
        const auto end = std::chrono::steady_clock::now() + 2ms;
        if (value == 1) {
            other_->produce(1);
        }
        while (!served_ && std::chrono::steady_clock::now() < end) {
        }
        calls_before_ += served_ ? 0 : 1;
        if (value == queued) {
            over_.open();
        }
        return value;
    }
    /// How many slow calls the tap of the other record had to wait for.
    int run(Builder& builder) {
        Database db = builder.build();
        other_ = std::make_unique<Producer<int>>(db.producer<int>("other"));
        for (int i = 1; i <= queued; ++i) {
            db.producer<int>("slow").produce(i);
        }
        test::run_with_deadline(60s, [&] {
            db.start(1);
            over_.pass();  // a stop would refuse the value for the other record
            EXPECT_TRUE(db.stop(60s).clean());
        });
        return calls_before_;
    }

private:
    std::unique_ptr<Producer<int>> other_;
    bool served_ = false;
    test::Gate over_;
    int calls_before_ = 0;
};

TEST(StageFairness, TapOfSlowCallsGivesWayAfterAFewOfThem) {
    Builder builder;
    SlowCalls slow(builder);
    builder.configure<int>("slow").tap([&](const int& value) { slow.call(value); });

    EXPECT_LE(slow.run(builder), 2);
}

TEST(StageFairness, JoinOfSlowCallsGivesWayAfterAFewOfThem) {
    Builder builder;
    SlowCalls slow(builder);
    builder.configure<int>("none").buffer(spmc_ring(1));
    const auto pass = [&](int&, const int& value) { return slow.call(value); };
    builder.configure<int>("joined")
        .buffer(spmc_ring(128))
        .transform_join(0, join_input("slow", pass), join_input("none", pass));

    EXPECT_LE(slow.run(builder), 2);
}

TEST(StageFairness, LosslessTransformOfSlowCallsGivesWayAfterAFewOfThem) {
    Builder builder;
    SlowCalls slow(builder);
    builder.configure<int>("passed")
        .buffer(spmc_ring(128))
        .lossless()
        .transform("slow", [&](const int& value) { return slow.call(value); });

    EXPECT_LE(slow.run(builder), 2);
}

// Goal: a flood on one record does not starve the other stages of its thread.
// Method: on one thread, a tap of a record that another thread floods without end,
// and a ping-pong between two other records; a thousand rounds must come through.
TEST(StageFairness, FloodOnOneRecordDoesNotStarveTheOthers) {
    Builder builder;
    std::atomic<bool> flooding{true};
    builder.configure<int>("flood").buffer(spmc_ring(1024)).tap([](const int&) {});
    builder.configure<int>("ping").buffer(spmc_ring(4));
    builder.configure<int>("pong").buffer(spmc_ring(4)).transform("ping", [](const int& i) {
        return i;
    });
    Database db = builder.build();

    test::run_with_deadline(60s, [&] {
        db.start(1);
        std::thread flood([&, out = db.producer<int>("flood")] {
            while (flooding.load()) {
                out.produce(1);
            }
        });
        const auto ping = db.producer<int>("ping");
        auto pong = db.reader<int>("pong");
        for (int i = 0; i < 1'000; ++i) {
            ping.produce(i);
            EXPECT_EQ(pong.recv(blocking).value().value, i);
        }
        flooding = false;
        flood.join();
        EXPECT_TRUE(db.stop().clean());
    });
}

}  // namespace
}  // namespace aimdb
