// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "aimdb/core/detail/exception_text.hpp"

#include "flush_wait.hpp"

namespace aimdb::detail {
namespace {

/// A reader that restores buffers has the database's start to itself.
constexpr std::chrono::seconds restore_time_limit{60};

/// The store has so long at least to take what was accepted, also when stages have
/// used up the time of the stop.
constexpr std::chrono::seconds last_commit_time{1};

/// And a query so long to notice that it is interrupted.
constexpr std::chrono::milliseconds last_query_time{200};

WriterOptions writer_options(const PersistenceOptions& options) {
    WriterOptions result;
    result.group_delay = options.group_delay;
    result.group_limit = {options.group_rows, options.group_bytes};
    result.retention = {options.sweep_interval, options.slice_rows};
    return result;
}

/// Of rows with the newest first, removes those whose sequence does not lie below
/// the one before it: a buffer takes only what a sound store can hold.
std::size_t drop_strange(std::vector<HistoryRow>& rows, std::uint64_t next_sequence) {
    return std::erase_if(rows, [&](const HistoryRow& row) {
        const bool strange = row.sequence >= next_sequence;
        next_sequence = strange ? next_sequence : row.sequence;
        return strange;
    });
}

}  // namespace

Engine::Engine(std::unique_ptr<Backend> backend,
               const PersistenceOptions& options,
               std::vector<PersistDeclaration>& declared,
               Database& database)
    : database_(database),
      backend_(std::move(backend)),
      clock_(database.clock()),
      pace_(std::make_shared<SystemClock>()),
      log_(database.log().about({}, "persistence")),
      health_(pace_, log_),
      channel_({options.channel_rows, options.channel_bytes}, pace_) {
    OpenRequest request{.records = {}, .now = clock_->now(), .log = log_};
    for (const auto& declaration : declared) {
        request.records.push_back(declaration.name);
    }
    const OpenReport report = open_store(request, options.if_unreadable);
    epoch_ = report.epoch;
    report_crash(report);
    enroll(declared, report, options);
    if (has_store_) {
        pool_.emplace(*backend_, options.query_threads, options.query_queue);
        WriterOptions writing = writer_options(options);
        writing.retention.newest_stored = report.newest_row;
        writing.after_round = [this] { pool_->refresh_oldest(); };
        writer_.emplace(WriterParts{*backend_, channel_, roster_, health_, clock_, pace_},
                        std::move(writing));
    }
}

Engine::~Engine() {
    for (const auto& recorder : recorders_) {
        recorder->disconnect();  // stages that were given up may go after us
    }
}

void Engine::enroll(std::vector<PersistDeclaration>& declared,
                    const OpenReport& report,
                    const PersistenceOptions& options) {
    std::vector<std::size_t> order(declared.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
        return report.records[left].id < report.records[right].id;
    });
    const auto reader = has_store_ ? backend_->open_reader() : nullptr;
    for (const std::size_t i : order) {
        const PersistDeclaration& declaration = declared[i];
        const StoredRecord& stored = report.records[i];
        const std::string& key = declaration.record->key;
        auto& record =
            *roster_.emplace_back(std::make_unique<PersistedRecord>(key, declaration.name, stored));
        record.retention_age = declaration.retention.value_or(options.retention).age;
        by_key_.emplace(key, &record);
        by_position_.resize(
            std::max<std::size_t>(by_position_.size(), declaration.record->index + 1));
        by_position_[declaration.record->index] = &record;
        declaration.recorder->connect(record, static_cast<std::uint32_t>(roster_.size() - 1),
                                      has_store_ ? &channel_ : nullptr, options.value_limit_bytes);
        recorders_.push_back(declaration.recorder);
        restore(declaration, record, stored.has_rows, reader.get());
    }
}

