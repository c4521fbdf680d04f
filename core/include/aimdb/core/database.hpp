// SPDX-License-Identifier: Apache-2.0
//
// A built database: run it, write and read it, look into it, stop it.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "aimdb/core/detail/declarations.hpp"
#include "aimdb/core/graph.hpp"
#include "aimdb/core/history.hpp"
#include "aimdb/core/module.hpp"
#include "aimdb/core/persistence_hooks.hpp"
#include "aimdb/core/producer.hpp"
#include "aimdb/core/reader.hpp"

namespace aimdb {

namespace detail {
class DatabaseCore;
class Declarations;
}  // namespace detail

inline constexpr std::chrono::seconds default_stop_deadline{10};

struct RunOptions {
    std::size_t threads = 1;  ///< Threads that run stages; the caller only waits.
    /// The first SIGINT or SIGTERM stops the database; from then on both have their
    /// default again, so that a second one ends the process.
    bool handle_signals = false;
    std::chrono::milliseconds stop_deadline = default_stop_deadline;
};

/// Made by Builder::build(). Runs once.
///
/// Threads:   thread-safe, except moving and destroying.
/// Ownership: owns threads, stages and modules; producers and readers keep the
///            buffer of their record alive, but must not wait any more once the
///            database is gone. The destructor stops it if need be.
class Database {
public:
    explicit Database(std::unique_ptr<detail::DatabaseCore> core);
    ~Database();
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;

    // Running

    /// Runs until request_stop(), stop(), or a signal if asked for; then stops in
    /// order and returns what had to be given up.
    StopReport run(std::size_t threads = 1);
    StopReport run(const RunOptions& options);
    /// Runs on `threads` threads of its own and returns.
    void start(std::size_t threads = 1);
    /// Runs on the user's executor, whose threads the user runs. Before this call
    /// nobody outside may wait for a value or for room.
    void start(const asio::any_io_executor& executor);
    /// Asks for a stop and returns at once. From anywhere, also from a stage.
    void request_stop() noexcept;
    /// Stops in order: sources end, transforms and taps drain what was produced,
    /// modules commit, threads join. Later calls return the same report. Throws
    /// Error(would_deadlock) on a runtime thread: use async_stop() there.
    StopReport stop(std::chrono::milliseconds deadline = default_stop_deadline);
    /// The same for any completion token; works on a thread of the user's executor.
    /// A handler without an executor of its own runs on the thread that stops; it may
    /// destroy the database, and what it throws is logged.
    template <typename Token = asio::use_awaitable_t<>>
    auto async_stop(std::chrono::milliseconds deadline = default_stop_deadline,
                    Token&& token = {}) {
        if constexpr (detail::is_blocking<Token>) {
            return stop(deadline);
        } else {
            // The database's own threads are gone when the stop is complete.
            auto context = std::make_shared<asio::io_context>(1);
            const asio::any_io_executor executor = context->get_executor();
            return detail::async_call<StopReport>(
                std::forward<Token>(token), executor, [this, deadline, context](auto handler) {
                    stop_elsewhere(deadline,
                                   [context, handler](std::exception_ptr error, StopReport report) {
                                       handler(std::move(error), std::move(report));
                                       context->run();
                                   });
                });
        }
    }

    // Values

    /// A producer for code outside the database. Throws Error: unknown_record,
    /// type_mismatch, or not_writable when the record has a writer of its own.
    template <typename T>
    [[nodiscard]] Producer<T> producer(std::string_view key) const {
        return Producer<T>(typed<T>(writable(key)));
    }
    /// A reader for code outside. Throws Error: unknown_record, type_mismatch.
    template <typename T>
    [[nodiscard]] Reader<T> reader(std::string_view key, const ReaderOptions& options = {}) const {
        return Reader<T>(
            std::make_shared<detail::OpenCursor<T>>(typed<T>(record(key)), options, false));
    }
    /// The newest value; for a mailbox the pending one, not taken.
    template <typename T>
    [[nodiscard]] std::optional<Item<T>> latest(std::string_view key) const {
        return typed<T>(record(key))->latest();
    }

    // History; see <aimdb/persistence/persistence.hpp>. Each takes a completion
    // token as its last argument: default `use_awaitable`, or `aimdb::blocking`.

