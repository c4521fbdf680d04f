// SPDX-License-Identifier: Apache-2.0
#include "aimdb/json/record.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#ifdef NLOHMANN_JSON_VERSION_MAJOR
#error "aimdb/json/record.hpp must not include nlohmann: it is there to compile fast"
#endif

#include "record_types.hpp"

namespace aimdb {
namespace {

using test::decode_error;
using test::encode;
using test::full_reading;
using test::full_text;
using weather::Pair;
using weather::Place;
using weather::Reading;

Reading with_count(std::int64_t count) {
    Reading reading;
    reading.count = count;
    return reading;
}

static_assert(HasCodec<Reading> && HasCodec<double> && HasCodec<std::string>);
static_assert(HasCodec<std::uint64_t> && HasCodec<bool> && HasCodec<std::vector<Place>>);
static_assert(!HasCodec<weather::Special>, "a derived type is not what its base describes");
static_assert(!HasCodec<long double> && !HasCodec<int*>);

TEST(RecordCodec, WritesTheDeclaredFieldsInOrder) {
    EXPECT_EQ(encode(full_reading()), full_text);
    EXPECT_EQ(encode(Pair{}), "{\"x\":1,\"y\":2}");
}

TEST(RecordCodec, AppendsToWhatIsThere) {
    std::string out = "[";

    Codec<Pair>::encode({3, 4}, out);

    EXPECT_EQ(out, "[{\"x\":3,\"y\":4}");
}

TEST(RecordCodec, ReadsBackEveryFieldType) {
    const Reading reading = Codec<Reading>::decode(full_text);

    EXPECT_EQ(reading.city, "M\xc3\xbcnchen \"1\"");
    EXPECT_EQ(reading.sky, weather::Sky::cloudy);
    EXPECT_EQ(reading.level, 3);
    EXPECT_EQ(reading.rgb, (std::array<std::uint8_t, 3>{1, 2, 255}));
    EXPECT_EQ(reading.flags.at("a b"), true);
    EXPECT_EQ(to_unix_ms(reading.at), 1'763'640'000'123);
    EXPECT_EQ(reading.span, std::chrono::minutes(1));
    EXPECT_TRUE(std::signbit(reading.places.at(1).lon));
    EXPECT_EQ(encode(reading), full_text);
}

TEST(RecordCodec, KeepsNumbersAtTheirLimits) {
    for (const std::int64_t count : {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}}) {
        EXPECT_EQ(Codec<Reading>::decode(encode(with_count(count))).count, count);
    }
    using Limits = std::numeric_limits<double>;
    for (const double value : {Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min(),
                               -Limits::denorm_min(), -0.0, 0.1, 1e23, 123456789012345680.0}) {
        const double back = Codec<double>::decode(encode(value));
        EXPECT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(value)) << value;
    }
    EXPECT_EQ(encode(std::numeric_limits<float>::max()), "3.4028235e+38");
    EXPECT_EQ(Codec<float>::decode("1e-45"), std::numeric_limits<float>::denorm_min());
}

