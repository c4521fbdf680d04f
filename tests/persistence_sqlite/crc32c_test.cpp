// SPDX-License-Identifier: Apache-2.0
#include "crc32c.hpp"

#include <array>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace aimdb::sqlite {
namespace {

using Checksum = std::uint32_t (*)(std::string_view, std::uint32_t) noexcept;

// From RFC 3720, B.4, and the customary check value.
std::vector<std::pair<std::string, std::uint32_t>> vectors() {
    std::string rising(32, '\0');
    std::iota(rising.begin(), rising.end(), '\0');
    const std::array<unsigned char, 48> command = {
        0x01, 0xC0, 0, 0, 0, 0, 0,    0, 0,    0, 0, 0,    0, 0, 0, 0,
        0x14, 0,    0, 0, 0, 0, 0x04, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
        0x28, 0,    0, 0, 0, 0, 0,    0, 0x02, 0, 0, 0,    0, 0, 0, 0};
    return {{std::string(32, '\0'), 0x8A9136AAU},
            {std::string(32, '\xFF'), 0x62A8AB43U},
            {rising, 0x46DD794EU},
            {std::string(rising.rbegin(), rising.rend()), 0x113FDB5CU},
            {std::string(command.begin(), command.end()), 0xD9963A56U},
            {"123456789", 0xE3069283U},
            {"", 0U}};
}

TEST(Crc32c, AgreesWithTheStandardOnBothPaths) {
    for (const auto& [bytes, expected] : vectors()) {
        EXPECT_EQ(crc32c(bytes), expected);
        EXPECT_EQ(crc32c_portable(bytes), expected);
    }
}

TEST(Crc32c, MayBeComputedInParts) {
    const std::string text = "the quick brown fox jumps over the lazy dog";

    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        for (const Checksum checksum : {&crc32c, &crc32c_portable}) {
            const std::uint32_t head = checksum(text.substr(0, cut), 0);
            EXPECT_EQ(checksum(text.substr(cut), head), crc32c(text));
        }
    }
}

}  // namespace
}  // namespace aimdb::sqlite
