// SPDX-License-Identifier: Apache-2.0
#include "aimdb/json/scanner.hpp"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aimdb/json/writer.hpp"

namespace aimdb::json {
namespace {

std::uint64_t test_seed() {
    const char* const given = std::getenv("AIMDB_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

/// The cause of the fault after "decode x ", or "good".
std::string skip(std::string_view text) {
    Scanner scanner(text);
    if (scanner.skip_value() && scanner.finish()) {
        return "good";
    }
    try {
        scanner.raise("x");
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::decode_failed);
        const std::string what = error.what();
        return what.substr(9, what.rfind(": ") - 9);
    }
}

double read_double(std::string_view text) {
    Scanner scanner(text);
    double value = 0;
    EXPECT_TRUE(scanner.read_float(value) && scanner.finish()) << text;
    return value;
}

std::string read_string(std::string_view text) {
    Scanner scanner(text);
    std::string value;
    EXPECT_TRUE(scanner.read_string(value) && scanner.finish()) << text;
    return value;
}

std::string written(std::string_view text) {
    std::string out;
    Writer writer(out);
    EXPECT_TRUE(writer.string(text));
    writer.finish();
    return out;
}

TEST(Scanner, AcceptsEveryKindOfValue) {
    for (const char* text :
         {"null", "true", "false", "0", "-0", "1.5e-3", "1E+2", "\"\"", "\"a\\u00e9\\n\"", "[]",
          "{}", " [ 1 , [ ] , { } ] ", "{\"a\":{\"b\":[null]}}", "\t\r\n1 "}) {
        EXPECT_EQ(skip(text), "good") << text;
    }
}

struct FaultRow {
    const char* text;
    const char* message;
};

constexpr FaultRow fault_table[] = {
    {"", "at byte 0: expected a value, found the end of the text"},
    {"nul", "at byte 0: expected null, found 'n'"},
    {"tru", "at byte 0: expected true or false, found 't'"},
    {"01", "at byte 1: expected the end of the text, found '1'"},
    {"-", "at byte 1: expected a digit, found the end of the text"},
    {"1.", "at byte 2: expected a digit, found the end of the text"},
    {".5", "at byte 0: expected a value, found '.'"},
    {"+1", "at byte 0: expected a value, found '+'"},
    {"1e", "at byte 2: expected a digit, found the end of the text"},
    {"1e+x", "at byte 3: expected a digit, found 'x'"},
    {"NaN", "at byte 0: expected a value, found 'N'"},
    {"[1,]", "at byte 3: expected a value, found ']'"},
    {"[1 2]", "at byte 3: expected ',' or ']', found '2'"},
    {"[", "at byte 1: expected a value, found the end of the text"},
    {"{\"a\":1,}", "at byte 7: expected a field name, found '}'"},
    {"{a:1}", "at byte 1: expected a field name, found 'a'"},
    {"{\"a\" 1}", "at byte 5: expected ':', found '1'"},
    {"{\"a\":1 \"b\"", "at byte 7: expected ',' or '}', found '\"'"},
    {"\"abc", "at byte 4: expected '\"', found the end of the text"},
    {"\"abc\\", "at byte 5: expected '\"', found the end of the text"},
    {"\"a\nb\"", "at byte 2: expected an escape instead of a control character, found 0x0a"},
    {"\"a\xff\"", "at byte 2: expected UTF-8, found 0xff"},
    {"\"\\x\"", "at byte 2: expected one of \"\\/bfnrtu, found 'x'"},
    {"\"\\u12g4\"", "at byte 5: expected four hexadecimal digits, found 'g'"},
    {"\"\\u12\"", "at byte 5: expected four hexadecimal digits, found '\"'"},
    {"\"\\udc00\"", "at byte 1: expected the first half of a surrogate pair, found '\\'"},
    {"\"\\ud83d\"", "at byte 7: expected the second half of a surrogate pair, found '\"'"},
    {"\"\\ud83d\\u0041\"", "at byte 7: expected the second half of a surrogate pair, found '\\'"},
    {"1 x", "at byte 2: expected the end of the text, found 'x'"},
    {"\xef\xbb\xbf"
     "1",
     "at byte 0: expected a value, found 0xef"},
};

TEST(Scanner, SaysWhatIsWrongAndWhere) {
    for (const FaultRow& row : fault_table) {
        EXPECT_EQ(skip(row.text), row.message) << row.text;
    }
}

TEST(Scanner, RefusesWhatIsNestedDeeperThanTheLimit) {
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };

    EXPECT_EQ(skip(nested(128)), "good");
    EXPECT_EQ(skip(nested(129)), "at byte 129: nested deeper than 128 levels");
    EXPECT_EQ(skip(std::string(1'000'000, '[')), "at byte 129: nested deeper than 128 levels");
    EXPECT_EQ(skip("[" + nested(127) + "," + nested(127) + "]"), "good");
}

TEST(Scanner, GivesTheTextOfAValueItSkips) {
    Scanner scanner(" [1, {\"a\" : \"]\"}] ,");
    std::string_view text;

    ASSERT_TRUE(scanner.read_raw(text));

    EXPECT_EQ(text, "[1, {\"a\" : \"]\"}]");
    EXPECT_EQ(scanner.peek(), ',');
}

TEST(Scanner, ReadsEscapesAndSurrogatePairs) {
    EXPECT_EQ(read_string(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(read_string(R"("\u0041\u00e9\u20AC")"), "A\xc3\xa9\xe2\x82\xac");
    EXPECT_EQ(read_string(R"("x\ud83D\uDE00y")"), "x\xf0\x9f\x98\x80y");
    EXPECT_EQ(read_string(R"("\u0000")"), std::string(1, '\0'));
    EXPECT_EQ(read_string("\"M\xc3\xbcnchen, eight bytes and more\""),
              "M\xc3\xbcnchen, eight bytes and more");
}

TEST(Scanner, RoundsNumbersLikeTheStandardLibrary) {
    EXPECT_EQ(read_double("0.1"), 0.1);
    EXPECT_EQ(read_double("1e22"), 1e22);
    EXPECT_EQ(read_double("1e23"), 1e23);
    EXPECT_EQ(read_double("9007199254740993"), 9007199254740992.0);
    EXPECT_EQ(read_double("123456789012345678901234567890"), 123456789012345678901234567890.0);
    EXPECT_EQ(read_double("0.000000000000000000000000000000000000000001e42"), 1.0);
    EXPECT_EQ(read_double("4.9e-324"), 4.9e-324);
    EXPECT_EQ(read_double("1.7976931348623157e308"), 1.7976931348623157e308);
    EXPECT_TRUE(std::signbit(read_double("-0")));
    EXPECT_TRUE(std::signbit(read_double("-0.0e5")));
}

TEST(Scanner, ReadsTooSmallAsZeroAndRefusesTooLarge) {
    for (const char* text : {"1e-400", "0.1e-999999999999999999999", "0e999999999999999999999"}) {
        EXPECT_EQ(read_double(text), 0.0) << text;
    }
    for (const char* text : {"1e309", "-1e400", "1e999999999999999999999"}) {
        double value = 0;
        EXPECT_FALSE(Scanner(text).read_float(value)) << text;
    }
    float value = 0;
    EXPECT_FALSE(Scanner("1e39").read_float(value));
    EXPECT_TRUE(Scanner("1e-60").read_float(value));
}

template <typename Integer>
bool reads(std::string_view text, Integer expected) {
    Scanner scanner(text);
    Integer value{};
    return scanner.read_integer(value) && scanner.finish() && value == expected;
}

TEST(Scanner, ReadsIntegersUpToTheirLimits) {
    EXPECT_TRUE(reads<std::int64_t>("-9223372036854775808", INT64_MIN));
    EXPECT_TRUE(reads<std::int64_t>("9223372036854775807", INT64_MAX));
    EXPECT_TRUE(reads<std::uint64_t>("18446744073709551615", UINT64_MAX));
    EXPECT_TRUE(reads<std::int8_t>("-128", std::int8_t{-128}));
    EXPECT_TRUE(reads<std::uint8_t>("255", std::uint8_t{255}));
    EXPECT_TRUE(reads<std::uint8_t>("-0", std::uint8_t{0}));
}

template <typename Integer>
bool refuses(std::string_view text) {
    Integer value{};
    Scanner scanner(text);
    return !(scanner.read_integer(value) && scanner.finish());
}

TEST(Scanner, RefusesIntegersBeyondTheirLimits) {
    for (const char* text :
         {"9223372036854775808", "-9223372036854775809", "18446744073709551616",
          "-18446744073709551616", "-18446744073709551615", "99999999999999999999999", "1.0", "1e2",
          "01", "-", "", "--1", "\"1\""}) {
        EXPECT_TRUE(refuses<std::int64_t>(text)) << text;
    }
    EXPECT_TRUE(refuses<std::uint64_t>("18446744073709551616"));
    EXPECT_TRUE(refuses<std::uint64_t>("-1"));
    EXPECT_TRUE(refuses<std::uint8_t>("256"));
    EXPECT_TRUE(refuses<std::int8_t>("-129"));
}

TEST(StringScan, FindsTheFirstSpecialByteAtEveryPlace) {
    for (int byte = 0; byte < 256; ++byte) {
        for (std::size_t place = 0; place < 20; ++place) {
            std::string text(20, 'a');
            text[place] = static_cast<char>(byte);
            const char* const end = text.data() + text.size();

            const char* const found = detail::find_special(text.data(), end);

            const bool special = byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
            ASSERT_EQ(found, special ? text.data() + place : end) << byte << " at " << place;
        }
    }
}

TEST(Writer, EscapesWhatJsonAsksForAndNothingElse) {
    EXPECT_EQ(written("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f"),
              "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    EXPECT_EQ(written("\xe2\x82\xac\n"), "\"\xe2\x82\xac\\n\"");
    EXPECT_EQ(written({}), "\"\"");
}

TEST(Writer, WritesStringsLongerThanItsBuffer) {
    const std::string plain(5'000, 'p');
    const std::string control(5'000, '\x02');

    EXPECT_EQ(written(plain), "\"" + plain + "\"");
    EXPECT_EQ(read_string(written(control)), control);
}

TEST(Writer, LeavesTheStringAsItWasUnlessItIsFinished) {
    std::string out = "before";
    {
        Writer writer(out);
        writer.raw(std::string(2'000, 'x'));
        EXPECT_FALSE(writer.string("\xff"));
    }
    EXPECT_EQ(out, "before");
}

/// A random document: small values, all kinds, all sorts of characters.
nlohmann::json random_tree(std::mt19937_64& random, int levels) {
    constexpr const char* pieces[] = {"a",    "\"", "\\", "\n", "\xc3\xa9", "\xf0\x9f\x98\x80",
                                      "\x01", " "};
    const auto text = [&] {
        std::string result;
        for (std::size_t i = random() % 12; i > 0; --i) {
            result += pieces[random() % std::size(pieces)];
        }
        return result;
    };
    nlohmann::json tree;
    switch (random() % (levels > 0 ? 8 : 6)) {
        case 0: return nullptr;
        case 1: return random() % 2 == 0;
        case 2: return static_cast<std::int64_t>(random());
        case 3: return random();
        case 4: return std::bit_cast<double>(random());
        case 5: return text();
        case 6:
            tree = nlohmann::json::array();
            for (std::size_t i = random() % 5; i > 0; --i) {
                tree.push_back(random_tree(random, levels - 1));
            }
            return tree;
        default:
            tree = nlohmann::json::object();
            for (std::size_t i = random() % 5; i > 0; --i) {
                tree[text()] = random_tree(random, levels - 1);
            }
            return tree;
    }
}

// Goal: the scanner accepts exactly JSON. Method: nlohmann judges the same
// random documents, whole, cut and with one byte changed.
TEST(Scanner, AgreesWithNlohmannAboutWhatIsJson) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE("AIMDB_TEST_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    constexpr std::string_view alphabet = "{}[],:\"\\ 0123456789.eE+-tfnu\n\x80\xc3\xff";

    for (int round = 0; round < 20'000; ++round) {
        std::string text = random_tree(random, 4).dump(random() % 2 == 0 ? -1 : 1);
        ASSERT_EQ(skip(text), "good") << text;
        text[random() % text.size()] = alphabet[random() % alphabet.size()];
        text.resize(text.size() - (random() % 3 == 0 ? random() % text.size() : 0));

        bool json = nlohmann::json::accept(text);
        if (!json && skip(text) == "good") {
            // nlohmann also refuses a number too large for a double; skipping does not look.
            EXPECT_THROW(const auto tree = nlohmann::json::parse(text),
                         nlohmann::json::out_of_range)
                << text;
            json = true;
        }
        ASSERT_EQ(skip(text) == "good", json) << text;
    }
}

// Goal: strings are read and written like nlohmann does it.
TEST(Writer, AgreesWithNlohmannAboutStrings) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE("AIMDB_TEST_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);

    for (int round = 0; round < 20'000; ++round) {
        std::string text(random() % 24, ' ');
        for (char& c : text) {
            c = static_cast<char>(random() % (round % 2 == 0 ? 0x80 : 0x100));
        }
        std::string out;
        Writer writer(out);

        if (aimdb::detail::find_invalid_utf8(text) == text.size()) {
            ASSERT_TRUE(writer.string(text));
            writer.finish();
            ASSERT_EQ(out, nlohmann::json(text).dump());
            ASSERT_EQ(read_string(out), text);
        } else {
            ASSERT_FALSE(writer.string(text));
        }
    }
}

// Goal: every double survives. Method: random bit patterns there and back.
TEST(Writer, WritesFloatingPointNumbersThatReadBackBitForBit) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE("AIMDB_TEST_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);

    for (int round = 0; round < 100'000; ++round) {
        const auto value = std::bit_cast<double>(random());
        const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        std::string out;
        Writer writer(out);
        writer.floating(value);
        writer.raw(' ');
        writer.floating(single);
        writer.finish();
        Scanner scanner(out);
        double value_read = 0;
        float single_read = 0;

        ASSERT_TRUE(scanner.read_float(value_read) && scanner.read_float(single_read)) << out;

        ASSERT_TRUE(std::isfinite(value) ? std::bit_cast<std::uint64_t>(value_read) ==
                                               std::bit_cast<std::uint64_t>(value)
                                         : std::isnan(value_read))
            << out;
        ASSERT_TRUE(std::isfinite(single) ? std::bit_cast<std::uint32_t>(single_read) ==
                                                std::bit_cast<std::uint32_t>(single)
                                          : std::isnan(single_read))
            << out;
    }
}

}  // namespace
}  // namespace aimdb::json
