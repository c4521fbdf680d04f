// SPDX-License-Identifier: Apache-2.0
//
// CRC-32C (Castagnoli), the checksum of stored rows: one bit flipped anywhere in
// a row is always noticed, and most processors compute it 8 bytes at a time.
#pragma once

#include <cstdint>
#include <string_view>

namespace aimdb::sqlite {

/// The CRC-32C of `bytes`; `seed` is the result for the bytes before them.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0) noexcept;

/// The same without special instructions. Used where the processor has none.
[[nodiscard]] std::uint32_t crc32c_portable(std::string_view bytes,
                                            std::uint32_t seed = 0) noexcept;

/// Whether crc32c() uses the processor's instruction.
[[nodiscard]] bool crc32c_accelerated() noexcept;

}  // namespace aimdb::sqlite
