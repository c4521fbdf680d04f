// SPDX-License-Identifier: Apache-2.0
//
// The keys of a WebSocket handshake (RFC 6455, 4), and what they are made with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace aimdb::aimx {

/// Bytes nobody can foresee, from the kernel.
void fill_with_random_bytes(std::uint8_t* to, std::size_t size);

/// A new value for Sec-WebSocket-Key.
[[nodiscard]] std::string new_websocket_key();
/// The value of Sec-WebSocket-Accept that answers `key`.
[[nodiscard]] std::string websocket_accept(std::string_view key);

}  // namespace aimdb::aimx
