// SPDX-License-Identifier: Apache-2.0
#include "static_files.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>
#include <vector>

#include "aimdb/core/error.hpp"

#include "http.hpp"

namespace aimdb::aimx {
namespace {

using TypeOfExtension = std::pair<std::string_view, std::string_view>;
constexpr std::array<TypeOfExtension, 13> types{{
    {"html", "text/html; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"ico", "image/x-icon"},
    {"woff2", "font/woff2"},
    {"txt", "text/plain; charset=utf-8"},
    {"webmanifest", "application/manifest+json"},
    {"wasm", "application/wasm"},
}};

std::string_view type_of(std::string_view name) noexcept {
    const std::size_t dot = name.rfind('.');
    for (const auto& [extension, type] : types) {
        if (dot != std::string_view::npos && name.substr(dot + 1) == extension) {
            return type;
        }
    }
    return "application/octet-stream";
}

/// A name that cannot lead anywhere else: neither `..` nor hidden.
bool is_plain_name(std::string_view name) noexcept {
    constexpr std::string_view bad{"\\\0", 2};
    return !name.empty() && name.front() != '.' &&
           name.find_first_of(bad) == std::string_view::npos;
}

/// The names of a path below the root, or none when one of them may not be.
std::vector<std::string> names_of(std::string_view request_path) {
    std::string path = decode_percent(request_path, false);
    if (path.size() > static_path_limit_bytes || path.substr(0, 1) != "/") {
        return {};
    }
    if (path == "/") {
        path = "/index.html";
    }
    std::vector<std::string> names;
    for (std::size_t at = 1, end = 0; at <= path.size(); at = end + 1) {
        end = std::min(path.find('/', at), path.size());
        names.push_back(path.substr(at, end - at));
        if (!is_plain_name(names.back())) {
            return {};
        }
    }
    return names;
}

std::string tag_of(const struct stat& found) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "\"%llx-%llx-%lx\"",
                  static_cast<unsigned long long>(found.st_size),
                  static_cast<unsigned long long>(found.st_mtim.tv_sec),
                  static_cast<unsigned long>(found.st_mtim.tv_nsec));
    return text.data();
}

}  // namespace

StaticFiles::StaticFiles(const std::string& directory)
    : root_(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    if (root_.number() < 0) {
        const int number = errno;
        throw Error(Errc::invalid_configuration, "serve files of '" + directory + "': " +
                                                     std::generic_category().message(number) +
                                                     "; name a directory that exists");
    }
}

std::optional<StaticFile> StaticFiles::open(std::string_view request_path) const {
    const std::vector<std::string> names = names_of(request_path);
    if (names.empty()) {
        return std::nullopt;
    }
    // Name by name, and never through a link: what is below the root stays below it.
    constexpr int through = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    // Not blocking, for opening a FIFO would wait.
    constexpr int for_reading = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC;
    Descriptor at;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const int from = i == 0 ? root_.number() : at.number();
        const bool last = i + 1 == names.size();
        at = Descriptor(::openat(from, names[i].c_str(), last ? for_reading : through));
        if (at.number() < 0) {
            return std::nullopt;
        }
    }
    struct stat found {};
    if (::fstat(at.number(), &found) != 0 || !S_ISREG(found.st_mode) ||
        static_cast<std::uint64_t>(found.st_size) > static_file_limit_bytes) {
        return std::nullopt;
    }
    return StaticFile{.descriptor = std::move(at),
                      .size = static_cast<std::uint64_t>(found.st_size),
                      .tag = tag_of(found),
                      .content_type = type_of(names.back())};
}

}  // namespace aimdb::aimx
