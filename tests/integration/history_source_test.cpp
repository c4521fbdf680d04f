// SPDX-License-Identifier: Apache-2.0
//
// How a module asks for history that does not know who stores it: this file
// includes no header of persistence.
#include <future>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "aimdb/core/core.hpp"

#include "persisted_database.hpp"
#include "support/temp_dir.hpp"

namespace {

aimdb::HistoryPage ask(aimdb::HistorySource& history, const std::string& pattern) {
    std::promise<aimdb::HistoryPage> answer;
    history.query({pattern, {}}, [&](std::exception_ptr error, aimdb::HistoryPage page) {
        error ? answer.set_exception(error) : answer.set_value(std::move(page));
    });
    return answer.get_future().get();
}

TEST(HistorySource, AnswersAModuleThatDoesNotKnowPersistence) {
    const aimdb::test::TempDir directory;
    aimdb::Database db = aimdb::test::persisted_database(directory.file("history.db"));
    db.start();
    aimdb::HistorySource* const history = db.history();
    ASSERT_NE(history, nullptr);

    const std::uint64_t head = db.producer<double>("a").produce(1.5).sequence;
    std::promise<void> settled;
    history->when_settled("a", head, [&](std::exception_ptr error) {
        error ? settled.set_exception(error) : settled.set_value();
    });
    settled.get_future().get();

    const aimdb::HistoryPage page = ask(*history, "#");
    ASSERT_EQ(page.rows.size(), 1u);
    EXPECT_EQ(page.rows[0].record, "stored.a");
    EXPECT_EQ(page.rows[0].value, "1.5");
    EXPECT_EQ(history->position("a")->committed, 1u);
    EXPECT_EQ(history->stored_name("a"), "stored.a");
    EXPECT_FALSE(history->position("b").has_value());
    EXPECT_THROW(ask(*history, "not*good"), aimdb::Error);
}

TEST(HistorySource, IsAbsentWithoutPersistence) {
    aimdb::Builder builder;
    builder.configure<double>("a").buffer(aimdb::single_latest());

    EXPECT_EQ(builder.build().history(), nullptr);
}

}  // namespace
