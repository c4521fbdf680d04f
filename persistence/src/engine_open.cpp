// SPDX-License-Identifier: Apache-2.0
//
// Opening the store, and what to do when it cannot be read.
#include <string>
#include <utility>

#include "engine.hpp"

namespace aimdb::detail {
namespace {

/// Whether another store at this place would help: not when the place itself is
/// the problem, nor when the store is somebody else's to use.
bool unreadable(const std::error_code& code) {
    return code == Errc::storage_corrupt || code == Errc::storage_foreign ||
           code == Errc::storage_too_new;
}

std::string without_suffix(std::string text, const std::string& suffix) {
    if (text.ends_with(suffix)) {
        text.resize(text.size() - suffix.size());
    }
    return text;
}

}  // namespace

OpenReport Engine::open_store(const OpenRequest& request, IfUnreadable if_unreadable) {
    try {
        return backend_->open(request);
    } catch (const Error& error) {
        if (if_unreadable == IfUnreadable::run_without) {
            return run_without(request, error);
        }
        if (if_unreadable == IfUnreadable::set_aside && unreadable(error.code())) {
            return set_aside(request, error);
        }
        if (!unreadable(error.code())) {
            throw;
        }
        const std::string text = without_suffix(error.what(), ": " + error.code().message());
        throw Error(error.code(),
                    text +
                        " (with_persistence(): .if_unreadable = set_aside renames it and starts "
                        "an empty store, run_without runs without history)");
    }
}

OpenReport Engine::set_aside(const OpenRequest& request, const Error& reason) {
    const std::string place = backend_->set_aside();
    log_.error(std::string("the store was set aside as '") + place + "': " + reason.what());
    return backend_->open(request);
}

OpenReport Engine::run_without(const OpenRequest& request, const Error& reason) {
    has_store_ = false;
    health_.set(HealthBoard::Part::commits, HealthState::failed, reason.what());
    OpenReport report;
    for (std::size_t i = 0; i < request.records.size(); ++i) {
        StoredRecord record;
        record.id = static_cast<RecordId>(i + 1);
        report.records.push_back(record);
    }
    return report;
}

void Engine::report_crash(const OpenReport& report) const {
    if (!report.clean) {
        log_.warn("the last stop of " + backend_->describe() + " was not clean; sequences of " +
                  std::to_string(report.crash_gaps.size()) +
                  " records skip what may have been given out (recorded as gaps)");
    }
}

}  // namespace aimdb::detail
