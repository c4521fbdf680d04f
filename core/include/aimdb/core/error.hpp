// SPDX-License-Identifier: Apache-2.0
//
// The error vocabulary shared by every module.
//
// One enum (Errc) travels everywhere: inside std::error_code through Asio
// completions and inside aimdb::Error when thrown. Results a caller must expect
// on the data path (empty, lagged, full, closed) are values, not errors.
#pragma once

#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace aimdb {

// Values are stable: they appear in logs and on the wire. Append, never renumber.
enum class Errc : int {
    invalid_configuration = 1,  ///< The builder rejected the declared graph.
    invalid_key = 2,            ///< A record key breaks the rules of key.hpp.
    invalid_pattern = 3,        ///< A pattern breaks the rules of key.hpp.
    unknown_record = 4,         ///< No record is registered under that key.
    type_mismatch = 5,          ///< The record exists but holds another type.
    not_writable = 6,           ///< The record has a writer of its own.
    would_deadlock = 7,         ///< A blocking form was called on a runtime thread.
    shutting_down = 8,          ///< The database is stopping or has stopped.
    decode_failed = 9,          ///< Text does not decode as the wanted type.
    no_persistence = 10,        ///< The database or the record has no history.
    storage_unavailable = 11,   ///< The store could not be opened or has stopped.
    storage_corrupt = 12,       ///< The store holds data it cannot read back.
    storage_locked = 13,        ///< Another process writes this store.
    storage_too_new = 14,       ///< The store was written by a newer version.
    storage_foreign = 15,       ///< The file is not one of ours.
    storage_full = 16,          ///< No space left for the store.
    storage_read_only = 17,     ///< The store cannot be written.
    storage_io = 18,            ///< The store reported an input/output error.
    outcome_unknown = 19,       ///< The write may or may not be on disk.
    value_lost = 20,            ///< The value was lost to history; a gap says so.
    value_rejected = 21,        ///< The value could not be stored (codec or size).
    timed_out = 22,             ///< The time limit of the operation passed.
    limit_exceeded = 23,        ///< A named limit was passed.
    path_unsafe = 24,           ///< A symbolic or hard link stands where a file must be.
};

[[nodiscard]] const std::error_category& error_category() noexcept;
[[nodiscard]] std::error_code make_error_code(Errc code) noexcept;

/// The one exception type this project throws.
///
/// `code()` is for programs, `what()` is for people and reads
/// "<operation> <object>: <cause>", e.g.
/// "open '/var/lib/aimdb/h.db': storage unavailable".
class Error : public std::system_error {
public:
    Error(Errc code, const std::string& context) : Error(make_error_code(code), context) {}
    Error(std::error_code code, const std::string& context) : std::system_error(code, context) {}
};

/// One thing `Builder::build()` found wrong.
struct Finding {
    std::string record;   ///< Key of the record, or empty when it concerns the database.
    std::string message;  ///< What is wrong and how to mend it, as a sentence.
};

/// Thrown by `Builder::build()`; lists every finding, not only the first.
class ConfigurationError : public Error {
public:
    explicit ConfigurationError(std::vector<Finding> findings);
    [[nodiscard]] const std::vector<Finding>& findings() const noexcept { return findings_; }

private:
    std::vector<Finding> findings_;
};

}  // namespace aimdb

template <>
struct std::is_error_code_enum<aimdb::Errc> : std::true_type {};
