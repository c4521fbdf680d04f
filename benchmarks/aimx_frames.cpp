// SPDX-License-Identifier: Apache-2.0
//
// Telling frames apart, and making them.
#include <algorithm>
#include <charconv>

#include "aimx_wire.hpp"

namespace bench {
namespace {

unsigned byte(std::string_view bytes, std::size_t at) noexcept {
    return static_cast<unsigned char>(bytes[at]);
}

std::size_t big_endian(std::string_view bytes) noexcept {
    std::size_t number = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        number = number << 8U | byte(bytes, at);
    }
    return number;
}

Piece piece_of(std::string_view bytes, std::size_t header, std::size_t length, std::size_t tail) {
    const std::size_t whole = header + length + tail;
    return whole > bytes.size() ? Piece{} : Piece{whole, bytes.substr(header, length)};
}

Piece line_in(std::string_view bytes) {
    const std::size_t end = bytes.find('\n');
    return end == std::string_view::npos ? Piece{} : Piece{end + 1, bytes.substr(0, end)};
}

Piece websocket_frame_in(std::string_view bytes) {
    if (bytes.size() < 2) {
        return {};
    }
    const std::size_t small = byte(bytes, 1);  // servers do not mask
    const std::size_t header = small < 126 ? 2 : small == 126 ? 4 : 10;
    if (bytes.size() < header) {
        return {};
    }
    return piece_of(bytes, header, small < 126 ? small : big_endian(bytes.substr(2, header - 2)),
                    0);
}

// "$93\r\n<93 bytes>\r\n", or a line.
Piece resp_in(std::string_view bytes) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
        return {};
    }
    if (bytes[0] != '$') {
        return {end + 1, bytes.substr(0, end - 1)};
    }
    std::size_t length = 0;
    std::from_chars(bytes.data() + 1, bytes.data() + end, length);
    return piece_of(bytes, end + 1, length, 2);
}

Piece mqtt_in(std::string_view bytes) {
    std::size_t length = 0;
    for (std::size_t at = 1; at < std::min<std::size_t>(bytes.size(), 5); ++at) {
        length |= (byte(bytes, at) & 0x7fU) << 7U * (at - 1);
        if ((byte(bytes, at) & 0x80U) != 0) {
            continue;
        }
        Piece piece = piece_of(bytes, at + 1, length, 0);
        piece.message = byte(bytes, 0) >> 4U == 3;
        if (piece.size > 0 && piece.message) {  // PUBLISH: the topic comes first
            piece.text.remove_prefix(2 + big_endian(piece.text.substr(0, 2)));
        }
        return piece;
    }
    return {};
}

// "MSG <topic> 1 191\r\n<191 bytes>\r\n", or a line.
Piece nats_in(std::string_view bytes) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
        return {};
    }
    if (!bytes.starts_with("MSG ")) {
        return {end + 1, bytes.substr(0, end - 1), false};
    }
    const std::size_t digits = bytes.rfind(' ', end) + 1;
    std::size_t length = 0;
    std::from_chars(bytes.data() + digits, bytes.data() + end, length);
    return piece_of(bytes, end + 1, length, 2);
}

}  // namespace

Piece first_frame(Wire wire, std::string_view bytes) {
    if (bytes.empty()) {
        return {};
    }
    switch (wire) {
        case Wire::line: return line_in(bytes);
        case Wire::length:
            return bytes.size() < 4 ? Piece{}
                                    : piece_of(bytes, 4, big_endian(bytes.substr(0, 4)), 0);
        case Wire::websocket: return websocket_frame_in(bytes);
        case Wire::resp: return resp_in(bytes);
        case Wire::mqtt: return mqtt_in(bytes);
        case Wire::nats: return nats_in(bytes);
    }
    return {};
}

void append_frame(Wire wire, std::string_view text, std::string& out) {
    const auto put = [&out](std::size_t number, unsigned bytes) {
        while (bytes-- > 0) {
            out += static_cast<char>(number >> 8 * bytes & 0xffU);
        }
    };
    if (wire == Wire::length) {
        put(text.size(), 4);
    } else if (wire == Wire::websocket) {
        put(0x81, 1);
        put(0x80 | std::min<std::size_t>(text.size(), 126), 1);
        put(text.size(), text.size() < 126 ? 0 : 2);
        put(0, 4);  // the mask: a client has to have one
    }
    out += text;
    if (wire == Wire::line) {
        out += '\n';
    }
}

}  // namespace bench
