// SPDX-License-Identifier: Apache-2.0
//
// Persistence as a module of the database, without templates: what was declared,
// the store behind it, and what can be seen of both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/core/database.hpp"
#include "aimdb/persistence/account.hpp"
#include "aimdb/persistence/backend.hpp"
#include "aimdb/persistence/detail/recorder.hpp"
#include "aimdb/persistence/options.hpp"
#include "aimdb/persistence/stats.hpp"

namespace aimdb {

namespace detail {

class Engine;

/// One `.persist()`, with the two things that know the record's type.
struct PersistDeclaration {
    RecordBase* record = nullptr;
    std::string name;
    std::optional<RetentionPolicy> retention;
    std::optional<std::size_t> restore_rows;
    std::shared_ptr<Recorder> recorder;
    /// Puts rows, oldest first, into the buffer, which goes on at `next_sequence`.
    /// Returns how many did not decode.
    std::function<std::size_t(std::vector<HistoryRow> rows, std::uint64_t next_sequence)> restore;
};

}  // namespace detail

/// The persistence of one database; see persistence(Database&).
///
/// Threads:   thread-safe once the database is built.
/// Ownership: owned by the database.
class Persistence final : public Module {
public:
    Persistence();
    ~Persistence() override;

    [[nodiscard]] PersistenceStats stats() const;
    [[nodiscard]] PersistenceHealth health() const;
    /// What became of the values of the record with this key. Throws
    /// Error(no_persistence) when it is not persisted.
    [[nodiscard]] HistoryAccount account(std::string_view key) const;
    /// The same for every persisted record.
    [[nodiscard]] std::vector<HistoryAccount> accounts() const;

    // For the hooks in persistence.hpp.

    using FlushHandler = std::function<void(std::exception_ptr, std::vector<HistoryGap>)>;

    void install(std::unique_ptr<Backend> backend, const PersistenceOptions& options);
    void declare(detail::PersistDeclaration declaration);
    void query(HistoryQuery query, HistorySource::QueryHandler handler);
    void flush(FlushHandler handler);
    void stored(Position position, HistorySource::SettledHandler handler);

    void check(const detail::Declarations& declarations, std::vector<Finding>& findings) override;
    void open(Database& database) override;
    void start(Database& database) override;
    void stopping(Deadline deadline) noexcept override;
    void stopped(Deadline deadline, StopReport& report) noexcept override;

private:
    void check_installation(std::vector<Finding>& findings) const;
    void check_names(std::vector<Finding>& findings) const;
    [[nodiscard]] detail::Engine& engine() const;

    std::unique_ptr<Backend> backend_;  // until open()
    PersistenceOptions options_;
    std::size_t installed_ = 0;
    std::vector<detail::PersistDeclaration> declared_;
    std::unique_ptr<detail::Engine> engine_;
};

/// The persistence of `database`. Throws Error(no_persistence) when it has none.
[[nodiscard]] Persistence& persistence(const Database& database);

}  // namespace aimdb
