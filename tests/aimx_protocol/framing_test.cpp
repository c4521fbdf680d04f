// SPDX-License-Identifier: Apache-2.0
#include "framing.hpp"

#include <gtest/gtest.h>

#include "framing_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using Frames = std::vector<std::string>;
using Make = std::unique_ptr<Framing> (*)();

std::unique_ptr<Framing> websocket_server() { return websocket_framing(WebSocketRole::server); }

struct Case {
    const char* name;
    Make make;
    std::string bytes;  // as a client sends them
};

const Frames expected{R"({"t":"ping"})", "{\"k\":\"grüße\"}", std::string(200, 'x'), "last"};

Case line_case() {
    std::string bytes = "\n\r\n";
    for (const std::string& frame : expected) {
        bytes += frame + "\r\n\n";
    }
    return {"line", &line_framing, bytes};
}

Case length_case() {
    std::string bytes = with_length("");
    for (const std::string& frame : expected) {
        bytes += with_length(frame) + with_length("");
    }
    return {"length", &length_framing, bytes};
}

Case websocket_case() {
    const std::string ping = WebSocketFrame{.opcode = 9}.with("hi");
    const std::string bytes = ping + WebSocketFrame{.opcode = 2}.with(expected[0]) +
                              WebSocketFrame{.fin = false}.with(expected[1].substr(0, 8)) + ping +
                              WebSocketFrame{.opcode = 0, .fin = false}.with("") +
                              WebSocketFrame{.opcode = 0}.with(expected[1].substr(8)) +
                              client_text(expected[2]) + WebSocketFrame{.opcode = 10}.with("") +
                              client_text("") + client_text(expected[3]);
    return {"websocket", &websocket_server, bytes};
}

class EveryFraming : public testing::TestWithParam<Case> {};

TEST_P(EveryFraming, GivesTheSameFramesWhereverTheBytesAreSplit) {
    const Case& param = GetParam();
    for (std::size_t first = 0; first <= param.bytes.size(); ++first) {
        FramingRig rig(param.make());

        EXPECT_TRUE(rig.decode(std::string_view(param.bytes).substr(0, first)));
        EXPECT_TRUE(rig.decode(std::string_view(param.bytes).substr(first)));

        ASSERT_EQ(rig.frames, expected) << "split at " << first;
    }
}

TEST_P(EveryFraming, GivesTheSameFramesByteByByte) {
    FramingRig rig(GetParam().make());

    for (const char byte : GetParam().bytes) {
        ASSERT_TRUE(rig.decode({&byte, 1}));
    }

    EXPECT_EQ(rig.frames, expected);
}

TEST_P(EveryFraming, KeepsWhatTheSinkDoesNotTake) {
    FramingRig rig(GetParam().make());

    rig.taken_at_most = 1;
    EXPECT_TRUE(rig.decode(GetParam().bytes));
    EXPECT_EQ(rig.frames.size(), 1U);
    rig.taken_at_most = 2;
    EXPECT_TRUE(rig.decode({}));
    EXPECT_EQ(rig.frames.size(), 2U);
    rig.taken_at_most = 100;
    EXPECT_TRUE(rig.decode(GetParam().bytes));

    Frames twice = expected;
    twice.insert(twice.end(), expected.begin(), expected.end());
    EXPECT_EQ(rig.frames, twice);
}

TEST_P(EveryFraming, TakesOneFrameAtATimeAtEverySplit) {
    const std::string& bytes = GetParam().bytes;
    for (std::size_t first = 0; first <= bytes.size(); ++first) {
        FramingRig rig(GetParam().make());

        rig.taken_at_most = 0;
        EXPECT_TRUE(rig.decode(std::string_view(bytes).substr(0, first)));
        EXPECT_TRUE(rig.decode(std::string_view(bytes).substr(first)));
        for (int i = 0; i < 20; ++i) {
            EXPECT_TRUE(rig.decode({}));
        }

        ASSERT_EQ(rig.frames, expected) << "split at " << first;
    }
}

