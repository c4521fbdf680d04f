// SPDX-License-Identifier: Apache-2.0
//
// The envelope: what is a frame, and what is skipped (AimX 3.1 to 3.4).
#include "frame.hpp"

#include <gtest/gtest.h>

namespace aimdb::aimx {
namespace {

bool reads(std::string_view text) {
    Frame frame;
    return read_frame(text, frame);
}

std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

TEST(ReadFrame, TakesEveryMemberFromAnywhereInTheObject) {
    const std::string_view text =
        "\t{ \"params\" : {\"a\": [1, 2]} , \"topic\":\"a.b\",\"extra\":{\"t\":1},\r\n"
        R"("payload":"p","data":1.5,"ok":[],"err":"denied","sub":"7","last":true,)"
        R"("seq":18446744073709551615,"method":"record.get","id":0,"t":"req"} )";
    Frame frame;

    ASSERT_TRUE(read_frame(text, frame));

    EXPECT_EQ(frame.kind, FrameKind::req);
    EXPECT_EQ(frame.id, 0u);
    EXPECT_EQ(frame.seq, 18'446'744'073'709'551'615u);
    EXPECT_TRUE(frame.last);
    EXPECT_EQ(frame.method, "record.get");
    EXPECT_EQ(frame.topic, "a.b");
    EXPECT_EQ(frame.sub, "7");
    EXPECT_EQ(frame.err, "denied");
    EXPECT_EQ(frame.params, R"({"a": [1, 2]})");
    EXPECT_EQ(frame.payload, R"("p")");
    EXPECT_EQ(frame.data, "1.5");
    EXPECT_EQ(frame.ok, "[]");
    EXPECT_EQ(frame.more("extra"), R"({"t":1})");
}

TEST(ReadFrame, TakesEveryKindWithItsRequiredMembers) {
    const std::pair<std::string_view, FrameKind> frames[] = {
        {R"({"t":"req","id":1,"method":"m"})", FrameKind::req},
        {R"({"t":"sub","id":1,"topic":""})", FrameKind::sub},
        {R"({"t":"unsub","sub":"1"})", FrameKind::unsub},
        {R"({"t":"write","topic":"a"})", FrameKind::write},
        {R"({"t":"ping"})", FrameKind::ping},
        {R"({"t":"reply","id":1,"ok":1})", FrameKind::reply},
        {R"({"t":"subscribed","sub":"1"})", FrameKind::subscribed},
        {R"({"t":"snap","sub":"1","seq":1,"topic":"a"})", FrameKind::snap},
        {R"({"t":"event","sub":"1","seq":1})", FrameKind::event},
        {R"({"t":"pong"})", FrameKind::pong},
        {R"({"t":"live","sub":"1"})", FrameKind::live},
        {R"({"t":"gap","sub":"1","topic":"a","first":3,"last":5})", FrameKind::gap},
        {R"({"t":"ended","sub":"1"})", FrameKind::ended}};
    for (const auto& [text, kind] : frames) {
        Frame frame;
        EXPECT_TRUE(read_frame(text, frame)) << text;
        EXPECT_EQ(frame.kind, kind) << text;
    }
}

TEST(ReadFrame, SkipsFramesThatLackARequiredMember) {
    for (const std::string_view text :
         {R"({})", R"({"id":1,"method":"m"})", R"({"t":null})", R"({"t":"req","id":1})",
          R"({"t":"req","method":"m"})", R"({"t":"req","id":null,"method":"m"})",
          R"({"t":"req","id":1,"method":null})", R"({"t":"sub","id":1})",
          R"({"t":"sub","topic":"a"})", R"({"t":"unsub"})", R"({"t":"write","payload":1})",
          R"({"t":"reply","ok":1})", R"({"t":"snap","sub":"1","seq":1})",
          R"({"t":"event","sub":"1"})", R"({"t":"event","seq":1})", R"({"t":"live"})"}) {
        EXPECT_FALSE(reads(text)) << text;
    }
}

TEST(ReadFrame, SkipsWhatIsNoSingleJsonObject) {
    for (const std::string_view text : {"",
                                        " ",
                                        "null",
                                        "[]",
                                        R"(["t"])",
                                        R"("t")",
                                        R"({"t":"ping"}x)",
                                        R"({"t":"ping"}{})",
                                        R"({"t":"ping"},)",
                                        "\xEF\xBB\xBF{\"t\":\"ping\"}",
                                        R"({"t":"ping")",
                                        R"({"t":"ping",})",
                                        R"({,"t":"ping"})",
                                        R"({"t" "ping"})",
                                        R"({t:"ping"})",
                                        R"({'t':'ping'})",
                                        R"({"t":"ping" "a":1})",
                                        R"({"t":"ping","a":})",
                                        R"({"t":"ping","a":01})",
                                        R"({"t":"ping","a":1.})",
                                        R"({"t":"ping","a":+1})",
                                        R"({"t":"ping","a":NaN})",
                                        R"({"t":"ping","a":tru})",
                                        R"({"t":"ping","a":"\x"})",
                                        R"({"t":"ping","a":"\u12g4"})",
                                        "{\"t\":\"ping\",\"a\":\"\n\"}",
                                        R"({"t":"ping","a":[1,]})",
                                        R"({"t":"ping","a":[1})",
                                        R"({"t":"ping","a":{"b"}})",
                                        "{\"t\":\"ping\"}\xC2\xA0",
                                        R"(/**/{"t":"ping"})"}) {
        EXPECT_FALSE(reads(text)) << text;
    }
    EXPECT_FALSE(reads(std::string_view("{\"t\":\"ping\"}\0", 13)));
}

TEST(ReadFrame, SkipsUnknownAndMistypedKinds) {
    for (const std::string_view text :
         {R"({"t":"PING"})", R"({"t":"Ping"})", R"({"t":""})", R"({"t":1})", R"({"t":["ping"]})",
          R"({"t":"ping "})", R"({"T":"ping"})"}) {
        EXPECT_FALSE(reads(text)) << text;
    }
}

TEST(ReadFrame, SkipsARepeatedKnownMemberButNotAnUnknownOne) {
    for (const std::string_view text :
         {R"({"t":"ping","t":"ping"})", R"({"t":"ping","id":1,"id":1})",
          R"({"t":"ping","id":null,"id":1})", R"({"t":"ping","data":1,"data":2})",
          R"({"t":"ping","params":null,"params":null})",
          R"({"t":"ping","last":true,"last":true})"}) {
        EXPECT_FALSE(reads(text)) << text;
    }
    EXPECT_TRUE(reads(R"({"t":"ping","x":1,"x":2,"ID":1,"ID":2})"));
}

TEST(ReadFrame, SkipsMistypedMembersEvenWhereTheKindDoesNotUseThem) {
    for (const std::string_view text :
         {R"({"t":"ping","seq":"x"})", R"({"t":"ping","id":"1"})", R"({"t":"ping","id":-1})",
          R"({"t":"ping","id":-0})", R"({"t":"ping","id":1.0})", R"({"t":"ping","id":1e0})",
          R"({"t":"ping","id":18446744073709551616})", R"({"t":"ping","id":true})",
          R"({"t":"ping","seq":{}})", R"({"t":"ping","last":1})", R"({"t":"ping","last":"true"})",
          R"({"t":"ping","method":1})", R"({"t":"ping","topic":[]})", R"({"t":"ping","sub":7})",
          R"({"t":"ping","err":{"code":"x"}})"}) {
        EXPECT_FALSE(reads(text)) << text;
    }
}

TEST(ReadFrame, TakesNullForAnOptionalMember) {
    Frame frame;

    ASSERT_TRUE(read_frame(R"({"t":"ping","id":null,"seq":null,"last":null,"method":null,)"
                           R"("topic":null,"sub":null,"params":null,"payload":null,"data":null,)"
                           R"("ok":null,"err":null,"more":null})",
                           frame));

    EXPECT_FALSE(frame.id.has_value());
    EXPECT_FALSE(frame.last);
    EXPECT_EQ(frame.params.data(), nullptr);
    EXPECT_EQ(frame.topic.data(), nullptr);
    EXPECT_EQ(frame.more("more"), "");
}

TEST(ReadFrame, SkipsEscapesAndBrokenUtf8InEnvelopeStringsOnly) {
    for (const std::string_view text :
         {R"({"t":"\u0070ing"})", R"({"t":"req","id":1,"method":"record\/get"})",
          R"({"t":"sub","id":1,"topic":"a\tb"})", R"({"t":"unsub","sub":"\u0037"})",
          R"({"t":"reply","id":1,"err":"\u0064"})", "{\"t\":\"write\",\"topic\":\"\xFF\"}",
          "{\"t\":\"write\",\"topic\":\"\xC0\xAF\"}",
          "{\"t\":\"write\",\"topic\":\"\xED\xA0\x80\"}", R"({"\u0074":"ping"})"}) {
        EXPECT_FALSE(reads(text)) << text;
    }
    Frame frame;
    ASSERT_TRUE(
        read_frame("{\"t\":\"write\",\"topic\":\"gr\u00FC\u00DFe.\U0001F525\","
                   "\"payload\":\"\\u00e9\\n\"}",
                   frame));
    EXPECT_EQ(frame.topic, "gr\u00FC\u00DFe.\U0001F525");
    EXPECT_EQ(frame.payload, R"("\u00e9\n")");
}

TEST(ReadFrame, FollowsValuesHoweverDeepTheyAre) {
    const auto ping_with = [](const std::string& value) {
        return R"({"t":"ping","params":)" + value + "}";
    };

    EXPECT_TRUE(reads(ping_with(nested(128))));
    EXPECT_TRUE(reads(ping_with(nested(1'024))));
    EXPECT_TRUE(reads(ping_with(nested(1'025))));
    EXPECT_TRUE(reads(ping_with(nested(1'000'000))));
    EXPECT_FALSE(reads(ping_with(std::string(1'000'000, '{'))));
}

TEST(ReadFrame, KeepsTwelveUnknownMembersAndPassesOverTheOthers) {
    std::string text = R"({"t":"ping")";
    for (int i = 1; i <= 40; ++i) {
        text += ",\"x" + std::to_string(i) + "\":" + std::to_string(i);
    }
    text += '}';
    Frame frame;

    ASSERT_TRUE(read_frame(text, frame));

    EXPECT_EQ(frame.more_number("x12"), 12u);
    EXPECT_FALSE(frame.more_number("x13").has_value());
}

TEST(ReadFrame, GivesTheLastOfAGapAsANumber) {
    Frame frame;

    ASSERT_TRUE(
        read_frame(R"({"t":"gap","sub":"1","topic":"a","last":64,"cause":"crash"})", frame));

    EXPECT_EQ(frame.more_number("last"), 64u);
    EXPECT_EQ(frame.more_text("cause"), "crash");
    EXPECT_FALSE(frame.last);
}

TEST(Params, OfAnObjectAreItsMembersAndTheLastOfANameCounts) {
    const Params params(
        R"({"name":"set\u0074ing","n":1,"n":2,"flag":true,"off":"true","o":{"n":3}})");

    EXPECT_EQ(params.text("name"), "setting");
    EXPECT_EQ(params.number("n"), 2u);
    EXPECT_TRUE(params.flag("flag"));
    EXPECT_FALSE(params.flag("off"));
    EXPECT_EQ(params.raw("o"), R"({"n":3})");
    EXPECT_FALSE(params.has("absent"));
    EXPECT_FALSE(params.text("n").has_value());
    EXPECT_FALSE(params.number("name").has_value());
}

TEST(Params, OfAnythingElseAreNone) {
    for (const std::string& text : std::vector<std::string>{"", "null", "1", "[]", R"("name")"}) {
        EXPECT_FALSE(Params(text).has("name")) << text;
    }
    EXPECT_TRUE(Params(R"({"name":1,"deep":)" + nested(127) + "}").has("name"));
    EXPECT_FALSE(Params(R"({"name":1,"deep":)" + nested(128) + "}").has("name"));
}

TEST(Params, HoldThirtyTwoMembers) {
    std::string text = R"({"x1":1)";
    for (int i = 2; i <= 40; ++i) {
        text += ",\"x" + std::to_string(i) + "\":1";
    }
    text += '}';
    const Params params(text);

    EXPECT_TRUE(params.has("x32"));
    EXPECT_FALSE(params.has("x33"));
}

TEST(Params, TheLastOfANameCountsHoweverOftenItCame) {
    std::string text = "{";
    for (int i = 0; i < 40; ++i) {
        text += R"("often":1,"\u006fften":2,)";
    }

    text += R"("often":3,"once":4})";
    const Params params(text);

    EXPECT_EQ(params.raw("often"), "3");
    EXPECT_EQ(params.raw("once"), "4");
}

TEST(ReadNumber, TakesUnsignedIntegersOnly) {
    EXPECT_EQ(read_number("0"), 0u);
    EXPECT_EQ(read_number("18446744073709551615"), 18'446'744'073'709'551'615u);
    for (const std::string_view text :
         {"", "-1", "1.0", "1e3", "\"1\"", "18446744073709551616", " 1", "1 ", "+1", "null"}) {
        EXPECT_FALSE(read_number(text).has_value()) << text;
    }
}

TEST(ReadText, ResolvesEscapes) {
    EXPECT_EQ(read_text(R"("a\"\\\/\b\f\n\r\t\u00e9\ud83d\udd25")"),
              "a\"\\/\b\f\n\r\t\u00E9\U0001F525");
    for (const std::string_view text : {"", "1", "\"", "\"a", R"("\ud800")", R"("a"b)", "a"}) {
        EXPECT_FALSE(read_text(text).has_value()) << text;
    }
}

TEST(ForEachMember, RefusesWhatIsNoWholeObject) {
    const auto none = [](std::string_view, std::string_view) {};

    EXPECT_TRUE(for_each_member(R"( {"a":1 , "b":{}} )", none));
    EXPECT_TRUE(for_each_member("{}", none));
    for (const std::string_view text : {"", "[]", R"({"a":1)", R"({"a":1])", R"({"a":1}x)",
                                        R"({"a"})", R"({"a":1,})", "{", R"({a:1})"}) {
        EXPECT_FALSE(for_each_member(text, none)) << text;
    }
}

}  // namespace
}  // namespace aimdb::aimx
