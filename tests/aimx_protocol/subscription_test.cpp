// SPDX-License-Identifier: Apache-2.0
#include "aimdb/aimx_protocol/subscription.hpp"

#include <string>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include "aimdb/json/record.hpp"

namespace aimdb::aimx::test {
namespace {

struct Level {
    std::int64_t n = 0;

    bool operator==(const Level&) const = default;
};
AIMDB_RECORD(Level, n)

/// A subscription of no client, told what the test pushes.
class TypedUpdates : public testing::Test {
protected:
    void push(std::string value, std::uint64_t skipped, UpdateKind kind = UpdateKind::event) {
        Update update;
        update.kind = kind;
        update.topic = "a";
        update.value = std::move(value);
        update.skipped = skipped;
        ASSERT_TRUE(queue->push(update, false));
    }

    const std::shared_ptr<UpdateQueue> queue = std::make_shared<UpdateQueue>(8);
    TypedSubscription<Level> updates{Subscription(nullptr, queue, 1)};
};

TEST_F(TypedUpdates, KeepTheCountOfWhatWasSkippedBeforeAValueThatDoesNotDecode) {
    push("\"high\"", 3);
    push("[]", 1);
    push({}, 0, UpdateKind::live);
    push(R"({"n":7})", 2);
    push(R"({"n":8})", 0);

    EXPECT_EQ(updates.try_recv()->kind, UpdateKind::live);
    const auto first = updates.try_recv();
    const auto second = updates.try_recv();

    EXPECT_EQ(first->decoded, Level{7});
    EXPECT_EQ(first->skipped, 6u);
    EXPECT_EQ(second->decoded, Level{8});
    EXPECT_EQ(second->skipped, 0u);
    EXPECT_EQ(updates.undecodable(), 2u);
}

std::vector<std::string> shown;
void show(std::string_view topic, const Level& level) {
    shown.push_back(std::string(topic) + ' ' + std::to_string(level.n));
}

// The example at the top of subscription.hpp.
Awaitable<void> show_all(TypedSubscription<Level>& supply) {
    while (auto update = co_await supply.recv()) {
        if (update->decoded) {
            show(update->topic, *update->decoded);
        }
    }
}

TEST_F(TypedUpdates, AreReceivedAsTheHeaderShows) {
    shown.clear();
    push(R"({"n":7})", 0);
    push({}, 0, UpdateKind::live);
    push(R"({"n":8})", 0);
    queue->close();
    asio::io_context io;
    asio::co_spawn(io, show_all(updates), asio::detached);
    io.run();

    EXPECT_EQ(shown, (std::vector<std::string>{"a 7", "a 8"}));
}

}  // namespace
}  // namespace aimdb::aimx::test
