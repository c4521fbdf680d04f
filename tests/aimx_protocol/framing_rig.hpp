// SPDX-License-Identifier: Apache-2.0
//
// A framing with a sink that keeps what it gets.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framing.hpp"

namespace aimdb::aimx::test {

struct FramingRig {
    explicit FramingRig(std::unique_ptr<Framing> under_test) : framing(std::move(under_test)) {}

    bool decode(std::string_view bytes) {
        return framing->decode(bytes, out, [this](std::string_view frame) {
            frames.emplace_back(frame);
            return frames.size() < taken_at_most;
        });
    }
    void finish() {
        framing->finish([this](std::string_view frame) {
            frames.emplace_back(frame);
            return true;
        });
    }

    std::unique_ptr<Framing> framing;
    std::vector<std::string> frames;
    std::size_t taken_at_most = ~std::size_t{0};  // then the sink wants no more
    std::string out;
};

inline std::string encoded(Framing& framing, std::string_view frame) {
    std::string out;
    framing.encode(frame, out);
    return out;
}

/// Four bytes of length and the frame, written by hand.
inline std::string with_length(std::string_view frame) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        bytes.push_back(static_cast<char>(frame.size() >> shift & 0xffU));
    }
    return bytes.append(frame);
}

/// A WebSocket frame, written by hand after RFC 6455, 5.2. Masked with bytes that
/// make the text differ.
struct WebSocketFrame {
    unsigned opcode = 1;
    bool fin = true;
    bool masked = true;
    unsigned reserved = 0;

    [[nodiscard]] std::string with(std::string_view payload) const {
        std::string bytes;
        bytes.push_back(static_cast<char>((fin ? 0x80U : 0U) | reserved << 4U | opcode));
        const unsigned mask_bit = masked ? 0x80U : 0U;
        if (payload.size() < 126) {
            bytes.push_back(static_cast<char>(mask_bit | payload.size()));
        } else if (payload.size() < 65'536) {
            bytes.push_back(static_cast<char>(mask_bit | 126U));
            append_number(bytes, payload.size(), 2);
        } else {
            bytes.push_back(static_cast<char>(mask_bit | 127U));
            append_number(bytes, payload.size(), 8);
        }
        constexpr std::string_view mask = "\x1a\x2b\x3c\x4d";
        if (masked) {
            bytes.append(mask);
        }
        for (std::size_t i = 0; i < payload.size(); ++i) {
            bytes.push_back(masked ? static_cast<char>(payload[i] ^ mask[i % 4]) : payload[i]);
        }
        return bytes;
    }

private:
    static void append_number(std::string& bytes, std::size_t number, unsigned size) {
        for (unsigned left = size; left > 0; --left) {
            bytes.push_back(static_cast<char>(number >> 8 * (left - 1) & 0xffU));
        }
    }
};

inline std::string client_text(std::string_view text) { return WebSocketFrame{}.with(text); }

}  // namespace aimdb::aimx::test
