// SPDX-License-Identifier: Apache-2.0
#include "aimdb/json/nlohmann.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/json.hpp"

namespace plant {

enum class State { off, on };
NLOHMANN_JSON_SERIALIZE_ENUM(State, {{State::off, "off"}, {State::on, "on"}})

struct Boiler {
    std::string name;
    double celsius = 0;
    std::vector<double> samples;
    State state = State::off;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Boiler, name, celsius, samples, state)

struct Lenient {
    int level = 5;
    double ratio = 0.5;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Lenient, level, ratio)

/// Null means something to `limit`, unlike to `value`.
struct Sensor {
    std::optional<double> limit;
    double value = 0;
};
void to_json(nlohmann::json& tree, const Sensor& sensor) {
    tree = {{"limit", nullptr}, {"value", sensor.value}};
    if (sensor.limit) {
        tree["limit"] = *sensor.limit;
    }
}
void from_json(const nlohmann::json& tree, Sensor& sensor) {
    if (!tree.at("limit").is_null()) {
        sensor.limit = tree.at("limit").get<double>();
    }
    tree.at("value").get_to(sensor.value);
}

struct Both {
    int a = 0;
    int b = 0;
};
AIMDB_RECORD(Both, b, a)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Both, a, b)

struct Hall {
    Boiler boiler;
    int number = 0;
};
AIMDB_RECORD(Hall, boiler, number)

struct Flat {
    std::string text;
    std::int64_t number = 0;
    double ratio = 0;
    bool truth = false;
    std::vector<std::int32_t> list;
};
AIMDB_RECORD(Flat, text, number, ratio, truth, list)

struct TreeFlat {
    std::string text;
    std::int64_t number = 0;
    double ratio = 0;
    bool truth = false;
    std::vector<std::int32_t> list;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(TreeFlat, text, number, ratio, truth, list)

}  // namespace plant

