// SPDX-License-Identifier: Apache-2.0
//
// History, then live, over real sockets: at a stop, in a storm, and from a store that
// takes nothing.
#include <future>
#include <memory>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aimdb/aimx_protocol/server.hpp"
#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"

#include "aimx_protocol/line_client.hpp"
#include "persistence/fake_backend.hpp"
#include "support/deadline.hpp"
#include "support/temp_dir.hpp"

namespace aimdb::test {
namespace {

using namespace std::chrono_literals;

const std::string hello =
    R"({"t":"req","id":1,"method":"hello","params":{"version":"3","extensions":1}})";

class ServerWithHistory : public testing::Test {
protected:
    [[nodiscard]] AimxOptions at_socket() const {
        AimxOptions options;
        options.endpoints.emplace_back("unix://" + path());
        return options;
    }
    [[nodiscard]] std::string path() const { return directory.file("plant.sock"); }

    TempDir directory;
};

/// Whether `line` is a frame of this kind.
bool is_frame(const std::string& line, std::string_view kind) {
    return line.starts_with(R"({"t":")" + std::string(kind) + "\"");
}

// Goal: whoever is told history when the database stops hears `closed`, whichever module
// is declared first. Method: a read of history that lasts until the store is stopped.
TEST_F(ServerWithHistory, AReplayEndsAsClosedThoughTheStoreIsDeclaredFirst) {
    auto owned = std::make_unique<FakeBackend>();
    FakeBackend& backend = *owned;
    std::promise<void> reads;
    backend.on_read = [&](const HistoryQuery&) -> HistoryPage {
        reads.set_value();
        backend.wait_for_interrupt();
        throw Error(Errc::storage_unavailable, "interrupted");
    };
    Builder builder;
    builder.with_persistence(std::move(owned));
    builder.with_aimx(at_socket());
    builder.configure<nlohmann::json>("log").buffer(spmc_ring(8)).persist().remote();
    Database db = builder.build();
    run_with_deadline(60s, [&] {
        db.start();
        db.producer<nlohmann::json>("log").produce(1);
        LineClient client(path());
        client.say(hello);
        client.say(R"({"t":"sub","id":2,"topic":"log","since":0})");
        reads.get_future().wait();

        EXPECT_TRUE(db.stop().clean());

        std::string last;
        for (std::string line = client.hear(); !line.empty(); line = client.hear()) {
            last = line;
        }
        EXPECT_EQ(last, R"({"t":"ended","sub":"2","reason":"closed"})");
    });
}

// Goal: clients that all come at once, as after a restart, all get their history.
// Method: far more subscriptions than reads of history may wait.
TEST_F(ServerWithHistory, AStormOfSubscriptionsWithHistoryEndsInNoneFailed) {
    constexpr int subscriptions = 20;
    Builder builder;
    PersistenceOptions store;
    store.query_queue = 4;
    builder.with_persistence(memory_history(), store);
    builder.with_aimx(at_socket());
    builder.configure<nlohmann::json>("log").buffer(spmc_ring(8)).persist().remote();
    Database db = builder.build();
    run_with_deadline(60s, [&] {
        db.start();
        db.producer<nlohmann::json>("log").produce(1);
        std::vector<std::unique_ptr<LineClient>> clients;
        for (int i = 0; i < 16; ++i) {
            clients.push_back(std::make_unique<LineClient>(path()));
            clients.back()->say(hello);
        }
        for (int id = 1; id <= subscriptions; ++id) {
            for (const auto& client : clients) {
                client->say(R"({"t":"sub","id":)" + std::to_string(id) +
                            R"(,"topic":"log","since":0})");
            }
        }

        for (const auto& client : clients) {
            int told = 0;
            for (int live = 0; live < subscriptions;) {
                const std::string line = client->hear();
                ASSERT_FALSE(line.empty());
                ASSERT_FALSE(is_frame(line, "ended")) << line;
                told += is_frame(line, "event") ? 1 : 0;
                live += is_frame(line, "live") ? 1 : 0;
            }
            EXPECT_EQ(told, subscriptions);
        }
        EXPECT_EQ(aimx::server(db).stats().subscriptions_open, 16u * subscriptions);
        EXPECT_TRUE(db.stop().clean());
    });
}

TEST_F(ServerWithHistory, WhileTheStoreTakesNothingHistoryIsWhatIsRetained) {
    auto owned = std::make_unique<FakeBackend>();
    FakeBackend& backend = *owned;
    AimxOptions options = at_socket();
    options.settle_limit = 10ms;
    Builder builder;
    builder.with_persistence(std::move(owned));
    builder.with_aimx(options);
    builder.configure<nlohmann::json>("log").buffer(spmc_ring(2)).persist().remote();
    Database db = builder.build();
    run_with_deadline(60s, [&] {
        db.start();
        backend.shut(true);
        for (int n = 1; n <= 4; ++n) {
            db.producer<nlohmann::json>("log").produce(n);
        }
        LineClient client(path());
        client.say(R"({"t":"sub","id":2,"topic":"log","since":0})");

        EXPECT_EQ(client.hear(), R"({"t":"event","seq":1,"sub":"2","data":3,"hist":true})");
        EXPECT_EQ(client.hear(), R"({"t":"event","seq":2,"sub":"2","data":4,"hist":true})");
        EXPECT_EQ(client.hear(), R"({"t":"live","sub":"2"})");
        backend.shut(false);
        EXPECT_TRUE(db.stop().clean());
    });
}

}  // namespace
}  // namespace aimdb::test
