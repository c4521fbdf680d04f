// SPDX-License-Identifier: Apache-2.0
#include "aimdb_import.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

#include "connection.hpp"
#include "gap_log.hpp"
#include "group_writer.hpp"
#include "housekeeper.hpp"
#include "registry.hpp"
#include "schema.hpp"
#include "settings.hpp"
#include "write_transaction.hpp"

namespace aimdb::sqlite {
namespace {

constexpr std::size_t slice_limit_rows = 10'000;
constexpr int kept_names_limit = 100;

StorePath rebuilt_file(const StorePath& path) {
    return {.directory = path.directory, .file = path.file + ".migrating"};
}

std::string kept_name(const StorePath& path, int number) {
    return path.file + ".aimdb-original" + (number == 1 ? "" : "-" + std::to_string(number));
}

// AimDB's file, with everybody else kept out of it until this object is gone.
class OldFile {
public:
    OldFile(const ConnectionTarget& target, const SqliteOptions& options)
        : connection_(target, Access::read_write) {
        wait_when_locked(connection_, options);
        try {
            // Asked for before the first access, this finds idle connections too.
            connection_.execute("PRAGMA locking_mode=EXCLUSIVE");
            connection_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
            connection_.execute("BEGIN EXCLUSIVE");
        } catch (const SqliteFailure& failure) {
            if (failure.errc() != Errc::storage_locked) {
                throw;
            }
            throw Error(Errc::storage_locked, "import '" + target.path +
                                                  "' from AimDB: another program has the file "
                                                  "open; stop it first");
        }
        // Its log is empty by now; it must not stay behind beside the new file.
        connection_.checkpoint_on_close(true);
    }
    [[nodiscard]] Connection& connection() noexcept { return connection_; }

private:
    Connection connection_;
};

class RowCopier {
public:
    RowCopier(Connection& source, Connection& target)
        : target_(target),
          registry_(target),
          gaps_(target),
          groups_(target, registry_, gaps_),
          select_(source,
                  "SELECT id, record_name, value_json, stored_at FROM record_history "
                  "WHERE id>=?1 ORDER BY id LIMIT ?2") {}

    /// Copies the next slice in a transaction; false when it was the last.
    bool copy_slice() {
        values_.clear();
        values_.reserve(slice_limit_rows);
        rows_.clear();
        write_transaction(target_, registry_, [this] {
            read_slice();
            groups_.write({.rows = rows_, .gaps = {}, .marks = {}});
        });
        count_ += rows_.size();
        return rows_.size() == slice_limit_rows;
    }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    struct Record {
        RecordId id = 0;
        std::uint64_t next_sequence = 1;
    };

    void read_slice() {
        const Running running(select_);
        select_.bind_all(from_id_, std::uint64_t{slice_limit_rows});
        while (select_.step()) {
            Record& record = record_of(std::string(select_.text(1)));
            values_.emplace_back(select_.text(2));
            rows_.push_back({.record = record.id,
                             .sequence = record.next_sequence++,
                             .stored_at = from_unix_ms(select_.integer(3)),
                             .value = values_.back()});
            from_id_ = select_.integer(0) + 1;
        }
    }

    Record& record_of(const std::string& name) {
        Record& record = records_[name];
        if (record.id == 0) {
            record.id = registry_.enroll(name);
        }
        return record;
    }

    Connection& target_;
    Registry registry_;
    GapLog gaps_;
    GroupWriter groups_;
    Statement select_;
    std::int64_t from_id_ = std::numeric_limits<std::int64_t>::min();
    std::unordered_map<std::string, Record> records_;
    std::vector<std::string> values_;  // what rows_ points to; never grows beyond its reserve
    std::vector<RowView> rows_;
    std::size_t count_ = 0;
};

// Leaves a file with everything in it and no log beside it.
std::size_t rebuild(Connection& source,
                    const ConnectionTarget& target,
                    const SqliteOptions& options) {
    Connection connection(target, Access::read_write);
    apply_writer_settings(connection, options);
    migrate(connection);
    SharedState unread;
    Housekeeper housekeeper(connection, options, unread);
    RowCopier copier(source, connection);
    while (copier.copy_slice()) {
        housekeeper.step();
    }
    // No sequence was given out beyond the rows.
    connection.execute("UPDATE record SET reserved_seq=next_seq");
    if (!housekeeper.empty_log()) {
        throw Error(Errc::storage_locked,
                    "import into '" + target.path + "': another program has the file open");
    }
    connection.checkpoint_on_close(true);
    return copier.count();
}

std::string keep_under_free_name(const StorePath& path) {
    for (int number = 1; number <= kept_names_limit; ++number) {
        std::string name = kept_name(path, number);
        if (link_file(path.file, name)) {
            sync_directory(path.directory);
            return name;
        }
    }
    throw Error(Errc::storage_unavailable, "import '" + path.file +
                                               "' from AimDB: too many files '" +
                                               kept_name(path, 1) + "-*'; move them away");
}

void remove_rebuilt(const StorePath& path) {
    const std::string rebuilt = rebuilt_file(path).file;
    for (const char* part : {"-wal", "-shm", ""}) {
        remove_if_there(rebuilt + part);
    }
}

}  // namespace

void import_aimdb_file(const StorePath& path,
                       const SqliteOptions& options,
                       const std::string& vfs,
                       const Log& log) {
    const StorePath rebuilt = rebuilt_file(path);
    OldFile old({.path = path.file, .vfs = vfs}, options);
    create_private_file(rebuilt);
    const std::size_t count =
        rebuild(old.connection(), {.path = rebuilt.file, .vfs = vfs}, options);
    sync_file(rebuilt.file);
    const std::string kept = keep_under_free_name(path);
    rename_file(rebuilt.file, path.file);
    sync_directory(path.directory);
    log.info("imported " + std::to_string(count) + " rows of AimDB into '" + path.file +
             "'; the old file is kept as '" + kept + "'");
}

void mend_broken_import(const StorePath& path) {
    remove_rebuilt(path);
    const auto found = look_at(path.file);
    if (!found || found->st_nlink == 1) {
        return;
    }
    for (int number = 1; number <= kept_names_limit; ++number) {
        const auto kept = look_at(kept_name(path, number));
        if (!kept) {
            return;
        }
        if (same_file(*kept, *found)) {
            remove_if_there(kept_name(path, number));
            sync_directory(path.directory);
            return;
        }
    }
}

}  // namespace aimdb::sqlite
