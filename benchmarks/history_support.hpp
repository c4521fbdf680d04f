// SPDX-License-Identifier: Apache-2.0
//
// What the history benchmarks share: the value, fresh files, the bare loop, and
// large files made once and kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "aimdb/json/record.hpp"

namespace bench {

/// Five fields, about 100 bytes as JSON.
struct Reading {
    std::string city = "vienna";
    std::int64_t timestamp = 0;
    double celsius = 0.0;
    double humidity = 0.0;
    bool valid = true;
};
AIMDB_RECORD(Reading, city, timestamp, celsius, humidity, valid)

/// The i-th value of every benchmark; the numbers have the digits real sensors have.
[[nodiscard]] Reading reading(std::uint64_t i);

/// "sensor.00042.temp"
[[nodiscard]] std::string record_name(std::size_t index);

/// Where benchmark files lie: $AIMDB_BENCH_DATA, or bench-data in the working directory.
[[nodiscard]] std::filesystem::path data_directory();

/// A path without a file, and no leftovers beside it.
[[nodiscard]] std::filesystem::path fresh_file(const std::string& name);
void remove_file(const std::filesystem::path& path);

/// Rows per second of a plain loop on one thread: ready rows, the product's own
/// settings, insert and checkpoint functions, one transaction per 10 000 rows.
[[nodiscard]] double bare_rows_per_second(std::size_t records, std::size_t rows);

/// A file with `rows` rows spread round-robin over 10 000 records, in the
/// product's layout; made at the first call and kept.
[[nodiscard]] std::filesystem::path large_file(std::size_t rows);

/// Makes the kernel forget what it has cached of a closed file.
void drop_page_cache(const std::filesystem::path& path);

}  // namespace bench
