// SPDX-License-Identifier: Apache-2.0
//
// The example in the README is the program in demos/quickstart, and it works.
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace {

std::string contents_of(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

std::string output_of(const std::string& command) {
    std::string output;
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    std::array<char, 256> part{};
    while (std::fgets(part.data(), part.size(), pipe) != nullptr) {
        output += part.data();
    }
    EXPECT_EQ(::pclose(pipe), 0) << output;
    return output;
}

TEST(Quickstart, StandsWordForWordInTheReadme) {
    const std::string program = contents_of(AIMDB_SOURCE_DIR "/demos/quickstart/main.cpp");
    const std::string readme = contents_of(AIMDB_SOURCE_DIR "/README.md");

    ASSERT_FALSE(program.empty());
    EXPECT_NE(readme.find("```cpp\n" + program + "```"), std::string::npos)
        << "copy demos/quickstart/main.cpp into README.md";
}

TEST(Quickstart, ShowsAtTheSecondRunWhatTheFirstRunStored) {
    const aimdb::test::TempDir directory;
    const std::string command = "cd " + directory.path().string() + " && " AIMDB_QUICKSTART;

    EXPECT_EQ(output_of(command), "now 19.0\nnow 19.5\nnow 20.0\nnow 20.5\nnow 21.0\nnow 21.5\n");
    EXPECT_EQ(output_of(command),
              "from an earlier run: temp.room 21.5\n"
              "from an earlier run: temp.room 21.0\n"
              "from an earlier run: temp.room 20.5\n"
              "now 19.0\nnow 19.5\nnow 20.0\nnow 20.5\nnow 21.0\nnow 21.5\n");
}

}  // namespace
