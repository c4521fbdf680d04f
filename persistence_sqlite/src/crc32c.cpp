// SPDX-License-Identifier: Apache-2.0
#include "crc32c.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace aimdb::sqlite {
namespace {

constexpr std::uint32_t reversed_polynomial = 0x82F63B78U;

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit) {
            rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? reversed_polynomial : 0U);
        }
        table[byte] = rest;
    }
    return table;
}

constexpr std::array<std::uint32_t, 256> table = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::string_view bytes,
                                                             std::uint32_t seed) noexcept {
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t crc = ~seed;
    for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof(word));
        crc = _mm_crc32_u64(crc, word);
        at += sizeof(word);
    }
    auto narrow = static_cast<std::uint32_t>(crc);
    for (; left > 0; --left) {
        narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at++));
    }
    return ~narrow;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t seed) noexcept {
    std::uint32_t crc = ~seed;
    for (const char byte : bytes) {
        crc = (crc >> 8U) ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
    }
    return ~crc;
}

#if defined(__x86_64__)
bool crc32c_accelerated() noexcept {
    static const bool accelerated = __builtin_cpu_supports("sse4.2") != 0;
    return accelerated;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) noexcept {
    return crc32c_accelerated() ? crc32c_sse42(bytes, seed) : crc32c_portable(bytes, seed);
}
#else
bool crc32c_accelerated() noexcept { return false; }

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) noexcept {
    return crc32c_portable(bytes, seed);
}
#endif

}  // namespace aimdb::sqlite
