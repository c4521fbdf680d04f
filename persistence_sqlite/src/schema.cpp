// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <array>

namespace aimdb::sqlite {
namespace {

struct Migration {
    std::int64_t version;  // of the file afterwards
    const char* sql;
};

// Steps are appended, never changed: files in the field have been through them.
//
// record.newest_id    the row with the highest sequence; 0 = no row yet. Never purged.
// record.newest_at    the latest stored_at there ever was; earlier rows after it are late.
// record.late_count,
// record.gap_count    rows of `late` and `gap`, so that nobody has to look there in vain.
// late                rows whose time is before that of an earlier row of their record.
//                     Without them, the order of the index (record_id, stored_at) is the
//                     order of ids. passed_at: the latest time of the rows before it.
constexpr std::array<Migration, 1> migrations{{{1, R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE record(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    next_seq INTEGER NOT NULL,
    reserved_seq INTEGER NOT NULL,
    newest_id INTEGER NOT NULL DEFAULT 0,
    newest_at INTEGER NOT NULL DEFAULT -9223372036854775808,
    late_count INTEGER NOT NULL DEFAULT 0,
    gap_count INTEGER NOT NULL DEFAULT 0);
CREATE TABLE history(
    id INTEGER PRIMARY KEY,
    record_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    stored_at INTEGER NOT NULL,
    value_json TEXT NOT NULL,
    crc INTEGER NOT NULL);
CREATE INDEX history_by_time ON history(record_id, stored_at);
CREATE TABLE late(
    record_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    passed_at INTEGER NOT NULL,
    PRIMARY KEY(record_id, id)) WITHOUT ROWID;
CREATE TABLE gap(
    id INTEGER PRIMARY KEY,
    record_id INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    count INTEGER NOT NULL,
    cause INTEGER NOT NULL,
    at INTEGER NOT NULL);
CREATE INDEX gap_by_record ON gap(record_id, first_seq);
CREATE VIEW record_history(id, record_name, value_json, stored_at) AS
    SELECT history.id, record.name, history.value_json, history.stored_at
    FROM history JOIN record ON record.id = history.record_id;
INSERT INTO meta VALUES('uuid', lower(hex(randomblob(16))));
INSERT INTO meta VALUES('epoch', lower(hex(randomblob(4))) || '.0');
INSERT INTO meta VALUES('next_id', 1);
INSERT INTO meta VALUES('clean', 1);
PRAGMA application_id=0x61696D44;
)sql"}}};

static_assert(migrations.back().version == schema_version);

bool has_aimdb_table(Connection& connection) {
    return connection.query_integer(
               "SELECT count(*) FROM sqlite_master JOIN pragma_table_info('record_history') "
               "WHERE sqlite_master.type = 'table' AND sqlite_master.name = 'record_history' "
               "AND pragma_table_info.name IN ('id', 'record_name', 'value_json', 'stored_at')") ==
           4;
}

[[noreturn]] void refuse_foreign(const Connection& connection) {
    throw Error(Errc::storage_foreign,
                "open '" + connection.path() +
                    "': this SQLite file belongs to another program; choose another path");
}

FileKind identify_unmarked(Connection& connection, std::int64_t version) {
    const bool unused = connection.query_integer("SELECT count(*) FROM sqlite_master") == 0;
    if (unused && version == 0) {
        return FileKind::empty;
    }
    if (version != 0 || !has_aimdb_table(connection)) {
        refuse_foreign(connection);
    }
    return FileKind::aimdb;
}

}  // namespace

FileKind identify(Connection& connection) {
    const std::int64_t owner = connection.query_integer("PRAGMA application_id");
    const std::int64_t version = connection.query_integer("PRAGMA user_version");
    if (owner == 0) {
        return identify_unmarked(connection, version);
    }
    if (owner != application_id) {
        refuse_foreign(connection);
    }
    if (version > schema_version) {
        throw Error(Errc::storage_too_new, "open '" + connection.path() +
                                               "': the file has layout " + std::to_string(version) +
                                               ", this program knows up to " +
                                               std::to_string(schema_version) +
                                               "; use a newer program, the file was not touched");
    }
    return FileKind::ours;
}

void migrate(Connection& connection) {
    const std::int64_t found = connection.query_integer("PRAGMA user_version");
    for (const Migration& step : migrations) {
        if (step.version <= found) {
            continue;
        }
        Transaction transaction(connection, Transaction::Kind::write);
        connection.execute(step.sql);
        connection.execute("PRAGMA user_version=" + std::to_string(step.version));
        transaction.commit();
    }
}

}  // namespace aimdb::sqlite
