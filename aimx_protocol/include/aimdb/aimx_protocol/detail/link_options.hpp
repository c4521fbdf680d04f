// SPDX-License-Identifier: Apache-2.0
//
// How links behave, and what can be seen of them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "aimdb/aimx_protocol/detail/client_options.hpp"
#include "aimdb/core/stage.hpp"
#include "aimdb/core/time.hpp"

namespace aimdb {

/// Options of `link_to` and `link_from`. Links with the same server and token share
/// one connection, of `link_from` 32 at most, as servers take no more on a Unix socket
/// or TCP; its reconnect options are those of the first.
struct LinkOptions {
    std::string token;  ///< Where the endpoint wants one.
    aimx::ReconnectOptions reconnect{};
    /// link_to: writes that may be on their way without an answer.
    std::size_t window = 256;

    // link_from; with an aimdb server only:
    std::optional<UnixTime> since{};  ///< First what is stored there from then on.
    /// At most one value in so long. What came while there was no connection is missed, and
    /// counted as an interruption; not so with `since` or a catch-up, which bring all.
    std::chrono::milliseconds every{0};
    /// A record that was restored from its history first gets what it has missed.
    bool catch_up = true;
};

namespace aimx {

/// One link at one moment. Of `link_to`, every value produced is in exactly one of
/// delivered, lost, unknown and pending, or still in the record.
struct LinkInfo {
    std::string record;  ///< Key of the record here.
    std::string url;     ///< Without the token.
    StageKind kind = StageKind::link_out;
    ClientState state = ClientState::connecting;
    std::uint64_t delivered = 0;  ///< Written there (by a plain server: sent), or produced here.
    std::uint64_t lost = 0;       ///< Overwritten before they could be sent, refused, or skipped.
    std::uint64_t unknown = 0;    ///< link_to: sent, but the connection was lost before the answer.
    std::uint64_t pending = 0;    ///< link_to: sent, the answer is to come.
    std::uint64_t interruptions = 0;  ///< link_from: times values may be missing uncounted.
    std::uint64_t reconnects = 0;
    std::string last_error;
};

}  // namespace aimx
}  // namespace aimdb
