// SPDX-License-Identifier: Apache-2.0
//
// Endpoint addresses: unix://PATH, uds://PATH, tcp://HOST:PORT, ws://HOST:PORT/PATH.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "framing.hpp"

namespace aimdb::aimx {

struct Url {
    Transport transport = Transport::unix_socket;
    std::string host;        ///< Without the brackets of IPv6.
    std::uint16_t port = 0;  ///< TCP and WebSocket.
    std::string path;        ///< Of the socket file, or of the HTTP request with its query ("/ws").
    std::string text;        ///< As given.
};

/// Throws Error(invalid_configuration) that says what is wrong and shows a good one.
[[nodiscard]] Url parse_url(std::string_view text);

/// The same with a record key at the end: "tcp://hub:7433/temp.vienna",
/// "unix:///run/hub.sock#temp.vienna" or "ws://hub:8080/ws#temp.vienna".
struct RecordUrl {
    Url url;
    std::string key;
};
[[nodiscard]] RecordUrl parse_record_url(std::string_view text);

}  // namespace aimdb::aimx
