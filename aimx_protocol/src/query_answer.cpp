// SPDX-License-Identifier: Apache-2.0
#include "query_answer.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "reply.hpp"
#include "text.hpp"

namespace aimdb::aimx {
namespace {

// Room in a frame for what stands around the rows.
constexpr std::size_t page_margin_bytes = 512;
// Room that the text grows into at once; most answers need no more.
constexpr std::size_t first_bytes = std::size_t{16} << 10;

std::int64_t ts_of(UnixTime at) { return std::max<std::int64_t>(0, to_unix_ms(at)); }

}  // namespace

void append_gap_members(std::string& out, const HistoryGap& gap) {
    append_name(out, "first");
    append_number(out, gap.first);
    append_name(out, "last");
    append_number(out, gap.last);
    append_name(out, "count");
    append_number(out, gap.count);
    append_name(out, "cause");
    append_plain(out, to_string(gap.cause));
    append_name(out, "ts");
    append_number(out, ts_of(gap.at));
}

QueryAnswer::QueryAnswer(std::uint64_t id,
                         Selection selection,
                         bool extended,
                         std::size_t frame_limit)
    : id_(id),
      selection_(std::move(selection)),
      extended_(extended),
      budget_(frame_limit - page_margin_bytes) {}

void QueryAnswer::append_begin(std::string& out) const {
    out += R"({"t":"reply","id":)";
    append_number(out, id_);
    out += R"(,"ok":{"records":[)";
}

const RowOrigin& QueryAnswer::origin_of(const std::string& record) const {
    return selection_->origins.at(record);
}

// Rows come record by record, so most are of the record of the one before.
const RowOrigin& QueryAnswer::next_origin(std::string_view record) {
    if (origin_ == nullptr || record_ != record) {
        record_ = record;
        origin_ = &origin_of(record_);
        ++records_;
    }
    return *origin_;
}

void QueryAnswer::append_row(std::string& out, const HistoryRowView& row) {
    const RowOrigin& origin = next_origin(row.record);
    out += R"({"topic":)";
    append_plain(out, origin.key);
    append_name(out, "payload");
    out += row.value;
    append_position(out, row, origin);
    out += '}';
}

void QueryAnswer::append_long_row(std::string& out, const HistoryRowView& row) {
    const RowOrigin& origin = next_origin(row.record);
    out += R"({"topic":)";
    append_plain(out, origin.key);
    append_name(out, "payload");
    out += "null";
    append_position(out, row, origin);
    append_name(out, "too_large");
    append_number(out, row.value.size());
    out += '}';
}

void QueryAnswer::append_position(std::string& out,
                                  const HistoryRowView& row,
                                  const RowOrigin& origin) {
    append_name(out, "ts");
    append_number(out, ts_of(row.stored_at));
    if (extended_) {
        append_name(out, "id");
        append_number(out, row.id);
        append_name(out, "pos");
        append_number(out, row.sequence);
        append_name(out, "epoch");
        append_plain(out, origin.epoch);
    }
}

PageAnswer::PageAnswer(std::uint64_t id, Selection selection, std::size_t frame_limit, bool gaps)
    : QueryAnswer(id, std::move(selection), true, frame_limit), with_gaps_(gaps) {
    text_.reserve(std::min(first_bytes, frame_limit));
    append_begin(text_);
}

// A row that no frame carries is told without its payload, or no page would ever get
// beyond it. Only gaps can keep a page from having any row: the next page has none.
bool PageAnswer::take(const HistoryRowView& row) {
    const std::size_t before = text_.size();
    text_ += rows_ == 0 ? "" : ",";
    append_row(text_, row);
    if (rows_ == 0 && text_.size() > budget()) {
        text_.resize(before);
        append_long_row(text_, row);
    }
    if (!fits()) {
        text_.resize(before);
        return false;
    }
    ++rows_;
    return true;
}

// Gaps leave half of the frame to rows.
bool PageAnswer::take(const HistoryGap& gap) {
    const std::size_t before = gaps_.size();
    gaps_ += before == 0 ? "" : ",";
    gaps_ += R"({"topic":)";
    append_plain(gaps_, origin_of(gap.record).key);
    append_gap_members(gaps_, gap);
    gaps_ += '}';
    if (gaps_.size() > budget() / 2) {
        gaps_.resize(before);
        return false;
    }
    return true;
}

std::string PageAnswer::finish(const HistoryPage& page) {
    text_ += R"(],"total":)";
    append_number(text_, rows_);
    if (page.next) {
        append_name(text_, "next");
        append_plain(text_, page.next.to_text());
    }
    if (with_gaps_) {
        append_name(text_, "gaps");
        text_ += '[';
        text_ += gaps_;
        text_ += ']';
    }
    if (page.gaps_cut) {
        text_ += R"(,"gaps_cut":true)";
    }
    if (page.corrupt_rows > 0) {
        append_name(text_, "corrupt_rows");
        append_number(text_, page.corrupt_rows);
    }
    text_ += "}}";
    return std::move(text_);
}

bool PlainAnswer::take(const HistoryRowView& row) {
    const std::size_t begin = rows_.size();
    append_row(rows_, row);
    places_.push_back({row.stored_at, records(), row.id, begin, rows_.size() - begin});
    return rows_.size() + places_.size() <= budget();
}

std::string PlainAnswer::finish(const HistoryPage& page) {
    if (page.next || rows_.size() + places_.size() > budget()) {
        throw RefusedRequest(
            {err::internal, "too_large",
             "the answer has over " + std::to_string(places_.size() - 1) + " rows or " +
                 std::to_string(budget()) +
                 " bytes: lower limit, ask for pages with max_rows, or agree on max_frame in "
                 "hello"});
    }
    std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
        return std::tie(a.at, a.record, a.id) < std::tie(b.at, b.record, b.id);
    });
    std::string text;
    text.reserve(rows_.size() + places_.size() + page_margin_bytes);
    append_begin(text);
    for (const Place& place : places_) {
        text += &place == places_.data() ? "" : ",";
        text.append(rows_, place.begin, place.size);
    }
    text += R"(],"total":)";
    append_number(text, places_.size());
    text += "}}";
    return text;
}

}  // namespace aimdb::aimx
