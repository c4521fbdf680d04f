// SPDX-License-Identifier: Apache-2.0
//
// The Backend that keeps history in a SQLite file: puts the parts behind the
// interface and says which of them is there when.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "connection.hpp"
#include "file_lock.hpp"
#include "gap_log.hpp"
#include "group_writer.hpp"
#include "housekeeper.hpp"
#include "purger.hpp"
#include "registry.hpp"
#include "shared_state.hpp"

namespace aimdb::sqlite {

/// Failure: a call on a store that is not open throws Error(storage_unavailable).
class SqliteBackend final : public Backend {
public:
    /// `vfs` names the SQLite VFS to use, for tests; empty: the default one.
    SqliteBackend(std::string path, const SqliteOptions& options, std::string vfs = {});

    [[nodiscard]] std::string describe() const override;
    OpenReport open(const OpenRequest& request) override;
    void commit(const Group& group) override;
    [[nodiscard]] std::uint64_t next_sequence(RecordId record) override;
    PurgeReport purge(const PurgeRequest& request) override;
    bool maintain() override;
    [[nodiscard]] std::unique_ptr<BackendReader> open_reader() override;
    void interrupt_readers() noexcept override;
    [[nodiscard]] BackendStats stats() const override;
    void close() override;
    std::string set_aside() override;

private:
    // All that works on the one connection that writes and checkpoints.
    struct Writer {
        Writer(const ConnectionTarget& target, const SqliteOptions& options, SharedState& shared);

        Connection connection;
        Registry registry;
        GapLog gaps;
        GroupWriter groups;
        Purger purger;
        Housekeeper housekeeper;
    };
    struct OpenStore {
        FileLock lock;  // first: released last
        std::unique_ptr<Writer> writer;
    };

    [[nodiscard]] OpenReport open_file(const OpenRequest& request);
    [[nodiscard]] Writer& writer() const;

    const std::string path_;
    const SqliteOptions options_;
    const std::string vfs_;
    const std::shared_ptr<SharedState> shared_;
    std::string file_;  // resolved; set while opening, before readers may come
    std::optional<OpenStore> store_;
};

}  // namespace aimdb::sqlite
