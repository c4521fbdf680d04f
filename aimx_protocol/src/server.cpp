// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <utility>

#include "aimdb/aimx_protocol/detail/served_record.hpp"
#include "aimdb/aimx_protocol/server_module.hpp"
#include "aimdb/core/detail/declarations.hpp"

#include "server_loop.hpp"
#include "url.hpp"

namespace aimdb::aimx {

Server::Server() = default;
Server::~Server() = default;

void Server::install(const AimxOptions& options) {
    ++installed_;
    options_ = options;
}

// Served once, writable if any of the calls said so.
void Server::serve(std::unique_ptr<ServedRecord> record) {
    for (const auto& known : records_) {
        if (&known->base() == &record->base()) {
            known->writable = known->writable || record->writable;
            return;
        }
    }
    records_.push_back(std::move(record));
}

void Server::check(const aimdb::detail::Declarations&, std::vector<Finding>& findings) {
    if (installed_ > 1) {
        findings.push_back(
            {"", "with_aimx() was called more than once: give one call all endpoints"});
    }
    if (installed_ == 1 && options_.endpoints.empty()) {
        findings.push_back({"",
                            "with_aimx() has no endpoints: give it one, for example "
                            "{.endpoints = {\"unix:///run/plant.sock\"}}"});
    }
    for (const AimxEndpoint& endpoint : options_.endpoints) {
        try {
            static_cast<void>(parse_url(endpoint.url));
        } catch (const Error& error) {
            findings.push_back({"", std::string("with_aimx(): ") + error.what()});
        }
        if (std::find(endpoint.tokens.begin(), endpoint.tokens.end(), "") !=
            endpoint.tokens.end()) {
            findings.push_back({"", "with_aimx(): '" + endpoint.url +
                                        "' has an empty token: give it one with characters, or "
                                        "none at all"});
        }
    }
    for (const auto& record : records_) {
        auto& base = record->base();
        if (installed_ == 0) {
            findings.push_back(
                {base.key, "remote() without a server: call with_aimx() on the builder"});
        }
        if (record->writable && base.has_writer()) {
            findings.push_back({base.key,
                                "remote_writable() on a record that has a writer of its own: serve "
                                "it with remote(), or remove the writer"});
        }
        if (base.buffer && base.buffer->kind == BufferKind::mailbox) {
            base.backlog = std::max(base.backlog, observer_backlog_values);
        }
    }
}

void Server::open(Database& database) {
    if (installed_ > 0) {
        loop_ = std::make_unique<ServerLoop>(database, options_, std::move(records_));
    }
}

void Server::start(Database&) {
    if (loop_) loop_->start();
}

void Server::stopping(Deadline) noexcept {
    if (loop_) loop_->stop_accepting();
}

// While history still answers; and it needs time for its own stop.
void Server::stages_ended(Deadline deadline, StopReport& report) noexcept {
    const auto now = std::chrono::steady_clock::now();
    if (loop_ && !loop_->stop(now + (deadline - now) / 2)) {
        report.gave_up.emplace_back("AimX connections were cut: they took nothing any more");
    }
}

std::vector<std::string> Server::urls() const {
    return loop_ ? loop_->urls() : std::vector<std::string>();
}

ServerStats Server::stats() const { return loop_ ? loop_->stats() : ServerStats(); }

Server& server(const Database& database) {
    auto* const module = database.find_module<Server>();
    if (module == nullptr) {
        throw Error(Errc::invalid_configuration, "the database was built without with_aimx()");
    }
    return *module;
}

}  // namespace aimdb::aimx
