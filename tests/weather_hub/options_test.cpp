// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/options.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "command_line.hpp"

namespace hub {
namespace {

std::string fault_of(const std::vector<const char*>& arguments) {
    try {
        static_cast<void>(parse_options(arguments));
    } catch (const weather::UsageError& error) {
        return error.what();
    }
    return "read without a fault";
}

TEST(WeatherHubOptions, AreADayInFourSecondsOnTheUsualPortsUnlessSaidOtherwise) {
    const Options options = parse_options({});

    EXPECT_EQ(options.data_dir, "weather_hub_data");
    EXPECT_EQ(options.host, "127.0.0.1");
    EXPECT_EQ(options.http_port, 8080);
    EXPECT_EQ(options.tcp_port, 7433);
    EXPECT_EQ(options.days_per_second, 0.25);
    EXPECT_EQ(options.warm_up, std::chrono::days(400));
    EXPECT_EQ(options.seed, 1u);
    EXPECT_TRUE(options.sources);
}

TEST(WeatherHubOptions, TakeEveryOptionInBothForms) {
    const std::array arguments{"--data-dir",  "d",
                               "--host=::1",  "--http",
                               "0",           "--tcp=65535",
                               "--speed",     "12.5",
                               "--seed",      "7",
                               "--warm-up=0", "--www",
                               "w",           "--observations=o.csv",
                               "--no-sources"};

    const Options options = parse_options(arguments);

    EXPECT_EQ(options.data_dir, "d");
    EXPECT_EQ(options.host, "::1");
    EXPECT_EQ(options.http_port, 0);
    EXPECT_EQ(options.tcp_port, 65535);
    EXPECT_EQ(options.days_per_second, 12.5);
    EXPECT_EQ(options.seed, 7u);
    EXPECT_EQ(options.warm_up, std::chrono::days(0));
    EXPECT_EQ(options.www, "w");
    EXPECT_EQ(options.observations, "o.csv");
    EXPECT_FALSE(options.sources);
}

TEST(WeatherHubOptions, SayWhatIsWrongAndHowToMendIt) {
    const std::vector<std::pair<std::vector<const char*>, std::string>> refused{
        {{"--warmup", "3"}, "unknown option '--warmup'; did you mean --warm-up?"},
        {{"--speed", "0"}, "--speed does not take '0'; give a number, for example --speed 0.25"},
        {{"--http", "65536"},
         "--http does not take '65536'; give a number, for example --http 8080"},
        {{"--tcp"}, "--tcp needs a value, for example --tcp 7433"},
        {{"--no-sources=1"}, "--no-sources takes no value"},
        {{"data"},
         "unexpected argument 'data'; name the directory of the history with --data-dir DIR"},
    };
    for (const auto& [arguments, message] : refused) {
        EXPECT_EQ(fault_of(arguments), message);
    }
}

TEST(WeatherHubOptions, AreAllExplainedByTheHelp) {
    for (const char* option :
         {"--data-dir", "--help", "--host", "--http", "--no-sources", "--observations", "--seed",
          "--speed", "--tcp", "--warm-up", "--www"}) {
        EXPECT_NE(help_text().find(option), std::string_view::npos) << option;
    }
}

}  // namespace
}  // namespace hub
