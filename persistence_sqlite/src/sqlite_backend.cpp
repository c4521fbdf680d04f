// SPDX-License-Identifier: Apache-2.0
#include "sqlite_backend.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "enrollment.hpp"
#include "file_system.hpp"
#include "page_reader.hpp"
#include "schema.hpp"
#include "settings.hpp"
#include "store_file.hpp"
#include "write_transaction.hpp"

namespace aimdb {
namespace sqlite {
namespace {

Connection open_for_writing(const ConnectionTarget& target, const SqliteOptions& options) {
    Connection connection(target, Access::read_write);
    apply_writer_settings(connection, options);
    migrate(connection);
    return connection;
}

std::uint64_t size_of(const std::string& path) noexcept {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

}  // namespace

SqliteBackend::Writer::Writer(const ConnectionTarget& target,
                              const SqliteOptions& options,
                              SharedState& shared)
    : connection(open_for_writing(target, options)),
      registry(connection),
      gaps(connection),
      groups(connection, registry, gaps),
      purger(connection, registry, gaps),
      housekeeper(connection, options, shared) {}

SqliteBackend::SqliteBackend(std::string path, const SqliteOptions& options, std::string vfs)
    : path_(std::move(path)),
      options_(options),
      vfs_(std::move(vfs)),
      shared_(std::make_shared<SharedState>()) {}

std::string SqliteBackend::describe() const { return "sqlite '" + path_ + "'"; }

OpenReport SqliteBackend::open(const OpenRequest& request) {
    if (store_) {
        throw Error(Errc::storage_locked, "open '" + path_ + "': it is open already");
    }
    return open_file(request);
}

OpenReport SqliteBackend::open_file(const OpenRequest& request) {
    const StorePath path = resolve(path_);
    OpenStore store{.lock = FileLock(path.file), .writer = nullptr};
    prepare_store_file(path, options_, vfs_, request.log);
    store.writer = std::make_unique<Writer>(ConnectionTarget{.path = path.file, .vfs = vfs_},
                                            options_, *shared_);
    OpenReport report = enroll_records(store.writer->connection, store.writer->registry,
                                       store.writer->gaps, request);
    file_ = path.file;
    store_.emplace(std::move(store));
    return report;
}

SqliteBackend::Writer& SqliteBackend::writer() const {
    if (!store_) {
        throw Error(Errc::storage_unavailable, "use '" + path_ + "': it is not open");
    }
    return *store_->writer;
}

void SqliteBackend::commit(const Group& group) {
    Writer& side = writer();
    const std::chrono::nanoseconds took =
        write_transaction(side.connection, side.registry, [&] { side.groups.write(group); });
    shared_->syncs.fetch_add(1, std::memory_order_relaxed);
    shared_->sync_ns.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
}

std::uint64_t SqliteBackend::next_sequence(RecordId record) {
    Statement select(writer().connection, "SELECT next_seq FROM record WHERE id=?1");
    select.bind(1, record);
    if (!select.step()) {
        throw Error(Errc::unknown_record,
                    "look up record " + std::to_string(record) + " in '" + path_ + "'");
    }
    return select.natural(0);
}

PurgeReport SqliteBackend::purge(const PurgeRequest& request) {
    Writer& side = writer();
    PurgeReport report;
    write_transaction(side.connection, side.registry, [&] { report = side.purger.purge(request); });
    if (report.rows > 0) {
        side.housekeeper.space_was_freed();
    }
    return report;
}

bool SqliteBackend::maintain() { return writer().housekeeper.step(); }

std::unique_ptr<BackendReader> SqliteBackend::open_reader() {
    if (file_.empty()) {
        throw Error(Errc::storage_unavailable, "read '" + path_ + "': it is not open");
    }
    return std::make_unique<PageReader>(ConnectionTarget{.path = file_, .vfs = vfs_}, options_,
                                        shared_);
}

void SqliteBackend::interrupt_readers() noexcept {
    shared_->interruptions.fetch_add(1, std::memory_order_relaxed);
}

BackendStats SqliteBackend::stats() const {
    const auto syncs = std::max<std::uint64_t>(1, shared_->syncs.load(std::memory_order_relaxed));
    const std::chrono::nanoseconds sync_mean(shared_->sync_ns.load(std::memory_order_relaxed) /
                                             syncs);
    return {.file_bytes = size_of(file_),
            .wal_bytes = size_of(file_ + "-wal"),
            .checkpoints = shared_->checkpoints.load(std::memory_order_relaxed),
            .checkpoint_failures = shared_->checkpoint_failures.load(std::memory_order_relaxed),
            .corrupt_rows = shared_->corrupt_rows.load(std::memory_order_relaxed),
            .sync_mean = std::chrono::duration_cast<std::chrono::microseconds>(sync_mean)};
}

void SqliteBackend::close() {
    Writer& side = writer();
    // Whatever happens below, the store is closed and its lock released.
    const OpenStore closing = std::move(*store_);
    store_.reset();
    mark_clean(side.connection, side.registry);
    // With the log empty, SQLite's own silent checkpoint has nothing to do but
    // remove it. A foreign reader in the way is no failure: the log keeps everything.
    if (side.housekeeper.empty_log()) {
        side.connection.checkpoint_on_close(true);
    }
}

std::string SqliteBackend::set_aside() {
    if (store_) {
        throw Error(Errc::storage_locked, "set '" + path_ + "' aside: it is open");
    }
    const StorePath path = resolve(path_);
    const FileLock lock(path.file);
    return set_store_aside(path);
}

}  // namespace sqlite

std::unique_ptr<Backend> sqlite_history(std::string path, SqliteOptions options) {
    return std::make_unique<sqlite::SqliteBackend>(std::move(path), options);
}

}  // namespace aimdb
