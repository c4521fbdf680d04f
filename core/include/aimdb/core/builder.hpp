// SPDX-License-Identifier: Apache-2.0
//
// Declaring a database.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "aimdb/core/clock.hpp"
#include "aimdb/core/log.hpp"
#include "aimdb/core/registrar.hpp"

namespace aimdb {

class Database;

/// Collects records and modules, then makes a Database of them - or says
/// everything that is wrong at once.
///
///     aimdb::Builder builder;
///     builder.configure<Temperature>("temp.vienna")
///         .buffer(aimdb::spmc_ring(100))
///         .tap([](const Temperature& t) { show(t.celsius); });
///     aimdb::Database db = builder.build();
///
/// Threads: thread-confined.
class Builder {
public:
    Builder();
    ~Builder();
    Builder(Builder&&) noexcept;
    Builder& operator=(Builder&&) noexcept;

    /// Declares a record, or goes on with one of the same key and type.
    template <typename T>
    Registrar<T> configure(std::string_view key) {
        return {*declarations_, declarations_->configure<T>(key)};
    }

    /// Replaces the system's clock.
    Builder& clock(std::shared_ptr<Clock> clock);
    /// Replaces the log on standard error.
    Builder& log_to(LogSink sink);

    /// Attaches a store; see <aimdb/persistence/persistence.hpp>.
    template <typename Header = detail::PersistenceHeader>
    Builder& with_persistence(std::unique_ptr<Backend> backend) {
        detail::PersistenceHook<Header>::install(*this, std::move(backend));
        return *this;
    }
    template <typename Header = detail::PersistenceHeader>
    Builder& with_persistence(std::unique_ptr<Backend> backend, const PersistenceOptions& options) {
        detail::PersistenceHook<Header>::install(*this, std::move(backend), options);
        return *this;
    }

    /// Serves the records that opt in to clients; see <aimdb/aimx_protocol/server.hpp>.
    template <typename Header = detail::AimxServerHeader>
    Builder& with_aimx(const AimxOptions& options) {
        detail::AimxHook<Header>::install(*this, options);
        return *this;
    }

    /// The module of type M, made at the first call.
    template <typename M>
    M& module() {
        return declarations_->module<M>();
    }

    /// Checks everything and builds. The builder is empty afterwards.
    /// Throws ConfigurationError with every finding, or what a module throws
    /// that cannot open what it needs.
    [[nodiscard]] Database build();

private:
    std::unique_ptr<detail::Declarations> declarations_;
    std::shared_ptr<Clock> clock_;
    Log log_;
};

}  // namespace aimdb
