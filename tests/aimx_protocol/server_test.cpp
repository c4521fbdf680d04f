// SPDX-License-Identifier: Apache-2.0
//
// The server over real sockets: it starts and stops in order, whoever is there.
#include "aimdb/aimx_protocol/server.hpp"

#include <optional>
#include <thread>

#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"

#include "aimx_protocol/line_client.hpp"
#include "support/deadline.hpp"
#include "support/temp_dir.hpp"

namespace aimdb::test {
namespace {

using namespace std::chrono_literals;

struct Level {
    std::int64_t n = 0;
};
AIMDB_RECORD(Level, n)

class ServerOverSockets : public testing::Test {
protected:
    Database build(const AimxOptions& options) {
        Builder builder;
        builder.with_aimx(options);
        builder.configure<Level>("level").buffer(spmc_ring(1'024)).remote();
        builder.configure<Level>("set").buffer(single_latest()).remote_writable();
        return builder.build();
    }
    [[nodiscard]] AimxOptions at_socket() const {
        AimxOptions options;
        options.endpoints.emplace_back("unix://" + path());
        return options;
    }
    [[nodiscard]] std::string path() const { return directory.file("plant.sock"); }

    TempDir directory;
};

/// Everything an HTTP server answers to GET `target`.
std::string http_get(std::uint16_t port, const std::string& target) {
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(), port});
    asio::write(socket, asio::buffer("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    std::string answer;
    std::error_code end;
    asio::read(socket, asio::dynamic_buffer(answer), end);
    return answer;
}

std::uint16_t port_of(const std::string& url) {
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.find_last_of(':') + 1)));
}

TEST_F(ServerOverSockets, ServesADatabaseThatWasMovedBeforeAndAfterItsStart) {
    std::optional<Database> db;
    db.emplace(build(at_socket()));
    db->start();
    LineClient client(path());
    std::optional<Database> moved(std::move(*db));
    db.reset();

    moved->producer<Level>("level").produce({7});
    client.say(R"({"t":"req","id":1,"method":"record.list","params":{"limit":1}})");
    EXPECT_NE(client.hear().find(R"("record_key":"level")"), std::string::npos);
    client.say(R"({"t":"req","id":2,"method":"record.get","params":{"name":"level"}})");
    EXPECT_EQ(client.hear(), R"({"t":"reply","id":2,"ok":{"n":7}})");
    EXPECT_TRUE(moved->stop().clean());
}

TEST_F(ServerOverSockets, AnswersFromStartToStopAndRemovesItsSocket) {
    Database db = build(at_socket());
    run_with_deadline(60s, [&] {
        db.start();
        LineClient client(path());
        client.say(R"({"t":"ping"})");
        EXPECT_EQ(client.hear(), R"({"t":"pong"})");

        EXPECT_TRUE(db.stop().clean());

        EXPECT_EQ(client.hear(), "");
        EXPECT_FALSE(std::filesystem::exists(path()));
    });
}

TEST_F(ServerOverSockets, TellsASubscriberWhatIsLeftAndThenTheEnd) {
    Database db = build(at_socket());
    run_with_deadline(60s, [&] {
        db.start();
        LineClient client(path());
        client.say(
            R"({"t":"req","id":1,"method":"hello","params":{"version":"3","extensions":1}})");
        client.say(R"({"t":"sub","id":2,"topic":"level"})");
        client.hear();
        EXPECT_EQ(client.hear(), R"({"t":"subscribed","sub":"2"})");
        for (int n = 1; n <= 1'000; ++n) {
            db.producer<Level>("level").produce({n});
        }

        EXPECT_TRUE(db.stop().clean());

        std::string last;
        int events = 0;
        for (std::string line = client.hear(); !line.empty(); line = client.hear()) {
            events += line.find(R"("t":"event")") != std::string::npos ? 1 : 0;
            last = line;
        }
        EXPECT_EQ(events, 1'000);
        EXPECT_EQ(last, R"({"t":"ended","sub":"2","reason":"closed"})");
    });
}

TEST_F(ServerOverSockets, CutsAClientForWhichTooMuchIsUnsentAndCountsIt) {
    AimxOptions options = at_socket();
    options.unsent_limit_bytes = std::size_t{1} << 20;
    Builder builder;
    builder.with_aimx(options);
    builder.configure<nlohmann::json>("note").buffer(single_latest()).remote();
    Database db = builder.build();
    run_with_deadline(60s, [&] {
        db.start();
        db.producer<nlohmann::json>("note").produce(std::string(std::size_t{4} << 20, 'x'));
        LineClient greedy(path());
        LineClient other(path());

        greedy.say(R"({"t":"req","id":1,"method":"record.get","params":{"name":"note"}})");
        while (aimx::server(db).stats().connections_cut == 0) {
            other.say(R"({"t":"ping"})");
            ASSERT_EQ(other.hear(), R"({"t":"pong"})");
        }

        other.say(R"({"t":"ping"})");
        EXPECT_EQ(other.hear(), R"({"t":"pong"})");
        EXPECT_TRUE(db.stop().clean());
    });
}

TEST_F(ServerOverSockets, AnEmptyTokenIsAFinding) {
    AimxOptions options;
    options.endpoints.push_back(AimxEndpoint("tcp://127.0.0.1:0").require_token(""));

    try {
        static_cast<void>(build(options));
        FAIL() << "built";
    } catch (const ConfigurationError& error) {
        EXPECT_NE(std::string(error.what()).find("'tcp://127.0.0.1:0' has an empty token"),
                  std::string::npos);
    }
}

TEST_F(ServerOverSockets, StopsWhileClientsAskAndProducersProduce) {
    for (int round = 0; round < 5; ++round) {
        Database db = build(at_socket());
        run_with_deadline(120s, [&] {
            db.start();
            std::vector<std::thread> threads;
            std::atomic<int> answered{0};
            for (int i = 0; i < 4; ++i) {
                threads.emplace_back([&] {
                    try {
                        LineClient client(path());
                        client.say(R"({"t":"sub","id":1,"topic":"#"})");
                        for (std::string line = "-"; !line.empty(); line = client.hear()) {
                            client.say(R"({"t":"req","id":2,"method":"record.list"})");
                            ++answered;
                        }
                    } catch (const std::system_error&) {  // the server has stopped
                    }
                });
            }
            const auto out = db.producer<Level>("level");
            while (answered < 200) {
                out.produce({answered});
            }

            static_cast<void>(db.stop());

            for (std::thread& thread : threads) {
                thread.join();
            }
        });
    }
}

TEST_F(ServerOverSockets, SaysWhichPortsTheSystemChoseAndServesHttp) {
    AimxOptions options;
    options.endpoints.emplace_back("tcp://127.0.0.1:0");
    options.endpoints.emplace_back("ws://127.0.0.1:0/ws");
    Database db = build(options);
    run_with_deadline(60s, [&] {
        db.start();
        const std::vector<std::string> urls = aimx::server(db).urls();
        ASSERT_EQ(urls.size(), 2u);
        EXPECT_GT(port_of(urls[0]), 0);
        ASSERT_TRUE(urls[1].ends_with("/ws")) << urls[1];
        const std::uint16_t port = port_of(urls[1].substr(0, urls[1].size() - 3));

        const std::string health = http_get(port, "/health");
        EXPECT_TRUE(health.starts_with("HTTP/1.1 200 OK\r\n")) << health;
        EXPECT_NE(health.find("\r\n\r\n{\"clients\":0,\"status\":\"ok\",\"uptime_secs\":"),
                  std::string::npos)
            << health;
        EXPECT_TRUE(http_get(port, "/version").ends_with("\r\n\r\n{\"aimx\":\"3.0\"}"));
        EXPECT_NE(http_get(port, "/metrics").find("level"), std::string::npos);
        EXPECT_TRUE(http_get(port, "/none").starts_with("HTTP/1.1 404 "));
        EXPECT_TRUE(http_get(port, "/ws?v=2").starts_with("HTTP/1.1 400 "));
        EXPECT_TRUE(db.stop().clean());
    });
}

TEST_F(ServerOverSockets, OfTwoOnOneSocketTheSecondIsRefusedAndTheFirstGoesOn) {
    Database first = build(at_socket());
    run_with_deadline(60s, [&] {
        first.start();

        EXPECT_THROW(
            {
                Database second = build(at_socket());
                second.start();
            },
            Error);

        LineClient client(path());
        client.say(R"({"t":"ping"})");
        EXPECT_EQ(client.hear(), R"({"t":"pong"})");
        static_cast<void>(first.stop());
        Database third = build(at_socket());
        third.start();
        EXPECT_TRUE(third.stop().clean());
    });
}

TEST_F(ServerOverSockets, OverTheConnectionLimitItClosesWithoutAFrame) {
    AimxOptions options = at_socket();
    options.endpoints[0].connection_limit = 1;
    Database db = build(options);
    run_with_deadline(60s, [&] {
        db.start();
        LineClient client(path());
        client.say(R"({"t":"ping"})");
        client.hear();

        LineClient over(path());

        EXPECT_EQ(over.hear(), "");
        client.say(R"({"t":"ping"})");
        EXPECT_EQ(client.hear(), R"({"t":"pong"})");
    });
}

TEST_F(ServerOverSockets, ADatabaseThatIsNeverStartedOrNotStoppedGoesQuietly) {
    static_cast<void>(build(at_socket()));
    Database db = build(at_socket());
    db.start();
    const LineClient client(path());
}

}  // namespace
}  // namespace aimdb::test
