// SPDX-License-Identifier: Apache-2.0
//
// The frames a client sends, put together as text.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aimdb/aimx_protocol/detail/client_options.hpp"
#include "aimdb/core/time.hpp"

namespace aimdb::aimx {

/// Whether `text` may stand in an envelope: UTF-8 without anything that JSON escapes.
[[nodiscard]] bool fits_envelope(std::string_view text) noexcept;

/// Each replaces `out`.
void make_request(std::string& out,
                  std::uint64_t id,
                  std::string_view method,
                  std::string_view params);
void make_hello(std::string& out, std::uint64_t id, const ClientOptions& options);
void make_unsub(std::string& out, std::uint64_t id);
inline constexpr std::string_view ping_frame = R"({"t":"ping"})";

/// `id`: the server is to answer. `wrapped`: the value in {"value":…}, as Unix
/// sockets and TCP want it and WebSocket does not.
void make_write(std::string& out,
                std::optional<std::uint64_t> id,
                std::string_view key,
                std::string_view json,
                bool wrapped);

/// Where a subscription stands in a record.
struct ClientPosition {
    std::string epoch;
    std::uint64_t pos = 0;
};
using ClientPositions = std::map<std::string, ClientPosition, std::less<>>;

/// What a `sub` asks for beyond plain AimX.
struct SubRequest {
    std::optional<UnixTime> since;
    const ClientPositions* from = nullptr;  ///< With `since`: that is for records not named.
    std::chrono::milliseconds every{0};
    bool gaps = false;
};
void make_sub(std::string& out, std::uint64_t id, std::string_view topic, const SubRequest& asked);

/// What AimX takes for a pattern.
[[nodiscard]] inline bool is_topic_pattern(std::string_view topic) noexcept {
    return topic.find_first_of("*#") != std::string_view::npos;
}

}  // namespace aimdb::aimx