TEST_P(EveryFraming, SaysNoMoreOnceItIsBroken) {
    FramingRig rig(GetParam().make());
    rig.framing->set_receive_limit(100);

    EXPECT_FALSE(rig.decode(GetParam().bytes));
    EXPECT_FALSE(rig.decode(GetParam().bytes));

    EXPECT_EQ(rig.frames.size(), 2U);
    EXPECT_NE(rig.framing->fault(), "");
}

INSTANTIATE_TEST_SUITE_P(Transports,
                         EveryFraming,
                         testing::Values(line_case(), length_case(), websocket_case()),
                         [](const auto& test) { return test.param.name; });

TEST(LineFraming, EndsEachFrameWithOneLineFeed) {
    EXPECT_EQ(encoded(*line_framing(), "{}"), "{}\n");
}

TEST(LineFraming, TakesALastLineWithoutItsEnd) {
    FramingRig rig(line_framing());

    EXPECT_TRUE(rig.decode("one\ntw"));
    EXPECT_TRUE(rig.decode("o\r"));
    rig.finish();

    EXPECT_EQ(rig.frames, (Frames{"one", "two"}));
}

TEST(LineFraming, BreaksAtALineThatIsNotUtf8) {
    for (const char* bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "abcdefgh\x80"}) {
        FramingRig rig(line_framing());

        EXPECT_FALSE(rig.decode("good\n" + std::string(bad) + "\nnever\n")) << bad;

        EXPECT_EQ(rig.frames, (Frames{"good"}));
        EXPECT_EQ(rig.framing->fault(), "sent a line that is not UTF-8");
    }
}

TEST(LineFraming, BreaksAtALongLineBeforeItsEndHasCome) {
    FramingRig exact(line_framing());
    exact.framing->set_receive_limit(4);
    EXPECT_TRUE(exact.decode("1234\n"));
    EXPECT_TRUE(exact.decode("12"));
    EXPECT_TRUE(exact.decode("34"));
    EXPECT_FALSE(exact.decode("5"));

    EXPECT_EQ(exact.frames, (Frames{"1234"}));
    EXPECT_EQ(exact.framing->fault(), "sent a line longer than 4 bytes");
}

TEST(LineFraming, PassesFramesOfTheReadBufferWithoutCopying) {
    const auto framing = line_framing();
    const std::string bytes = "one\ntwo\n";
    std::vector<const char*> places;
    std::string out;

    EXPECT_TRUE(framing->decode(bytes, out, [&](std::string_view frame) {
        places.push_back(frame.data());
        return true;
    }));

    EXPECT_EQ(places, (std::vector<const char*>{bytes.data(), bytes.data() + 4}));
}

TEST(LengthFraming, PutsTheLengthBeforeEachFrame) {
    EXPECT_EQ(encoded(*length_framing(), "{}"), std::string("\0\0\0\2{}", 6));
    EXPECT_EQ(encoded(*length_framing(), std::string(0x10203, 'x')).substr(0, 4),
              std::string("\0\1\2\3", 4));
}

TEST(LengthFraming, TakesTheLimitAndNotOneByteMore) {
    FramingRig rig(length_framing());
    const std::string longest(tcp_frame_limit_bytes, 'x');

    EXPECT_TRUE(rig.decode(with_length(longest)));
    EXPECT_FALSE(rig.decode(std::string("\0\1\0\1", 4)));

    EXPECT_EQ(rig.frames, (Frames{longest}));
    EXPECT_EQ(rig.framing->fault(),
              "announced a frame of 65537 bytes, which is above the limit of 65536");
}

TEST(LengthFraming, BreaksAtLinesOfText) {
    FramingRig rig(length_framing());

    EXPECT_FALSE(rig.decode("{\"t\":\"ping\"}\n"));
    EXPECT_EQ(rig.frames, Frames{});
}

TEST(LengthFraming, TakesLongerFramesOnceAgreedOn) {
    FramingRig rig(length_framing());
    const std::string longer(tcp_frame_limit_bytes + 1, 'x');

    rig.framing->set_receive_limit(agreed_frame_limit_bytes);

    EXPECT_TRUE(rig.decode(with_length(longer)));
    EXPECT_EQ(rig.frames, (Frames{longer}));
}

}  // namespace
}  // namespace aimdb::aimx::test
