// SPDX-License-Identifier: Apache-2.0
#include "websocket_key.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <sys/random.h>
#include <system_error>

#include "aimdb/core/error.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::size_t key_bytes = 16;
constexpr std::string_view handshake_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

constexpr std::size_t block_bytes = 64;
using Block = std::array<std::uint8_t, block_bytes>;
using Digest = std::array<std::uint8_t, 20>;

/// SHA-1 (FIPS 180-4, 6.1). Nothing is kept safe with it: the handshake only wants it.
class Sha1 {
public:
    void take(const Block& block) noexcept {
        std::array<std::uint32_t, 80> words{};
        for (std::size_t i = 0; i < 16; ++i) {
            for (std::size_t byte = 0; byte < 4; ++byte) {
                words[i] = words[i] << 8U | block[4 * i + byte];
            }
        }
        for (std::size_t i = 16; i < words.size(); ++i) {
            words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
        }
        auto [a, b, c, d, e] = state_;
        for (std::size_t i = 0; i < words.size(); ++i) {
            const std::uint32_t next =
                std::rotl(a, 5) + mix(i, b, c, d) + e + constants[i / 20] + words[i];
            e = d;
            d = c;
            c = std::rotl(b, 30);
            b = a;
            a = next;
        }
        state_ = {state_[0] + a, state_[1] + b, state_[2] + c, state_[3] + d, state_[4] + e};
    }

    [[nodiscard]] Digest digest() const noexcept {
        Digest result{};
        for (std::size_t i = 0; i < result.size(); ++i) {
            result[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24U - 8U * (i % 4U)));
        }
        return result;
    }

private:
    static constexpr std::array<std::uint32_t, 4> constants{0x5a827999, 0x6ed9eba1, 0x8f1bbcdc,
                                                            0xca62c1d6};

    static std::uint32_t mix(std::size_t round,
                             std::uint32_t b,
                             std::uint32_t c,
                             std::uint32_t d) noexcept {
        switch (round / 20) {
            case 0: return (b & c) | (~b & d);
            case 2: return (b & c) | (b & d) | (c & d);
            default: return b ^ c ^ d;
        }
    }

    std::array<std::uint32_t, 5> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
};

Digest sha1_of(std::string_view text) noexcept {
    Sha1 sha1;
    Block block{};
    std::size_t used = 0;
    const auto put = [&](std::uint8_t byte) {
        block[used++] = byte;
        if (used == block.size()) {
            sha1.take(block);
            used = 0;
        }
    };
    for (const char c : text) {
        put(static_cast<std::uint8_t>(c));
    }
    put(0x80);
    while (used != block_bytes - 8) {
        put(0);
    }
    for (std::size_t left = 8; left > 0; --left) {
        put(static_cast<std::uint8_t>(std::uint64_t{text.size()} * 8 >> 8 * (left - 1)));
    }
    return sha1.digest();
}

template <std::size_t Size>
std::string base64_of(const std::array<std::uint8_t, Size>& bytes) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < Size; at += 3) {
        std::uint32_t three = 0;
        for (std::size_t i = at; i < at + 3; ++i) {
            three = three << 8U | (i < Size ? bytes[i] : 0U);
        }
        const std::size_t present = Size - at < 3 ? Size - at : 3;
        for (std::size_t i = 0; i < 4; ++i) {
            text.push_back(i <= present ? letters[three >> (18 - 6 * i) & 63U] : '=');
        }
    }
    return text;
}

}  // namespace

void fill_with_random_bytes(std::uint8_t* to, std::size_t size) {
    // Four bytes mask each frame of a client: a system call for every one is too much.
    thread_local std::array<std::uint8_t, 256> pool;
    thread_local std::size_t left = 0;
    for (; size > 0; --size) {
        if (left == 0) {
            if (::getrandom(pool.data(), pool.size(), 0) != static_cast<ssize_t>(pool.size())) {
                throw Error(std::error_code(errno, std::generic_category()), "get random bytes");
            }
            left = pool.size();
        }
        *to++ = pool[--left];
    }
}

std::string new_websocket_key() {
    std::array<std::uint8_t, key_bytes> bytes{};
    fill_with_random_bytes(bytes.data(), bytes.size());
    return base64_of(bytes);
}

std::string websocket_accept(std::string_view key) {
    return base64_of(sha1_of(std::string(key).append(handshake_guid)));
}

}  // namespace aimdb::aimx
