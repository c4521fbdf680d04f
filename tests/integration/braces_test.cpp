// SPDX-License-Identifier: Apache-2.0
//
// gcc12-safe-file: this is the test that shows which braces are safe.
// GCC 12 destroys some temporaries of a co_await expression twice. Every awaited
// history call takes every argument here as a braced temporary; the address
// sanitizer would see a double destruction.
#include <exception>
#include <string>

#include <gtest/gtest.h>

#include "history_fixture.hpp"

namespace {

using aimdb::from_unix_ms;
using aimdb::test::Number;

class Braces : public aimdb::test::HistoryFixture {};

aimdb::Task await_everything(aimdb::Database& db, std::size_t& rows) {
    const auto out = db.producer<Number>("a");
    co_await db.stored({out.produce({41})});
    co_await out.room();
    rows += (co_await db.flush()).size();
    rows += (co_await db.query_latest<Number>({"a"}, 1)).size();
    rows += (co_await db.query_latest<Number>({"a"}, 1,
                                              {.limit_per_record = 1,
                                               .total_limit = 1,
                                               .after = {},
                                               .gaps = true,
                                               .time_limit = std::chrono::seconds{5}}))
                .size();
    rows += (co_await db.query_range<Number>({"a"}, {from_unix_ms(0)}, {from_unix_ms(9'000'000)},
                                             {.limit_per_record = 1,
                                              .order = aimdb::Order::newest_first,
                                              .after = {},
                                              .gaps = true}))
                .size();
    rows += (co_await db.query_raw({"a"}, {.start = from_unix_ms(0),
                                           .end = from_unix_ms(9'000'000),
                                           .total_limit = 1,
                                           .after = aimdb::Cursor{},
                                           .time_limit = std::chrono::seconds{5}}))
                .rows.size();
    db.request_stop();
}

TEST_F(Braces, AreSafeInEveryAwaitedHistoryCall) {
    aimdb::Builder declared = builder();
    declare(declared, {"a"});
    aimdb::Database db = declared.build();
    std::size_t rows = 0;
    std::exception_ptr failure;

    asio::co_spawn(db.executor(), await_everything(db, rows), [&](std::exception_ptr thrown) {
        failure = thrown;
        db.request_stop();
    });
    EXPECT_TRUE(db.run().clean());

    EXPECT_EQ(failure, nullptr);
    EXPECT_EQ(rows, 4u);
}

}  // namespace
