// SPDX-License-Identifier: Apache-2.0
//
// The reply to record.query, put into words while history is read, straight from the
// memory of the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "aimdb/core/history.hpp"

#include "served_subscription.hpp"

namespace aimdb::aimx {

using Selection = std::shared_ptr<const StoredSelection>;

/// What both kinds of answer begin with and write rows by.
///
/// Threads: thread-confined (the thread that reads history, one query).
class QueryAnswer : public HistorySink {
public:
    QueryAnswer(std::uint64_t id, Selection selection, bool extended, std::size_t frame_limit);
    /// The whole frame. Throws RefusedRequest where there can be none.
    [[nodiscard]] virtual std::string finish(const HistoryPage& page) = 0;

protected:
    void append_begin(std::string& out) const;
    void append_row(std::string& out, const HistoryRowView& row);
    /// The row without its payload, which is too long for a frame.
    void append_long_row(std::string& out, const HistoryRowView& row);
    [[nodiscard]] const RowOrigin& origin_of(const std::string& record) const;
    /// Records that rows have come of so far.
    [[nodiscard]] std::size_t records() const noexcept { return records_; }
    [[nodiscard]] std::size_t budget() const noexcept { return budget_; }

private:
    [[nodiscard]] const RowOrigin& next_origin(std::string_view record);
    void append_position(std::string& out, const HistoryRowView& row, const RowOrigin& origin);

    const std::uint64_t id_;
    const Selection selection_;
    const bool extended_;
    const std::size_t budget_;
    std::string record_;  // the one that is being read
    const RowOrigin* origin_ = nullptr;
    std::size_t records_ = 0;
};

/// One page: ends where the frame is full.
class PageAnswer final : public QueryAnswer {
public:
    PageAnswer(std::uint64_t id, Selection selection, std::size_t frame_limit, bool gaps);
    [[nodiscard]] bool take(const HistoryRowView& row) override;
    [[nodiscard]] bool take(const HistoryGap& gap) override;
    [[nodiscard]] std::string finish(const HistoryPage& page) override;

private:
    [[nodiscard]] bool fits() const noexcept { return text_.size() + gaps_.size() <= budget(); }

    const bool with_gaps_;
    std::string text_;
    std::string gaps_;
    std::size_t rows_ = 0;
};

/// AimX's own answer: rows of all records by time, all in one frame.
class PlainAnswer final : public QueryAnswer {
public:
    using QueryAnswer::QueryAnswer;
    [[nodiscard]] bool take(const HistoryRowView& row) override;
    [[nodiscard]] bool take(const HistoryGap&) override { return false; }
    [[nodiscard]] std::string finish(const HistoryPage& page) override;

private:
    struct Place {
        UnixTime at;
        std::size_t record;  // rows of one moment: by record, then as stored
        std::int64_t id;
        std::size_t begin;
        std::size_t size;
    };
    std::string rows_;
    std::vector<Place> places_;
};

}  // namespace aimdb::aimx
