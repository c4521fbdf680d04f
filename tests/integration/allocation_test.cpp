// SPDX-License-Identifier: Apache-2.0
//
// What a persisted row costs in allocations.
#include <gtest/gtest.h>

#include "history_fixture.hpp"
#include "support/allocation_counter.hpp"
#include "support/deadline.hpp"

namespace {

using aimdb::blocking;
using aimdb::test::Number;
using namespace std::chrono_literals;

class PersistedAllocations : public aimdb::test::HistoryFixture {};

// Goal: a persisted record in steady state allocates nothing per row; what a group
// takes is shared by its rows.
// Method: rounds of 1 000 rows, each awaited by flush(), after as many to warm up.
// Counted over all threads: the producer's, the stage's and the writer's; not what
// SQLite takes from malloc by itself.
TEST_F(PersistedAllocations, AreFewPerRowInSteadyState) {
    if (AIMDB_COUNTS_ALLOCATIONS == 0) {
        GTEST_SKIP() << "not counted under the address sanitizer";
    }
    constexpr int rounds = 10;
    constexpr int rows = 1'000;
    aimdb::Builder declared = builder();
    declared.configure<Number>("in").buffer(aimdb::spmc_ring(1024)).persist();
    aimdb::Database db = declared.build();
    const auto out = db.producer<Number>("in");
    std::uint64_t count = 0;

    aimdb::test::run_with_deadline(60s, [&] {
        db.start();
        const auto round = [&] {
            for (int i = 0; i < rows; ++i) {
                ASSERT_TRUE(out.room(blocking));
                out.produce(Number{i});
            }
            EXPECT_TRUE(db.flush(blocking).empty());
        };
        aimdb::test::allocations_of(rounds, round);
        count = aimdb::test::allocations_of(rounds, round);
        db.stop();
    });

    const double per_row = static_cast<double>(count) / (rounds * rows);
    RecordProperty("allocations_per_row", std::to_string(per_row));
    std::printf("%.3f allocations per row\n", per_row);
    EXPECT_LT(per_row, 0.1);
}

}  // namespace
