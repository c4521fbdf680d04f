// SPDX-License-Identifier: Apache-2.0
//
// The AimX server of a database as a module, without templates.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "aimdb/aimx_protocol/options.hpp"
#include "aimdb/core/database.hpp"

namespace aimdb::aimx {

class ServedRecord;
class ServerLoop;

/// Counters of a server since the database was built.
struct ServerStats {
    std::uint64_t connections_open = 0;
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_refused = 0;  ///< For want of a token.
    std::uint64_t connections_cut = 0;      ///< Too slow: `stall_limit`, `unsent_limit_bytes`.
    std::uint64_t subscriptions_open = 0;
    std::uint64_t frames_in = 0;
    std::uint64_t frames_malformed = 0;  ///< Skipped, as AimX wants it.
    std::uint64_t requests = 0;
    std::uint64_t requests_failed = 0;
    std::uint64_t events_sent = 0;
    std::uint64_t events_lost = 0;  ///< Holes in `seq`: slow clients and lagging readers.
    std::uint64_t writes = 0;
    std::uint64_t writes_refused = 0;
};

/// The server of one database; see server(Database&).
///
/// Threads:   thread-safe once the database is built. It runs on one thread of
///            its own, "aimdb-aimx", and never blocks a stage.
/// Ownership: owned by the database.
class Server final : public Module {
public:
    Server();
    ~Server() override;

    /// Where it listens, in the order of the options, with the ports the system chose.
    [[nodiscard]] std::vector<std::string> urls() const;
    [[nodiscard]] ServerStats stats() const;

    // For the hooks in server.hpp.

    void install(const AimxOptions& options);
    void serve(std::unique_ptr<ServedRecord> record);

    void check(const aimdb::detail::Declarations& declarations,
               std::vector<Finding>& findings) override;
    void open(Database& database) override;
    void start(Database& database) override;
    void stopping(Deadline deadline) noexcept override;
    void stages_ended(Deadline deadline, StopReport& report) noexcept override;

private:
    AimxOptions options_;
    std::size_t installed_ = 0;
    std::vector<std::unique_ptr<ServedRecord>> records_;
    std::unique_ptr<ServerLoop> loop_;
};

/// The server of `database`. Throws Error(invalid_configuration) when it has none.
[[nodiscard]] Server& server(const Database& database);

}  // namespace aimdb::aimx
