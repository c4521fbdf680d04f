// SPDX-License-Identifier: Apache-2.0
#include "history_support.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "connection.hpp"
#include "file_system.hpp"
#include "housekeeper.hpp"
#include "row_inserter.hpp"
#include "schema.hpp"
#include "settings.hpp"
#include "shared_state.hpp"

namespace bench {
namespace {

constexpr std::size_t bare_batch_rows = 10'000;
constexpr std::size_t large_file_records = 10'000;
constexpr std::int64_t first_time_ms = 1'600'000'000'000;

std::string text_of(std::uint64_t i) {
    std::string text;
    aimdb::Codec<Reading>::encode(reading(i), text);
    return text;
}

// One group of the generator: `rows_each` further rows of every record, sorted as
// a backend wants them.
class Generator {
public:
    Generator(aimdb::Backend& backend, const aimdb::OpenReport& opened)
        : backend_(backend), opened_(opened) {
        for (std::uint64_t i = 0; i < 1024; ++i) {
            texts_.push_back(text_of(i));
        }
    }

    void commit(std::uint64_t first_round, std::uint64_t rows_each) {
        rows_.clear();
        marks_.clear();
        for (std::size_t record = 0; record < opened_.records.size(); ++record) {
            for (std::uint64_t round = first_round; round < first_round + rows_each; ++round) {
                const auto number =
                    static_cast<std::int64_t>(round * opened_.records.size() + record);
                rows_.push_back({opened_.records[record].id, round + 1,
                                 aimdb::from_unix_ms(first_time_ms + number),
                                 texts_[static_cast<std::size_t>(number) % texts_.size()]});
            }
            const std::uint64_t next = first_round + rows_each + 1;
            marks_.push_back({opened_.records[record].id, next, next + 64});
        }
        backend_.commit({rows_, {}, marks_});
        while (backend_.maintain()) {
        }
    }

private:
    aimdb::Backend& backend_;
    const aimdb::OpenReport& opened_;
    std::vector<std::string> texts_;
    std::vector<aimdb::RowView> rows_;
    std::vector<aimdb::RecordMark> marks_;
};

void generate(const std::filesystem::path& path, std::size_t rows) {
    std::fprintf(stderr, "making %s with %zu rows, once\n", path.c_str(), rows);
    const auto backend = aimdb::sqlite_history(path.string());
    aimdb::OpenRequest request;
    for (std::size_t i = 0; i < large_file_records; ++i) {
        request.records.push_back(record_name(i));
    }
    const aimdb::OpenReport opened = backend->open(request);
    Generator generator(*backend, opened);
    const std::uint64_t rounds = rows / large_file_records;
    // Few rows of a record per group: its rows lie as far apart as in a live file.
    constexpr std::uint64_t rounds_per_group = 10;
    for (std::uint64_t round = 0; round < rounds; round += rounds_per_group) {
        generator.commit(round, std::min(rounds_per_group, rounds - round));
    }
    backend->close();
}

}  // namespace

Reading reading(std::uint64_t i) {
    Reading value;
    value.timestamp = first_time_ms + static_cast<std::int64_t>(i);
    value.celsius = static_cast<double>(i % 4000) / 100.0 - 10.0;
    value.humidity = static_cast<double>(i % 997) / 10.0;
    value.valid = i % 50 != 0;
    return value;
}

std::string record_name(std::size_t index) {
    char text[32];
    std::snprintf(text, sizeof text, "sensor.%05zu.temp", index);
    return text;
}

std::filesystem::path data_directory() {
    const char* chosen =
        std::getenv("AIMDB_BENCH_DATA");  // NOLINT(concurrency-mt-unsafe): at start
    std::filesystem::path directory = chosen != nullptr ? chosen : "bench-data";
    std::filesystem::create_directories(directory);
    return directory;
}

void remove_file(const std::filesystem::path& path) {
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        std::filesystem::remove(path.string() + suffix);
    }
}

std::filesystem::path fresh_file(const std::string& name) {
    std::filesystem::path path = data_directory() / name;
    remove_file(path);
    return path;
}

double bare_rows_per_second(std::size_t records, std::size_t rows) {
    namespace sqlite = aimdb::sqlite;
    std::filesystem::path path = fresh_file("bare.db");
    aimdb::sqlite::create_private_file(aimdb::sqlite::resolve(path.string()));
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; i < 1024; ++i) {
        texts.push_back(text_of(i));
    }
    double seconds = 0.0;
    {
        sqlite::Connection connection({path.string(), {}}, sqlite::Access::read_write);
        sqlite::apply_writer_settings(connection);
        sqlite::migrate(connection);
        sqlite::SharedState shared;
        sqlite::Housekeeper housekeeper(connection, {}, shared);
        sqlite::RowInserter inserter(connection);
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t done = 0; done < rows; done += bare_batch_rows) {
            sqlite::Transaction transaction(connection, sqlite::Transaction::Kind::write);
            const std::size_t end = std::min(rows, done + bare_batch_rows);
            for (std::size_t i = done; i < end; ++i) {
                const auto number = static_cast<std::int64_t>(i);
                inserter.insert(
                    number + 1,
                    {static_cast<aimdb::RecordId>(i % records + 1), i / records + 1,
                     aimdb::from_unix_ms(first_time_ms + number), texts[i % texts.size()]});
            }
            transaction.commit();
            while (housekeeper.step()) {
            }
        }
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
    remove_file(path);
    return static_cast<double>(rows) / seconds;
}

std::filesystem::path large_file(std::size_t rows) {
    std::filesystem::path path = data_directory() / ("rows-" + std::to_string(rows) + ".db");
    if (!std::filesystem::exists(path)) {
        const std::filesystem::path unfinished = path.string() + ".unfinished";
        remove_file(unfinished);
        generate(unfinished, rows);
        std::filesystem::rename(unfinished, path);
        remove_file(unfinished);
    }
    return path;
}

void drop_page_cache(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 || ::fdatasync(file) != 0 ||
        ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) != 0) {
        throw std::runtime_error("drop the page cache of " + path.string());
    }
    ::close(file);
}

}  // namespace bench