void Engine::restore(const PersistDeclaration& declaration,
                     const PersistedRecord& record,
                     bool has_rows,
                     BackendReader* reader) {
    const BufferConfig& buffer = *declaration.record->buffer;
    const std::size_t wanted =
        std::min(declaration.restore_rows.value_or(default_restore_rows), buffer.capacity);
    HistoryPage page;
    if (has_rows && reader != nullptr && wanted > 0 && buffer.kind != BufferKind::mailbox) {
        HistoryQuery query{record.name, {}};
        query.options.limit_per_record = query.options.total_limit = wanted;
        query.options.order = Order::newest_first;
        query.options.time_limit = restore_time_limit;
        try {
            page = reader->read(query);
        } catch (const Error& error) {
            log_.warn("'" + record.name + "' starts without its newest values: " + error.what());
        }
    }
    if (const std::size_t strange = drop_strange(page.rows, record.start_sequence); strange > 0) {
        log_.warn(std::to_string(strange) + " of the newest stored values of '" + record.name +
                  "' are out of order and are not restored: the store is damaged");
    }
    std::reverse(page.rows.begin(), page.rows.end());
    const std::size_t undecodable =
        declaration.restore(std::move(page.rows), record.start_sequence);
    if (undecodable > 0) {
        log_.warn(std::to_string(undecodable) + " of the newest stored values of '" + record.name +
                  "' do not decode and are not restored");
    }
}

void Engine::start() {
    if (writer_) {
        writer_->start();
    }
}

// Gives up a little early, so that stages waiting for room can still drain: what
// they hand over then is counted as lost instead of being forgotten.
void Engine::stopping(Module::Deadline deadline) {
    if (writer_) {
        const auto left = deadline - std::chrono::steady_clock::now();
        const auto margin =
            std::min<std::chrono::nanoseconds>(left / 5, std::chrono::milliseconds(500));
        writer_->set_deadline(std::max<std::chrono::nanoseconds>(left - margin, {}));
    }
}

void Engine::stopped(Module::Deadline deadline, StopReport& report) {
    if (std::exchange(stopped_, true)) {
        return;
    }
    if (writer_) {
        writer_->request_stop();
        const bool ended = writer_->wait_ended(
            std::max(deadline, std::chrono::steady_clock::now() + last_commit_time));
        stop_queries(deadline, report);
        const GivenUp given_up = writer_->given_up();
        if (given_up.lost > 0) {
            report.gave_up.push_back("persistence gave up on " + std::to_string(given_up.lost) +
                                     " values: " + backend_->describe() + " did not take them");
        }
        if (given_up.unknown > 0) {
            report.gave_up.push_back("persistence does not know whether " +
                                     std::to_string(given_up.unknown) + " values are in " +
                                     backend_->describe());
        }
        if (!ended) {
            report.gave_up.push_back("persistence still waits for " + backend_->describe());
        } else if (const PersistedRecord* const record = find_unsettled()) {
            report.gave_up.push_back("persistence does not close cleanly: values of '" +
                                     record->key + "' were never taken");
        } else if (writer_->complete() && !pool_->reads()) {
            close(report);
        }
    }
    abandon_waiters();
}

// A query's answer is decoded and taken by code of the user, which may not return.
// Its thread is joined by one that the database's destructor waits for before what
// the answer is posted to goes.
void Engine::stop_queries(Module::Deadline deadline, StopReport& report) {
    if (pool_->stop(std::max(deadline, std::chrono::steady_clock::now() + last_query_time))) {
        return;
    }
    report.gave_up.emplace_back(pool_->reads() ? "persistence still reads " + backend_->describe()
                                               : "a query's answer was not decoded or taken yet");
    const auto join = [this] { static_cast<void>(pool_->stop(QueryPool::SteadyTime::max())); };
    try {
        database_.async_stop(std::chrono::milliseconds::zero(),
                             [join](const std::exception_ptr&, const StopReport&) { join(); });
    } catch (...) {  // no thread left for that
        join();
    }
}

// Whose stage failed, was given up or never ran: closed cleanly, the store would
// give out the sequences of those values again.
const PersistedRecord* Engine::find_unsettled() const {
    const auto found = std::find_if(roster_.begin(), roster_.end(), [](const auto& record) {
        return record->account.position().settled < record->account.newest_sequence();
    });
    return found == roster_.end() ? nullptr : found->get();
}

