// SPDX-License-Identifier: Apache-2.0
//
// The examples of the public headers of json and persistence, word for word where
// they stand, so that what the documentation shows compiles and does what it says.
#include <gtest/gtest.h>

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"

namespace {

using namespace std::chrono_literals;

// json/record.hpp.
struct Temperature {
    std::string city;
    double celsius = 0;
};
AIMDB_RECORD(Temperature, city, celsius)

TEST(HeaderExamples, Record) {
    std::string text;
    aimdb::Codec<Temperature>::encode({"Vienna", 21.5}, text);

    EXPECT_EQ(text, R"({"city":"Vienna","celsius":21.5})");
}

// persistence/persistence.hpp.
aimdb::Task ask(aimdb::Database& db, double& celsius) {
    static_cast<void>(co_await db.flush());
    auto newest = co_await db.query_latest<Temperature>("temp.*", 1);
    celsius = newest.front().value.celsius;
    db.request_stop();
}

TEST(HeaderExamples, Persistence) {
    aimdb::Builder builder;
    builder.with_persistence(aimdb::memory_history(), {.retention = {.age = 7 * 24h}});
    builder.configure<Temperature>("temp.vienna").buffer(aimdb::spmc_ring(100)).persist();
    aimdb::Database db = builder.build();
    db.producer<Temperature>("temp.vienna").produce({"Vienna", 21.5});
    double celsius = 0;

    asio::co_spawn(db.executor(), ask(db, celsius),
                   [&db](const std::exception_ptr&) { db.request_stop(); });
    EXPECT_TRUE(db.run().clean());

    EXPECT_EQ(celsius, 21.5);
}

// persistence/options.hpp, PersistOptions.
TEST(HeaderExamples, PersistOptions) {
    aimdb::Builder builder;
    builder.with_persistence(aimdb::memory_history());
    builder.configure<Temperature>("temp.vienna")
        .buffer(aimdb::spmc_ring(100))
        .persist({.name = "temperature.vienna", .retention = aimdb::RetentionPolicy{.age = 24h}});
    aimdb::Database db = builder.build();
    db.start();
    db.producer<Temperature>("temp.vienna").produce({"Vienna", 21.5});
    EXPECT_TRUE(db.flush(aimdb::blocking).empty());

    EXPECT_EQ(db.query_raw("#", {}, aimdb::blocking).rows.front().record, "temperature.vienna");
}

}  // namespace
