// SPDX-License-Identifier: Apache-2.0
//
// Everything behind the persistence module once the store is open: roster,
// channel, writer, query threads, and who waits for what.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/persistence/persistence_module.hpp"

#include "channel.hpp"
#include "health_board.hpp"
#include "persisted_record.hpp"
#include "query_pool.hpp"
#include "writer.hpp"

namespace aimdb::detail {

/// Threads: thread-safe, but for construction, start() and the stop, which belong
///          to the database.
class Engine final : public HistorySource {
public:
    /// Opens the store, restores the buffers and connects the recorders. Throws
    /// Error when the store cannot be read and `if_unreadable` says so.
    Engine(std::unique_ptr<Backend> backend,
           const PersistenceOptions& options,
           std::vector<PersistDeclaration>& declared,
           Database& database);
    ~Engine() override;

    void start();
    void stopping(Module::Deadline deadline);
    void stopped(Module::Deadline deadline, StopReport& report);

    [[nodiscard]] PersistenceStats stats() const;
    [[nodiscard]] PersistenceHealth health() const { return health_.health(); }
    [[nodiscard]] HistoryAccount account(const PersistedRecord& record) const;
    [[nodiscard]] const Roster& roster() const noexcept { return roster_; }
    [[nodiscard]] PersistedRecord* find(std::string_view key) const;

    void flush(Persistence::FlushHandler handler);
    void stored(Position position, SettledHandler handler);

    void query(HistoryQuery query, QueryHandler handler) override;
    void when_settled(std::string_view key,
                      std::uint64_t sequence,
                      SettledHandler handler) override;
    [[nodiscard]] std::optional<HistoryPosition> position(std::string_view key) const override;
    [[nodiscard]] std::optional<std::string> stored_name(std::string_view key) const override;
    [[nodiscard]] std::string epoch() const override { return epoch_; }
    [[nodiscard]] std::string trouble() const override;

private:
    [[nodiscard]] OpenReport open_store(const OpenRequest& request, IfUnreadable if_unreadable);
    [[nodiscard]] OpenReport set_aside(const OpenRequest& request, const Error& reason);
    [[nodiscard]] OpenReport run_without(const OpenRequest& request, const Error& reason);
    void enroll(std::vector<PersistDeclaration>& declared,
                const OpenReport& report,
                const PersistenceOptions& options);
    void restore(const PersistDeclaration& declaration,
                 const PersistedRecord& record,
                 bool has_rows,
                 BackendReader* reader);
    void report_crash(const OpenReport& report) const;
    void wait(PersistedRecord& record,
              RecordAccount::Question question,
              std::uint64_t sequence,
              SettledHandler handler);
    [[nodiscard]] const PersistedRecord* find_unsettled() const;
    void stop_queries(Module::Deadline deadline, StopReport& report);
    void abandon_waiters();
    void close(StopReport& report);

    Database& database_;
    const std::unique_ptr<Backend> backend_;
    const std::shared_ptr<Clock> clock_;
    const std::shared_ptr<Clock> pace_;
    const Log log_;

    // Constant once open.
    Roster roster_;
    std::vector<std::shared_ptr<Recorder>> recorders_;
    std::map<std::string, PersistedRecord*, std::less<>> by_key_;
    std::vector<PersistedRecord*>
        by_position_;  // by index within the database; null: not persisted
    std::string epoch_;
    bool has_store_ = true;
    bool stopped_ = false;

    HealthBoard health_;
    Channel channel_;
    std::optional<QueryPool> pool_;  // without a store: none, nor a writer
    std::optional<Writer> writer_;   // asks the pool after each round, so it goes first
};

}  // namespace aimdb::detail
