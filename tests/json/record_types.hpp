// SPDX-License-Identifier: Apache-2.0
//
// The AIMDB_RECORD types that the tests of json share, and ways to see errors.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/json/record.hpp"

namespace weather {

enum class Sky : std::uint8_t { clear = 0, cloudy = 200 };

struct Place {
    double lat = 1.5;
    double lon = 2.5;
};
AIMDB_RECORD(Place, lat, lon)

struct Reading {
    std::string city = "none";
    std::int64_t count = 0;
    double celsius = 0;
    float ratio = 0;
    bool valid = false;
    Sky sky = Sky::clear;
    std::optional<std::int32_t> level;
    std::vector<Place> places;
    std::array<std::uint8_t, 3> rgb{};
    std::map<std::string, bool> flags;
    aimdb::UnixTime at{};
    std::chrono::seconds span{};
    Place where{.lat = 7, .lon = 8};
};
AIMDB_RECORD(
    Reading, city, count, celsius, ratio, valid, sky, level, places, rgb, flags, at, span, where);

struct Pair {
    int x = 1;
    int y = 2;
};
AIMDB_RECORD_STRICT(Pair, x, y)

struct Node {
    std::vector<Node> children;
};
AIMDB_RECORD(Node, children)

struct Special : Place {};

struct Percent {
    int value = 0;
};

struct Tank {
    Percent fill;
    double litres = 0;
};
AIMDB_RECORD(Tank, fill, litres)

struct Small {
    std::uint8_t byte = 0;
    std::int16_t word = 0;
    char letter = 'a';
    std::vector<bool> bits;
};
AIMDB_RECORD(Small, byte, word, letter, bits)

struct Wide {
    int a1 = 1, a2 = 2, a3 = 3, a4 = 4, a5 = 5, a6 = 6, a7 = 7, a8 = 8;
    int b1 = 1, b2 = 2, b3 = 3, b4 = 4, b5 = 5, b6 = 6, b7 = 7, b8 = 8;
    int c1 = 1, c2 = 2, c3 = 3, c4 = 4, c5 = 5, c6 = 6, c7 = 7, c8 = 8;
    int d1 = 1, d2 = 2, d3 = 3, d4 = 4, d5 = 5, d6 = 6, d7 = 7, d8 = 8;
};
AIMDB_RECORD_STRICT(Wide,
                    a1,
                    a2,
                    a3,
                    a4,
                    a5,
                    a6,
                    a7,
                    a8,
                    b1,
                    b2,
                    b3,
                    b4,
                    b5,
                    b6,
                    b7,
                    b8,
                    c1,
                    c2,
                    c3,
                    c4,
                    c5,
                    c6,
                    c7,
                    c8,
                    d1,
                    d2,
                    d3,
                    d4,
                    d5,
                    d6,
                    d7,
                    d8)

}  // namespace weather

template <>
struct aimdb::Codec<weather::Percent> {
    static void encode(const weather::Percent& value, std::string& out) {
        out += "\"" + std::to_string(value.value) + "%\"";
    }
    static weather::Percent decode(std::string_view text) {
        if (text.size() < 4 || text.substr(text.size() - 2) != "%\"") {
            throw Error(Errc::decode_failed, "decode Percent: no '%' at the end");
        }
        return {std::atoi(text.data() + 1)};
    }
};

namespace aimdb::test {

using weather::Pair;
using weather::Place;
using weather::Reading;

template <typename T>
std::string encode(const T& value) {
    std::string out;
    Codec<T>::encode(value, out);
    return out;
}

template <typename T>
std::string decode_error(std::string_view text) {
    // A copy of exactly this size lets the address sanitizer see any overrun.
    const auto copy = std::make_unique<char[]>(text.size());
    text.copy(copy.get(), text.size());
    try {
        (void)Codec<T>::decode({copy.get(), text.size()});
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::decode_failed);
        const std::string what = error.what();
        return what.substr(0, what.rfind(": the text does not decode"));
    }
    return "good";
}

template <typename T>
std::string encode_error(const T& value) {
    std::string out = "before";
    try {
        Codec<T>::encode(value, out);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::value_rejected);
        EXPECT_EQ(out, "before");
        const std::string what = error.what();
        return what.substr(0, what.rfind(": the value could not be stored"));
    }
    return "good";
}

inline Reading full_reading() {
    Reading reading;
    reading.city = "M\xc3\xbcnchen \"1\"";
    reading.count = -5;
    reading.celsius = 21.5;
    reading.ratio = 0.1F;
    reading.valid = true;
    reading.sky = weather::Sky::cloudy;
    reading.level = 3;
    reading.places = {{1, 2}, {0.25, -0.0}};
    reading.rgb = {1, 2, 255};
    reading.flags = {{"a b", true}, {"c", false}};
    reading.at = from_unix_ms(1'763'640'000'123);
    reading.span = std::chrono::seconds(60);
    return reading;
}

inline constexpr std::string_view full_text =
    "{\"city\":\"M\xc3\xbcnchen \\\"1\\\"\",\"count\":-5,\"celsius\":21.5,\"ratio\":0.1,"
    "\"valid\":true,\"sky\":200,\"level\":3,\"places\":[{\"lat\":1.0,\"lon\":2.0},"
    "{\"lat\":0.25,\"lon\":-0.0}],\"rgb\":[1,2,255],\"flags\":{\"a b\":true,\"c\":false},"
    "\"at\":1763640000123,\"span\":60,\"where\":{\"lat\":7.0,\"lon\":8.0}}";

}  // namespace aimdb::test
