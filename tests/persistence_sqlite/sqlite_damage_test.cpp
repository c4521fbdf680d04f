// SPDX-License-Identifier: Apache-2.0
//
// A file that says of a record's sequences what cannot be: by a flipped bit, or
// put together by hand from two copies.
#include <string>

#include <gtest/gtest.h>

#include "contract/backend_driver.hpp"
#include "plain_sqlite.hpp"
#include "temp_directory.hpp"

namespace aimdb::sqlite_test {
namespace {

using contract::BackendDriver;

class SqliteDamage : public testing::Test {
protected:
    void SetUp() override {
        BackendDriver driver(directory_.backend(), {"plant.a", "plant.b"});
        for (int row = 1; row <= 9; ++row) {
            driver.store("plant.a", row == 9 ? 1 : row, std::to_string(row));  // the last is late
        }
        driver.close();
    }
    void change(const std::string& sql) const { PlainSqlite(directory_.file()).run(sql); }
    /// What open() says when the program persists `name`; empty when it opens.
    [[nodiscard]] std::string refusal(const std::string& name = "plant.a") const {
        const auto backend = directory_.backend();
        try {
            backend->open({.records = {name}, .now = {}, .log = Log([](const LogEntry&) {})});
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::storage_corrupt);
            return error.what();
        }
        return {};
    }

    TempDirectory directory_;
};

TEST_F(SqliteDamage, IsNotSeenInASoundFile) { EXPECT_EQ(refusal(), ""); }

TEST_F(SqliteDamage, OfASequenceBelowTheRowsIsRefusedWithBothNumbers) {
    change("UPDATE record SET next_seq=5, reserved_seq=5 WHERE name='plant.a'");

    const std::string text = refusal();

    EXPECT_NE(text.find(directory_.file()), std::string::npos) << text;
    EXPECT_NE(text.find("record 'plant.a' is damaged"), std::string::npos) << text;
    EXPECT_NE(text.find("is 5, but a row has 9"), std::string::npos) << text;
}

TEST_F(SqliteDamage, OfASequenceIsNotHiddenByTheGapOfACrash) {
    change(
        "UPDATE record SET next_seq=5, reserved_seq=900; UPDATE meta SET value=0 "
        "WHERE key='clean'");

    EXPECT_NE(refusal(), "");
    EXPECT_NE(refusal("other"), "");
    EXPECT_EQ(PlainSqlite(directory_.file()).one("SELECT count(*) FROM gap"), "0");
}

TEST_F(SqliteDamage, OfAWholeTableOfRecordsIsSeenInTheRowsAlone) {
    change("UPDATE record SET next_seq=3, reserved_seq=3, newest_id=2 WHERE name='plant.a'");

    EXPECT_NE(refusal().find("but a row has 8"), std::string::npos);
}

TEST_F(SqliteDamage, OfASequenceThatCannotBeIsRefusedWhateverIsPersisted) {
    for (const char* damage :
         {"next_seq=0, reserved_seq=0", "next_seq=-3", "next_seq=900, reserved_seq=899",
          "next_seq='x'", "reserved_seq=-1", "reserved_seq=9223372036854775807"}) {
        change(std::string("UPDATE record SET next_seq=10, reserved_seq=10; UPDATE record SET ") +
               damage + " WHERE name='plant.b'");
        EXPECT_NE(refusal("other").find("'plant.b' is damaged"), std::string::npos) << damage;
    }
}

}  // namespace
}  // namespace aimdb::sqlite_test
