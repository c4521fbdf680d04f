// SPDX-License-Identifier: Apache-2.0
#include "store_file.hpp"

#include <array>
#include <ctime>

#include "aimdb_import.hpp"
#include "schema.hpp"
#include "settings.hpp"

namespace aimdb::sqlite {
namespace {

// Another name for the file is another lock: two processes could write to it.
void require_one_name(const StorePath& path) {
    const auto found = look_at(path.file);
    if (found && found->st_nlink != 1) {
        throw Error(Errc::path_unsafe, "open '" + path.file + "': the file has " +
                                           std::to_string(found->st_nlink) +
                                           " names; remove the other hard links");
    }
}

// SQLite would delete it as soon as it finds the new file empty.
void require_no_log(const StorePath& path) {
    const auto log = look_at(path.file + "-wal");
    if (log && log->st_size > 0) {
        throw Error(Errc::storage_unavailable,
                    "open '" + path.file + "': the file is missing, but its log '" + path.file +
                        "-wal' is there; bring the file back or move the log away");
    }
}

// On a connection of its own, read-only and without a checkpoint at its end, so
// that a file that is refused stays as it is to the last byte. But a journal is
// left where a program died before it had switched the log on, and only who may
// write can roll that back; nobody can read the file before.
FileKind identify_file(const StorePath& path,
                       const SqliteOptions& options,
                       const std::string& vfs) {
    const auto journal = look_at(path.file + "-journal");
    const bool interrupted = journal && journal->st_size > 0;
    Connection connection({.path = path.file, .vfs = vfs},
                          interrupted ? Access::read_write : Access::read_only);
    wait_when_locked(connection, options);
    return identify(connection);
}

std::string time_for_name() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &parts);
    return {text.data(), size};
}

}  // namespace

void prepare_store_file(const StorePath& path,
                        const SqliteOptions& options,
                        const std::string& vfs,
                        const Log& log) {
    const auto found = look_at(path.file);
    if (!found) {
        require_no_log(path);
        create_private_file(path);
        return;
    }
    require_plain_file(path.file, *found);
    mend_broken_import(path);
    require_one_name(path);
    if (identify_file(path, options, vfs) == FileKind::aimdb) {
        import_aimdb_file(path, options, vfs, log);
    }
}

std::string set_store_aside(const StorePath& path) {
    const std::string wanted = path.file + ".unreadable-" + time_for_name();
    std::string name = wanted;
    for (int number = 2; look_at(name); ++number) {
        name = wanted + "-" + std::to_string(number);
    }
    // The log first: beside a new file it would be taken for that file's log.
    for (const char* part : {"-wal", "-shm", ""}) {
        if (look_at(path.file + part)) {
            rename_file(path.file + part, name + part);
        }
    }
    sync_directory(path.directory);
    return name;
}

}  // namespace aimdb::sqlite
