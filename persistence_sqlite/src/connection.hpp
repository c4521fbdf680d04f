// SPDX-License-Identifier: Apache-2.0
//
// SQLite connections and statements as objects, and its result codes as Errors.
// With settings.cpp and housekeeper.cpp this is all that speaks SQLite's C API.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "aimdb/core/error.hpp"

namespace aimdb::sqlite {

/// A call of SQLite that failed.
class SqliteFailure : public Error {
public:
    SqliteFailure(int extended_code, const std::string& context);
    [[nodiscard]] int extended_code() const noexcept { return extended_code_; }
    [[nodiscard]] int primary_code() const noexcept { return extended_code_ & 0xFF; }
    [[nodiscard]] Errc errc() const noexcept { return errc_; }
    /// The text without the name of errc(), to make another error of.
    [[nodiscard]] const std::string& context() const noexcept { return context_; }

private:
    int extended_code_;
    Errc errc_;
    std::string context_;
};

/// How an extended result code of SQLite is called in this project.
[[nodiscard]] Errc errc_of(int extended_code) noexcept;

/// What to open and how. The views must live during the call only.
struct ConnectionTarget {
    std::string path;
    std::string vfs;  ///< Empty: SQLite's default.
};

enum class Access : std::uint8_t { read_write, read_only };

/// One open database connection, never shared between threads at the same time.
///
/// The file must exist already: who creates it decides its mode. No symbolic link
/// is followed as the last component. Closing never checkpoints unless
/// `checkpoint_on_close(true)` was called, because a failure there would be silent.
///
/// Threads: thread-confined to one thread at a time.
class Connection {
public:
    /// Throws SqliteFailure.
    Connection(const ConnectionTarget& target, Access access);

    /// Runs statements that have no parameters and whose rows nobody needs. Throws SqliteFailure.
    void execute(const std::string& sql);
    /// The first column of the first row, as an integer; 0 when there is none.
    [[nodiscard]] std::int64_t query_integer(const std::string& sql);
    [[nodiscard]] std::string query_text(const std::string& sql);

    void checkpoint_on_close(bool wanted);
    /// Leaves a transaction that is still open. Never throws: SQLite may have left it already.
    void roll_back() noexcept;
    [[nodiscard]] bool in_transaction() const noexcept;

    /// What the last call on this connection ran into.
    [[nodiscard]] SqliteFailure failure(const std::string& action) const;
    [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
    };

    std::string path_;
    std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement, kept for many runs. Parameters and columns are numbered
/// as SQLite does: from 1 and from 0.
///
/// Lifetime: the connection must outlive it.
class Statement {
public:
    /// Throws SqliteFailure when the SQL does not fit the database.
    Statement(Connection& connection, const std::string& sql);

    void bind(int index, std::int64_t value) { sqlite3_bind_int64(handle_.get(), index, value); }
    void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
    /// `text` must stay where it is until reset().
    void bind(int index, std::string_view text) {
        sqlite3_bind_text64(handle_.get(), index, text.data(), text.size(), SQLITE_STATIC,
                            SQLITE_UTF8);
    }
    template <typename... Values>
    void bind_all(const Values&... values) {
        int index = 0;
        (bind(++index, values), ...);
    }

    /// True when there is a row, false at the end. Throws SqliteFailure, reset.
    bool step() {
        const int code = sqlite3_step(handle_.get());
        if (code == SQLITE_ROW) {
            return true;
        }
        if (code != SQLITE_DONE) {
            fail();
        }
        return false;
    }
    void reset() noexcept { sqlite3_reset(handle_.get()); }
    /// Runs a statement that returns nothing and makes it ready for the next run.
    void run() {
        step();
        reset();
    }

    [[nodiscard]] std::int64_t integer(int column) const noexcept {
        return sqlite3_column_int64(handle_.get(), column);
    }
    [[nodiscard]] std::uint64_t natural(int column) const noexcept {
        return static_cast<std::uint64_t>(integer(column));
    }
    /// Valid until the next step() or reset().
    [[nodiscard]] std::string_view text(int column) const noexcept {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
        const int size = sqlite3_column_bytes(handle_.get(), column);
        return bytes == nullptr ? std::string_view()
                                : std::string_view(bytes, static_cast<std::size_t>(size));
    }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }
    };
    [[noreturn]] void fail();

    Connection* connection_;
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Resets a statement that returns rows, however its user is left.
class Running {
public:
    explicit Running(Statement& statement) noexcept : statement_(statement) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { statement_.reset(); }

private:
    Statement& statement_;
};

/// A transaction that is rolled back unless it was committed.
class Transaction {
public:
    enum class Kind : std::uint8_t { read, write };
    /// Begins; a write takes the lock at once, so that no later statement finds it taken.
    Transaction(Connection& connection, Kind kind);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    /// Throws SqliteFailure.
    void commit();

private:
    Connection& connection_;
};

}  // namespace aimdb::sqlite
