// SPDX-License-Identifier: Apache-2.0
#include "aimdb/persistence/persistence_module.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "aimdb/core/key.hpp"

#include "engine.hpp"

namespace aimdb {
namespace {

[[noreturn]] void throw_no_persistence(const std::string& context) {
    throw Error(Errc::no_persistence, context);
}

/// The options whose value makes no sense, by name.
std::vector<std::string> faults(const PersistenceOptions& options) {
    std::vector<std::string> found;
    const auto want = [&found](bool good, const char* name) {
        if (!good) found.emplace_back(name);
    };
    want(options.channel_rows > 0, "channel_rows");
    want(options.channel_bytes > 0, "channel_bytes");
    want(options.group_delay.count() >= 0, "group_delay");
    want(options.group_rows > 0, "group_rows");
    want(options.group_bytes > 0, "group_bytes");
    // Offsets in a batch have 32 bits, and a stage may hand over 64 values at once.
    want(options.value_limit_bytes > 0 && options.value_limit_bytes <= (std::size_t{32} << 20),
         "value_limit_bytes (1 byte to 32 MiB)");
    want(options.query_threads > 0, "query_threads");
    want(options.query_queue > 0, "query_queue");
    want(options.sweep_interval.count() > 0, "sweep_interval");
    want(options.slice_rows > 0, "slice_rows");
    want(!options.retention.age || options.retention.age->count() >= 0, "retention.age");
    return found;
}

}  // namespace

Persistence::Persistence() = default;
Persistence::~Persistence() = default;

void Persistence::install(std::unique_ptr<Backend> backend, const PersistenceOptions& options) {
    ++installed_;
    backend_ = std::move(backend);
    options_ = options;
}

void Persistence::declare(detail::PersistDeclaration declaration) {
    declared_.push_back(std::move(declaration));
}

// The last moment before the buffers are made: what observes a buffer that keeps
// a single value needs a backlog, a ring is one.
void Persistence::check(const detail::Declarations&, std::vector<Finding>& findings) {
    check_installation(findings);
    check_names(findings);
    for (const auto& declaration : declared_) {
        auto& record = *declaration.record;
        if (record.buffer && record.buffer->kind != BufferKind::spmc_ring) {
            record.backlog = std::max(record.backlog, observer_backlog_values);
        }
    }
}

void Persistence::check_installation(std::vector<Finding>& findings) const {
    if (installed_ == 0) {
        for (const auto& declaration : declared_) {
            findings.push_back(
                {declaration.record->key,
                 "persist() without a store: call with_persistence() on the builder"});
        }
        return;
    }
    if (installed_ > 1) {
        findings.push_back(
            {"", "with_persistence() was called more than once: a database has one store"});
    }
    if (backend_ == nullptr) {
        findings.push_back({"",
                            "with_persistence() was given no backend: pass memory_history() or "
                            "the history of a backend module"});
    }
    for (const auto& name : faults(options_)) {
        findings.push_back({"", "with_persistence(): the value of " + name + " is out of range"});
    }
}

void Persistence::check_names(std::vector<Finding>& findings) const {
    std::map<std::string_view, const detail::PersistDeclaration*> by_name;
    for (const auto& declaration : declared_) {
        const std::string& key = declaration.record->key;
        const std::string& name = declaration.name;
        if (name != key) {  // core checks keys
            if (const auto fault = find_key_fault(name)) {
                findings.push_back({key, "persist({.name}): " + *fault});
            }
        }
        if (declaration.retention && declaration.retention->age &&
            declaration.retention->age->count() < 0) {
            findings.push_back({key, "persist({.retention}): the age is negative"});
        }
        const auto [place, added] = by_name.emplace(name, &declaration);
        if (!added && place->second->record == declaration.record) {
            findings.push_back({key, "persist() was called more than once: remove one"});
        } else if (!added) {
            findings.push_back({key, "persists under the name '" + name + "' like record '" +
                                         place->second->record->key +
                                         "': give one of them another name"});
        }
    }
}

void Persistence::open(Database& database) {
    if (backend_ != nullptr) {
        engine_ =
            std::make_unique<detail::Engine>(std::move(backend_), options_, declared_, database);
        database.provide_history(engine_.get());
        declared_.clear();
    }
}

void Persistence::start(Database&) {
    if (engine_) engine_->start();
}

void Persistence::stopping(Deadline deadline) noexcept {
    if (engine_) engine_->stopping(deadline);
}

void Persistence::stopped(Deadline deadline, StopReport& report) noexcept {
    if (engine_) engine_->stopped(deadline, report);
}

detail::Engine& Persistence::engine() const {
    if (!engine_) {
        throw_no_persistence("the database was built without with_persistence()");
    }
    return *engine_;
}

PersistenceStats Persistence::stats() const { return engine().stats(); }
PersistenceHealth Persistence::health() const { return engine().health(); }

HistoryAccount Persistence::account(std::string_view key) const {
    const auto* record = engine().find(key);
    if (record == nullptr) {
        throw_no_persistence("account of record '" + std::string(key) + "'");
    }
    return engine().account(*record);
}

std::vector<HistoryAccount> Persistence::accounts() const {
    std::vector<HistoryAccount> all;
    for (const auto& record : engine().roster()) {
        all.push_back(engine().account(*record));
    }
    return all;
}

void Persistence::query(HistoryQuery query, HistorySource::QueryHandler handler) {
    engine().query(std::move(query), std::move(handler));
}
void Persistence::flush(FlushHandler handler) { engine().flush(std::move(handler)); }
void Persistence::stored(Position position, HistorySource::SettledHandler handler) {
    engine().stored(position, std::move(handler));
}

Persistence& persistence(const Database& database) {
    auto* const module = database.find_module<Persistence>();
    if (module == nullptr) {
        throw_no_persistence("the database was built without with_persistence()");
    }
    return *module;
}

}  // namespace aimdb
