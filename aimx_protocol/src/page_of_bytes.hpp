// SPDX-License-Identifier: Apache-2.0
//
// Takes a page of history that ends by its size.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "aimdb/core/history.hpp"

#include "outlet.hpp"

namespace aimdb::aimx {

/// What a replay may hold of a page, and one row more.
inline constexpr std::size_t page_limit_bytes = send_high_bytes;

/// Rows of a page that stays small in bytes, too.
///
/// Threads: thread-confined (the thread that reads history, one query).
class PageOfBytes final : public HistorySink {
public:
    explicit PageOfBytes(bool with_values) : with_values_(with_values) {}
    [[nodiscard]] bool take(const HistoryRowView& row) override {
        if (bytes_ > page_limit_bytes) {
            return false;
        }
        bytes_ += with_values_ ? row.value.size() : 0;
        page_.rows.push_back({{},
                              row.id,
                              row.sequence,
                              row.stored_at,
                              std::string(with_values_ ? row.value : std::string_view())});
        return true;
    }
    [[nodiscard]] bool take(const HistoryGap& gap) override {
        page_.gaps.push_back(gap);
        return true;
    }
    [[nodiscard]] HistoryPage finish(const HistoryPage& rest) {
        page_.next = rest.next;
        return std::move(page_);
    }

private:
    const bool with_values_;
    std::size_t bytes_ = 0;
    HistoryPage page_;
};

}  // namespace aimdb::aimx
