// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "http.hpp"
#include "websocket_key.hpp"

namespace aimdb::aimx::test {
namespace {

using Result = HttpHeadReader::Result;

const std::string request =
    "GET /ws?v=3.0 HTTP/1.1\r\nHost: hub:8080\r\nConnection: keep-alive, Upgrade\r\n"
    "X-Empty:\r\nUpgrade: websocket\r\naccept: a\r\nAccept:  b \r\n\r\n";

TEST(HttpHead, IsReadWhereverTheBytesAreSplit) {
    const std::string bytes = request + "left\r\nover";
    for (std::size_t first = 0; first < request.size(); ++first) {
        HttpHeadReader reader(HttpKind::request);

        ASSERT_EQ(reader.take(std::string_view(bytes).substr(0, first)), Result::incomplete);
        ASSERT_EQ(reader.take(std::string_view(bytes).substr(first)), Result::complete) << first;

        const HttpHead& head = reader.head();
        EXPECT_EQ(head.method, "GET");
        EXPECT_EQ(head.target, "/ws?v=3.0");
        EXPECT_EQ(head.path(), "/ws");
        EXPECT_EQ(head.query(), "v=3.0");
        EXPECT_EQ(head.header("HOST"), "hub:8080");
        EXPECT_EQ(head.header("X-Empty"), "");
        EXPECT_EQ(head.header("Accept"), "a, b");
        EXPECT_EQ(head.header("Missing"), std::nullopt);
        EXPECT_EQ(reader.leftover(), "left\r\nover");
    }
}

TEST(HttpHead, FindsWordsInLists) {
    HttpHeadReader reader(HttpKind::request);
    ASSERT_EQ(reader.take(request), Result::complete);

    EXPECT_TRUE(reader.head().lists("connection", "upgrade"));
    EXPECT_TRUE(reader.head().lists("Connection", "KEEP-ALIVE"));
    EXPECT_TRUE(reader.head().lists("Accept", "b"));
    EXPECT_FALSE(reader.head().lists("Connection", "up"));
    EXPECT_FALSE(reader.head().lists("Missing", ""));
}

TEST(HttpHead, LeavesTheBodyAlone) {
    HttpHeadReader reader(HttpKind::request);

    ASSERT_EQ(reader.take("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n{}"), Result::complete);

    EXPECT_EQ(reader.leftover(), "{}");
}

TEST(HttpHead, OfAResponseHasItsStatus) {
    HttpHeadReader reader(HttpKind::response);

    ASSERT_EQ(reader.take("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81"),
              Result::complete);

    EXPECT_EQ(reader.head().status, 101U);
    EXPECT_EQ(reader.leftover(), "\x81");
}

TEST(HttpHead, MayNotBeTooLong) {
    const std::string line = "X-Long: " + std::string(http_head_limit_bytes, 'x');
    HttpHeadReader at_once(HttpKind::request);
    EXPECT_EQ(at_once.take("GET / HTTP/1.1\r\n" + line), Result::too_long);

    HttpHeadReader in_pieces(HttpKind::request);
    Result result = in_pieces.take("GET / HTTP/1.1\r\n");
    std::size_t pieces = 0;
    for (; result == Result::incomplete; ++pieces) {
        result = in_pieces.take("X-Some: of many\r\n");
    }
    EXPECT_EQ(result, Result::too_long);
    EXPECT_LT(pieces, 1'000U);
}

TEST(HttpHead, RefusesWhatIsNoHttp) {
    for (const char* bad :
         {"{\"t\":\"ping\"}\n", "GET\r\n\r\n", "GET / HTTP/9x\r\n\r\n",
          "GET / HTTP/1.1\r\nbad\r\n\r\n",
          "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "\x16\x03\x01"}) {
        HttpHeadReader reader(HttpKind::request);
        EXPECT_EQ(reader.take(bad), Result::malformed) << bad;
    }
}

TEST(HttpQuery, IsDecodedWithoutEverFailing) {
    EXPECT_EQ(decode_percent("a%20b+c", true), "a b c");
    EXPECT_EQ(decode_percent("a+b%2e%2E", false), "a+b..");
    EXPECT_EQ(decode_percent("%%41%4%zz%", true), "%A%4%zz%");
}

TEST(HttpQuery, GivesTheLastOfARepeatedParameter) {
    EXPECT_EQ(query_value("v=1&token=a%3Db&v=3.0", "v"), "3.0");
    EXPECT_EQ(query_value("v=1&token=a%3Db&v=3.0", "token"), "a=b");
    EXPECT_EQ(query_value("%76=3", "v"), "3");
    EXPECT_EQ(query_value("v", "v"), "");
    EXPECT_EQ(query_value("V=3", "v"), std::nullopt);
    EXPECT_EQ(query_value("", "v"), std::nullopt);
}

TEST(WebSocketKey, IsAnsweredAsTheStandardSays) {
    EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(websocket_accept(std::string(200, 'x')).size(), 28U);
}

TEST(WebSocketKey, IsNewEachTime) {
    const std::string key = new_websocket_key();

    EXPECT_EQ(key.size(), 24U);
    EXPECT_EQ(key.substr(22), "==");
    EXPECT_NE(key, new_websocket_key());
}

}  // namespace
}  // namespace aimdb::aimx::test
