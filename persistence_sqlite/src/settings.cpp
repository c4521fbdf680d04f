// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

namespace aimdb::sqlite {
namespace {

// A file may come from anywhere: nothing in its schema may run code or reach
// outside, and damaged pages are noticed before they are followed.
void distrust_the_file(Connection& connection, std::size_t cache_bytes) {
    if (sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr) !=
        SQLITE_OK) {
        throw connection.failure("configure");
    }
    connection.execute("PRAGMA trusted_schema=OFF");
    connection.execute("PRAGMA cell_size_check=ON");
    connection.execute("PRAGMA mmap_size=0");
    connection.execute("PRAGMA temp_store=MEMORY");
    connection.execute("PRAGMA cache_size=-" + std::to_string(cache_bytes / 1024));
}

// Only works before the first table is created.
void lay_out_empty_file(Connection& connection) {
    connection.execute("PRAGMA page_size=4096");
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL");
    // A file that some tool created empty already has a first page, which says otherwise.
    if (connection.query_integer("PRAGMA page_count") != 0) {
        connection.execute("VACUUM");
    }
}

void require_write_ahead_log(Connection& connection) {
    const std::string answer = connection.query_text("PRAGMA journal_mode=WAL");
    if (answer != "wal") {
        throw Error(Errc::storage_unavailable,
                    "open '" + connection.path() + "': journal mode is '" + answer +
                        "', this file system does not carry SQLite's write-ahead log; "
                        "use a local disk");
    }
}

}  // namespace

void wait_when_locked(Connection& connection, const SqliteOptions& options) {
    sqlite3_busy_timeout(connection.handle(), static_cast<int>(options.busy_timeout.count()));
}

void apply_writer_settings(Connection& connection, const SqliteOptions& options) {
    wait_when_locked(connection, options);
    distrust_the_file(connection, options.writer_cache_bytes);
    if (connection.query_integer("SELECT count(*) FROM sqlite_master") == 0) {
        lay_out_empty_file(connection);
    }
    require_write_ahead_log(connection);
    connection.execute("PRAGMA synchronous=FULL");
    connection.execute("PRAGMA wal_autocheckpoint=0");
    connection.execute("PRAGMA secure_delete=OFF");
    connection.execute("PRAGMA journal_size_limit=" + std::to_string(options.wal_soft_limit_bytes));
}

void apply_reader_settings(Connection& connection, const SqliteOptions& options) {
    wait_when_locked(connection, options);
    distrust_the_file(connection, options.reader_cache_bytes);
    // Not on the writer: VACUUM attaches a database.
    sqlite3_limit(connection.handle(), SQLITE_LIMIT_ATTACHED, 0);
}

}  // namespace aimdb::sqlite
