// SPDX-License-Identifier: Apache-2.0
#include "client_flows.hpp"

#include <gtest/gtest.h>

namespace aimdb::aimx::test {
namespace {

using Texts = std::vector<std::string>;

std::vector<HistoryRow> rows_by_time() {
    std::vector<HistoryRow> rows;
    int number = 0;
    for (const char* const record : {"b", "a", "b", "a", "b"}) {
        HistoryRow row;
        row.record = record;
        row.value = std::to_string(++number);
        rows.push_back(row);
    }
    return rows;
}

Texts arranged(const HistoryOptions& options) {
    std::vector<HistoryRow> rows = rows_by_time();
    arrange_plain_rows(rows, options);
    Texts texts;
    for (const HistoryRow& row : rows) {
        texts.push_back(row.record + row.value);
    }
    return texts;
}

TEST(PlainRows, AreArrangedByRecord) {
    HistoryOptions options;
    EXPECT_EQ(arranged(options), (Texts{"a2", "a4", "b1", "b3", "b5"}));
    options.order = Order::newest_first;
    EXPECT_EQ(arranged(options), (Texts{"a4", "a2", "b5", "b3", "b1"}));
    options.limit_per_record = 1;
    EXPECT_EQ(arranged(options), (Texts{"a4", "b5"}));
}

TEST(PlainRows, AreNoMoreThanWereAskedFor) {
    HistoryOptions options;
    options.total_limit = 3;
    EXPECT_EQ(arranged(options), (Texts{"a2", "a4", "b1"}));
    options.limit_per_record = 1;
    options.total_limit = 1;
    EXPECT_EQ(arranged(options), Texts{"a2"});
}

TEST(PlainQuery, AsksForNoMoreThanItCanUse) {
    HistoryQuery query{"a.*", {}, {}};
    query.options.order = Order::newest_first;
    query.options.total_limit = 5;
    EXPECT_EQ(query_params(query, false), R"({"name":"a.*","limit":5})");
    query.options.limit_per_record = 2;
    EXPECT_EQ(query_params(query, false), R"({"name":"a.*","limit":2})");
}

}  // namespace
}  // namespace aimdb::aimx::test
