// SPDX-License-Identifier: Apache-2.0
//
// transform_join(): several typed inputs, one output.
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "core/database_rig.hpp"

namespace aimdb {
namespace {

using namespace std::chrono_literals;
using test::Seen;

struct Left {
    int value = 0;
};
struct Right {
    std::string text;
};
struct Pair {
    int left = 0;
    std::string right;
    bool operator==(const Pair&) const = default;
};
struct Memory {
    int last = 0;
};

std::optional<Pair> on_right(Memory& memory, const Right& right) {
    return Pair{memory.last, right.text};
}

class Join : public testing::Test {
protected:
    Join() {
        builder.configure<Left>("left").buffer(spmc_ring(64));
        builder.configure<Right>("right").buffer(spmc_ring(64));
    }
    Registrar<Pair> pairs() {
        return builder.configure<Pair>("pairs").buffer(spmc_ring(64)).tap([this](const Pair& pair) {
            seen.add(pair);
        });
    }

    Builder builder;
    Seen<Pair> seen;
};

TEST_F(Join, SharesAStateBetweenTypedInputs) {
    pairs().transform_join(Memory{},
                           join_input("left",
                                      [](Memory& memory, const Left& left) {
                                          memory.last = left.value;
                                          return std::optional<Pair>();
                                      }),
                           join_input("right", on_right));
    Database db = builder.build();

    test::run_with_deadline(60s, [&] {
        db.start();
        db.producer<Left>("left").produce({5});
        auto taken = db.reader<Left>("left");
        while (db.record_info("left").counters.consumed == 0) {
            std::this_thread::yield();
        }
        db.producer<Right>("right").produce({"a"});
        seen.wait_for(1);
        EXPECT_TRUE(db.stop().clean());
    });

    EXPECT_EQ(seen.values(), (std::vector<Pair>{{5, "a"}}));
}

TEST_F(Join, InputsMayEmitTakeItemsAndBeGeneric) {
    pairs().transform_join(Memory{},
                           join_input("left",
                                      [](Memory&, const Left& left, Emitter<Pair>& emit) {
                                          emit.produce({left.value, "emitted"});
                                      }),
                           join_input<Right>("right", [](Memory&, const auto& right) {
                               return Pair{0, right.text};
                           }));

    test::run_to_the_end(builder, [](Database& db) {
        db.producer<Left>("left").produce({1});
        db.producer<Right>("right").produce({"generic"});
    });

    auto values = seen.values();
    std::sort(values.begin(), values.end(),
              [](const Pair& a, const Pair& b) { return a.left < b.left; });
    EXPECT_EQ(values, (std::vector<Pair>{{0, "generic"}, {1, "emitted"}}));
}

TEST_F(Join, CombinesTheNewestOfEachInputOnceAllHaveOne) {
    pairs().transform_join({"left", "right"}, [](const Left& left, const Right& right) {
        return Pair{left.value, right.text};
    });
    Database db = builder.build();

    test::run_with_deadline(60s, [&] {
        db.start();
        db.producer<Left>("left").produce({1});
        db.producer<Right>("right").produce({"a"});
        seen.wait_for(1);
        db.producer<Left>("left").produce({2});
        seen.wait_for(2);
        db.producer<Right>("right").produce({"b"});
        seen.wait_for(3);
        EXPECT_TRUE(db.stop().clean());
    });

    EXPECT_EQ(seen.values(), (std::vector<Pair>{{1, "a"}, {2, "a"}, {2, "b"}}));
}

TEST_F(Join, CombinationMayBeOptional) {
    pairs().transform_join({"left", "right"},
                           [](const Left& left, const Right& right) -> std::optional<Pair> {
                               if (left.value < 0) {
                                   return std::nullopt;
                               }
                               return Pair{left.value, right.text};
                           });

    test::run_to_the_end(builder, [](Database& db) {
        db.producer<Left>("left").produce({-1});
        db.producer<Right>("right").produce({"a"});
    });

    EXPECT_TRUE(seen.values().empty());
}

TEST_F(Join, ReadsOneRecordTwiceIfAsked) {
    pairs().transform_join(Memory{},
                           join_input("left",
                                      [](Memory&, const Left& left) {
                                          return Pair{left.value, "one"};
                                      }),
                           join_input("left", [](Memory&, const Left& left) {
                               return Pair{left.value, "two"};
                           }));

    test::run_to_the_end(builder, [](Database& db) { db.producer<Left>("left").produce({1}); });

    EXPECT_EQ(seen.values().size(), 2u);
}

TEST_F(Join, GoesOnWhileOneInputIsClosedBeforeTheOther) {
    // "right" depends on "left" and so is closed later.
    Builder chain;
    chain.configure<Left>("left").buffer(spmc_ring(64));
    chain.configure<Right>("right").buffer(spmc_ring(64)).transform("left", [](const Left& left) {
        return Right{std::to_string(left.value)};
    });
    chain.configure<Pair>("pairs")
        .buffer(spmc_ring(64))
        .transform_join(Memory{}, join_input("right", on_right),
                        join_input("left",
                                   [](Memory&, const Left& left) {
                                       return Pair{left.value, "left"};
                                   }))
        .tap([this](const Pair& pair) { seen.add(pair); });

    test::run_to_the_end(chain, [](Database& db) {
        for (int i = 0; i < 20; ++i) {
            db.producer<Left>("left").produce({i});
        }
    });

    EXPECT_EQ(seen.values().size(), 40u);
}

TEST_F(Join, OfALosslessRecordWaitsForRoomBeforeEachOutput) {
    Builder tight;
    std::uint64_t skipped = 0;
    tight.configure<Left>("left").buffer(spmc_ring(64)).lossless();
    tight.configure<Right>("right").buffer(spmc_ring(64)).lossless();
    tight.configure<Pair>("pairs")
        .buffer(spmc_ring(1))
        .lossless()
        .transform_join(Memory{},
                        join_input("left",
                                   [](Memory&, const Left& left) {
                                       return Pair{left.value, "l"};
                                   }),
                        join_input("right",
                                   [](Memory&, const Right& right, Emitter<Pair>& emit) {
                                       emit.produce({1, right.text});
                                       emit.produce({2, right.text});
                                   }))
        .tap([&](const Item<Pair>& item) {
            skipped += item.skipped;
            seen.add(item.value);
        });

    test::run_to_the_end(tight, [](Database& db) {
        for (int i = 0; i < 50; ++i) {
            db.producer<Left>("left").produce({i});
            db.producer<Right>("right").produce({"r"});
        }
    });

    EXPECT_EQ(skipped, 0u);
    EXPECT_EQ(seen.values().size(), 150u);
}

// Goal: nothing is lost or doubled when several threads feed a join that several
// threads run, and its end is clean.
// Method: many short databases, each stopped while its join goes to sleep again and
// again; the sum over the outputs must be the sum over the inputs.
TEST_F(Join, KeepsEverythingAndEndsCleanlyUnderThreads) {
    for (int round = 0; round < 30; ++round) {
        Builder sums;
        std::atomic<int> total{0};
        for (const char* key : {"a", "b", "c"}) {
            sums.configure<int>(key).buffer(spmc_ring(256));
        }
        const auto add = [](int&, const int& value) { return value; };
        sums.configure<int>("sum")
            .buffer(spmc_ring(1024))
            .transform_join(0, join_input("a", add), join_input("b", add), join_input("c", add))
            .tap([&](const int& value) { total += value; });
        Database db = sums.build();

        test::run_with_deadline(60s, [&] {
            db.start(2);
            std::vector<std::thread> threads;
            for (const char* key : {"a", "b", "c"}) {
                threads.emplace_back([out = db.producer<int>(key)] {
                    for (int i = 1; i <= 100; ++i) {
                        out.produce(i);
                        if (i % 16 == 0) {
                            std::this_thread::yield();
                        }
                    }
                });
            }
            for (std::thread& thread : threads) {
                thread.join();
            }
            EXPECT_TRUE(db.stop().clean());
        });

        EXPECT_EQ(total.load(), 3 * 5050);
    }
}

// Goal: a join ends although all its inputs close just while it goes to sleep.
// Method: stop databases of many joins; each close wakes them, and some look at their
// inputs, find one still open, and go to sleep while the last one closes.
TEST_F(Join, EndsWhenItsLastInputClosesWhileItGoesToSleep) {
    constexpr int joins = 64;
    for (int round = 0; round < 50; ++round) {
        Builder many;
        for (const char* key : {"a", "b", "c"}) {
            many.configure<int>(key).buffer(single_latest());
        }
        const auto add = [](int&, const int& value) { return value; };
        for (int i = 0; i < joins; ++i) {
            many.configure<int>("sum." + std::to_string(i))
                .buffer(single_latest())
                .transform_join(0, join_input("a", add), join_input("b", add),
                                join_input("c", add));
        }
        Database db = many.build();

        db.start(2);
        ASSERT_TRUE(db.stop().clean()) << "in round " << round;
    }
}

}  // namespace
}  // namespace aimdb
