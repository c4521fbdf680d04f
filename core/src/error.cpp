// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/error.hpp"

namespace aimdb {
namespace {

const char* text_of(Errc code) noexcept {
    switch (code) {
        case Errc::invalid_configuration: return "invalid configuration";
        case Errc::invalid_key: return "invalid record key";
        case Errc::invalid_pattern: return "invalid pattern";
        case Errc::unknown_record: return "unknown record";
        case Errc::type_mismatch: return "the record holds another type";
        case Errc::not_writable: return "the record has a writer of its own";
        case Errc::would_deadlock: return "a blocking call on a runtime thread would deadlock";
        case Errc::shutting_down: return "the database is stopping";
        case Errc::decode_failed: return "the text does not decode as the type";
        case Errc::no_persistence: return "no persistence";
        case Errc::storage_unavailable: return "storage unavailable";
        case Errc::storage_corrupt: return "storage corrupt";
        case Errc::storage_locked: return "storage is locked by another process";
        case Errc::storage_too_new: return "storage was written by a newer version";
        case Errc::storage_foreign: return "not a file of this library";
        case Errc::storage_full: return "no space left for the storage";
        case Errc::storage_read_only: return "storage is read-only";
        case Errc::storage_io: return "storage input/output error";
        case Errc::outcome_unknown: return "the outcome of the write is unknown";
        case Errc::value_lost: return "the value was lost to history";
        case Errc::value_rejected: return "the value could not be stored";
        case Errc::timed_out: return "the time limit passed";
        case Errc::limit_exceeded: return "a limit was exceeded";
        case Errc::path_unsafe: return "the path is unsafe";
    }
    return "unknown error";
}

class Category final : public std::error_category {
public:
    const char* name() const noexcept override { return "aimdb"; }
    std::string message(int value) const override { return text_of(static_cast<Errc>(value)); }
};

std::string describe(const std::vector<Finding>& findings) {
    std::string text = "build database: " + std::to_string(findings.size()) +
                       (findings.size() == 1 ? " finding" : " findings");
    for (const Finding& finding : findings) {
        text += "\n  - ";
        if (!finding.record.empty()) {
            text += "record '" + finding.record + "': ";
        }
        text += finding.message;
    }
    return text;
}

}  // namespace

const std::error_category& error_category() noexcept {
    static const Category category;
    return category;
}

std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

ConfigurationError::ConfigurationError(std::vector<Finding> findings)
    : Error(Errc::invalid_configuration, describe(findings)), findings_(std::move(findings)) {}

}  // namespace aimdb
