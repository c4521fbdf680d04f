// SPDX-License-Identifier: Apache-2.0
//
// What does a question cost in a file of 1 and of 10 million rows of 10 000 records?
#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include <benchmark/benchmark.h>

#include "aimdb/core/core.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "history_support.hpp"
#include "report.hpp"

namespace {

using bench::Reading;

constexpr std::size_t records = 10'000;
constexpr std::size_t one_record = 4'321;

std::size_t rows_in_file(const benchmark::State& state) {
    const auto rows = static_cast<std::size_t>(state.range(0));
    return bench::quick() ? 200'000 : rows;  // the names stay, the figures mean nothing
}

aimdb::Database open(std::size_t rows) {
    aimdb::Builder builder;
    builder.with_persistence(aimdb::sqlite_history(bench::large_file(rows).string()));
    return builder.build();
}

void expect_rows(std::size_t got, std::size_t wanted) {
    if (got != wanted) {
        throw std::runtime_error("history benchmark: " + std::to_string(got) + " rows instead of " +
                                 std::to_string(wanted));
    }
}

const aimdb::HistoryOptions newest_of_each{.limit_per_record = 1,
                                           .order = aimdb::Order::newest_first};

void history_latest_raw(benchmark::State& state) {
    aimdb::Database db = open(rows_in_file(state));
    for (auto _ : state) {
        expect_rows(db.query_raw("#", newest_of_each, aimdb::blocking).rows.size(), records);
    }
}
BENCHMARK(history_latest_raw)->Arg(1'000'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond);

void history_latest_typed(benchmark::State& state) {
    aimdb::Database db = open(rows_in_file(state));
    for (auto _ : state) {
        expect_rows(db.query_latest<Reading>("#", 1, aimdb::blocking).rows.size(), records);
    }
}
BENCHMARK(history_latest_typed)->Arg(1'000'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond);

std::size_t newest_ten(aimdb::Database& db) {
    return db.query_latest<Reading>(bench::record_name(one_record), 10, aimdb::blocking)
        .rows.size();
}

// A thousand consecutive rows out of the middle, or what there is in a small file.
struct Range {
    aimdb::UnixTime start;
    aimdb::UnixTime end;
    std::size_t rows;
};

Range middle_of(std::size_t rows) {
    const auto per_record = static_cast<std::int64_t>(rows / records);
    const std::int64_t wanted = std::min<std::int64_t>(1'000, per_record);
    const std::int64_t first = (per_record - wanted) / 2;
    const auto time_of = [](std::int64_t round) {
        return aimdb::from_unix_ms(1'600'000'000'000 + round * static_cast<std::int64_t>(records) +
                                   static_cast<std::int64_t>(one_record));
    };
    return {time_of(first), time_of(first + wanted - 1), static_cast<std::size_t>(wanted)};
}

std::size_t thousand_rows(aimdb::Database& db, const Range& range) {
    return db
        .query_range<Reading>(bench::record_name(one_record), range.start, range.end, {},
                              aimdb::blocking)
        .rows.size();
}

void history_newest_10_warm(benchmark::State& state) {
    aimdb::Database db = open(rows_in_file(state));
    for (auto _ : state) {
        expect_rows(newest_ten(db), 10);
    }
}
BENCHMARK(history_newest_10_warm)->Arg(10'000'000)->Unit(benchmark::kMillisecond);

void history_range_1000_warm(benchmark::State& state) {
    aimdb::Database db = open(rows_in_file(state));
    const Range range = middle_of(rows_in_file(state));
    for (auto _ : state) {
        expect_rows(thousand_rows(db, range), range.rows);
    }
}
BENCHMARK(history_range_1000_warm)->Arg(10'000'000)->Unit(benchmark::kMillisecond);

// Each question goes to a file the kernel has nothing of in memory.
template <typename Ask>
void ask_cold(benchmark::State& state, const Ask& ask) {
    const std::size_t rows = rows_in_file(state);
    for (auto _ : state) {
        bench::drop_page_cache(bench::large_file(rows));
        aimdb::Database db = open(rows);
        const auto begin = std::chrono::steady_clock::now();
        ask(db, rows);
        const auto end = std::chrono::steady_clock::now();
        state.SetIterationTime(std::chrono::duration<double>(end - begin).count());
    }
}

void history_newest_10_cold(benchmark::State& state) {
    ask_cold(state, [](aimdb::Database& db, std::size_t) { expect_rows(newest_ten(db), 10); });
}
BENCHMARK(history_newest_10_cold)
    ->Arg(10'000'000)
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

void history_range_1000_cold(benchmark::State& state) {
    ask_cold(state, [](aimdb::Database& db, std::size_t rows) {
        const Range range = middle_of(rows);
        expect_rows(thousand_rows(db, range), range.rows);
    });
}
BENCHMARK(history_range_1000_cold)
    ->Arg(10'000'000)
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

const bench::Figures figures{
    {"history.latest_10k_records_ms.1m",
     "history_latest_raw/1000000",
     "",
     "ms",
     {"AimDB, 100 records", 3'100},
     bench::at_most(25)},
    {"history.latest_10k_records_ms.10m",
     "history_latest_raw/10000000",
     "",
     "ms",
     {},
     bench::at_most(25)},
    {"history.latest_10k_records_typed_ms.1m",
     "history_latest_typed/1000000",
     "",
     "ms",
     {},
     bench::at_most(30)},
    {"history.latest_10k_records_typed_ms.10m",
     "history_latest_typed/10000000",
     "",
     "ms",
     {},
     bench::at_most(30)},
    {"history.newest_10_ms.10m", "history_newest_10_warm/10000000", "", "ms"},
    {"history.newest_10_cold_ms.10m", "history_newest_10_cold/10000000", "", "ms"},
    {"history.range_1000_ms.10m", "history_range_1000_warm/10000000", "", "ms"},
    {"history.range_1000_cold_ms.10m", "history_range_1000_cold/10000000", "", "ms"},
};

}  // namespace
