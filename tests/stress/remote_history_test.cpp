// SPDX-License-Identifier: Apache-2.0
//
// A million rows of history, asked for from outside.
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/aimx_protocol/client.hpp"
#include "aimdb/aimx_protocol/server.hpp"
#include "aimdb/core/core.hpp"
#include "aimdb/json/record.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "support/temp_dir.hpp"

namespace aimdb::aimx {
namespace {

struct Sample {
    std::uint64_t number = 0;
    double celsius = 0;
};
AIMDB_RECORD(Sample, number, celsius)

constexpr std::size_t records = 50;
constexpr std::size_t rows_per_record = 20'000;
constexpr std::size_t page_rows = 40'000;

std::string key_of(std::size_t record) { return "plant.sensor" + std::to_string(record); }

Database serve(const test::TempDir& directory) {
    Builder builder;
    builder.with_persistence(sqlite_history(directory.file("history.db")));
    builder.with_aimx({.endpoints = {"unix://" + directory.file("sock"), "tcp://127.0.0.1:0",
                                     "ws://127.0.0.1:0/ws"}});
    for (std::size_t record = 0; record < records; ++record) {
        builder.configure<Sample>(key_of(record)).buffer(spmc_ring(1'024)).persist().remote();
    }
    return builder.build();
}

void fill(const Database& db) {
    for (std::size_t record = 0; record < records; ++record) {
        const auto out = db.producer<Sample>(key_of(record));
        for (std::uint64_t number = 1; number <= rows_per_record; ++number) {
            static_cast<void>(out.room(blocking));
            out.produce(Sample{number, 0.5 * static_cast<double>(number)},
                        from_unix_ms(1'790'000'000'000 + static_cast<std::int64_t>(number)));
        }
    }
}

// Goal: record.query answers what query_raw answers, whatever the transport and however
// much there is. Method: every row of a million, page by page, each page compared.
TEST(RemoteHistory, OfAMillionRowsEqualsTheLocalOneOnEveryTransport) {
    const test::TempDir directory;
    Database db = serve(directory);
    db.start();
    fill(db);
    db.flush(blocking);

    for (const std::string& url : server(db).urls()) {
        const Client client(url);
        HistoryOptions options{.total_limit = page_rows};
        std::size_t rows = 0;
        do {
            const HistoryPage expected = db.query_raw("plant.#", options, blocking);
            const HistoryPage answer = client.query_raw("plant.#", options, blocking);
            ASSERT_EQ(answer.rows, expected.rows) << url << ", from row " << rows;
            ASSERT_EQ(answer.next, expected.next) << url << ", from row " << rows;
            options.after = answer.next;
            rows += answer.rows.size();
        } while (options.after);
        EXPECT_EQ(rows, 1'000'000u) << url;
    }
}

}  // namespace
}  // namespace aimdb::aimx
