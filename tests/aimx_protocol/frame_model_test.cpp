// SPDX-License-Identifier: Apache-2.0
//
// The scanner of frames against nlohmann/json, on texts that nobody thought of.
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "aimdb/core/key.hpp"

#include "frame.hpp"

namespace aimdb::aimx {
namespace {

bool skips(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    if (!skip_json(at, end)) {
        return false;
    }
    return std::string_view(at, static_cast<std::size_t>(end - at)).find_first_not_of(" \t\r\n") ==
           std::string_view::npos;
}

/// Writes random JSON text, with white space and escapes wherever they may be.
class TextMaker {
public:
    explicit TextMaker(unsigned seed) : random_(seed) {}

    std::string value(unsigned depth) {
        switch (below(depth == 0 ? 5 : 7)) {
            case 0: return std::string(pick({"true", "false", "null"}));
            case 1: return std::to_string(random_());
            case 2: return std::string(pick({"0", "-0", "-1.5e+3", "0.10", "1E-7", "12e0"}));
            case 3:
            case 4: return string();
            case 5: return list('[', ']', depth);
            default: return list('{', '}', depth);
        }
    }

    /// Cuts, repeats, drops or replaces something.
    std::string mutated(std::string text) {
        constexpr std::string_view replacements = "{}[]\",:0-.eE+\\u tfn\x01/x";
        for (std::size_t left = 1 + below(3); left > 0 && !text.empty(); --left) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
                case 0: text.erase(at, 1 + below(3)); break;
                case 1: text.insert(at, text.substr(at, 1 + below(4))); break;
                case 2: text[at] = replacements[below(replacements.size())]; break;
                default: text.resize(at); break;
            }
        }
        return text;
    }

private:
    std::size_t below(std::size_t count) { return random_() % count; }
    std::string_view pick(std::initializer_list<std::string_view> words) {
        return words.begin()[below(words.size())];
    }
    std::string space() { return std::string(pick({"", "", "", " ", "\n\t"})); }
    std::string string() {
        std::string text = "\"";
        for (std::size_t left = below(8); left > 0; --left) {
            text += pick({"a", "key", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\udd25",
                          "\u00FC", "\U0001F525", " ", "0123456789abcdef0123456789abcdef"});
        }
        return text + '"';
    }
    std::string list(char opening, char closing, unsigned depth) {
        std::string text = opening + space();
        for (std::size_t left = below(4); left > 0; --left) {
            text += (opening == '{' ? string() + space() + ":" + space() : "") + value(depth - 1) +
                    space() + (left > 1 ? "," + space() : "");
        }
        return text + closing;
    }

    std::mt19937 random_;
};

enum class Verdict { valid, invalid, beyond_double };

Verdict nlohmann_says(const std::string& text) {
    try {
        const auto tree = nlohmann::json::parse(text);
        return Verdict::valid;
    } catch (const nlohmann::json::out_of_range&) {
        return Verdict::beyond_double;
    } catch (const nlohmann::json::parse_error&) {
        return Verdict::invalid;
    }
}

// Goal: skip_json takes exactly the texts that nlohmann takes. Method: texts made
// and broken at random. It looks into values less closely, on purpose: lone halves
// of surrogate pairs, bytes that are no UTF-8 and numbers beyond a double pass,
// because nobody reads them.
TEST(FrameModel, AgreesWithNlohmannOnGeneratedAndBrokenTexts) {
    TextMaker maker(1);
    unsigned taken = 0;
    unsigned refused = 0;
    for (int i = 0; i < 40'000; ++i) {
        const std::string whole = maker.value(5);
        const std::string text = i % 4 == 0 ? whole : maker.mutated(whole);
        const Verdict verdict = nlohmann_says(text);
        const bool strict = verdict == Verdict::valid;
        const bool lenient = verdict == Verdict::beyond_double ||
                             text.find("\\u") != std::string::npos ||
                             aimdb::detail::find_invalid_utf8(text) != text.size();
        (strict ? taken : refused) += 1;

        if (strict || !lenient) {
            ASSERT_EQ(skips(text), strict) << text;
        }
    }
    EXPECT_GT(taken, 10'000u);
    EXPECT_GT(refused, 10'000u);
}

// Goal: members and params are what a tree would hold. Method: objects made at
// random, each member compared with nlohmann's.
TEST(FrameModel, FindsTheSameParamsAsATree) {
    TextMaker maker(2);
    for (int i = 0; i < 5'000; ++i) {
        const std::string a = maker.value(4);
        const std::string b = maker.value(2);
        const std::string text = R"({ "a" :)" + a + R"(,"b":)" + b + " }";
        const nlohmann::json tree = nlohmann::json::parse(text);

        const Params params(text);

        ASSERT_EQ(nlohmann::json::parse(params.raw("a")), tree["a"]) << text;
        if (tree["b"].is_string()) {
            ASSERT_EQ(params.text("b"), tree["b"].get<std::string>()) << text;
        } else {
            ASSERT_FALSE(params.text("b").has_value()) << text;
        }
        ASSERT_EQ(params.number("b").has_value(), tree["b"].is_number_unsigned() && b != "-0")
            << text;
    }
}

// Goal: read_frame takes a text if a tree of it is a valid frame. Method: pings
// with a known member of a random type.
TEST(FrameModel, TakesAFrameIfItsMembersHaveTheirTypes) {
    TextMaker maker(3);
    for (int i = 0; i < 5'000; ++i) {
        const std::string value = maker.value(2);
        const nlohmann::json tree = nlohmann::json::parse(value);
        const bool plain = value.find('\\') == std::string::npos;
        Frame frame;

        ASSERT_EQ(read_frame(R"({"t":"ping","id":)" + value + "}", frame),
                  tree.is_null() || (tree.is_number_unsigned() && value != "-0"))
            << value;
        ASSERT_EQ(read_frame(R"({"topic":)" + value + R"(,"t":"ping"})", frame),
                  tree.is_null() || (tree.is_string() && plain))
            << value;
        ASSERT_EQ(read_frame(R"({"last":)" + value + R"(,"t":"ping"})", frame),
                  tree.is_null() || tree.is_boolean())
            << value;
        ASSERT_TRUE(read_frame(R"({"data":)" + value + R"(,"t":"ping"})", frame)) << value;
    }
}

}  // namespace
}  // namespace aimdb::aimx
