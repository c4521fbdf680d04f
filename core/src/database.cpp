// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/database.hpp"

#include <utility>

#include "database_core.hpp"

namespace aimdb {

void Module::check(const detail::Declarations&, std::vector<Finding>&) {}
void Module::open(Database&) {}
void Module::start(Database&) {}
void Module::stopping(Deadline) noexcept {}
void Module::stages_ended(Deadline, StopReport&) noexcept {}
void Module::stopped(Deadline, StopReport&) noexcept {}

void Database::CoreDeleter::operator()(detail::DatabaseCore* core) const noexcept {
    if (owns) {
        delete core;
    }
}

Database::Database(std::unique_ptr<detail::DatabaseCore> core)
    : core_(core.release(), {.owns = true}) {}
Database::Database(detail::DatabaseCore& core) noexcept : core_(&core, {.owns = false}) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

StopReport Database::run(std::size_t threads) { return run(RunOptions{.threads = threads}); }

StopReport Database::run(const RunOptions& options) {
    core_->start_threads(options.threads, options.handle_signals);
    core_->wait_for_stop_request();
    return stop(options.stop_deadline);
}

void Database::start(std::size_t threads) { core_->start_threads(threads, false); }

void Database::start(const asio::any_io_executor& executor) { core_->start_on(executor); }

void Database::request_stop() noexcept { core_->request_stop(); }

StopReport Database::stop(std::chrono::milliseconds deadline) { return core_->stop(deadline); }

void Database::stop_elsewhere(std::chrono::milliseconds deadline,
                              std::function<void(std::exception_ptr, StopReport)> handler) {
    core_->stop_elsewhere(deadline, std::move(handler));
}

HistorySource* Database::history() const noexcept {
    return core_->history.load(std::memory_order_acquire);
}

void Database::provide_history(HistorySource* source) noexcept {
    core_->history.store(source, std::memory_order_release);
}

std::vector<RecordInfo> Database::records() const {
    std::vector<RecordInfo> infos;
    for (const auto& record : declarations().records()) {
        infos.push_back(core_->describe(*record));
    }
    return infos;
}

RecordInfo Database::record_info(std::string_view key) const {
    return core_->describe(record(key));
}

Graph Database::graph() const { return core_->graph(); }

bool Database::contains(std::string_view key) const noexcept {
    return declarations().find(key) != nullptr;
}

detail::Declarations& Database::declarations() const noexcept { return *core_->declarations; }

const asio::any_io_executor& Database::executor() const noexcept {
    return core_->context->executor;
}

const std::shared_ptr<Clock>& Database::clock() const noexcept { return core_->clock; }

const Log& Database::log() const noexcept { return core_->log; }

detail::RecordBase& Database::record(std::string_view key) const {
    detail::RecordBase* found = declarations().find(key);
    if (found == nullptr) {
        throw Error(Errc::unknown_record, "find record '" + std::string(key) + "'");
    }
    return *found;
}

detail::RecordBase& Database::writable(std::string_view key) const {
    detail::RecordBase& found = record(key);
    if (found.has_writer()) {
        throw Error(Errc::not_writable, "write record '" + std::string(key) + "'");
    }
    return found;
}

void Database::throw_type_mismatch(const detail::RecordBase& record, detail::TypeTag wanted) {
    throw Error(Errc::type_mismatch, "use record '" + record.key + "' as " +
                                         std::string(wanted.name) + " although it holds " +
                                         std::string(record.type.name));
}

}  // namespace aimdb
