// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/history.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace aimdb {
namespace {

TEST(GapCause, HasTheNamesTheWireAndTheFileShow) {
    EXPECT_EQ(to_string(GapCause::lagged), "lagged");
    EXPECT_EQ(to_string(GapCause::crash), "crash");
    EXPECT_EQ(to_string(GapCause::shutdown), "shutdown");
    EXPECT_EQ(to_string(GapCause::store_unavailable), "store_unavailable");
    EXPECT_EQ(to_string(GapCause::rejected_encode), "rejected_encode");
    EXPECT_EQ(to_string(GapCause::rejected_too_large), "rejected_too_large");
}

TEST(GapCause, CountsOnlyRejectedValuesAsRejections) {
    EXPECT_TRUE(is_rejection(GapCause::rejected_encode));
    EXPECT_TRUE(is_rejection(GapCause::rejected_too_large));
    EXPECT_FALSE(is_rejection(GapCause::lagged));
    EXPECT_FALSE(is_rejection(GapCause::crash));
}

TEST(Cursor, IsWrittenAsThreeHexadecimalNumbers) {
    EXPECT_EQ((Cursor{1, 255, 16}).to_text(), "1-ff-10");
    EXPECT_EQ((Cursor{}).to_text(), "0-0-0");
}

TEST(Cursor, ReadsBackWhatItWrote) {
    const Cursor largest{std::numeric_limits<std::int64_t>::max(),
                         std::numeric_limits<std::int64_t>::max(),
                         std::numeric_limits<std::uint64_t>::max()};

    EXPECT_EQ(Cursor::from_text("1-ff-10"), (Cursor{1, 255, 16}));
    EXPECT_EQ(Cursor::from_text(largest.to_text()), largest);
    EXPECT_EQ(largest.to_text(), "7fffffffffffffff-7fffffffffffffff-ffffffffffffffff");
}

TEST(Cursor, RefusesTextThatIsNoCursor) {
    for (const char* text :
         {"", "1", "1-2", "1-2-", "1-2-3-", "1-2-3 ", " 1-2-3", "1--3", "-1-2-3", "1--2-3", "g-1-1",
          "0x1-2-3", "1-2--3", "8000000000000000-1-1", "1-1-10000000000000000", "1 -2-3"}) {
        EXPECT_EQ(Cursor::from_text(text), std::nullopt) << text;
    }
}

TEST(Cursor, IsEmptyUntilItNamesARecord) {
    EXPECT_FALSE(static_cast<bool>(Cursor{}));
    EXPECT_TRUE(static_cast<bool>(Cursor{1, 0, 0}));
}

}  // namespace
}  // namespace aimdb
