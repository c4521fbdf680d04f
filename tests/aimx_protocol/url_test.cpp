// SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

#include <gtest/gtest.h>

#include "aimdb/core/error.hpp"

namespace aimdb::aimx {
namespace {

struct Good {
    const char* text;
    Transport transport;
    const char* host;
    std::uint16_t port;
    const char* path;
};

class GoodUrl : public testing::TestWithParam<Good> {};

TEST_P(GoodUrl, IsTakenApart) {
    const Url url = parse_url(GetParam().text);

    EXPECT_EQ(url.transport, GetParam().transport);
    EXPECT_EQ(url.host, GetParam().host);
    EXPECT_EQ(url.port, GetParam().port);
    EXPECT_EQ(url.path, GetParam().path);
    EXPECT_EQ(url.text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    GoodUrl,
    testing::Values(Good{"unix:///run/hub.sock", Transport::unix_socket, "", 0, "/run/hub.sock"},
                    Good{"uds://hub.sock", Transport::unix_socket, "", 0, "hub.sock"},
                    Good{"/tmp/a b#c", Transport::unix_socket, "", 0, "/tmp/a b#c"},
                    Good{"tcp://hub:7433", Transport::tcp, "hub", 7433, ""},
                    Good{"tcp://127.0.0.1:0", Transport::tcp, "127.0.0.1", 0, ""},
                    Good{"tcp://[::1]:7001", Transport::tcp, "::1", 7001, ""},
                    Good{"ws://hub:8080", Transport::websocket, "hub", 8080, "/ws"},
                    Good{"ws://hub:8080?x=1", Transport::websocket, "hub", 8080, "/ws?x=1"},
                    Good{"ws://hub:8080/", Transport::websocket, "hub", 8080, "/"},
                    Good{"ws://[::]:65535/a/b?c=d:e", Transport::websocket, "::", 65535,
                         "/a/b?c=d:e"}));

class BadUrl : public testing::TestWithParam<const char*> {};

TEST_P(BadUrl, IsRefusedWithGoodOnesShown) {
    try {
        static_cast<void>(parse_url(GetParam()));
        FAIL() << GetParam();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid_configuration);
        EXPECT_NE(std::string(error.what()).find("tcp://127.0.0.1:7433"), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(All,
                         BadUrl,
                         testing::Values("",
                                         "unix://",
                                         "tcp://",
                                         "tcp://hub",
                                         "tcp://hub:",
                                         "tcp://:7433",
                                         "tcp://hub:65536",
                                         "tcp://hub:-1",
                                         "tcp://hub:+1",
                                         "tcp://hub:7x",
                                         "tcp://hub:7433/",
                                         "tcp://::1:7433",
                                         "tcp://[::1]7433",
                                         "tcp://[::1]",
                                         "tcp://[::1:7433",
                                         "tcp://[hub]:7433",
                                         "tcp://[]:1",
                                         "tcp://a b:1",
                                         "tcp://me@hub:1",
                                         "ws://hub/ws",
                                         "ws://hub:1/a b",
                                         "ws://hub:1/ws#a",
                                         "wss://hub:1/ws",
                                         "serial:///dev/ttyUSB0",
                                         "http://hub:1"));

TEST(Url, NamesNoQueryInItsErrors) {
    try {
        static_cast<void>(parse_url("ws://hub:1x/ws?token=secret"));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
}

TEST(RecordUrl, HasItsKeyInTheEnd) {
    const RecordUrl tcp = parse_record_url("tcp://[::1]:7433/temp.vienna");
    EXPECT_EQ(tcp.url.host, "::1");
    EXPECT_EQ(tcp.url.text, "tcp://[::1]:7433");
    EXPECT_EQ(tcp.key, "temp.vienna");

    const RecordUrl file = parse_record_url("unix:///run/a#b.sock#temp.vienna");
    EXPECT_EQ(file.url.path, "/run/a#b.sock");
    EXPECT_EQ(file.key, "temp.vienna");

    const RecordUrl page = parse_record_url("ws://hub:8080/ws?a=b#temp.vienna");
    EXPECT_EQ(page.url.path, "/ws?a=b");
    EXPECT_EQ(page.key, "temp.vienna");
}

TEST(RecordUrl, RefusesOneWithoutAGoodKey) {
    for (const char* bad :
         {"tcp://hub:7433", "tcp://hub:7433/", "unix:///run/hub.sock", "unix:///run/hub.sock#",
          "ws://hub:8080/ws", "ws://hub:8080/ws#a..b", "tcp://hub:7433/a/*"}) {
        EXPECT_THROW(static_cast<void>(parse_record_url(bad)), Error) << bad;
    }
}

}  // namespace
}  // namespace aimdb::aimx
