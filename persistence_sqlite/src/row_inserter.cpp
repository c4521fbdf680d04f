// SPDX-License-Identifier: Apache-2.0
#include "row_inserter.hpp"

#include <array>
#include <cstddef>

#include "crc32c.hpp"

namespace aimdb::sqlite {
namespace {

// Little-endian whatever the machine, because files move between machines.
void put(char* target, std::uint64_t value) noexcept {
    for (unsigned byte = 0; byte < sizeof(value); ++byte) {
        target[byte] = static_cast<char>(value >> (8U * byte));
    }
}

}  // namespace

std::uint32_t row_checksum(const RowView& row) noexcept {
    std::array<char, 24> head{};
    put(head.data(), static_cast<std::uint64_t>(row.record));
    put(head.data() + 8, row.sequence);
    put(head.data() + 16, static_cast<std::uint64_t>(to_unix_ms(row.stored_at)));
    return crc32c(row.value, crc32c(std::string_view(head.data(), head.size())));
}

RowInserter::RowInserter(Connection& connection)
    : insert_(connection,
              "INSERT INTO history(id, record_id, seq, stored_at, value_json, crc) "
              "VALUES(?1, ?2, ?3, ?4, ?5, ?6)") {}

void RowInserter::insert(std::int64_t id, const RowView& row) {
    insert_.bind_all(id, row.record, row.sequence, to_unix_ms(row.stored_at), row.value,
                     std::int64_t{row_checksum(row)});
    insert_.run();
}

}  // namespace aimdb::sqlite
