// SPDX-License-Identifier: Apache-2.0
//
// Texts a program hands to the client: those that cannot travel fail the call, whichever
// way it waits, and the others arrive.
#include <future>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "aimx_protocol/client_server_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using aimdb::test::run_with_deadline;
using aimdb::test::TempDir;

TEST(ClientText, FailsAnAwaitedCallThatCannotTravel) {
    asio::io_context io;
    const Client client("unix:///nowhere/sock");
    std::vector<std::error_code> codes;
    asio::co_spawn(
        io,
        [&]() -> Task {
            const Gauge value = gauge(1);
            try {
                co_await client.write("a\"b", value);
            } catch (const Error& error) {
                codes.push_back(error.code());
            }
            try {
                co_await client.call("x\\y");
            } catch (const Error& error) {
                codes.push_back(error.code());
            }
        },
        asio::use_future);
    io.run();

    EXPECT_EQ(codes, std::vector<std::error_code>(2, make_error_code(Errc::invalid_key)));
    EXPECT_EQ(code_of([&] { client.write_raw("a\n", "1", blocking); }), Errc::invalid_key);
    CodeOfCall called;
    client.call("\xff", "{}", called.handler());
    EXPECT_EQ(called.get(), Errc::invalid_key);
}

TEST(ClientText, FailsCallsWithWhatIsNoJson) {
    const Client client("unix:///nowhere/sock");
    for (const char* const text : {"", "{", "1 2", "\"a\nb\"", "\"\xff\"", R"(1},"x":{"y":1)"}) {
        EXPECT_EQ(code_of([&] { client.set_raw("a", text, blocking); }),
                  std::errc::invalid_argument);
        EXPECT_EQ(code_of([&] { client.write_raw("a", text, blocking); }),
                  std::errc::invalid_argument);
    }
    EXPECT_EQ(code_of([&] { client.call("record.get", "{", blocking); }),
              std::errc::invalid_argument);
}

TEST(ClientText, CarriesJsonWithLineBreaks) {
    run_with_deadline(60s, [] {
        const TempDir directory;
        Database db = serve_plant("unix://" + directory.file("sock"));
        const Client client(url_of(db));
        client.set_raw("setpoint", "{\n \"number\": 1,\r\n \"place\": \"a\\nb\"}", blocking);
        EXPECT_EQ(client.get<Gauge>("setpoint", blocking), (Gauge{1, "a\nb"}));
        client.write_raw("setpoint", "\n{\"number\":\n2,\"place\":\"\"}\n", blocking);
        EXPECT_EQ(client.call("record.get", "{\n\"name\":\"setpoint\"}", blocking),
                  R"({"number":2,"place":""})");
    });
}

// Goal: client and server never wait for each other to read.
// Method: many more requests and answers than the buffers of both sides hold, all sent
// before the first answer is looked at.
TEST(ClientText, TakesAnswersWhileItStillAsks) {
    run_with_deadline(60s, [] {
        const TempDir directory;
        Database db = serve_plant("unix://" + directory.file("sock"));
        db.producer<Gauge>("setpoint").produce({1, std::string(1'000, 'x')});
        const Client client(url_of(db));
        client.connected(blocking);
        std::vector<std::future<std::string>> answers;
        for (int i = 0; i < 20'000; ++i) {
            answers.push_back(client.get_raw("setpoint", asio::use_future));
        }
        for (auto& answer : answers) {
            EXPECT_GT(answer.get().size(), 1'000u);
        }
    });
}

}  // namespace
}  // namespace aimdb::aimx::test
