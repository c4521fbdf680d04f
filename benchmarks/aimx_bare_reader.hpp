// SPDX-License-Identifier: Apache-2.0
//
// Reading history with SQLite alone.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include <sqlite3.h>

namespace bench {

/// The rows of records as JSON lines, in the order and with the members of record.query.
class BareReader {
public:
    explicit BareReader(const std::string& path) {
        if (sqlite3_open_v2(path.c_str(), &file_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK ||
            sqlite3_prepare_v2(file_,
                               "SELECT record.name, value_json, stored_at, history.id, seq FROM "
                               "history JOIN record ON record.id = history.record_id WHERE "
                               "record_id BETWEEN ?1 AND ?2 ORDER BY record_id, stored_at",
                               -1, &select_, nullptr) != SQLITE_OK) {
            throw std::runtime_error(sqlite3_errmsg(file_));
        }
    }
    ~BareReader() {
        sqlite3_finalize(select_);
        sqlite3_close(file_);
    }
    BareReader(const BareReader&) = delete;
    BareReader& operator=(const BareReader&) = delete;

    /// Lines of the first `count` records.
    const std::string& read(std::size_t count) {
        lines_.clear();
        sqlite3_bind_int64(select_, 1, 1);
        sqlite3_bind_int64(select_, 2, static_cast<sqlite3_int64>(count));
        rows_ = 0;
        for (; sqlite3_step(select_) == SQLITE_ROW; ++rows_) {
            lines_ += R"({"topic":")";
            append_text(0);
            lines_ += R"(","payload":)";
            append_text(1);
            lines_ += R"(,"ts":)";
            lines_ += std::to_string(sqlite3_column_int64(select_, 2));
            lines_ += R"(,"id":)";
            lines_ += std::to_string(sqlite3_column_int64(select_, 3));
            lines_ += R"(,"pos":)";
            lines_ += std::to_string(sqlite3_column_int64(select_, 4));
            lines_ += "}\n";
        }
        sqlite3_reset(select_);
        return lines_;
    }
    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

private:
    void append_text(int column) {
        const void* const text = sqlite3_column_text(select_, column);
        lines_.append(static_cast<const char*>(text),
                      static_cast<std::size_t>(sqlite3_column_bytes(select_, column)));
    }

    sqlite3* file_ = nullptr;
    sqlite3_stmt* select_ = nullptr;
    std::string lines_;
    std::size_t rows_ = 0;
};

}  // namespace bench