TEST(RecordCodec, WritesNonFiniteNumbersAsNullAndCountsThem) {
    Reading reading;
    reading.celsius = std::numeric_limits<double>::quiet_NaN();
    reading.ratio = -std::numeric_limits<float>::infinity();
    reading.where.lat = std::numeric_limits<double>::infinity();
    std::string out;

    EXPECT_EQ(Codec<Reading>::encode(reading, out), 3u);
    EXPECT_EQ(Codec<Reading>::encode(Reading{}, out), 0u);

    const Reading back = Codec<Reading>::decode(encode(reading));
    EXPECT_TRUE(std::isnan(back.celsius));
    EXPECT_TRUE(std::isnan(back.ratio));
    EXPECT_TRUE(std::isnan(back.where.lat));
    EXPECT_EQ(encode(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(RecordCodec, ReadsFieldsInAnyOrderAndSpacing) {
    const Place place = Codec<Place>::decode(" {\n\t\"lon\" : 5 ,\r\n \"lat\": 6e0 } ");

    EXPECT_EQ(place.lat, 6.0);
    EXPECT_EQ(place.lon, 5.0);
    EXPECT_EQ(Codec<Place>::decode(R"({"l\u0061t": 9})").lat, 9.0);
}

TEST(RecordCodec, KeepsTheDefaultsOfMissingFields) {
    const Reading reading = Codec<Reading>::decode(R"({"count":1,"where":{"lon":0}})");

    EXPECT_EQ(reading.city, "none");
    EXPECT_EQ(reading.where.lat, 7.0);  // the default of the outer type, not of Place
    EXPECT_EQ(reading.where.lon, 0.0);
    EXPECT_EQ(Codec<Place>::decode("{}").lat, 1.5);
}

TEST(RecordCodec, PassesOverUnknownFieldsOfEveryKind) {
    for (const char* value : {"null", "true", "-1.5e9", "\"\\u00e9\xc3\xa9\"", "[1,[{}]]", "{}",
                              "{\"lat\":99,\"x\":{\"lat\":98}}"}) {
        const std::string text = R"({"u":)" + std::string(value) + R"(,"lat":3,"v":)" + value +
                                 R"(,"lon":4,"w":)" + value + "}";

        const Place place = Codec<Place>::decode(text);

        EXPECT_EQ(place.lat, 3.0) << text;
        EXPECT_EQ(place.lon, 4.0) << text;
    }
}

TEST(RecordCodec, TakesTheLastOfFieldsThatComeTwice) {
    EXPECT_EQ(Codec<Place>::decode(R"({"lat":1,"lon":2,"lat":3})").lat, 3.0);
    const Reading reading = Codec<Reading>::decode(
        R"({"where":{"lat":1,"lon":1},"where":{"lat":2},"places":[{}],"places":[]})");
    EXPECT_EQ(reading.where.lat, 2.0);
    EXPECT_EQ(reading.where.lon, 8.0);
    EXPECT_TRUE(reading.places.empty());
}

TEST(RecordCodec, LetsAProgramsOwnCodecWin) {
    const weather::Tank tank{{75}, 1.5};

    EXPECT_EQ(encode(tank), "{\"fill\":\"75%\",\"litres\":1.5}");
    EXPECT_EQ(Codec<weather::Tank>::decode(encode(tank)).fill.value, 75);
    EXPECT_EQ(decode_error<weather::Tank>("{\"fill\":\"75\"}"),
              "decode Tank field 'fill' at byte 12: decode Percent: no '%' at the end: the text "
              "does not decode as the type");
}

TEST(RecordCodec, TreatsSmallIntegersAndCharactersAsNumbers) {
    const weather::Small small{255, -32768, 'z', {true, false, true}};

    EXPECT_EQ(encode(small),
              "{\"byte\":255,\"word\":-32768,\"letter\":122,\"bits\":[true,false,true]}");
    EXPECT_EQ(Codec<weather::Small>::decode(encode(small)).bits, small.bits);
    EXPECT_EQ(Codec<weather::Small>::decode(encode(small)).letter, 'z');
}

TEST(RecordCodec, TakesThirtyTwoFields) {
    const weather::Wide wide = Codec<weather::Wide>::decode(encode(weather::Wide{.d8 = 99}));

    EXPECT_EQ(wide.d8, 99);
    EXPECT_EQ(wide.a1, 1);
    EXPECT_EQ(decode_error<weather::Wide>(R"({"a1":1})"),
              "decode Wide at byte 8: missing field 'a2'");
}

TEST(RecordCodec, WorksForPlainValuesAsRecords) {
    EXPECT_EQ(encode(2.0), "2.0");
    EXPECT_EQ(Codec<double>::decode(" 2 "), 2.0);
    EXPECT_EQ(encode(std::string("a\n")), "\"a\\n\"");
    EXPECT_EQ(Codec<std::string>::decode("\"a\\n\""), "a\n");
    EXPECT_EQ(Codec<std::uint64_t>::decode("18446744073709551615"), UINT64_MAX);
    EXPECT_EQ(encode(std::vector<Place>{{1, 2}}), "[{\"lat\":1.0,\"lon\":2.0}]");
    EXPECT_EQ(encode(std::optional<double>()), "null");
    EXPECT_EQ(decode_error<double>("x"), "decode value at byte 0: expected a number, found 'x'");
}

}  // namespace
}  // namespace aimdb
