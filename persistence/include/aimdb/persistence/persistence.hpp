// SPDX-License-Identifier: Apache-2.0
//
// The header for programs: gives `.persist()`, `with_persistence()`, the history
// queries, `flush()` and `stored()` their meaning.
//
//     builder.with_persistence(aimdb::memory_history(), {.retention = {.age = 7 * 24h}});
//     builder.configure<Temperature>("temp.vienna").buffer(aimdb::spmc_ring(100)).persist();
//     ...
//     auto newest = co_await db.query_latest<Temperature>("temp.*", 1);
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aimdb/core/builder.hpp"
#include "aimdb/core/database.hpp"
#include "aimdb/core/query.hpp"
#include "aimdb/persistence/detail/persist_stage.hpp"
#include "aimdb/persistence/memory_backend.hpp"
#include "aimdb/persistence/options.hpp"
#include "aimdb/persistence/persistence_module.hpp"

namespace aimdb::detail {

/// Puts the rows that decode into the record's buffer; returns how many did not.
template <typename T>
std::size_t restore_rows(Record<T>& record,
                         std::vector<HistoryRow> rows,
                         std::uint64_t next_sequence) {
    std::vector<Item<T>> items;
    items.reserve(rows.size());
    for (const HistoryRow& row : rows) {
        try {
            items.push_back({Codec<T>::decode(row.value), row.sequence, 0, row.stored_at});
        } catch (...) {  // counted by the caller; the row stays in the store
        }
    }
    const std::size_t undecodable = rows.size() - items.size();
    record.values->restore(std::move(items), next_sequence);
    return undecodable;
}

template <typename T>
struct PersistHook<T, PersistenceHeader> {
    static void apply(const Registrar<T>& registrar, const PersistOptions& options = {}) {
        require_codec<T>();
        Record<T>* const record = &registrar.record();
        auto recorder = std::make_shared<Recorder>();
        registrar.observe(0);  // every value carries its time
        registrar.add(StageKind::persist, "persist", {}, [record, recorder](Declarations&) {
            ReaderOptions reading;
            reading.lossless = true;
            reading.observer = record->buffer->kind != BufferKind::spmc_ring;
            return std::make_unique<PersistStage<T>>(Registrar<T>::open(*record, reading),
                                                     recorder);
        });
        PersistDeclaration declaration;
        declaration.record = record;
        declaration.name = options.name.empty() ? registrar.key() : std::string(options.name);
        declaration.retention = options.retention;
        declaration.restore_rows = options.restore_rows;
        declaration.recorder = std::move(recorder);
        declaration.restore = [record](std::vector<HistoryRow> rows, std::uint64_t next_sequence) {
            return restore_rows(*record, std::move(rows), next_sequence);
        };
        registrar.declarations().template module<Persistence>().declare(std::move(declaration));
    }
};

template <>
struct PersistenceHook<PersistenceHeader> {
    static void install(Builder& builder,
                        std::unique_ptr<Backend> backend,
                        const PersistenceOptions& options = {}) {
        builder.module<Persistence>().install(std::move(backend), options);
    }

    template <typename T, typename Token>
    static auto latest(Database& database,
                       std::string_view pattern,
                       std::uint64_t count,
                       HistoryOptions options,
                       Token&& token) {
        options.limit_per_record = count;
        options.order = Order::newest_first;
        return typed<T>(database, pattern, options, std::forward<Token>(token));
    }

    template <typename T, typename Token>
    // NOLINTNEXTLINE(readability-function-size): the parameters of Database::query_range
    static auto range(Database& database,
                      std::string_view pattern,
                      UnixTime start,
                      UnixTime end,
                      HistoryOptions options,
                      Token&& token) {
        options.start = start;
        options.end = end;
        return typed<T>(database, pattern, options, std::forward<Token>(token));
    }

    template <typename Token>
    static auto raw(Database& database,
                    std::string_view pattern,
                    const HistoryOptions& options,
                    Token&& token) {
        auto start = [database_ptr = &database,
                      query = HistoryQuery{std::string(pattern), options}](auto handler) {
            if (Persistence* const module = database_ptr->find_module<Persistence>()) {
                module->query(query, std::move(handler));
            } else {
                handler(no_persistence(), HistoryPage{});
            }
        };
        return async_call<HistoryPage>(std::forward<Token>(token), database.executor(),
                                       std::move(start));
    }

    template <typename Token>
    static auto flush(Database& database, Token&& token) {
        using Gaps = std::vector<HistoryGap>;
        auto start = [database_ptr = &database](auto handler) {
            if (Persistence* const module = database_ptr->find_module<Persistence>()) {
                module->flush(std::move(handler));
            } else {
                handler(no_persistence(), Gaps{});
            }
        };
        return async_call<Gaps>(std::forward<Token>(token), database.executor(), std::move(start));
    }

    template <typename Token>
    static auto stored(Database& database, Position position, Token&& token) {
        auto start = [database_ptr = &database, position](auto handler) {
            if (Persistence* const module = database_ptr->find_module<Persistence>()) {
                module->stored(position, std::move(handler));
            } else {
                handler(no_persistence());
            }
        };
        return async_call<void>(std::forward<Token>(token), database.executor(), std::move(start));
    }

private:
    template <typename T, typename Token>
    static auto typed(Database& database,
                      std::string_view pattern,
                      const HistoryOptions& options,
                      Token&& token) {
        require_codec<T>();
        auto start = [database_ptr = &database,
                      query = HistoryQuery{std::string(pattern), options}](auto handler) {
            Persistence* const module = database_ptr->find_module<Persistence>();
            if (module == nullptr) {
                handler(no_persistence(), QueryResult<T>{});
                return;
            }
            // Decoded on the query's own thread, not on one that runs stages.
            module->query(query, [answer = std::move(handler)](std::exception_ptr error,
                                                               HistoryPage page) mutable {
                answer(std::move(error), decode_page<T>(std::move(page)));
            });
        };
        return async_call<QueryResult<T>>(std::forward<Token>(token), database.executor(),
                                          std::move(start));
    }

    static std::exception_ptr no_persistence() {
        return std::make_exception_ptr(
            Error(Errc::no_persistence, "ask history: the database was built without persistence"));
    }
};

}  // namespace aimdb::detail
