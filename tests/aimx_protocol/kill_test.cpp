// SPDX-License-Identifier: Apache-2.0
//
// Either side of a connection is killed while values flow.
#include <csignal>
#include <cstdint>
#include <string>
#include <sys/prctl.h>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "aimx_protocol/client_server_rig.hpp"
#include "support/child.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using aimdb::test::Child;
using aimdb::test::run_with_deadline;
using aimdb::test::TempDir;

struct Line {
    std::string text;
};
AIMDB_RECORD(Line, text)

/// The server of the conformance suites; it produces what it is told to.
class Server {
public:
    Server(const TempDir& directory, std::vector<std::string> endpoint)
        : child_(command(directory, std::move(endpoint))) {
        EXPECT_TRUE(child_.print_reaches("ready"));
    }
    /// Asks for lines that carry numbers; does not wait for them.
    void produce(std::int64_t first, std::int64_t last) {
        for (std::int64_t number = first; number <= last; ++number) {
            child_.say(R"(produce log.lines {"text":")" + std::to_string(number) + "\"}");
        }
    }
    void flush() {
        child_.say("flush");
        EXPECT_TRUE(child_.print_reaches("\nok\n"));
    }
    void kill() {
        child_.kill(SIGKILL);
        EXPECT_EQ(child_.wait(), 128 + SIGKILL);
    }

private:
    static std::vector<std::string> command(const TempDir& directory,
                                            std::vector<std::string> endpoint) {
        std::vector<std::string> words{AIMDB_CONFORMANCE_SERVER, "--history",
                                       directory.file("history.db")};
        words.insert(words.end(), endpoint.begin(), endpoint.end());
        return words;
    }
    Child child_;
};

// Goal: a subscription receives everything that its server reported stored, in order
// and once, however often the server is killed, and goes on by itself.
// Method: each run of the server stores a hundred values, reports it, and is killed
// while it produces a hundred more, of which any number may have come.
TEST(Kill, OfTheServerCostsASubscriptionNothingThatWasStored) {
    run_with_deadline(60s, [] {
        const TempDir directory;
        const std::string socket = directory.file("sock");
        const Client client("unix://" + socket, eager());
        auto lines =
            client.subscribe<Line>("log.lines", {.since = from_unix_ms(0), .queue_limit = 10'000});
        std::vector<std::int64_t> received;
        const auto receive_until = [&](std::int64_t number) {
            while (received.empty() || received.back() < number) {
                const auto update = lines.recv(blocking);
                ASSERT_TRUE(update);
                if (update->decoded) {
                    received.push_back(std::stoll(update->decoded->text));
                }
            }
        };

        for (std::int64_t run = 0; run < 5; ++run) {
            Server server(directory, {"--unix", socket});
            server.produce(run * 200 + 1, run * 200 + 100);
            server.flush();
            receive_until(run * 200 + 100);  // so each run is one that the client was in
            server.produce(run * 200 + 101, run * 200 + 200);
            server.kill();
        }
        Server last(directory, {"--unix", socket});
        last.produce(1'001, 1'001);
        receive_until(1'001);

        EXPECT_EQ(std::adjacent_find(received.begin(), received.end(), std::greater_equal<>()),
                  received.end())
            << "in order, and none twice";
        for (std::int64_t run = 0; run < 5; ++run) {
            const auto first = std::lower_bound(received.begin(), received.end(), run * 200 + 1);
            ASSERT_GE(received.end() - first, 100) << "in run " << run;
            EXPECT_EQ(*(first + 99), run * 200 + 100) << "in run " << run;
        }
        EXPECT_EQ(client.status().connections, 6u) << "one to each run, by itself";
    });
}

/// Writes and listens as fast as it can, until it is killed.
[[noreturn]] void write_and_listen(const std::string& url) {
    const Client client(url, eager());
    auto updates = client.subscribe<Gauge>("plant.*", {.since = from_unix_ms(0)});
    for (std::int64_t number = 1;; ++number) {
        client.write("inbox", gauge(number), blocking);
        static_cast<void>(updates.recv(blocking));
    }
}

/// A process of its own that does so; killed when this object goes, or the test.
class Writer {
public:
    explicit Writer(const std::string& url) : process_(::fork()) {
        if (process_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            write_and_listen(url);
        }
    }
    ~Writer() { kill(); }
    Writer(Writer&& other) noexcept : process_(std::exchange(other.process_, -1)) {}
    Writer& operator=(Writer&&) = delete;

    bool kill() {
        const pid_t process = std::exchange(process_, -1);
        return process > 0 && ::kill(process, SIGKILL) == 0 &&
               ::waitpid(process, nullptr, 0) == process;
    }

private:
    pid_t process_;
};

// Goal: clients that are killed in the middle of a frame cost the server and the other
// clients nothing. Method: a forked client is killed once values of it have come, again
// and again, while another one follows every value.
TEST(Kill, OfAClientCostsOthersNothing) {
    const TempDir directory;
    const std::string url = "unix://" + directory.file("sock");
    std::vector<Writer> children;
    for (int i = 0; i < 4; ++i) {
        children.emplace_back(url);  // before there are threads; they dial until we serve
    }
    run_with_deadline(60s, [&] {
        Database db = serve_plant(url);
        const Client other(url, eager());
        auto updates = other.subscribe<Gauge>("plant.north", {.since = from_unix_ms(0)});
        auto inbox = db.reader<Gauge>("inbox", {.from = ReadFrom::oldest()});
        const auto out = db.producer<Gauge>("plant.north");
        const auto await_connections = [&db](std::uint64_t count) {
            while (server(db).stats().connections_open != count) {
                std::this_thread::yield();
            }
        };
        await_connections(5);
        std::int64_t expected = 1;
        std::int64_t produced = 0;
        for (Writer& child : children) {
            for (int written = 0; written < 50; ++written) {
                out.produce(gauge(++produced));  // every one lets each child write once more
                ASSERT_TRUE(inbox.recv(blocking));
            }
            ASSERT_TRUE(child.kill());
        }
        while (expected <= produced) {
            const auto update = updates.recv(blocking);
            ASSERT_TRUE(update);
            if (update->decoded) {
                ASSERT_EQ(update->decoded->number, expected++);
                ASSERT_EQ(update->skipped, 0u);
            }
        }
        await_connections(1);
    });
}

}  // namespace
}  // namespace aimdb::aimx::test
