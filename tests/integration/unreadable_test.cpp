// SPDX-License-Identifier: Apache-2.0
//
// A program meets a file it cannot read, or one that somebody else writes.
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "history_fixture.hpp"
#include "persistence_sqlite/plain_sqlite.hpp"

namespace {

using aimdb::blocking;
using aimdb::test::Number;

class Unreadable : public aimdb::test::HistoryFixture {
protected:
    void SetUp() override { std::ofstream(file()) << std::string(8192, 'x'); }

    [[nodiscard]] aimdb::Builder choosing(aimdb::IfUnreadable choice) const {
        aimdb::Builder made;
        made.log_to([](const aimdb::LogEntry&) {});
        made.with_persistence(aimdb::sqlite_history(file()), {.if_unreadable = choice});
        declare(made, {"a"});
        return made;
    }

    [[nodiscard]] std::size_t files_like(const std::string& part) const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
            count += entry.path().string().find(part) != std::string::npos ? 1U : 0U;
        }
        return count;
    }
};

TEST_F(Unreadable, IsAClearErrorThatNamesTheFileAndTheWaysOut) {
    aimdb::Builder declared = choosing(aimdb::IfUnreadable::fail);
    try {
        static_cast<void>(declared.build());
        FAIL() << "opened a file of x";
    } catch (const aimdb::Error& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find(file()), std::string::npos) << text;
        EXPECT_NE(text.find("set_aside"), std::string::npos) << text;
        EXPECT_NE(text.find("run_without"), std::string::npos) << text;
    }
    EXPECT_EQ(std::filesystem::file_size(file()), 8192u);
}

TEST_F(Unreadable, IsRenamedAndReplacedWhenSetAside) {
    aimdb::Database db = choosing(aimdb::IfUnreadable::set_aside).build();
    db.start();
    db.stored(db.producer<Number>("a").produce(Number{1}), blocking);

    EXPECT_EQ(files_like(".unreadable-"), 1u);
    EXPECT_EQ(db.query_latest<Number>("a", 1, blocking).size(), 1u);
    EXPECT_EQ(aimdb::persistence(db).health().state, aimdb::HealthState::ok);
}

TEST_F(Unreadable, LetsTheProgramRunWithoutHistory) {
    aimdb::Database db = choosing(aimdb::IfUnreadable::run_without).build();
    db.start();
    auto reader = db.reader<Number>("a");
    db.producer<Number>("a").produce(Number{1});

    EXPECT_EQ(reader.recv(blocking)->value.number, 1);
    EXPECT_THROW(static_cast<void>(db.query_latest<Number>("a", 1, blocking)), aimdb::Error);
    EXPECT_EQ(aimdb::persistence(db).health().state, aimdb::HealthState::failed);
    EXPECT_TRUE(db.stop().clean());
    EXPECT_EQ(aimdb::persistence(db).account("a").lost(), 1u);
    EXPECT_TRUE(aimdb::persistence(db).account("a").balanced());
    EXPECT_EQ(std::filesystem::file_size(file()), 8192u);
}

TEST_F(Unreadable, IsNotWhatASecondWriterIsTold) {
    std::filesystem::remove(file());
    aimdb::Database first = choosing(aimdb::IfUnreadable::set_aside).build();

    try {
        static_cast<void>(choosing(aimdb::IfUnreadable::set_aside).build());
        FAIL() << "two writers";
    } catch (const aimdb::Error& error) {
        EXPECT_EQ(error.code(), aimdb::Errc::storage_locked);
    }
    EXPECT_EQ(files_like(".unreadable-"), 0u);
}

// A file that can be opened, but whose record goes on below the rows it has.
class UnreadableRecord : public Unreadable {
protected:
    void SetUp() override {
        aimdb::Database db = choosing(aimdb::IfUnreadable::fail).build();
        db.start();
        for (int number = 1; number <= 9; ++number) {
            db.producer<Number>("a").produce(Number{number});
        }
        ASSERT_TRUE(db.stop().clean());
        aimdb::sqlite_test::PlainSqlite(file()).run("UPDATE record SET next_seq=5, reserved_seq=5");
    }
};

TEST_F(UnreadableRecord, IsAClearErrorThatNamesItAndTheWaysOut) {
    aimdb::Builder declared = choosing(aimdb::IfUnreadable::fail);
    try {
        static_cast<void>(declared.build());
        FAIL() << "goes on at 5 above a row of 9";
    } catch (const aimdb::Error& error) {
        const std::string text = error.what();
        EXPECT_EQ(error.code(), aimdb::Errc::storage_corrupt);
        EXPECT_NE(text.find("record 'a' is damaged"), std::string::npos) << text;
        EXPECT_NE(text.find("set_aside"), std::string::npos) << text;
    }
}

TEST_F(UnreadableRecord, IsSetAsideWithItsFile) {
    aimdb::Database db = choosing(aimdb::IfUnreadable::set_aside).build();
    db.start();
    db.stored(db.producer<Number>("a").produce(Number{1}), blocking);

    EXPECT_GE(files_like(".unreadable-"), 1u);  // its log too
    EXPECT_EQ(db.query_latest<Number>("a", 10, blocking).size(), 1u);
}

TEST_F(UnreadableRecord, LetsTheProgramRunWithoutHistory) {
    aimdb::Database db = choosing(aimdb::IfUnreadable::run_without).build();
    db.start();
    db.producer<Number>("a").produce(Number{1});

    EXPECT_TRUE(db.stop().clean());
    EXPECT_EQ(aimdb::persistence(db).account("a").lost(), 1u);
    EXPECT_EQ(files_like(".unreadable-"), 0u);
}

}  // namespace
