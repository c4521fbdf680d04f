// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "aimdb/core/error.hpp"

#include "static_files.hpp"
#include "support/temp_dir.hpp"

namespace aimdb::aimx::test {
namespace {

namespace fs = std::filesystem;

/// www/ with some files, and secrets beside it.
class StaticFilesTest : public testing::Test {
protected:
    void SetUp() override {
        write("secret.txt", "secret");
        write("www2/secret.txt", "secret");
        write("www/index.html", "<p>");
        write("www/a b.txt", "blank");
        write("www/100%.txt", "percent");
        write("www/..txt", "hidden");
        write("www/.env", "hidden");
        write("www/.git/config", "hidden");
        write("www/js/app.js", "js");
        write("www/back\\slash.txt", "back");
        fs::create_symlink("../secret.txt", root("link.txt"));
        fs::create_symlink("index.html", root("inside.html"));
        fs::create_symlink("..", root("up"));
        fs::create_symlink("js", root("js-link"));
        ASSERT_EQ(::mkfifo(root("fifo.txt").c_str(), 0600), 0);
    }
    void write(const std::string& name, const std::string& text) const {
        const fs::path path = directory.path() / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    [[nodiscard]] std::string root(const std::string& name = "") const {
        return (directory.path() / "www" / name).string();
    }
    [[nodiscard]] std::string read(const std::string& request_path) const {
        const auto file = StaticFiles(root()).open(request_path);
        if (!file) {
            return "nothing";
        }
        std::string text(static_cast<std::size_t>(file->size), '\0');
        EXPECT_EQ(::pread(file->descriptor.number(), text.data(), text.size(), 0),
                  static_cast<ssize_t>(text.size()));
        return text;
    }

    const aimdb::test::TempDir directory;
};

TEST_F(StaticFilesTest, ServesWhatIsBelow) {
    EXPECT_EQ(read("/"), "<p>");
    EXPECT_EQ(read("/index.html"), "<p>");
    EXPECT_EQ(read("/js/app.js"), "js");
    EXPECT_EQ(read("/a%20b.txt"), "blank");
    EXPECT_EQ(read("/100%25.txt"), "percent");
    EXPECT_EQ(read("/100%.txt"), "percent");
    EXPECT_EQ(read("/%6a%73/app.js"), "js");
}

TEST_F(StaticFilesTest, ServesNothingElse) {
    for (const std::string path : {"",
                                   "secret.txt",
                                   "/missing",
                                   "/js",
                                   "/js/",
                                   "//index.html",
                                   "/js//app.js",
                                   "/../secret.txt",
                                   "/js/../../secret.txt",
                                   "/..%2fsecret.txt",
                                   "/%2e%2e/secret.txt",
                                   "/%2E%2E%2Fsecret.txt",
                                   "/..%5csecret.txt",
                                   "/..\\secret.txt",
                                   "/back%5cslash.txt",
                                   "/../www2/secret.txt",
                                   "/./index.html",
                                   "/..txt",
                                   "/.env",
                                   "/%2eenv",
                                   "/.git/config",
                                   "/link.txt",
                                   "/inside.html",
                                   "/up/secret.txt",
                                   "/js-link/app.js",
                                   "/fifo.txt",
                                   "/index.html/",
                                   "/index.html/x",
                                   "/%252e%252e/secret.txt",
                                   "/index.html%00.txt",
                                   "/%00",
                                   "/etc/passwd"}) {
        EXPECT_EQ(read(path), "nothing") << path;
    }
    EXPECT_EQ(read("/" + std::string(2'000, 'x')), "nothing");
    std::string deep;
    for (int i = 0; i < 400; ++i) {
        deep += "/js";
    }
    EXPECT_EQ(read(deep), "nothing");
}

TEST_F(StaticFilesTest, KnowsTheTypesOfFiles) {
    const StaticFiles files(root());
    const auto type = [&](const std::string& name) {
        write("www/" + name, "x");
        return std::string(files.open("/" + name)->content_type);
    };
    EXPECT_EQ(type("a.html"), "text/html; charset=utf-8");
    EXPECT_EQ(type("a.js"), "text/javascript; charset=utf-8");
    EXPECT_EQ(type("a.min.mjs"), "text/javascript; charset=utf-8");
    EXPECT_EQ(type("a.css"), "text/css; charset=utf-8");
    EXPECT_EQ(type("a.json"), "application/json");
    EXPECT_EQ(type("a.js.map"), "application/json");
    EXPECT_EQ(type("a.svg"), "image/svg+xml");
    EXPECT_EQ(type("a.png"), "image/png");
    EXPECT_EQ(type("a.ico"), "image/x-icon");
    EXPECT_EQ(type("a.woff2"), "font/woff2");
    EXPECT_EQ(type("a.txt"), "text/plain; charset=utf-8");
    EXPECT_EQ(type("a.webmanifest"), "application/manifest+json");
    EXPECT_EQ(type("a.wasm"), "application/wasm");
    EXPECT_EQ(type("a.exe"), "application/octet-stream");
    EXPECT_EQ(type("html"), "application/octet-stream");
}

TEST_F(StaticFilesTest, TagsAFileByItsSizeAndTime) {
    const StaticFiles files(root());
    const std::string before = files.open("/index.html")->tag;
    EXPECT_EQ(files.open("/index.html")->tag, before);

    write("www/index.html", "<div>");
    const std::string longer = files.open("/index.html")->tag;
    fs::last_write_time(root("index.html"),
                        fs::file_time_type::clock::now() - std::chrono::hours(1));

    EXPECT_NE(longer, before);
    EXPECT_NE(files.open("/index.html")->tag, longer);
}

TEST_F(StaticFilesTest, DoesNotServeHugeFiles) {
    write("www/huge.txt", "");
    fs::resize_file(root("huge.txt"), static_file_limit_bytes);
    EXPECT_TRUE(StaticFiles(root()).open("/huge.txt"));

    fs::resize_file(root("huge.txt"), static_file_limit_bytes + 1);
    EXPECT_FALSE(StaticFiles(root()).open("/huge.txt"));
}

TEST_F(StaticFilesTest, WantsADirectory) {
    EXPECT_THROW(StaticFiles(root("missing")), Error);
    EXPECT_THROW(StaticFiles(root("index.html")), Error);
}

}  // namespace
}  // namespace aimdb::aimx::test
