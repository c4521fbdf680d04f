// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "framing.hpp"
#include "framing_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using Frames = std::vector<std::string>;

FramingRig server() { return FramingRig(websocket_framing(WebSocketRole::server)); }
FramingRig client() { return FramingRig(websocket_framing(WebSocketRole::client)); }

std::string from_server(unsigned opcode, std::string_view payload) {
    return WebSocketFrame{.opcode = opcode, .masked = false}.with(payload);
}

/// A close frame's payload.
std::string closing(unsigned code, std::string_view reason = "") {
    std::string payload;
    payload.push_back(static_cast<char>(code >> 8U));
    payload.push_back(static_cast<char>(code & 0xffU));
    return payload.append(reason);
}

TEST(WebSocketFraming, SendsTextWithoutMaskFromAServer) {
    FramingRig rig = server();
    for (const std::size_t size : {2U, 125U, 126U, 65'535U, 65'536U, 200'000U}) {
        const std::string text(size, 'x');
        EXPECT_EQ(encoded(*rig.framing, text), from_server(1, text)) << size;
    }
}

TEST(WebSocketFraming, MasksWhatAClientSends) {
    FramingRig sender = client();
    FramingRig receiver = server();
    const std::string text(100'000, 'x');

    const std::string one = encoded(*sender.framing, text);
    const std::string two = encoded(*sender.framing, text);

    EXPECT_NE(one, two);  // each with a mask of its own
    EXPECT_TRUE(receiver.decode(one + two));
    EXPECT_EQ(receiver.frames, (Frames{text, text}));
}

TEST(WebSocketFraming, AnswersPingsWithTheirPayload) {
    FramingRig rig = server();

    EXPECT_TRUE(
        rig.decode(WebSocketFrame{.opcode = 9}.with("one") + WebSocketFrame{.opcode = 9}.with("")));

    EXPECT_EQ(rig.out, from_server(10, "one") + from_server(10, ""));
    EXPECT_EQ(rig.frames, Frames{});
}

TEST(WebSocketFraming, AnswersNoMoreBytesThanAFloodOfPingsHas) {
    FramingRig rig = server();
    std::string flood;
    for (int i = 0; i < 20'000; ++i) {
        flood += WebSocketFrame{.opcode = 9}.with("");
    }

    EXPECT_TRUE(rig.decode(flood));

    EXPECT_EQ(rig.out.size(), 2 * 20'000U);
}

TEST(WebSocketFraming, AnswersACloseFrameAndEndsWithoutAFault) {
    FramingRig rig = server();

    EXPECT_FALSE(
        rig.decode(client_text("a") + WebSocketFrame{.opcode = 8}.with(closing(1000, "bye"))));

    EXPECT_EQ(rig.frames, (Frames{"a"}));
    EXPECT_EQ(rig.out, from_server(8, closing(1000, "bye")));
    EXPECT_EQ(rig.framing->fault(), "");
}

TEST(WebSocketFraming, HandsOutWhatCameBeforeACloseFrameFirst) {
    FramingRig rig = server();
    rig.taken_at_most = 1;

    EXPECT_TRUE(rig.decode(client_text("a") + client_text("b") + client_text("c") +
                           WebSocketFrame{.opcode = 8}.with("")));
    EXPECT_EQ(rig.out, "");
    rig.taken_at_most = 100;
    EXPECT_FALSE(rig.decode({}));

    EXPECT_EQ(rig.frames, (Frames{"a", "b", "c"}));
    EXPECT_EQ(rig.out, from_server(8, ""));
}

struct Broken {
    const char* name;
    std::string bytes;
    unsigned code;  // of the close frame that answers; 0: without one
};

class BrokenWebSocket : public testing::TestWithParam<Broken> {};

TEST_P(BrokenWebSocket, IsAnsweredWithACloseFrame) {
    FramingRig rig = server();

    EXPECT_FALSE(rig.decode(client_text("a") + GetParam().bytes + client_text("b")));

    EXPECT_EQ(rig.frames, (Frames{"a"}));
    EXPECT_NE(rig.framing->fault(), "");
    EXPECT_EQ(rig.out, from_server(8, GetParam().code == 0 ? "" : closing(GetParam().code)));
}

INSTANTIATE_TEST_SUITE_P(
    All,
    BrokenWebSocket,
    testing::Values(Broken{"NoMask", from_server(1, "x"), 1002},
                    Broken{"ReservedBit", WebSocketFrame{.reserved = 4}.with("x"), 1002},
                    Broken{"UnknownOpcode", WebSocketFrame{.opcode = 3}.with("x"), 1002},
                    Broken{"ContinuesNothing", WebSocketFrame{.opcode = 0}.with("x"), 1002},
                    Broken{"TextInsideText",
                           WebSocketFrame{.fin = false}.with("x") + client_text("y"), 1002},
                    Broken{"LongPing", WebSocketFrame{.opcode = 9}.with(std::string(126, 'x')), 0},
                    Broken{"PingInPieces", WebSocketFrame{.opcode = 9, .fin = false}.with("x"), 0},
                    Broken{"BadUtf8", client_text("\xff"), 1007},
                    Broken{"CutUtf8", client_text("\xc3"), 1007},
                    Broken{"BadCloseCode", WebSocketFrame{.opcode = 8}.with(closing(1005)), 1002}),
    [](const auto& test) { return test.param.name; });

TEST(WebSocketFraming, RefusesALongMessageByItsHeader) {
    FramingRig rig = server();
    rig.framing->set_receive_limit(10);

    EXPECT_TRUE(rig.decode(client_text("0123456789")));
    EXPECT_FALSE(rig.decode(client_text(std::string(11, 'x')).substr(0, 8)));

    EXPECT_EQ(rig.frames, (Frames{"0123456789"}));
    EXPECT_EQ(rig.out, from_server(8, closing(1009)));
    EXPECT_EQ(rig.framing->fault(), "sent a message longer than 10 bytes");
}

TEST(WebSocketFraming, CountsThePiecesOfAMessageTogether) {
    FramingRig rig = server();
    rig.framing->set_receive_limit(10);

    EXPECT_TRUE(rig.decode(WebSocketFrame{.fin = false}.with("012345")));
    EXPECT_TRUE(rig.decode(WebSocketFrame{.opcode = 9}.with("ping is not counted")));
    EXPECT_FALSE(rig.decode(WebSocketFrame{.opcode = 0}.with("67890")));

    EXPECT_EQ(rig.framing->fault(), "sent a message longer than 10 bytes");
}

TEST(WebSocketFraming, SaysWhyItCloses) {
    FramingRig rig = server();

    rig.framing->close("the server stops", rig.out);

    EXPECT_EQ(rig.out, from_server(8, closing(1001, "the server stops")));
}

TEST(WebSocketFraming, CutsALongReasonBetweenCharacters) {
    FramingRig rig = server();
    std::string reason(122, 'x');
    reason += "ü";

    rig.framing->close(reason, rig.out);

    EXPECT_EQ(rig.out, from_server(8, closing(1001, std::string(122, 'x'))));
}

TEST(WebSocketFraming, IsUnderstoodByItsOtherSide) {
    FramingRig one = server();
    FramingRig other = client();

    EXPECT_TRUE(other.decode(encoded(*one.framing, "down") + from_server(9, "?")));
    EXPECT_TRUE(one.decode(other.out));
    EXPECT_TRUE(one.decode(encoded(*other.framing, "up")));
    std::string goodbye;
    other.framing->close("", goodbye);
    EXPECT_FALSE(one.decode(goodbye));

    EXPECT_EQ(other.frames, (Frames{"down"}));
    EXPECT_EQ(one.frames, (Frames{"up"}));
    EXPECT_EQ(one.framing->fault(), "");
}

}  // namespace
}  // namespace aimdb::aimx::test