void Engine::close(StopReport& report) {
    try {
        backend_->close();
    } catch (...) {
        report.gave_up.push_back("persistence could not mark the stop as clean: " +
                                 exception_text());
    }
}

void Engine::abandon_waiters() {
    std::vector<SettledWaiter> abandoned;
    for (const auto& record : roster_) {
        record->account.abandon(abandoned);
    }
    for (auto& waiter : abandoned) {
        waiter.handler(std::move(waiter.error));
    }
}

PersistenceStats Engine::stats() const {
    PersistenceStats stats;
    const ChannelStats channel = channel_.stats();
    stats.rows_in = channel.rows_in;
    stats.bytes_in = channel.bytes_in;
    stats.queue_rows = channel.queued.rows;
    stats.queue_bytes = channel.queued.bytes;
    stats.blocked_stages = channel.blocked_stages;
    if (writer_) {
        writer_->fill(stats);
        pool_->fill(stats);
        stats.backend = backend_->stats();
    }
    stats.health = health_.health();
    return stats;
}

HistoryAccount Engine::account(const PersistedRecord& record) const {
    HistoryAccount account = record.account.snapshot();
    account.record = record.name;
    return account;
}

PersistedRecord* Engine::find(std::string_view key) const {
    const auto place = by_key_.find(key);
    return place == by_key_.end() ? nullptr : place->second;
}

void Engine::wait(PersistedRecord& record,
                  RecordAccount::Question question,
                  std::uint64_t sequence,
                  SettledHandler handler) {
    if (writer_) {
        writer_->when_settled(record, question, sequence, std::move(handler));
    } else if (auto known = record.account.wait(question, sequence, std::move(handler))) {
        known->handler(std::move(known->error));
    }
}

void Engine::flush(Persistence::FlushHandler handler) {
    auto waiting = std::make_shared<FlushWait>(std::move(handler));
    for (const auto& record : roster_) {
        waiting->add(*record);
    }
    for (const auto& target : waiting->targets()) {
        wait(*target.record, RecordAccount::Question::settled, target.values.last,
             [waiting](std::exception_ptr error) { waiting->settled(std::move(error)); });
    }
    waiting->settled(nullptr);  // for the one this function counts as
}

void Engine::stored(Position position, SettledHandler handler) {
    PersistedRecord* const record =
        position.record < by_position_.size() ? by_position_[position.record] : nullptr;
    if (record == nullptr) {
        handler(std::make_exception_ptr(
            Error(Errc::no_persistence, "store value: its record is not persisted")));
    } else if (!position) {
        handler(std::make_exception_ptr(
            Error(Errc::shutting_down, "store value of '" + record->key + "'")));
    } else {
        wait(*record, RecordAccount::Question::stored, position.sequence, std::move(handler));
    }
}

void Engine::query(HistoryQuery query, QueryHandler handler) {
    if (pool_) {
        pool_->query(std::move(query), std::move(handler));
    } else {
        handler(std::make_exception_ptr(
                    Error(Errc::storage_unavailable, "query '" + query.pattern + "': no store")),
                {});
    }
}

void Engine::when_settled(std::string_view key, std::uint64_t sequence, SettledHandler handler) {
    if (PersistedRecord* const record = find(key)) {
        wait(*record, RecordAccount::Question::settled, sequence, std::move(handler));
    } else {
        handler(std::make_exception_ptr(
            Error(Errc::no_persistence, "wait for '" + std::string(key) + "'")));
    }
}

std::optional<HistoryPosition> Engine::position(std::string_view key) const {
    const PersistedRecord* const record = find(key);
    return record == nullptr ? std::nullopt : std::optional(record->account.position());
}

std::optional<std::string> Engine::stored_name(std::string_view key) const {
    const PersistedRecord* const record = find(key);
    return record == nullptr ? std::nullopt : std::optional(record->name);
}

std::string Engine::trouble() const {
    const PersistenceHealth now = health();
    return now.state == HealthState::ok ? std::string() : now.reason;
}

}  // namespace aimdb::detail
