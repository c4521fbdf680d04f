// SPDX-License-Identifier: Apache-2.0
#include "dial.hpp"

#include <gtest/gtest.h>

#include "listener_rig.hpp"
#include "support/temp_dir.hpp"
#include "tcp_socket.hpp"
#include "unix_socket.hpp"
#include "websocket_key.hpp"

namespace aimdb::aimx::test {
namespace {

/// Dials and keeps the outcome.
struct Call {
    Call(asio::io_context& loop, const std::string& url, const DialOptions& options = {})
        : cancel(dial(loop,
                      parse_url(url),
                      options,
                      [this](std::shared_ptr<Connection> made, std::string cause) {
                          ++answers;
                          connection = std::move(made);
                          why = std::move(cause);
                      })) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    int answers = 0;
    std::shared_ptr<Connection> connection;
    std::string why;
    std::function<void()> cancel;
};

int accept_at(asio::io_context& loop, int listening) {
    int descriptor = -1;
    run_until(loop, [&] {
        descriptor = ::accept(listening, nullptr, nullptr);
        return descriptor >= 0;
    });
    return descriptor;
}

/// A server whose every byte is the test's own.
class RawServer {
public:
    explicit RawServer(asio::io_context& loop, const std::string& url = "ws://127.0.0.1:0/ws")
        : loop_(loop),
          scheme_(url.substr(0, url.find(':'))),
          listening_(listen_tcp(parse_url(url))) {}
    ~RawServer() { ::close(listening_.descriptor); }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    [[nodiscard]] std::string url() const { return url(scheme_ == "ws" ? "/ws" : ""); }
    [[nodiscard]] std::string url(const std::string& path) const {
        return scheme_ + "://127.0.0.1:" + std::to_string(listening_.port) + path;
    }
    /// Waits for a client.
    [[nodiscard]] Wire accept() const { return {loop_, accept_at(loop_, listening_.descriptor)}; }

private:
    asio::io_context& loop_;
    std::string scheme_;
    TcpListening listening_;
};

std::string header_of(const std::string& request, const std::string& name) {
    const std::size_t begin = request.find("\r\n" + name + ": ") + name.size() + 4;
    return request.substr(begin, request.find('\r', begin) - begin);
}

std::string good_answer(const std::string& request) {
    return "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n"
           "sec-websocket-accept: " +
           websocket_accept(header_of(request, "Sec-WebSocket-Key")) + "\r\n\r\n";
}

/// One frame there and its answer back, over a listener of ours.
void expect_echo(ListenerRig& rig, const std::string& url, const DialOptions& options = {}) {
    Call call(rig.loop, url, options);
    EXPECT_EQ(call.answers, 0);  // never before dial() has returned
    run_until(rig.loop, [&] { return call.answers > 0; });
    ASSERT_TRUE(call.connection) << call.why;
    Told told;
    call.connection->start(std::make_unique<RecordingInlet>(told), nullptr);

    call.connection->send("one");
    call.connection->flush();
    run_until(rig.loop, [&] { return !told.frames.empty(); });

    EXPECT_EQ(told.frames, (std::vector<std::string>{"re one"}));
    call.connection->abort("");
    settle(rig.loop);
}

TEST(Dial, ReachesAUnixSocket) {
    const aimdb::test::TempDir directory;
    ListenerRig rig("unix://" + directory.file("hub.sock"));
    expect_echo(rig, rig.listener->url());
    expect_echo(rig, directory.file("hub.sock"));
}

TEST(Dial, ReachesTcpByAddressAndByName) {
    ListenerRig rig("tcp://127.0.0.1:0");
    expect_echo(rig, rig.listener->url());
    expect_echo(rig, "tcp://localhost:" + std::to_string(parse_url(rig.listener->url()).port));
}

TEST(Dial, ReachesAWebSocket) {
    ListenerRig rig("ws://127.0.0.1:0/aimx");
    expect_echo(rig, rig.listener->url());
    expect_echo(rig, rig.listener->url() + "?a=b");
}

TEST(Dial, ShowsItsToken) {
    ListenerRig rig(AimxEndpoint("ws://127.0.0.1:0/ws").require_token("open sesame"));
    DialOptions options;
    options.token = "open sesame";
    expect_echo(rig, rig.listener->url(), options);
    expect_echo(rig, rig.listener->url() + "?token=open%20sesame");

    Call stranger(rig.loop, rig.listener->url() + "?token=wrong");
    run_until(rig.loop, [&] { return stranger.answers > 0; });
    EXPECT_FALSE(stranger.connection);
    EXPECT_NE(stranger.why.find("401 Unauthorized; give it a token"), std::string::npos);
    EXPECT_EQ(stranger.why.find("wrong"), std::string::npos);
}

TEST(Dial, SendsAPlainUpgrade) {
    asio::io_context loop;
    const RawServer server(loop);
    Call call(loop, server.url("/a?b=c"));
    Wire wire = server.accept();

    const std::string request = wire.receive_through("\r\n\r\n");

    const std::string key = header_of(request, "Sec-WebSocket-Key");
    EXPECT_EQ(request, "GET /a?b=c&v=3.0 HTTP/1.1\r\nHost: " + server.url("").substr(5) +
                           "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                           key + "\r\n\r\n");
    EXPECT_EQ(key.size(), 24U);
}

TEST(Dial, TakesTheAnswerInAnyPiecesAndFramesBehindIt) {
    asio::io_context loop;
    const RawServer server(loop);
    Call call(loop, server.url());
    Wire wire = server.accept();

    for (const char byte : good_answer(wire.receive_through("\r\n\r\n"))) {
        EXPECT_EQ(call.answers, 0);
        settle(loop);
        wire.send({&byte, 1});
    }
    wire.send("\x81\x02hi");
    run_until(loop, [&] { return call.answers > 0; });
    ASSERT_TRUE(call.connection) << call.why;
    Told told;
    call.connection->start(std::make_unique<RecordingInlet>(told), nullptr);
    run_until(loop, [&] { return !told.frames.empty(); });

    EXPECT_EQ(told.frames, (std::vector<std::string>{"hi"}));
}

TEST(Dial, RefusesAnswersThatAreNoHandshake) {
    const std::string end = "\r\n\r\n";
    const auto with = [&](const std::string& line) {
        return [line, end](const std::string& good) {
            return good.substr(0, good.size() - end.size()) + "\r\n" + line + end;
        };
    };
    const std::vector<std::function<std::string(const std::string&)>> answers{
        [&](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 0" + end; },
        [&](const std::string&) { return "HTTP/1.1 426 Upgrade Required" + end; },
        [&](const std::string&) {
            return "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                   "Upgrade: websocket\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=" +
                   end;
        },
        [&](const std::string&) { return "HTTP/1.1 101 Switching Protocols" + end; },
        with("Sec-WebSocket-Extensions: permessage-deflate"),
        with("Sec-WebSocket-Protocol: aimx"),
        [](const std::string&) { return std::string("SSH-2.0-OpenSSH\r\n"); },
        [](const std::string&) { return "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x'); },
        [](const std::string&) { return std::string(); },  // and the connection closes
    };
    for (std::size_t i = 0; i < answers.size(); ++i) {
        asio::io_context loop;
        const RawServer server(loop);
        Call call(loop, server.url());
        Wire wire = server.accept();
        const std::string good = good_answer(wire.receive_through(end));

        wire.send(answers[i](good));
        wire.end_sending();
        run_until(loop, [&] { return call.answers > 0; });

        EXPECT_FALSE(call.connection) << i;
        EXPECT_EQ(call.why.find("connect to '" + server.url() + "': "), 0U) << call.why;
    }
}

TEST(Dial, SaysThatNobodyIsThere) {
    const aimdb::test::TempDir directory;
    asio::io_context loop;
    // "no..name" cannot be a host, so no name server is asked.
    for (const std::string& url :
         {"unix://" + directory.file("none.sock"), std::string("tcp://127.0.0.1:1"),
          std::string("ws://[::1]:1/ws"), std::string("tcp://no..name:1"),
          "unix://" + directory.file(std::string(200, 'x'))}) {
        Call call(loop, url);
        run_until(loop, [&] { return call.answers > 0; });

        EXPECT_FALSE(call.connection) << url;
        EXPECT_NE(call.why.find(url), std::string::npos) << call.why;
    }
}

TEST(Dial, GivesUpAfterItsTimeout) {
    asio::io_context loop;
    const RawServer server(loop);
    DialOptions options;
    options.timeout = std::chrono::milliseconds(800);
    Call call(loop, server.url(), options);
    Wire wire = server.accept();

    EXPECT_NE(wire.receive_all().find("GET /ws?v=3.0 "), std::string::npos);
    run_until(loop, [&] { return call.answers > 0; });

    EXPECT_NE(call.why.find("no answer within 800 ms"), std::string::npos);
    EXPECT_EQ(call.answers, 1);
}

/// Dials and listens to what comes.
struct Listening {
    Listening(asio::io_context& loop, const std::string& url) : call(loop, url) {}

    void start() {
        ASSERT_TRUE(call.connection) << call.why;
        call.connection->start(std::make_unique<RecordingInlet>(told),
                               [this](std::string_view why) { closed.emplace_back(why); });
    }

    Call call;
    Told told;
    std::vector<std::string> closed;
};

// A server that is stopped ends its sending first and waits for the client to go. Nothing
// but the end may be what makes it: no timer has a chance in settle().
TEST(Dial, EndsAtOnceWithAServerThatEndsItsSending) {
    const aimdb::test::TempDir directory;
    asio::io_context loop;
    UnixSocketFile file(directory.file("hub.sock"), 0600);
    const Descriptor listening(file.release());
    Listening client(loop, "unix://" + directory.file("hub.sock"));
    Wire wire(loop, accept_at(loop, listening.number()));
    run_until(loop, [&] { return client.call.answers > 0; });
    client.start();

    wire.send("bye\nlast");
    wire.end_sending();
    settle(loop);

    EXPECT_EQ(client.told.frames, (std::vector<std::string>{"bye", "last"}));
    EXPECT_EQ(client.closed.size(), 1U);
    EXPECT_TRUE(wire.has_ended());
}

// AimDB's TCP servers send frames of any length; ours say how long theirs may be in a
// welcome that may be that long itself.
TEST(Dial, TakesLongFramesOnTcpFromTheFirst) {
    asio::io_context loop;
    const RawServer server(loop, "tcp://127.0.0.1:0");
    Listening client(loop, server.url());
    Wire wire = server.accept();
    run_until(loop, [&] { return client.call.answers > 0; });
    client.start();
    const std::string welcome(agreed_frame_limit_bytes, 'w');
    const std::string answer(3 * agreed_frame_limit_bytes, 'x');
    std::string bytes;
    const auto framing = length_framing();
    framing->encode(welcome, bytes);
    framing->encode(answer, bytes);

    wire.send({bytes.data(), 4 + welcome.size()});
    run_until(loop, [&] { return !client.told.frames.empty() || !client.closed.empty(); });
    client.call.connection->set_frame_limit(tcp_frame_limit_bytes + 1);  // as a welcome may say
    wire.send({bytes.data() + 4 + welcome.size(), 4 + answer.size()});
    run_until(loop, [&] { return client.told.frames.size() > 1 || !client.closed.empty(); });

    EXPECT_EQ(client.closed, std::vector<std::string>());
    EXPECT_TRUE(client.told.frames == (std::vector<std::string>{welcome, answer}));
    EXPECT_EQ(client.call.connection->send_limit(), tcp_frame_limit_bytes + 1);
    client.call.connection->abort("");
    settle(loop);
}

TEST(Dial, MakesAConnectionThatTellsWhenAllHasGone) {
    asio::io_context loop;
    const RawServer server(loop, "tcp://127.0.0.1:0");
    Listening client(loop, server.url());
    Wire wire = server.accept();
    run_until(loop, [&] { return client.call.answers > 0; });
    client.start();
    std::size_t unsent = 1;
    client.told.on_room = [&] { unsent = client.call.connection->unsent(); };
    const std::string frame(std::size_t{8} << 20, 'x');  // more than any socket buffer takes

    client.call.connection->send(frame);
    client.call.connection->flush();
    static_cast<void>(wire.receive(4 + frame.size()));
    run_until(loop, [&] { return unsent == 0; });

    EXPECT_EQ(client.call.connection->unsent(), 0U);
    client.call.connection->abort("");
    settle(loop);
}

TEST(Dial, IsSilentAfterItWasCancelled) {
    asio::io_context loop;
    const RawServer server(loop);
    Call at_once(loop, server.url());
    at_once.cancel();
    settle(loop);
    Call later(loop, server.url());
    Wire wire = server.accept();
    static_cast<void>(wire.receive_through("\r\n\r\n"));

    later.cancel();
    later.cancel();
    EXPECT_EQ(wire.receive_all(), "");
    settle(loop);

    EXPECT_EQ(at_once.answers, 0);
    EXPECT_EQ(later.answers, 0);
}

TEST(Dial, RefusesATokenThatWouldForgeHeaders) {
    asio::io_context loop;
    const RawServer server(loop);
    DialOptions options;
    options.token = "x\r\nEvil: yes";
    Call call(loop, server.url(), options);
    run_until(loop, [&] { return call.answers > 0; });

    EXPECT_NE(call.why.find("line break"), std::string::npos);
}

}  // namespace
}  // namespace aimdb::aimx::test
