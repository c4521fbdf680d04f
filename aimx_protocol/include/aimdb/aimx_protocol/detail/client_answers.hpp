// SPDX-License-Identifier: Apache-2.0
//
// What calls to a server return, and how they fail.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/core/error.hpp"
#include "aimdb/core/history.hpp"

namespace aimdb::aimx {

/// A refusal the server sent. `code()` is the nearest Errc (or std::errc where there
/// is none): not_found is unknown_record, denied is not_writable, and so on; the
/// server's own words are beside it.
class RemoteError : public Error {
public:
    RemoteError(std::string_view err,
                std::string_view code,
                std::string_view msg,
                const std::string& operation);

    /// One of AimX's four: not_found, denied, internal, version_mismatch.
    [[nodiscard]] const std::string& wire_error() const noexcept { return err_; }
    /// The finer code of an aimdb server, or empty.
    [[nodiscard]] const std::string& wire_code() const noexcept { return code_; }
    /// The server's sentence for people, or empty.
    [[nodiscard]] const std::string& wire_message() const noexcept { return msg_; }

private:
    std::string err_;
    std::string code_;
    std::string msg_;
};

/// A row of `record.list`.
struct RemoteRecord {
    std::string key;
    std::string type;         ///< "name" of the row; an aimdb server gives the key.
    std::string origin;       ///< JSON: "source", {"link":…}, {"transform":…}, "passive", …
    std::string buffer_type;  ///< "spmc_ring", "single_latest", "mailbox" or "none".
    std::optional<std::uint64_t> capacity;
    bool writable = false;
    std::uint64_t producers = 0;
    std::uint64_t consumers = 0;
    std::uint64_t outbound_links = 0;
    std::string schema_type;
    std::string entity;
    std::optional<std::uint64_t> produced;
    std::optional<std::uint64_t> consumed;
    std::optional<std::uint64_t> dropped;
    bool persisted = false;                 ///< aimdb servers only.
    std::optional<UnixTime> last_produced;  ///< aimdb servers only.
    std::string json;                       ///< The whole row.
};

/// What `record.drain` took, oldest first.
struct DrainResult {
    std::vector<std::string> values;  ///< JSON text.
    std::uint64_t lost = 0;           ///< Overwritten before they could be drained.
    bool more = false;                ///< The rest did not fit: drain again.
};

/// The same, decoded.
template <typename T>
struct TypedDrain {
    std::vector<T> values;
    std::uint64_t lost = 0;
    std::uint64_t undecodable = 0;  ///< Left out: their text does not decode as T.
    bool more = false;
};

/// What became of a write.
struct WriteOutcome {
    bool confirmed = false;  ///< False: sent to a plain server, which says nothing.
    std::uint64_t pos = 0;   ///< Position the value got, if confirmed.
    std::string epoch;
};

}  // namespace aimdb::aimx
