// SPDX-License-Identifier: Apache-2.0
//
// A WebSocket endpoint over real sockets.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "framing_rig.hpp"
#include "http.hpp"
#include "listener_rig.hpp"
#include "support/temp_dir.hpp"

namespace aimdb::aimx::test {
namespace {

constexpr auto local = "ws://127.0.0.1:0/ws";

std::string upgrade(const std::string& target = "/ws?v=3.0") {
    return "GET " + target +
           " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

std::string get(const std::string& target, const std::string& headers = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}

std::string from_server(std::string_view text) {
    return WebSocketFrame{.masked = false}.with(text);
}

/// What came after the head of an answer.
std::string body_of(const std::string& answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "no head" : answer.substr(end + 4);
}

/// More than all buffers between two sockets hold.
constexpr std::uintmax_t large_file_bytes = 30'000'000;

void make_large_file(const std::string& path) {
    const std::ofstream file(path);
    std::filesystem::resize_file(path, large_file_bytes);
}

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(HttpExchange, BecomesAWebSocket) {
    ListenerRig rig(local);
    EXPECT_EQ(rig.listener->url().substr(0, 15), "ws://127.0.0.1:");
    Wire wire = rig.connect();

    wire.send(upgrade());
    const std::string head = wire.receive_through("\r\n\r\n");
    EXPECT_EQ(head.substr(0, 34), "HTTP/1.1 101 Switching Protocols\r\n");
    wire.send(client_text("one"));

    EXPECT_EQ(wire.receive(8), from_server("re one"));
    EXPECT_EQ(rig.listener->connections(), 1U);
    ASSERT_EQ(rig.host.peers.size(), 1U);
    EXPECT_EQ(rig.host.peers[0].transport, Transport::websocket);
    EXPECT_EQ(rig.host.peers[0].name.substr(0, 13), "ws 127.0.0.1:");
    EXPECT_TRUE(rig.host.peers[0].authenticated);
}

TEST(HttpExchange, TakesFramesThatCameWithTheUpgrade) {
    ListenerRig rig(local);
    Wire wire = rig.connect();

    wire.send(upgrade() + client_text("one") + client_text("two"));
    static_cast<void>(wire.receive_through("\r\n\r\n"));

    EXPECT_EQ(wire.receive(16), from_server("re one") + from_server("re two"));
}

TEST(HttpExchange, TakesTheRequestInAnyPieces) {
    ListenerRig rig(local);
    Wire wire = rig.connect();

    for (const char byte : upgrade()) {
        wire.send({&byte, 1});
        settle(rig.loop);
    }

    EXPECT_NE(wire.receive_through("\r\n\r\n").find(" 101 "), std::string::npos);
}

TEST(HttpExchange, EndsWhenThePeerSaysGoodbye) {
    ListenerRig rig(local);
    Wire wire = rig.connect();
    wire.send(upgrade());
    static_cast<void>(wire.receive_through("\r\n\r\n"));

    wire.send(WebSocketFrame{.opcode = 8}.with("\x03\xe8"));

    EXPECT_EQ(wire.receive_all(), std::string("\x88\x02\x03\xe8", 4));
    wire.close();
    rig.run_until_open(0);
    EXPECT_TRUE(rig.host.reports.empty());
}

TEST(HttpExchange, ClosesAfterEachAnswer) {
    ListenerRig rig(local);
    Wire wire = rig.connect();

    wire.send(get("/version"));
    const std::string answer = wire.receive_all();

    EXPECT_EQ(answer.substr(0, 17), "HTTP/1.1 200 OK\r\n");
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(body_of(answer), R"({"aimx":"3.0"})");
}

TEST(HttpExchange, AnswersThoughMoreCame) {
    ListenerRig rig(local);
    Wire wire = rig.connect();

    wire.send("POST /version HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" +
              std::string(100'000, 'x'));

    EXPECT_EQ(wire.receive_all().substr(0, 32), "HTTP/1.1 405 Method Not Allowed\r");
}

TEST(HttpExchange, RefusesWhatIsNoHttpAndLongHeads) {
    ListenerRig rig(local);
    Wire odd = rig.connect();
    odd.send("{\"t\":\"ping\"}\n");
    EXPECT_EQ(odd.receive_all().substr(0, 12), "HTTP/1.1 400");

    Wire long_head = rig.connect();
    long_head.send(get("/", "X: " + std::string(http_head_limit_bytes, 'x') + "\r\n"));
    EXPECT_EQ(long_head.receive_all().substr(0, 12), "HTTP/1.1 431");
}

TEST(HttpExchange, LetsNoMoreWebSocketsInThanTheLimit) {
    AimxEndpoint endpoint(local);
    endpoint.connection_limit = 1;
    ListenerRig rig(endpoint);
    Wire one = rig.connect();
    one.send(upgrade());
    static_cast<void>(one.receive_through("\r\n\r\n"));
    rig.run_until_open(1);

    Wire two = rig.connect();
    two.send(upgrade());

    EXPECT_EQ(two.receive_all().substr(0, 12), "HTTP/1.1 503");
    Wire three = rig.connect();
    three.send(get("/health"));
    EXPECT_EQ(three.receive_all().substr(0, 12), "HTTP/1.1 200");
}

TEST(HttpExchange, HoldsABoundedNumberOfSilentConnections) {
    ListenerRig rig(local);
    std::vector<Wire> silent;
    const std::size_t before = open_descriptors();
    const auto run_until_held = [&](std::size_t count) {  // at both ends
        run_until(rig.loop, [&] { return open_descriptors() == before + 2 * count; });
    };
    for (std::size_t i = 1; i <= 256; ++i) {
        silent.push_back(rig.connect());
        run_until_held(i);
    }

    Wire one_more = rig.connect();
    EXPECT_EQ(one_more.receive_all(), "");
    EXPECT_FALSE(silent.back().has_ended());

    one_more.close();
    silent.front().close();
    run_until_held(255);
    Wire next = rig.connect();
    next.send(get("/version"));
    EXPECT_EQ(body_of(next.receive_all()), R"({"aimx":"3.0"})");
}

TEST(HttpExchange, IsCutWhenTheListenerStops) {
    ListenerRig rig(local);
    const std::size_t before = open_descriptors();
    Wire silent = rig.connect();
    run_until(rig.loop, [&] { return open_descriptors() == before + 2; });

    rig.listener->stop();

    EXPECT_EQ(silent.receive_all(), "");
}

TEST(HttpExchange, SendsFiles) {
    const aimdb::test::TempDir directory;
    const std::string large(3'000'000, 'j');
    std::ofstream(directory.file("index.html")) << "<p>";
    std::ofstream(directory.file("app.js")) << large;
    std::ofstream(directory.file("empty.txt")) << "";
    ListenerRig rig(AimxEndpoint(local).serve_files(directory.path().string()));
    const auto ask = [&](const std::string& request) {
        Wire wire = rig.connect();
        wire.send(request);
        return wire.receive_all();
    };

    const std::string page = ask(get("/"));
    EXPECT_EQ(body_of(page), "<p>");
    EXPECT_NE(page.find("Content-Type: text/html; charset=utf-8\r\n"), std::string::npos);
    EXPECT_NE(page.find("X-Content-Type-Options: nosniff\r\n"), std::string::npos);
    EXPECT_NE(page.find("Cache-Control: no-cache\r\n"), std::string::npos);
    EXPECT_EQ(page.find("Access-Control"), std::string::npos);
    EXPECT_EQ(body_of(ask(get("/app.js?v=2"))), large);
    EXPECT_EQ(body_of(ask(get("/empty.txt"))), "");
    EXPECT_EQ(ask(get("/missing")).substr(0, 12), "HTTP/1.1 404");
    EXPECT_EQ(ask("DELETE /app.js HTTP/1.1\r\n\r\n").substr(0, 12), "HTTP/1.1 405");

    const std::string head = ask("HEAD /app.js HTTP/1.1\r\n\r\n");
    EXPECT_NE(head.find("Content-Length: 3000000\r\n"), std::string::npos);
    EXPECT_EQ(body_of(head), "");
}

TEST(HttpExchange, SendsAFileOnlyWhenItHasChanged) {
    const aimdb::test::TempDir directory;
    std::ofstream(directory.file("index.html")) << "<p>";
    ListenerRig rig(AimxEndpoint(local).serve_files(directory.path().string()));
    const auto ask = [&](const std::string& headers) {
        Wire wire = rig.connect();
        wire.send(get("/", headers));
        return wire.receive_all();
    };
    const std::string first = ask("");
    const std::size_t begin = first.find("ETag: ") + 6;
    const std::string tag = first.substr(begin, first.find('\r', begin) - begin);

    for (const std::string& known : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
        const std::string answer = ask("If-None-Match: " + known + "\r\n");
        EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 304") << known;
        EXPECT_EQ(body_of(answer), "");
    }
    EXPECT_EQ(ask("If-None-Match: \"x\"\r\n").substr(0, 12), "HTTP/1.1 200");
}

TEST(HttpExchange, IsCutWhenAFileBecomesShorter) {
    const aimdb::test::TempDir directory;
    make_large_file(directory.file("large.txt"));
    ListenerRig rig(AimxEndpoint(local).serve_files(directory.path().string()));
    Wire wire = rig.connect();
    wire.send(get("/large.txt"));
    run_until(rig.loop, [&] { return !wire.received().empty(); });

    std::filesystem::resize_file(directory.file("large.txt"), 10);

    EXPECT_LT(wire.receive_all().size(), large_file_bytes);
}

TEST(HttpExchange, GivesUpOnAPeerThatTakesNothing) {
    const aimdb::test::TempDir directory;
    make_large_file(directory.file("large.txt"));
    AimxOptions options;
    options.stall_limit = std::chrono::milliseconds(30);
    ListenerRig rig(AimxEndpoint(local).serve_files(directory.path().string()), options);
    Wire wire = rig.connect();
    const std::size_t without_exchange = open_descriptors();
    wire.send(get("/large.txt"));
    run_until(rig.loop, [&] { return open_descriptors() == without_exchange + 2; });

    run_until(rig.loop, [&] { return open_descriptors() == without_exchange; });

    EXPECT_LT(wire.receive_all().size(), large_file_bytes);
}

}  // namespace
}  // namespace aimdb::aimx::test