    /// The newest `count` values of every record the pattern matches, a million at most.
    template <typename T,
              typename Token = asio::use_awaitable_t<>,
              typename Header = detail::PersistenceHeader>
    requires(!std::is_same_v<std::remove_cvref_t<Token>, HistoryOptions>) auto query_latest(
        std::string_view pattern, std::uint64_t count = 1, Token&& token = {}) {
        HistoryOptions options;
        options.total_limit = page_limit_rows;
        return query_latest<T, Token, Header>(pattern, count, options, std::forward<Token>(token));
    }
    /// The same with a time limit, a total limit, a cursor to go on from, gaps. The order is
    /// newest first, and `count` the limit per record.
    template <typename T,
              typename Token = asio::use_awaitable_t<>,
              typename Header = detail::PersistenceHeader>
    auto query_latest(std::string_view pattern,
                      std::uint64_t count,
                      const HistoryOptions& options,
                      Token&& token = {}) {
        return detail::PersistenceHook<Header>::template latest<T>(*this, pattern, count, options,
                                                                   std::forward<Token>(token));
    }
    /// The values with start <= time <= end.
    template <typename T,
              typename Token = asio::use_awaitable_t<>,
              typename Header = detail::PersistenceHeader>
    auto query_range(std::string_view pattern,
                     UnixTime start,
                     UnixTime end,
                     const HistoryOptions& options = {},
                     Token&& token = {}) {
        return detail::PersistenceHook<Header>::template range<T>(
            *this, pattern, start, end, options, std::forward<Token>(token));
    }
    /// Rows as JSON text.
    template <typename Token = asio::use_awaitable_t<>, typename Header = detail::PersistenceHeader>
    auto query_raw(std::string_view pattern,
                   const HistoryOptions& options = {},
                   Token&& token = {}) {
        return detail::PersistenceHook<Header>::raw(*this, pattern, options,
                                                    std::forward<Token>(token));
    }
    /// Waits until everything produced before is stored; returns the gaps that fell into it.
    template <typename Token = asio::use_awaitable_t<>, typename Header = detail::PersistenceHeader>
    auto flush(Token&& token = {}) {
        return detail::PersistenceHook<Header>::flush(*this, std::forward<Token>(token));
    }
    /// Waits until this one value is stored; throws if it was lost or rejected.
    template <typename Token = asio::use_awaitable_t<>, typename Header = detail::PersistenceHeader>
    auto stored(Position position, Token&& token = {}) {
        return detail::PersistenceHook<Header>::stored(*this, position, std::forward<Token>(token));
    }
    /// History for a module that does not know persistence; null without it.
    [[nodiscard]] HistorySource* history() const noexcept;
    /// For the module that has the history.
    void provide_history(HistorySource* source) noexcept;

    // Seeing inside: from any thread at any time, without stopping anything.

    [[nodiscard]] std::vector<RecordInfo> records() const;
    /// Throws Error(unknown_record).
    [[nodiscard]] RecordInfo record_info(std::string_view key) const;
    [[nodiscard]] Graph graph() const;
    [[nodiscard]] bool contains(std::string_view key) const noexcept;

    // For modules

    template <typename M>
    [[nodiscard]] M* find_module() const noexcept {
        return declarations().find_module<M>();
    }
    [[nodiscard]] detail::Declarations& declarations() const noexcept;
    [[nodiscard]] const asio::any_io_executor& executor() const noexcept;
    [[nodiscard]] const std::shared_ptr<Clock>& clock() const noexcept;
    [[nodiscard]] const Log& log() const noexcept;

private:
    [[nodiscard]] detail::RecordBase& record(std::string_view key) const;
    [[nodiscard]] detail::RecordBase& writable(std::string_view key) const;
    void stop_elsewhere(std::chrono::milliseconds deadline,
                        std::function<void(std::exception_ptr, StopReport)> handler);
    [[noreturn]] static void throw_type_mismatch(const detail::RecordBase& record,
                                                 detail::TypeTag wanted);

    template <typename T>
    [[nodiscard]] static std::shared_ptr<detail::Buffer<T>> typed(detail::RecordBase& record) {
        if (!(record.type == detail::TypeTag::of<T>())) {
            throw_type_mismatch(record, detail::TypeTag::of<T>());
        }
        return static_cast<detail::Record<T>&>(record).values;
    }

    friend class detail::DatabaseCore;
    /// What modules see: stays where it is when the user's Database is moved.
    explicit Database(detail::DatabaseCore& core) noexcept;

    struct CoreDeleter {
        bool owns;
        void operator()(detail::DatabaseCore* core) const noexcept;
    };
    std::unique_ptr<detail::DatabaseCore, CoreDeleter> core_;
};

}  // namespace aimdb
