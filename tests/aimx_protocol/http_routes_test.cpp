// SPDX-License-Identifier: Apache-2.0
#include "http_routes.hpp"

#include <gtest/gtest.h>

#include "listener_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

const Headers upgrade_headers{{"Host", "127.0.0.1:8080"},
                              {"Connection", "Upgrade"},
                              {"Upgrade", "websocket"},
                              {"Sec-WebSocket-Version", "13"},
                              {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};

AimxEndpoint open_endpoint() { return AimxEndpoint("ws://127.0.0.1:0/ws"); }
AimxEndpoint guarded_endpoint() {
    return AimxEndpoint("ws://127.0.0.1:0/ws")
        .require_token("open sesame")
        .allow_origin("https://plant.example");
}

HttpAnswer ask(const AimxEndpoint& endpoint,
               const std::string& method,
               const std::string& target,
               Headers headers = {}) {
    FakeHost host;
    const HttpRoutes routes(endpoint, 3, "/ws", host);
    HttpHead request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    return routes.answer(request);
}

bool has_line(const HttpAnswer& answer, const std::string& line) {
    return answer.head().find("\r\n" + line + "\r\n") != std::string::npos;
}

Headers without(const char* name) {
    Headers rest = upgrade_headers;
    std::erase_if(rest, [&](const auto& header) { return header.first == name; });
    return rest;
}

Headers with(std::string name, std::string value, Headers rest = upgrade_headers) {
    std::erase_if(rest, [&](const auto& header) { return header.first == name; });
    rest.emplace_back(std::move(name), std::move(value));
    return rest;
}

TEST(HttpUpgrade, AnswersAGoodOne) {
    const HttpAnswer answer =
        ask(open_endpoint(), "GET", "/ws?v=3.0", with("Sec-WebSocket-Protocol", "aimx"));

    EXPECT_EQ(answer.head(),
              "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
              "Access-Control-Allow-Origin: *\r\n\r\n");
}

struct Attempt {
    const char* method;
    const char* target;
    Headers headers;
    unsigned status;
};

TEST(HttpUpgrade, IsCheckedInTheOrderOfTheTable) {
    const std::vector<Attempt> attempts{
        {"POST", "/other", {}, 404},
        {"GET", "/ws/?v=3.0", upgrade_headers, 404},
        {"POST", "/ws", {}, 405},
        {"HEAD", "/ws?v=3.0", upgrade_headers, 405},
        {"GET", "/ws", {}, 400},
        {"GET", "/ws", without("Connection"), 400},
        {"GET", "/ws", with("Connection", "close"), 400},
        {"GET", "/ws", without("Upgrade"), 400},
        {"GET", "/ws", with("Upgrade", "h2c"), 400},
        {"GET", "/ws", without("Sec-WebSocket-Version"), 400},
        {"GET", "/ws", with("Sec-WebSocket-Version", "8"), 400},
        {"GET", "/ws", without("Sec-WebSocket-Key"), 400},
        {"GET", "/ws", upgrade_headers, 426},
        {"GET", "/ws?v=3", with("Connection", "keep-alive, UPGRADE"), 101},
    };
    for (const Attempt& attempt : attempts) {
        EXPECT_EQ(ask(open_endpoint(), attempt.method, attempt.target, attempt.headers).status,
                  attempt.status)
            << attempt.method << " " << attempt.target;
    }
}

TEST(HttpUpgrade, WantsVersionThree) {
    for (const char* good : {"v=3", "v=3.0", "v=3.9", "v=%33.0", "v=2&v=3", "a=%zz&v=3.0&b=%"}) {
        EXPECT_EQ(ask(open_endpoint(), "GET", std::string("/ws?") + good, upgrade_headers).status,
                  101U)
            << good;
    }
    for (const char* bad : {"", "v=", "v", "v=2.0", "V=3.0", "v=3&v=2", "v=33", "v=.3", "v=3%zz"}) {
        const HttpAnswer answer =
            ask(open_endpoint(), "GET", std::string("/ws?") + bad, upgrade_headers);
        EXPECT_EQ(answer.status, 426U) << bad;
        EXPECT_TRUE(has_line(answer, "Content-Type: text/plain; charset=utf-8"));
        EXPECT_NE(answer.body, "");
    }
}

TEST(HttpUpgrade, SaysWhichMethodsThereAre) {
    EXPECT_TRUE(has_line(ask(open_endpoint(), "POST", "/ws"), "Allow: GET,HEAD"));
    EXPECT_EQ(ask(open_endpoint(), "GET", "/nothing").body, "");
}

TEST(HttpUpgrade, WantsATokenWhereThereIsOne) {
    const AimxEndpoint endpoint = guarded_endpoint();
    const auto status = [&](const std::string& query, const Headers& headers) {
        return ask(endpoint, "GET", "/ws?v=3.0" + query, headers).status;
    };
    EXPECT_EQ(status("", upgrade_headers), 401U);
    EXPECT_EQ(status("&token=wrong", upgrade_headers), 401U);
    EXPECT_EQ(status("&token=open+sesame", upgrade_headers), 101U);
    EXPECT_EQ(status("&token=open%20sesame", upgrade_headers), 101U);
    EXPECT_EQ(status("", with("Authorization", "Bearer open sesame")), 101U);
    EXPECT_EQ(status("", with("authorization", "bearer open sesame")), 101U);
    EXPECT_EQ(status("", with("Authorization", "Basic open sesame")), 401U);
    EXPECT_EQ(status("&token=open+sesame", with("Authorization", "Bearer wrong")), 401U);
}

TEST(HttpUpgrade, LetsAnyPageInWhereNothingIsGuarded) {
    EXPECT_EQ(ask(open_endpoint(), "GET", "/ws?v=3", with("Origin", "https://any.example")).status,
              101U);
}

TEST(HttpUpgrade, LetsOnlyListedPagesInWhereThereIsAToken) {
    const auto status = [&](Headers headers) {
        return ask(guarded_endpoint(), "GET", "/ws?v=3&token=open+sesame", std::move(headers))
            .status;
    };
    EXPECT_EQ(status(with("Origin", "https://plant.example")), 101U);
    EXPECT_EQ(status(with("Origin", "https://plant.example.evil.example")), 403U);
    EXPECT_EQ(status(with("Origin", "null")), 403U);
    // Its own page, but not by a name that anybody may let point here.
    EXPECT_EQ(status(with("Origin", "http://127.0.0.1:8080")), 101U);
    EXPECT_EQ(status(with("Origin", "http://127.0.0.1:8081")), 403U);
    EXPECT_EQ(status(with("Origin", "http://evil.example", with("Host", "evil.example"))), 403U);
    EXPECT_EQ(status(with("Origin", "http://[::1]:1", with("Host", "[::1]:1"))), 101U);
    EXPECT_EQ(status(with("Origin", "http://localhost:1", with("Host", "localhost:1"))), 101U);
}

TEST(HttpRoutes, TellHealthVersionAndMetrics) {
    const HttpAnswer health = ask(open_endpoint(), "GET", "/health");
    EXPECT_EQ(health.status, 200U);
    EXPECT_EQ(health.body, R"({"status":"ok"})");
    EXPECT_TRUE(has_line(health, "Content-Type: application/json"));
    EXPECT_TRUE(has_line(health, "Content-Length: 15"));
    EXPECT_TRUE(has_line(health, "Access-Control-Allow-Origin: *"));

    EXPECT_EQ(ask(open_endpoint(), "GET", "/version?x").body, R"({"aimx":"3.0"})");

    const HttpAnswer metrics = ask(open_endpoint(), "GET", "/metrics");
    EXPECT_EQ(metrics.body, "aimx_sessions 1\n");
    EXPECT_TRUE(has_line(metrics, "Content-Type: text/plain; version=0.0.4"));
}

TEST(HttpRoutes, AnswerHeadWithoutABody) {
    const HttpAnswer answer = ask(open_endpoint(), "HEAD", "/health");

    EXPECT_TRUE(answer.without_body);
    EXPECT_TRUE(has_line(answer, "Content-Length: 15"));
    EXPECT_EQ(ask(open_endpoint(), "POST", "/health").status, 405U);
}

TEST(HttpRoutes, ShowMetricsOnlyWithTheToken) {
    EXPECT_EQ(ask(guarded_endpoint(), "GET", "/metrics").status, 401U);
    EXPECT_EQ(ask(guarded_endpoint(), "GET", "/metrics?token=open%20sesame").status, 200U);
    EXPECT_EQ(ask(guarded_endpoint(), "GET", "/health").status, 200U);
}

TEST(HttpRoutes, AnswerPreflights) {
    const HttpAnswer open =
        ask(open_endpoint(), "OPTIONS", "/ws", {{"Origin", "https://a.example"}});
    EXPECT_EQ(open.status, 200U);
    EXPECT_TRUE(has_line(open, "Access-Control-Allow-Origin: *"));
    EXPECT_TRUE(has_line(open, "Access-Control-Allow-Headers: *"));

    const HttpAnswer listed =
        ask(guarded_endpoint(), "OPTIONS", "/health", {{"Origin", "https://plant.example"}});
    EXPECT_EQ(listed.status, 200U);
    EXPECT_TRUE(has_line(listed, "Access-Control-Allow-Origin: https://plant.example"));
    EXPECT_TRUE(has_line(listed, "Vary: Origin"));

    const HttpAnswer other =
        ask(guarded_endpoint(), "OPTIONS", "/health", {{"Origin", "https://a.example"}});
    EXPECT_EQ(other.status, 403U);
    EXPECT_FALSE(has_line(other, "Access-Control-Allow-Origin: *"));
}

TEST(HttpRoutes, ListedOriginsGuardAnEndpointWithoutTokensToo) {
    const AimxEndpoint endpoint = open_endpoint().allow_origin("https://plant.example");

    EXPECT_EQ(ask(endpoint, "GET", "/health", {{"Origin", "https://a.example"}}).status, 403U);
    EXPECT_EQ(ask(endpoint, "GET", "/health").status, 200U);
}

}  // namespace
}  // namespace aimdb::aimx::test