namespace aimdb {
namespace {

using plant::Boiler;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <typename T>
std::string encode(const T& value) {
    std::string out;
    Codec<T>::encode(value, out);
    return out;
}

template <typename T>
std::string decode_error(std::string_view text) {
    try {
        (void)Codec<T>::decode(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::decode_failed);
        const std::string what = error.what();
        return what.substr(0, what.rfind(": the text does not decode"));
    }
    return "good";
}

static_assert(HasCodec<Boiler> && HasCodec<plant::State> && HasCodec<nlohmann::json>);
static_assert(!HasCodec<std::string_view>, "it would point into a tree that is gone");
static_assert(json::Direct<plant::Both> && !json::Direct<Boiler>);

TEST(NlohmannCodec, WritesAndReadsTypesWithTheMacro) {
    const Boiler boiler{"b1", 21.5, {1, 2.5}, plant::State::on};
    constexpr const char* text = R"({"celsius":21.5,"name":"b1","samples":[1.0,2.5],"state":"on"})";

    EXPECT_EQ(encode(boiler), text);

    const Boiler back = Codec<Boiler>::decode(text);
    EXPECT_EQ(back.name, "b1");
    EXPECT_EQ(back.samples, (std::vector<double>{1, 2.5}));
    EXPECT_EQ(back.state, plant::State::on);
}

TEST(NlohmannCodec, WritesNonFiniteNumbersAsNullCountsThemAndReadsThemAsNan) {
    const Boiler boiler{"b1", nan, {1, -std::numeric_limits<double>::infinity()}};
    std::string out;

    EXPECT_EQ(Codec<Boiler>::encode(boiler, out), 2u);

    EXPECT_EQ(out, R"({"celsius":null,"name":"b1","samples":[1.0,null],"state":"off"})");
    const Boiler back = Codec<Boiler>::decode(out);
    EXPECT_TRUE(std::isnan(back.celsius));
    EXPECT_EQ(back.samples.at(0), 1.0);
    EXPECT_TRUE(std::isnan(back.samples.at(1)));
}

TEST(NlohmannCodec, LeavesANullToATypeThatKnowsWhatItMeans) {
    const auto empty = Codec<plant::Sensor>::decode(R"({"limit":null,"value":1})");
    const auto both = Codec<plant::Sensor>::decode(R"({"limit":null,"value":null})");

    EXPECT_EQ(empty.limit, std::nullopt);
    EXPECT_EQ(both.limit, std::nullopt);
    EXPECT_TRUE(std::isnan(both.value));
}

TEST(NlohmannCodec, DoesNotReadNullAsAnythingButAFloatingPointNumber) {
    EXPECT_EQ(decode_error<Boiler>(R"({"celsius":1,"name":null,"samples":[],"state":"on"})"),
              "decode plant::Boiler: type must be string, but is null");
    EXPECT_EQ(decode_error<plant::Lenient>(R"({"level":null})"),
              "decode plant::Lenient: type must be number, but is null");
    EXPECT_TRUE(std::isnan(Codec<plant::Lenient>::decode(R"({"ratio":null})").ratio));
}

TEST(NlohmannCodec, TreatsMissingFieldsAsTheMacroSays) {
    EXPECT_EQ(Codec<plant::Lenient>::decode(R"({"other":[1]})").level, 5);
    EXPECT_EQ(decode_error<Boiler>(R"({"celsius":1})"),
              "decode plant::Boiler: key 'name' not found");
}

TEST(NlohmannCodec, RefusesMalformedText) {
    for (const char* text : {"", "{", "[]", "7", "{\"celsius\":1]", "{}x", "nul", "\"\xff\""}) {
        EXPECT_NE(decode_error<Boiler>(text), "good") << text;
    }
    EXPECT_EQ(
        decode_error<Boiler>("\"" + std::string(10'000, 'x') + "\xff\""),
        "decode plant::Boiler: parse error at line 1, column 10002: syntax error while parsing "
        "value - invalid string: ill-formed UTF-8 byte");
    EXPECT_EQ(decode_error<Boiler>("{\"name\":tru}"),
              "decode plant::Boiler: parse error at line 1, column 12: syntax error while parsing "
              "value - invalid literal");
}

TEST(NlohmannCodec, RefusesTextThatIsNotUtf8AndLeavesTheOutputAlone) {
    std::string out = "before";
    try {
        Codec<Boiler>::encode(Boiler{"Wien\xff", 0, {}}, out);
        FAIL() << "invalid UTF-8 was written";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::value_rejected);
        EXPECT_STREQ(error.what(),
                     "encode plant::Boiler: invalid UTF-8 byte at index 4: 0xFF: the value could "
                     "not be stored");
    }
    EXPECT_EQ(out, "before");
}

TEST(NlohmannCodec, RefusesTextThatIsNestedTooDeeply) {
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };

    EXPECT_EQ(encode(Codec<nlohmann::json>::decode(nested(128))), nested(128));
    EXPECT_NE(decode_error<nlohmann::json>(nested(129)).find("nested deeper than 128 levels"),
              std::string::npos);
    EXPECT_NE(decode_error<nlohmann::json>(nested(1'000'000)), "good");
    const std::string brackets = "\"" + std::string(1'000, '[') + "\\\"\"";
    EXPECT_EQ(decode_error<nlohmann::json>(brackets), "good");
}

TEST(NlohmannCodec, GivesWayToAimdbRecord) {
    EXPECT_EQ(encode(plant::Both{1, 2}), R"({"b":2,"a":1})");
}

TEST(NlohmannCodec, ServesFieldsOfAnAimdbRecord) {
    plant::Hall hall{{"b1", nan, {}}, 3};
    std::string out;

    EXPECT_EQ(Codec<plant::Hall>::encode(hall, out), 1u);

    EXPECT_EQ(out,
              R"({"boiler":{"celsius":null,"name":"b1","samples":[],"state":"off"},"number":3})");
    EXPECT_TRUE(std::isnan(Codec<plant::Hall>::decode(out).boiler.celsius));
    EXPECT_EQ(decode_error<plant::Hall>(R"({"boiler":{}})"),
              "decode Hall field 'boiler' at byte 12: decode plant::Boiler: key 'name' not "
              "found: the text does not decode as the type");
}

nlohmann::json random_document(std::mt19937_64& random) {
    constexpr const char* texts[] = {"", "Wien", "\xc3\xa9\n", "\"\\", "\xf0\x9f\x98\x80"};
    nlohmann::json document = nlohmann::json::object();
    const auto maybe = [&](const char* name, const nlohmann::json& value) {
        if (random() % 4 != 0) {
            document[name] = value;
        }
    };
    maybe("text", texts[random() % std::size(texts)]);
    maybe("number", static_cast<std::int64_t>(random()));
    maybe("ratio",
          std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 400) - 200));
    maybe("truth", random() % 2 == 0);
    maybe("list", std::vector<std::int32_t>(random() % 4, static_cast<std::int32_t>(random())));
    maybe("other", {{"text", nullptr}, {"list", {1.5, "x"}}});
    return document;
}

// Goal: AIMDB_RECORD and nlohmann agree on every document. Method: random
// documents with missing and unknown fields, in nlohmann's order and spacing.
TEST(RecordCodec, ReadsWhatNlohmannReads) {
    const char* const given = std::getenv("AIMDB_TEST_SEED");
    const std::uint64_t seed =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    SCOPED_TRACE("AIMDB_TEST_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);

    for (int round = 0; round < 20'000; ++round) {
        const std::string text = random_document(random).dump(random() % 2 == 0 ? -1 : 2);
        const auto tree = nlohmann::json::parse(text).get<plant::TreeFlat>();

        const auto flat = Codec<plant::Flat>::decode(text);

        ASSERT_EQ(flat.text, tree.text) << text;
        ASSERT_EQ(flat.number, tree.number) << text;
        ASSERT_EQ(flat.ratio, tree.ratio) << text;
        ASSERT_EQ(flat.truth, tree.truth) << text;
        ASSERT_EQ(flat.list, tree.list) << text;
        ASSERT_EQ(nlohmann::json::parse(encode(flat)), nlohmann::json(tree)) << text;
    }
}

}  // namespace
}  // namespace aimdb
