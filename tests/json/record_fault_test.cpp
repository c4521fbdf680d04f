// SPDX-License-Identifier: Apache-2.0
//
// What AIMDB_RECORD codecs refuse, and how they say it.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "aimdb/json/record.hpp"

#include "record_types.hpp"

namespace aimdb {
namespace {

using test::decode_error;
using test::encode;
using test::encode_error;
using test::full_text;
using weather::Pair;
using weather::Place;
using weather::Reading;

struct FaultRow {
    const char* text;
    const char* message;
};

constexpr FaultRow fault_table[] = {
    {"", "decode Reading at byte 0: expected an object, found the end of the text"},
    {"[]", "decode Reading at byte 0: expected an object, found '['"},
    {"null", "decode Reading at byte 0: expected an object, found 'n'"},
    {"{\"celsius\":tru}",
     "decode Reading field 'celsius' at byte 11: expected a number, found 't'"},
    {"{\"celsius\":\"1\"}",
     "decode Reading field 'celsius' at byte 11: expected a number, found '\"'"},
    {"{\"celsius\":1e999}",
     "decode Reading field 'celsius' at byte 11: the number is out of range"},
    {"{\"celsius\":1.}", "decode Reading field 'celsius' at byte 13: expected a digit, found '}'"},
    {"{\"count\":1.5}", "decode Reading field 'count' at byte 10: expected an integer, found '.'"},
    {"{\"count\":null}", "decode Reading field 'count' at byte 9: expected an integer, found 'n'"},
    {"{\"count\":9223372036854775808}",
     "decode Reading field 'count' at byte 9: the number is out of range (-9223372036854775808 to "
     "9223372036854775807)"},
    {"{\"sky\":256}",
     "decode Reading field 'sky' at byte 7: the number is out of range (0 to 255)"},
    {"{\"city\":7}", "decode Reading field 'city' at byte 8: expected a string, found '7'"},
    {"{\"city\":\"\xff\"}", "decode Reading field 'city' at byte 9: expected UTF-8, found 0xff"},
    {"{\"valid\":1}", "decode Reading field 'valid' at byte 9: expected true or false, found '1'"},
    {"{\"rgb\":[1,2]}", "decode Reading field 'rgb' at byte 12: expected exactly 3 elements"},
    {"{\"rgb\":[1,2,3,4]}",
     "decode Reading field 'rgb[3]' at byte 14: expected exactly 3 elements"},
    {"{\"places\":[{},{\"lat\":[]}]}",
     "decode Reading field 'places[1].lat' at byte 21: expected a number, found '['"},
    {"{\"flags\":{\"a\":true,\"b\":0}}",
     "decode Reading field 'flags[1]' at byte 23: expected true or false, found '0'"},
    {"{\"where\":{\"lon\":x}}",
     "decode Reading field 'where.lon' at byte 16: expected a number, found 'x'"},
    {"{\"u\":[}}", "decode Reading at byte 6: expected a value, found '}'"},
    {"{\"count\":1}}", "decode Reading at byte 11: expected the end of the text, found '}'"},
    {"{\"count\":1,}", "decode Reading at byte 11: expected a field name, found '}'"},
    {"{\"count\":1 \"valid\":true}", "decode Reading at byte 11: expected ',' or '}', found '\"'"},
};

TEST(RecordCodec, SaysWhichFieldIsWrongWhereAndWhy) {
    for (const FaultRow& row : fault_table) {
        EXPECT_EQ(decode_error<Reading>(row.text), row.message) << row.text;
    }
}

TEST(RecordCodec, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < full_text.size(); ++size) {
        EXPECT_NE(decode_error<Reading>(full_text.substr(0, size)), "good") << size;
    }
}

TEST(RecordCodec, RefusesToWriteWhatIsNotUtf8) {
    Reading reading;
    reading.city = "Wien\xff";
    EXPECT_EQ(encode_error(reading),
              "encode Reading field 'city': byte 4 of the string is not UTF-8");

    reading = Reading{};
    reading.flags["\xc3"] = true;
    reading.city = std::string(3'000, 'x');  // part of the text has left the writer already
    EXPECT_EQ(encode_error(reading),
              "encode Reading field 'flags[0]': byte 0 of the string is not UTF-8");
}

TEST(RecordCodec, RefusesMissingAndUnknownFieldsOfStrictTypes) {
    EXPECT_EQ(Codec<Pair>::decode(R"({"y":4,"x":3})").x, 3);
    EXPECT_EQ(decode_error<Pair>(R"({"x":3})"), "decode Pair at byte 7: missing field 'y'");
    EXPECT_EQ(decode_error<Pair>("{}"), "decode Pair at byte 2: missing field 'x'");
    EXPECT_EQ(decode_error<Pair>(R"({"x":3,"y":4,"z":5})"),
              "decode Pair at byte 17: unknown field 'z'");
    EXPECT_EQ(decode_error<Pair>("{\"" + std::string(65, 'n') + "\":1}"),
              "decode Pair at byte 69: unknown field with a name of 65 bytes");
}

weather::Node chain(std::size_t levels) {
    weather::Node node;
    for (std::size_t i = 1; i < levels; ++i) {
        weather::Node parent;
        parent.children.push_back(std::move(node));
        node = std::move(parent);
    }
    return node;
}

TEST(RecordCodec, NestsAsDeeplyAsTheLimitInBothDirections) {
    const std::string deepest = encode(chain(64));  // two levels each

    EXPECT_EQ(encode(Codec<weather::Node>::decode(deepest)), deepest);
    EXPECT_NE(encode_error(chain(65)).find("nested deeper than 128 levels"), std::string::npos);
    EXPECT_NE(decode_error<weather::Node>("{\"children\":[" + deepest + "]}")
                  .find("nested deeper than 128 levels"),
              std::string::npos);
    EXPECT_EQ(decode_error<Place>("{\"x\":" + std::string(100'000, '[')),
              "decode Place at byte 133: nested deeper than 128 levels");
}

// Goal: no input crashes the decoder, and what it accepts it can write again.
// Method: a valid document with up to four bytes changed, removed or doubled,
// read from a buffer of its exact size. AIMDB_TEST_SEED repeats a run.
TEST(RecordCodec, SurvivesMutatedDocuments) {
    const char* const given = std::getenv("AIMDB_TEST_SEED");
    const std::uint64_t seed =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    SCOPED_TRACE("AIMDB_TEST_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    constexpr std::string_view alphabet = "{}[],:\"\\ 0123456789.eE+-tfnu\n\x80\xc3\xff";
    int accepted = 0;

    for (int round = 0; round < 100'000; ++round) {
        std::string text(full_text);
        for (std::size_t change = random() % 4; change < 4; ++change) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0: text[at] = alphabet[random() % alphabet.size()]; break;
                case 1: text.erase(at, random() % 8 + 1); break;
                default: text.insert(at, text, random() % text.size(), random() % 8 + 1); break;
            }
            text += text.empty() ? "{" : "";
        }
        if (decode_error<Reading>(text) == "good") {
            ++accepted;
            EXPECT_EQ(encode_error(Codec<Reading>::decode(text)), "good") << text;
        }
    }

    EXPECT_GT(accepted, 1'000);  // otherwise the changes are too coarse to test anything
}

}  // namespace
}  // namespace aimdb
