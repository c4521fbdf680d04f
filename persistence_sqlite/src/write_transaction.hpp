// SPDX-License-Identifier: Apache-2.0
//
// The frame every write runs in: one transaction, the registry's draft written
// with it, and SQLite's failures turned into what the layer above must know -
// whether the transaction may be on disk.
#pragma once

#include <chrono>

#include "connection.hpp"
#include "registry.hpp"

namespace aimdb::sqlite {

/// A failed COMMIT whose frames may have reached the log can come back to life
/// when the file is opened again. SQLITE_BUSY never wrote, and with SQLITE_FULL
/// the frame that would have made it count was refused.
[[nodiscard]] inline BackendError::Outcome outcome_of(const SqliteFailure& failure,
                                                      bool commit_was_tried) noexcept {
    const int code = failure.primary_code();
    const bool refused = code == SQLITE_BUSY || code == SQLITE_FULL;
    return commit_was_tried && !refused ? BackendError::Outcome::unknown
                                        : BackendError::Outcome::not_written;
}

/// Runs `body` and commits; returns how long COMMIT took. Throws BackendError; then
/// nothing of it is visible.
template <typename Body>
std::chrono::nanoseconds write_transaction(Connection& connection,
                                           Registry& registry,
                                           Body&& body) {
    using std::chrono::steady_clock;
    bool commit_was_tried = false;
    std::chrono::nanoseconds took{0};
    try {
        Transaction transaction(connection, Transaction::Kind::write);
        registry.begin();
        body();
        registry.write();
        commit_was_tried = true;
        const auto begin = steady_clock::now();
        transaction.commit();
        took = steady_clock::now() - begin;
    } catch (const SqliteFailure& failure) {
        const BackendError::Outcome outcome = outcome_of(failure, commit_was_tried);
        if (outcome == BackendError::Outcome::unknown) {
            registry.distrust();
        }
        throw BackendError(failure.errc(), outcome, failure.context());
    }
    registry.accept();
    return took;
}

}  // namespace aimdb::sqlite
