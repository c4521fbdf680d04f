// SPDX-License-Identifier: Apache-2.0
//
// What typed queries of history return, in process and over a network.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "aimdb/core/codec.hpp"
#include "aimdb/core/error.hpp"
#include "aimdb/core/history.hpp"

namespace aimdb {

/// A value from history.
template <typename T>
struct StoredValue {
    std::string record;          ///< Name the record persists under; over AimX its key.
    std::uint64_t sequence = 0;  ///< Newest means highest; 0 from plain AimX servers.
    UnixTime stored_at{};        ///< Time of the produce.
    std::int64_t id = 0;         ///< Grows in commit order over all records; 0 from plain servers.
    T value;
};

/// One consistent snapshot; a range over its rows.
template <typename T>
struct QueryResult {
    std::vector<StoredValue<T>> rows;
    std::vector<HistoryGap> gaps;        ///< If asked for.
    Cursor next{};                       ///< Where to go on, or empty when this was all.
    std::uint64_t corrupt_rows = 0;      ///< Left out: their checksum is wrong.
    std::uint64_t undecodable_rows = 0;  ///< Left out: their text does not decode as T.
    bool gaps_cut = false;               ///< There were more gaps than a page holds.

    [[nodiscard]] bool empty() const noexcept { return rows.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return rows.size(); }
    [[nodiscard]] const StoredValue<T>& front() const { return rows.front(); }
    [[nodiscard]] auto begin() const noexcept { return rows.begin(); }
    [[nodiscard]] auto end() const noexcept { return rows.end(); }
};

namespace detail {

/// Decodes a page; what does not decode is counted and left out.
template <typename T>
[[nodiscard]] QueryResult<T> decode_page(HistoryPage page) {
    QueryResult<T> result;
    result.gaps = std::move(page.gaps);
    result.next = page.next;
    result.corrupt_rows = page.corrupt_rows;
    result.gaps_cut = page.gaps_cut;
    result.rows.reserve(page.rows.size());
    for (HistoryRow& row : page.rows) {
        try {
            T value = Codec<T>::decode(row.value);
            result.rows.push_back(
                {std::move(row.record), row.sequence, row.stored_at, row.id, std::move(value)});
        } catch (...) {  // what a user's codec throws is counted, not fatal
            ++result.undecodable_rows;
        }
    }
    return result;
}

}  // namespace detail
}  // namespace aimdb
