// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

namespace aimdb::sqlite {

SqliteFailure::SqliteFailure(int extended_code, const std::string& context)
    : Error(sqlite::errc_of(extended_code), context),
      extended_code_(extended_code),
      errc_(sqlite::errc_of(extended_code)),
      context_(context) {}

Errc errc_of(int extended_code) noexcept {
    if (extended_code == SQLITE_CANTOPEN_SYMLINK) {
        return Errc::path_unsafe;
    }
    switch (extended_code & 0xFF) {
        case SQLITE_FULL: return Errc::storage_full;
        case SQLITE_READONLY:
        case SQLITE_PERM: return Errc::storage_read_only;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Errc::storage_locked;
        case SQLITE_IOERR: return Errc::storage_io;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return Errc::storage_corrupt;
        default: return Errc::storage_unavailable;
    }
}

Connection::Connection(const ConnectionTarget& target, Access access) : path_(target.path) {
    const int mode = access == Access::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    const int flags = mode | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path_.c_str(), &handle, flags,
                                     target.vfs.empty() ? nullptr : target.vfs.c_str());
    handle_.reset(handle);
    if (code != SQLITE_OK) {
        throw SqliteFailure(code, "open '" + path_ + "': " + sqlite3_errstr(code) + " [SQLite " +
                                      std::to_string(code) + "]");
    }
    checkpoint_on_close(false);
}

void Connection::execute(const std::string& sql) {
    if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw failure(sql.substr(0, sql.find_first_of(" (;")));
    }
}

std::int64_t Connection::query_integer(const std::string& sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string Connection::query_text(const std::string& sql) {
    Statement statement(*this, sql);
    return statement.step() ? std::string(statement.text(0)) : std::string();
}

void Connection::checkpoint_on_close(bool wanted) {
    if (sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, wanted ? 0 : 1, nullptr) !=
        SQLITE_OK) {
        throw failure("configure");
    }
}

void Connection::roll_back() noexcept {
    if (in_transaction()) {
        sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

bool Connection::in_transaction() const noexcept { return sqlite3_get_autocommit(handle()) == 0; }

SqliteFailure Connection::failure(const std::string& action) const {
    const int code = sqlite3_extended_errcode(handle());
    return {code, action + " in '" + path_ + "': " + sqlite3_errmsg(handle()) + " [SQLite " +
                      std::to_string(code) + "]"};
}

Statement::Statement(Connection& connection, const std::string& sql) : connection_(&connection) {
    sqlite3_stmt* handle = nullptr;
    if (sqlite3_prepare_v3(connection.handle(), sql.c_str(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &handle, nullptr) != SQLITE_OK) {
        throw connection.failure("prepare");
    }
    handle_.reset(handle);
}

void Statement::fail() {
    const std::string sql = sqlite3_sql(handle_.get());
    // Made before reset(), which replaces the connection's message.
    const std::string verb = sql.substr(0, sql.find(' '));
    SqliteFailure failure = connection_->failure(verb == "PRAGMA" ? "read settings" : verb);
    reset();
    throw failure;
}

Transaction::Transaction(Connection& connection, Kind kind) : connection_(connection) {
    // A rollback that itself failed earlier may have left one open.
    connection_.roll_back();
    connection_.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() { connection_.roll_back(); }

void Transaction::commit() { connection_.execute("COMMIT"); }

}  // namespace aimdb::sqlite
